import ArkBrokerTesting
import Testing

@testable import ArkBroker

/// Damage may begin where the part of the log begins that is kept.
@Suite struct TwoGapsTests {
  /// Has dropped the events up to 100, and cannot read those up to 120.
  private struct Damaged: ForwardingStore {
    static let oldest = Position(rawValue: 101)
    static let sound = Position(rawValue: 121)
    let base = MemoryStore(keeping: .megabytes(1))

    var bounds: Bounds {
      get async { Bounds(oldest: Self.oldest, newest: await base.bounds.newest) }
    }

    func read(_ request: ReadRequest) async throws(StoreError) -> Page {
      var request = request
      let lost = max(request.after.advanced(by: 1), Self.oldest)
      request.after = max(request.after, Self.sound.advanced(by: -1))
      var page = try await base.read(request)
      if lost < Self.sound {
        page.gap = Gap(first: lost, last: Self.sound.advanced(by: -1), reason: .damaged)
      }
      return page
    }
  }

  private func read(from start: Start) async throws -> (gaps: [Gap], positions: [UInt64]) {
    let store = Damaged()
    _ = try await store.append(AppendRequest(events(0..<130)))
    let broker = Broker { store }
    var gaps: [Gap] = []
    var positions: [UInt64] = []
    for try await page in broker.pages(from: start, following: false) {
      if let gap = page.gap { gaps.append(gap) }
      positions += page.events.map(\.position.rawValue)
    }
    return (gaps, positions)
  }

  private let damaged = Gap(
    first: Position(rawValue: 101), last: Position(rawValue: 120), reason: .damaged)

  @Test func aReaderHearsOfWhatHasExpiredAndOfTheDamageBehindIt() async throws {
    let (gaps, positions) = try await read(from: .after(Position(rawValue: 50)))
    let expired = Gap(
      first: Position(rawValue: 51), last: Position(rawValue: 100), reason: .expired)
    #expect(gaps == [expired, damaged])
    #expect(positions == Array(121...130))
  }

  @Test func aReaderOfAnOlderLogHearsOfTheDamageAsWell() async throws {
    let (gaps, positions) = try await read(from: .after(Position(rawValue: 1_000)))
    #expect(gaps.map(\.reason) == [.restarted, .damaged])
    #expect(gaps.last == damaged)
    #expect(positions == Array(121...130))
  }
}
