import Testing

@testable import ArkBroker

@Suite struct WaitingLineTests {
  private func publication(of batch: EventBatch) -> Publication {
    Publication(count: batch.count, dropped: 0, durability: nil, thread: nil) { _ in }
  }

  private func batch(_ ids: [String], payloadBytes: Int = 10) -> EventBatch {
    EventBatch(
      ids.map {
        Event(
          "test.event", id: $0,
          payload: .text(String(repeating: "x", count: payloadBytes)))
      })
  }

  /// The groups as they come out of the line, each as the ids of its publications.
  private func groups(_ line: inout WaitingLine) -> [[[String]]] {
    var groups: [[[String]]] = []
    while let group = line.next()?.joined() {
      let parts = group.parts
      #expect(parts.flatMap { $0.batch.map(\.id) } == group.batch.map(\.id))
      groups.append(parts.map { $0.batch.map(\.id) })
    }
    return groups
  }

  @Test func whatWaitsMakesOneGroupInTheOrderItCame() {
    var line = WaitingLine(groupBytes: 1 << 20)
    #expect(line.next() == nil)
    let came = [["a", "b"], ["large"], ["c"], ["d"], ["large"], ["large"], ["e"]]
    for ids in came {
      let batch = batch(ids, payloadBytes: ids == ["large"] ? 100_000 : 10)
      line.add(batch, publication(of: batch))
    }
    #expect(groups(&line) == [came])
    #expect(line.isEmpty && line.byteCount == 0)
  }

  @Test func aChoiceOfEventsIsCopiedAsAChoice() {
    for payloadBytes in [10, 50_000] {
      var line = WaitingLine(groupBytes: 1 << 20)
      let chosen = batch(["a", "b", "c", "d"], payloadBytes: payloadBytes).keeping {
        $0.id != "b"
      }
      line.add(chosen, publication(of: chosen))
      #expect(groups(&line) == [[["a", "c", "d"]]])
    }
  }

  @Test func aFullGroupIsFollowedByAnother() {
    let one = batch(["a"], payloadBytes: 1000)
    var line = WaitingLine(groupBytes: one.byteCount * 3)
    for number in 0..<8 {
      line.add(one, publication(of: one))
      #expect(line.byteCount == one.byteCount * (number + 1))
    }
    #expect(groups(&line).map(\.count) == [3, 3, 2])
  }

  @Test func aGroupThatIsSmallerThanTheLastKeepsNoMemoryForIt() {
    var line = WaitingLine(groupBytes: 1 << 20)
    let one = batch(["a"], payloadBytes: 1000)
    for _ in 0..<500 { line.add(one, publication(of: one)) }
    _ = line.next()
    line.add(one, publication(of: one))
    let footprint = line.next()?.joined().batch.storage.footprint
    #expect((footprint ?? .max) < 4 * one.byteCount)
  }
}
