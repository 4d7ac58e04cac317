import ArkBroker
import ArkBrokerTesting
import Testing

@testable import ArkAPI

@Suite struct SessionSnapshotTests {
  static func sessions(seed: UInt64 = 5) -> Sessions {
    var steps = SessionSteps(seed: seed, sessions: 4, names: 5)
    var sessions = Sessions()
    for _ in 0..<200 {
      let step = steps.next()
      if case .purge = step.action { continue }
      sessions.apply(step.event)
    }
    return sessions
  }

  @Test func nothingComesBackAsNothing() throws {
    let restored = try #require(Sessions(snapshot: Sessions().snapshot()))
    #expect(restored.count == 0 && restored.snapshot().count < 40)
  }

  @Test func whatWasDeletedStaysDeleted() throws {
    var sessions = Sessions([
      posted("LLMCallStart", query: "a"), posted("LLMCallStart", query: "b"),
    ])
    sessions.apply(deletion(of: "a"))
    var restored = try #require(Sessions(snapshot: sessions.snapshot()))
    restored.apply(
      posted("LLMCallStart", query: "a"), updated(["sessionId": "s-1", "queryName": "a"]))
    #expect(restored["s-1"]?.queries.map(\.name) == ["b"])
  }

  @Test func timesOfAnyDistanceComeBack() throws {
    let times: [Int64] = [.min, .max, 0, -1, 1]
    let events = times.map {
      Event(
        .queryCompleted, time: Timestamp(nanosecondsSinceEpoch: $0), queryName: "q", session: "s-1")
    }
    for number in 1...events.count {
      let sessions = Sessions(Array(events.prefix(number)))
      let restored = try #require(Sessions(snapshot: sessions.snapshot()))
      #expect(
        restored.table.value(of: restored.table.first)
          == sessions.table.value(of: sessions.table.first))
    }
  }

  @Test func everyDamagedByteIsNoticed() {
    let snapshot = Self.sessions().snapshot()
    #expect(snapshot.count > 1000)
    var random = EventGenerator(seed: 1)
    for place in snapshot.indices {
      var damaged = snapshot
      damaged[place] ^= UInt8.random(in: 1...255, using: &random)
      #expect(Sessions(snapshot: damaged) == nil, "\(place)")
    }
  }

  @Test func aCutOrLongerSnapshotIsNone() {
    let snapshot = Self.sessions().snapshot()
    for count in 0..<snapshot.count {
      #expect(Sessions(snapshot: Array(snapshot.prefix(count))) == nil)
    }
    #expect(Sessions(snapshot: snapshot + [0]) == nil)
    var resealed = snapshot + [0]
    resealed.withUnsafeMutableBytes { SessionsSnapshot.seal($0) }
    #expect(Sessions(snapshot: resealed) == nil)
  }

  /// Whatever a checksum vouches for makes a sound state or none: what is read can be used, changed and written again.
  @Test(arguments: 1...4) func whateverIsReadIsSound(_ seed: UInt64) {
    let snapshot = Self.sessions(seed: seed).snapshot()
    var random = EventGenerator(seed: seed)
    var readable = 0
    var steps = SessionSteps(seed: seed + 1, sessions: 4, names: 5)
    let events = (0..<30).map { _ in steps.next().event }
    for round in 0..<600 {
      var damaged = snapshot
      for _ in 0...(round % 3) {
        let place = Int.random(in: SessionsSnapshot.headLength..<damaged.count, using: &random)
        switch round % 4 {
        case 0: damaged.remove(at: place)
        case 1: damaged.insert(UInt8.random(in: 0...255, using: &random), at: place)
        case 2: damaged[place] = UInt8.random(in: 0...255, using: &random)
        default: damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        }
      }
      damaged.withUnsafeMutableBytes { SessionsSnapshot.seal($0) }
      guard var sessions = Sessions(snapshot: damaged) else { continue }
      readable += 1
      _ = sessions.json { $0.appendAll(to: &$1, timeToLive: .seconds(Int64.max)) }
      sessions.apply(events)
      #expect(Sessions(snapshot: sessions.snapshot())?.queryCount == sessions.queryCount)
      for name in 0..<5 { sessions.removeQuery(named: ExactText("q\(name)")) }
      sessions.prune(timeToLive: .zero)
    }
    #expect(readable > 0)
  }
}
