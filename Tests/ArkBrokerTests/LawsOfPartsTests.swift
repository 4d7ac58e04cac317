import ArkBroker
import ArkBrokerTesting
import Testing

/// Source, sink and filter laws: kept by what keeps them, and broken by what breaks them.
@Suite struct LawsOfPartsTests {
  // MARK: Filters

  private struct Redacts: Filter {
    func evaluate(_ event: Event) -> Verdict {
      guard event.kind == .message else { return .keep }
      return .rewrite(Event(event.kind, id: event.id, source: event.source, time: event.time))
    }
  }

  private struct Batchwise: Filter {
    let body: @Sendable (EventBatch) -> EventBatch
    func evaluate(_ event: Event) -> Verdict { .keep }
    func apply(to batch: EventBatch) -> EventBatch { body(batch) }
  }

  private struct Renames: Filter {
    func evaluate(_ event: Event) -> Verdict { .rewrite(Event(event.kind, id: "new")) }
  }

  private struct Wavers: Filter {
    let count = Tally()
    func evaluate(_ event: Event) -> Verdict { count.add() % 3 == 0 ? .drop : .keep }
  }

  @Test(arguments: FilterLaws.all)
  func filtersOfTheBrokerObey(_ law: FilterLaw) throws {
    let filters: [any Filter] = [
      Keep(.kind("tool.*")), Drop(.session("s-1")), Keep(.all), Keep(.none), Sample(0.5), Sample(0),
      Redacts(),
    ]
    for filter in filters { try law.check(filter) }
  }

  /// On payloads in which there is something to take out.
  @Test(arguments: FilterLaws.all)
  func redactionObeys(_ law: FilterLaw) throws {
    var generator = RedactGenerator(seed: matchSeed)
    let batches = try (0..<10).map { number in
      EventBatch(
        try (0..<20).map {
          Event(
            $0 % 2 == 0 ? .span : .message, id: "\(number)-\($0)",
            source: $0 % 3 == 0 ? "/a" : "/b",
            payload: try .json(generator.payload()))
        })
    }
    for _ in 0..<5 { try law.check(generator.rules().0, on: [.empty] + batches) }
    try law.check(Redact(attributes: "*"))
    try law.check(Redact.truncating(valuesOver: 32))
  }

  @Test func brokenFiltersAreCaught() {
    let broken: [(String, any Filter)] = [
      ("reverses", Batchwise { EventBatch($0.reversed()) }),
      ("repeats", Batchwise { EventBatch(Array($0) + Array($0)) }),
      ("drops the last", Batchwise { EventBatch($0.dropLast()) }),
      ("renames", Renames()),
      ("wavers", Wavers()),
    ]
    for (name, filter) in broken {
      let caught = FilterLaws.all.contains { law in
        do {
          try law.check(filter)
          return false
        } catch {
          return error is LawViolation
        }
      }
      #expect(caught, "no law catches a filter that \(name)")
    }
  }

  // MARK: Sinks

  private struct Delivers: BatchSink {
    let name: String
    let receiver: SinkReceiver
    func receive(_ batch: StoredBatch) async throws { try await receiver.receive(batch) }
  }

  private struct Drops: BatchSink {
    let name: String
    let receiver: SinkReceiver
    func receive(_ batch: StoredBatch) async throws { try? await receiver.receive(batch) }
  }

  private struct BeginsLate: EventSink {
    let receiver: SinkReceiver
    func run(reading outlet: Outlet) async throws {
      for try await page in outlet.pages(from: .after(Position(rawValue: 2))) {
        for batch in page.batches { try await receiver.receive(batch) }
      }
    }
  }

  private struct Fails: EventSink {
    struct Failure: Error {}
    func run(reading outlet: Outlet) async throws { throw Failure() }
  }

  private static let names = Tally()

  @Test(arguments: SinkLaws.all)
  func batchSinksObey(_ law: SinkLaw) async throws {
    try await law.check { Delivers(name: "sink-\(Self.names.add())", receiver: $0) }
  }

  @Test func brokenSinksAreCaught() async {
    let broken: [(String, SinkLaw.Maker)] = [
      ("drops what was refused", { Drops(name: "drops", receiver: $0) }),
      ("begins late", { BeginsLate(receiver: $0) }),
    ]
    for (name, make) in broken {
      var caught = false
      for law in SinkLaws.all.prefix(2) {
        do { try await law.check(make) } catch { caught = caught || error is LawViolation }
      }
      #expect(caught, "no law catches a sink that \(name)")
    }
  }

  @Test func aSinkThatEndsByItselfIsCaught() async throws {
    let law = try #require(SinkLaws.all.first { $0.statement.contains("cancelled") })
    // Every time, and not by the end of the law's patience.
    for _ in 0..<100 {
      let violation = await #expect(throws: LawViolation.self) {
        try await law.check { _ in Fails() }
      }
      #expect(violation?.message == "the sink ended by itself")
    }
  }

  // MARK: Sources

  private struct Relays: EventSource {
    enum Fault { case none, answersEarly, acceptsEverything, alwaysRetryable, reverses }
    let upstream: SourceUpstream
    var fault = Fault.none

    func run(into inlet: Inlet) async throws {
      while let batch = await upstream.next() {
        if fault == .answersEarly { upstream.answer(.accepted) }
        let answer: SourceUpstream.Answer
        do throws(PublishError) {
          try await inlet.publish(fault == .reverses ? EventBatch(batch.reversed()) : batch)
          answer = .accepted
        } catch {
          answer =
            fault == .acceptsEverything
            ? .accepted
            : .refused(isRetryable: fault == .alwaysRetryable || error.isRetryable)
        }
        if fault != .answersEarly { upstream.answer(answer) }
      }
    }
  }

  @Test(arguments: SourceLaws.all)
  func aRelayObeys(_ law: SourceLaw) async throws {
    try await law.check { Relays(upstream: $0) }
  }

  @Test(arguments: [
    "answers early", "accepts everything", "calls everything retryable", "reverses",
  ])
  func brokenSourcesAreCaught(_ name: String) async {
    let faults: [String: Relays.Fault] = [
      "answers early": .answersEarly, "accepts everything": .acceptsEverything,
      "calls everything retryable": .alwaysRetryable, "reverses": .reverses,
    ]
    var caught = false
    for law in SourceLaws.all {
      do {
        try await law.check { Relays(upstream: $0, fault: faults[name]!) }
      } catch {
        caught = caught || error is LawViolation
      }
    }
    #expect(caught, "no law catches a source that \(name)")
  }
}
