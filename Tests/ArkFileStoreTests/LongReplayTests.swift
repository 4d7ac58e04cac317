import Foundation
import Testing

@testable import ArkBroker
@testable import ArkFileStore

/// Nothing waits for a long replay.
@Suite struct LongReplayTests {
  @Test(.timeLimit(.minutes(15))) func aLookupHasThreadsOfItsOwn() {
    let store = FileStore(at: "/nowhere", keeping: .everything)
    var replay = ReadRequest(after: .start)
    replay.isLongReplay = true
    let gate = Handover<Void>()
    let ended = (0..<64).map { _ in Handover<Void>() }
    for end in ended {
      store.onReadingThread(for: replay) {
        gate.take()
        gate.give(())
        end.give(())
      }
    }
    let lookedUp = Handover<Void>()
    store.onReadingThread(for: ReadRequest(after: .start)) { lookedUp.give(()) }
    lookedUp.take()
    gate.give(())
    for end in ended { end.take() }
  }

  #if os(Linux)
    @Test(.timeLimit(.minutes(15))) func itStandsBackBehindEveryoneElse() {
      let store = FileStore(at: "/nowhere", keeping: .everything)
      func niceness(of request: ReadRequest) -> Int32 {
        let answer = Handover<Int32>()
        store.onReadingThread(for: request) {
          answer.give(getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0))
        }
        return answer.take()
      }
      let lookup = ReadRequest(after: .start)
      var replay = lookup
      replay.isLongReplay = true
      #expect(0 < niceness(of: lookup) && niceness(of: lookup) < niceness(of: replay))
    }
  #endif
}
