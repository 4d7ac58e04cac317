import ArkBroker
import Foundation

/// What every session has come to, told from its events alone.
struct SessionSummary: Projection, Codable {
  struct Session: Codable {
    var events = 0
    var failures = 0
  }
  private(set) var sessions: [String: Session] = [:]

  init() {}

  mutating func apply(_ event: StoredEvent) {
    guard let id = event[.session] else { return }
    sessions[id, default: Session()].events += 1
    if event.kind.rawValue.hasSuffix(".failed") { sessions[id]?.failures += 1 }
  }

  func snapshot() -> [UInt8] { Array((try? JSONEncoder().encode(self)) ?? Data()) }

  init?(snapshot: [UInt8]) {
    guard let state = try? JSONDecoder().decode(Self.self, from: Data(snapshot)) else { return nil }
    self = state
  }
}

let broker = Broker { MemoryStore(keeping: .megabytes(64)) }
try await broker.publish(Event(.queryStarted, session: "s-1"))
try await broker.publish(Event(.queryFailed, session: "s-1"))

// The log as it stands …
let (state, through) = try await broker.fold(into: SessionSummary())
print("through \(through): \(state.sessions["s-1"]!)")

// … and what comes behind it, without a gap and without a repeat: here from a snapshot, as after a restart.
var summary = SessionSummary(snapshot: state.snapshot())!
try await broker.publish(Event(.queryStarted, session: "s-1"))
for try await event in broker.events(from: .after(through)) {
  summary.apply(event)
  print("through \(event.position): \(summary.sessions["s-1"]!)")
  break
}
