import Synchronization
import Testing

@testable import ArkBroker

@Suite struct FilterTests {
  private static func events(_ count: Int) -> EventBatch {
    EventBatch(
      (0..<count).map {
        Event($0 % 3 == 0 ? .llmChunk : .toolCallStarted, id: "\($0)", session: "s-\($0 % 4)")
      })
  }

  private func ids(_ batch: some Sequence<Event>) -> [Int] { batch.compactMap { Int($0.id) } }

  // MARK: Keep and Drop

  @Test func keepAndDropShareABatchBetweenThem() {
    let batch = Self.events(100)
    for match: Match in [.session("s-1"), .kind(.llmChunk), .all, .none, .kind("*.started")] {
      let kept = Keep(match).apply(to: batch)
      let left = Drop(match).apply(to: batch)
      #expect((ids(kept) + ids(left)).sorted() == Array(0..<100))
      #expect(ids(kept) == ids(kept).sorted())
      #expect(ids(Keep(match).apply(to: kept)) == ids(kept))
      #expect(Drop(match).apply(to: kept).isEmpty)
      for (event, filter): (Event, any Filter) in zip(batch, repeatElement(Keep(match), count: 100))
      {
        guard case .drop = filter.evaluate(event) else { continue }
        #expect(ids(left).contains(Int(event.id)!))
      }
    }
  }

  @Test func keepDoesNotCopy() {
    let batch = Self.events(100)
    #expect(Keep(.session("s-1")).apply(to: batch).storage.identity == batch.storage.identity)
  }

  // MARK: Sample

  private static let traces = (0..<100_000).map { number in
    var random = SeededGenerator(state: UInt64(number))
    return Event(
      .span, id: "\(number)", source: "/t", time: Timestamp(nanosecondsSinceEpoch: 0),
      correlation: Correlation(
        trace: hexadecimal(random.next()) + hexadecimal(random.next()), span: hexadecimal(1)))
  }

