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

// The state as of everything published so far …
let summary = broker.projection(SessionSummary.self)
print(try await summary.read { $0.sessions["s-1"]! })

// … and each time it has changed.
let changes = summary.changes
try await broker.publish(Event(.queryStarted, session: "s-1"))
for await position in changes where position.rawValue == 3 {
  print("through \(position):", try await summary.read { $0.sessions["s-1"]! })
  break
}
