import Testing

@testable import ArkBroker

@Suite struct RecentIDsTests {
  private func hash(_ number: Int) -> EventIDHash {
    EventIDHash(low: UInt64(number) &* 0x9e37_79b9_7f4a_7c15, high: UInt64(number))
  }

  @Test(arguments: [1, 7, 51, 60, 99, 100, 101, 250])
  func theLastEventsAreKnownWhateverTheSizeOfTheBatches(size: Int) {
    let capacity = 100
    var recent = RecentIDs(capacity: capacity)
    var count = 0
    for _ in 0..<12 {
      recent.reserve(size)
      for number in max(0, count - capacity)..<count {
        guard case .known(let position) = recent.note(hash(number)) else {
          Issue.record("event \(number) of \(count) is not known any more")
          return
        }
        #expect(position == Position(rawValue: UInt64(number + 1)))
      }
      for number in count..<count + size {
        guard case .new(let place) = recent.note(hash(number)) else {
          Issue.record("event \(number) is not new")
          return
        }
        recent.fill(place, with: Position(rawValue: UInt64(number + 1)))
      }
      count += size
    }
  }

  @Test func eventsThatWereNotStoredPushNoneOut() {
    var recent = RecentIDs(capacity: 100)
    recent.reserve(100)
    for number in 0..<100 {
      guard case .new(let place) = recent.note(hash(number)) else { return }
      recent.fill(place, with: Position(rawValue: UInt64(number + 1)))
    }
    for number in 100..<2_000 {
      recent.reserve(1)
      guard case .new(let place) = recent.note(hash(number)) else {
        Issue.record("event \(number) is not new")
        return
      }
      recent.forget(place)
    }
    for number in 0..<100 {
      guard case .known = recent.note(hash(number)) else {
        Issue.record("event \(number) is not known any more")
        return
      }
    }
  }

  @Test func aRepeatWithinABatchIsKnownWithoutAPosition() {
    var recent = RecentIDs(capacity: 10)
    recent.reserve(2)
    guard case .new(let place) = recent.note(hash(1)), case .known(nil) = recent.note(hash(1))
    else {
      Issue.record("the repeat is not known")
      return
    }
    recent.forget(place)
    recent.reserve(1)
    guard case .new = recent.note(hash(1)) else {
      Issue.record("a forgotten event is known")
      return
    }
  }
}