  private static func hexadecimal(_ word: UInt64) -> String {
    let digits = String(word, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  @Test(arguments: [0.01, 0.1, 0.5, 0.9])
  func sampleKeepsItsShare(_ share: Double) {
    let kept = Sample(share).apply(to: EventBatch(Self.traces)).count
    // Four standard deviations of a fair coin; the ids are fixed, so this passes always or never.
    let tolerance = 4 * (100_000 * share * (1 - share)).squareRoot()
    #expect(abs(Double(kept) - 100_000 * share) < tolerance, "\(kept)")
  }

  @Test func aLargerShareKeepsWhatASmallerKeeps() {
    let some = Set(ids(Sample(0.1).apply(to: EventBatch(Self.traces))))
    let more = Set(ids(Sample(0.3).apply(to: EventBatch(Self.traces))))
    #expect(some.isStrictSubset(of: more))
  }

  @Test func sampleDecidesTheSameInEveryProcess() {
    // Fixed once: a change would cut traces that are under way in two.
    #expect(ids(Sample(0.001).apply(to: EventBatch(Self.traces[..<5_000]))) == Self.pinned)
  }

  private static let pinned = [817, 1401, 1723, 2084, 3486, 3926, 4223]

  @Test func sampleKeepsATraceWhole() {
    let events = (0..<3_000).map { number in
      Event(
        number % 2 == 0 ? .span : .llmChunk, id: "\(number)",
        correlation: Correlation(trace: "trace-\(number / 3)"))
    }
    let kept = Sample(0.5).apply(to: EventBatch(events))
    let sizes = Dictionary(grouping: ids(kept)) { $0 / 3 }.mapValues(\.count)
    #expect(sizes.count > 300 && sizes.count < 700)
    #expect(sizes.values.allSatisfy { $0 == 3 })
  }

  @Test func sampleKeepsEventsWithoutTheIdAndKnowsItsEnds() {
    let batch = Self.events(50)
    #expect(Sample(0).apply(to: batch).count == 50)
    #expect(Sample(0, by: .session).apply(to: batch).isEmpty)
    #expect(Sample(-1, by: .session).apply(to: batch).isEmpty)
    #expect(Sample(.nan, by: .session).apply(to: batch).isEmpty)
    #expect(Sample(1, by: .session).apply(to: batch).count == 50)
    #expect(Sample(.infinity, by: .session).apply(to: batch).count == 50)
  }

  // MARK: Filters of one's own

  /// Drops what `decide` says, rewrites what it gives, and counts how often it was asked.
  private final class Custom: Filter {
    let asked = Atomic<Int>(0)
    let decide: @Sendable (Int) -> Verdict

    init(_ decide: @escaping @Sendable (Int) -> Verdict) { self.decide = decide }

    func evaluate(_ event: Event) -> Verdict {
      asked.wrappingAdd(1, ordering: .relaxed)
      return decide(Int(event.id)!)
    }
  }

  @Test func theDefaultBatchStepIsTheSingleStepInOrder() {
    let batch = Self.events(100)
    let filter = Custom { id in
      switch id % 5 {
      case 0: .drop
      case 1: .rewrite(Event(.message, id: "\(id + 1_000)", session: "rewritten"))
      default: .keep
      }
    }
    let result = filter.apply(to: batch)
    #expect(filter.asked.load(ordering: .relaxed) == 100)
    let expected = (0..<100).filter { $0 % 5 != 0 }.map { $0 % 5 == 1 ? $0 + 1_000 : $0 }
    #expect(ids(result) == expected)
    for event in result {
      let isRewritten = Int(event.id)! >= 1_000
      #expect((event[.session] == "rewritten") == isRewritten)
      #expect((event.kind == .message) == isRewritten)
    }
    // What was kept is byte for byte what came.
    #expect(result[2].wire == batch[3].wire)
  }

  @Test func withoutARewriteNothingIsCopied() {
    let batch = Self.events(100)
    let result = Custom { $0 % 2 == 0 ? .keep : .drop }.apply(to: batch)
    #expect(result.storage.identity == batch.storage.identity)
    #expect(ids(result) == (0..<100).filter { $0 % 2 == 0 })
  }

  @Test func aSingleEventMayBeRewritten() {
    let batch = EventBatch([Event("a.b", id: "1")])
    let result = Custom { _ in .rewrite(Event("c.d", id: "2")) }.apply(to: batch)
    #expect(result.map(\.kind) == ["c.d"])
    #expect(Custom { _ in .drop }.apply(to: batch).isEmpty)
  }

  // MARK: In a broker

  @Test func filtersApplyInOrderBeforeTheStore() async throws {
    let seen = Custom { id in id == 7 ? .rewrite(Event(.message, id: "700")) : .keep }
    let broker = Broker {
      Drop(.kind(.llmChunk))
      seen
      Keep(!.session("s-1"))
      MemoryStore(keeping: .megabytes(1))
    }
    let receipt = try await broker.publish(Self.events(12))
    // Dropped first: 0, 3, 6, 9. Then 7 becomes a message. Then of s-1 (1, 5) nothing is left.
    #expect(seen.asked.load(ordering: .relaxed) == 8)
    #expect(receipt.stored == 6 && receipt.dropped == 6)
    var found: [Int] = []
    for try await event in broker.events(from: .beginning, following: false) {
      found.append(Int(event.id)!)
    }
    #expect(found == [2, 4, 700, 8, 10, 11])
    #expect(await broker.statistics.dropped == 6)
  }

  @Test func aBatchOfWhichNothingIsLeftIsAcknowledged() async throws {
    let broker = Broker {
      Drop(.all)
      MemoryStore(keeping: .megabytes(1))
    }
    let receipt = try await broker.publish(Self.events(3))
    #expect(receipt.stored == 0 && receipt.dropped == 3 && receipt.first == nil)
  }
}
