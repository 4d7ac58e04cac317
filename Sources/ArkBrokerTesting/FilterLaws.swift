public import ArkBroker

/// One obligation of a filter, as a value.
///
/// ```swift
/// @Test(arguments: FilterLaws.all)
/// func obeys(_ law: FilterLaw) throws { try law.check(MyFilter()) }
/// ```
public struct FilterLaw: Sendable, CustomStringConvertible {
  /// The law as a sentence.
  public let statement: String
  private let body: @Sendable (any Filter, EventBatch) throws -> Void

  init(_ statement: String, _ body: @escaping @Sendable (any Filter, EventBatch) throws -> Void) {
    self.statement = statement
    self.body = body
  }

  /// The sentence.
  public var description: String { statement }

  /// Checks the law.
  /// - Parameters:
  ///   - filter: the filter.
  ///   - batches: what to try it on. Default: generated events, in batches of 0 to 40.
  /// - Throws: `LawViolation` when the filter breaks it.
  public func check(
    _ filter: any Filter, on batches: [EventBatch] = FilterLaws.batches()
  ) throws {
    do {
      for batch in batches { try body(filter, batch) }
    } catch let breach as Breach {
      throw LawViolation(law: statement, breach.message)
    }
  }
}

/// All that is asked of filters.
public enum FilterLaws {
  /// Every law.
  public static let all: [FilterLaw] = [
    FilterLaw("the same batch gives the same answer each time") { filter, batch in
      let first = Array(filter.apply(to: batch))
      for _ in 0..<3 {
        try demand(Array(filter.apply(to: batch)) == first, "a second answer differs")
      }
      for event in batch {
        try demand(
          outcome(of: filter, event) == outcome(of: filter, event),
          "a second verdict about \(event) differs")
      }
    },
    FilterLaw("a batch is judged as its events are one by one") { filter, batch in
      let expected = batch.compactMap { outcome(of: filter, $0) }
      let kept = Array(filter.apply(to: batch))
      try demand(
        kept == expected,
        "the batch of \(batch.count) keeps \(kept.count) events, one by one it is \(expected.count)"
      )
    },
    FilterLaw("a batch that is a choice of another is judged as if it stood alone") {
      filter, batch in
      let choice = batch.keeping { $0.source == "/a" }
      let kept = Array(filter.apply(to: choice))
      try demand(
        kept == Array(filter.apply(to: EventBatch(Array(choice)))),
        "a choice of \(choice.count) events is judged otherwise than a copy of it")
    },
    FilterLaw("no event is made up, and the order stays") { filter, batch in
      // A rewritten event keeps its id and source, so that duplicates are still told.
      let identities = batch.map { [$0.source, $0.id] }
      var place = 0
      for event in filter.apply(to: batch) {
        while place < identities.count, identities[place] != [event.source, event.id] {
          place += 1
        }
        try demand(place < identities.count, "\(event) is made up, or not where it was")
        place += 1
      }
    },
  ]

  /// Generated events for the laws.
  public static func batches(seed: UInt64 = 20_261_124) -> [EventBatch] {
    var generator = EventGenerator(seed: seed)
    return [.empty, generator.batch(of: 1)] + generator.batches(20, largest: 40)
  }

  private static func outcome(of filter: any Filter, _ event: Event) -> Event? {
    switch filter.evaluate(event) {
    case .keep: event
    case .drop: nil
    case .rewrite(let other): other
    }
  }
}
