import Synchronization
import Testing

@testable import ArkHTTP

@Suite struct SocketLoopTests {
  /// A connection that is handed over to a loop that has slept for long is not an idle one.
  @Test func lettersThatEndASleepAreReadAtTheTimeOfThen() throws {
    let loop = SocketLoop(poller: try Poller(), onAnswered: {}, onEnd: {})
    let start = loop.now
    loop.now = 0
    // The sleep ends at once.
    loop.wake()
    loop.wait()
    let seen = Mutex<UInt64>(0)
    loop.execute { seen.withLock { $0 = loop.now } }
    loop.readMail()
    #expect(seen.withLock { $0 } >= start)
  }
}
