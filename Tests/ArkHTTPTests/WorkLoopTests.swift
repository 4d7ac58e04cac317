import Testing

@testable import ArkHTTP

@Suite struct WorkLoopTests {
  /// Somebody may hold a descriptor for it, which would never be closed.
  @Test func aLoopThatHasEndedSaysSo() {
    let loop = MemoryLoop()
    #expect(loop.executeUnlessEnded {})
    loop.readMail()
    #expect(loop.closeMailbox())
    #expect(!loop.executeUnlessEnded {})
  }
}
