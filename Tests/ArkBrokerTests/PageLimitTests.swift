import ArkBroker
import Testing

@Suite struct PageLimitTests {
  @Test func anAppendOfNothingTakesNoPositions() {
    let first = Position(rawValue: 5)
    #expect(Positions(first: first, last: first.advanced(by: -1)).count == 0)
    #expect(Positions(first: first, last: first).count == 1)
  }

  @Test func aPageAtTheLiveEdgeKeepsToItsBytes() async throws {
    let broker = Broker { MemoryStore(keeping: .megabytes(4)) }
    let payload = Payload.text(String(repeating: "x", count: 900))
    try await broker.publish(
      EventBatch((0..<10).map { Event("x.y", id: "\($0)", payload: payload) }))
    var seen = 0
    let limit = ReadLimit(events: 100, bytes: 2_500)
    for try await page in broker.pages(from: .beginning, following: false, limit: limit) {
      let bytes = page.events.reduce(0) { $0 + $1.wire.utf8.count }
      #expect(bytes <= limit.bytes)
      seen += page.count
    }
    #expect(seen == 10)
  }
}
