import ArkBroker
import Testing

@testable import ArkAPI

/// What the fold keeps by counting along is what recomputing everything after each event gives.
@Suite struct SessionModelTests {
  /// Many sessions of few queries, and one of many.
  static let shapes: [(seed: UInt64, sessions: Int, names: Int)] =
    (1...8).map { ($0, 3, 5) } + (9...12).map { ($0, 1, 60) } + (13...14).map { ($0, 20, 2) }

  @Test(arguments: shapes) func agreesAfterEveryEvent(
    _ seed: UInt64, _ sessionCount: Int, _ names: Int
  ) {
    var steps = SessionSteps(seed: seed, sessions: sessionCount, names: names)
    var model = SessionModel()
    var sessions = Sessions()
    for number in 0..<200 {
      let step = steps.next()
      model.apply(step)
      sessions.apply(step.event)
      let texts = sessions.all.map { sessions.text(of: $0.id) }
      guard texts == model.entries.map(\.text) else {
        Issue.record(
          "seed \(seed), step \(number): \(step)\n\(texts)\n\(model.entries.map(\.text))")
        return
      }
      #expect(sessions.queryCount == model.entries.reduce(0) { $0 + $1.queries.count })
      if let name = step.name {
        #expect(sessions.sessions(havingQuery: name) == model.owners(of: name))
      }
      if number % 3 == 0 { #expect(sessions.takeChanges() == model.takeChanges()) }
    }
    checkOrders(of: sessions, model)
  }

  private func checkOrders(of sessions: Sessions, _ model: SessionModel) {
    let byConversations = sessions.page(.init(order: .conversations), limit: .max, now: start)
    #expect(
      byConversations.sessions.map(\.conversations.count)
        == model.entries.map(\.conversations.count).sorted(by: >))
    for status in Session.Status.allCases {
      let count = model.entries.filter { $0.status == status.rawValue }.count
      #expect(sessions.page(now: start).statusCounts[status] == count)
      #expect(sessions.page(.init(status: status), now: start).total == count)
    }
  }

  @Test(arguments: shapes) func goesOnFromASnapshotAsIfThereHadBeenNone(
    _ seed: UInt64, _ sessionCount: Int, _ names: Int
  ) throws {
    var steps = SessionSteps(seed: seed, sessions: sessionCount, names: names)
    var sessions = Sessions()
    for _ in 0..<5 {
      for _ in 0..<60 { sessions.apply(steps.next().event) }
      _ = sessions.takeChanges()
      let snapshot = sessions.snapshot()
      var restored = try #require(Sessions(snapshot: snapshot))
      #expect(restored.snapshot() == snapshot)
      for _ in 0..<60 {
        let event = steps.next().event
        sessions.apply(event)
        restored.apply(event)
        #expect(restored.all == sessions.all)
        #expect(restored.takeChanges() == sessions.takeChanges())
      }
      #expect(restored.snapshot() == sessions.snapshot())
      #expect(restored.queryCount == sessions.queryCount && restored.count == sessions.count)
    }
  }
}
