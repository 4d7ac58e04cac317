import ArkBrokerTesting
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
      recent.forget(from: place)
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
    recent.forget(from: place)
    recent.reserve(1)
    guard case .new = recent.note(hash(1)) else {
      Issue.record("a forgotten event is known")
      return
    }
  }

  /// Appends that fail, of whatever size and however often, push nothing out and leave nothing behind.
  @Test(arguments: [1, 7, 100])
  func failuresCostNeitherKnowledgeNorMemory(capacity: Int) {
    var generator = EventGenerator(seed: UInt64(capacity))
    var recent = RecentIDs(capacity: capacity)
    var stored: [Int] = []
    var number = 0
    var footprint = 0
    for round in 0..<4_000 {
      let size = Int.random(in: 1...(capacity * 3 / 2 + 1), using: &generator)
      recent.reserve(size)
      var noted: [(place: Int, number: Int)] = []
      for _ in 0..<size {
        // Some of what is published is published again.
        if let known = stored.suffix(capacity).randomElement(using: &generator), known % 3 == 0 {
          guard case .known(let position) = recent.note(hash(known)),
            position == Position(rawValue: UInt64(known + 1))
          else {
            Issue.record("event \(known) is not known any more in round \(round)")
            return
          }
          continue
        }
        guard case .new(let place) = recent.note(hash(number)) else {
          Issue.record("event \(number) is not new in round \(round)")
          return
        }
        noted.append((place, number))
        number += 1
      }
      // Nine of ten fail.
      if round % 10 == 0 {
        for event in noted {
          recent.fill(event.place, with: Position(rawValue: UInt64(event.number + 1)))
          stored.append(event.number)
        }
      } else if let first = noted.first {
        recent.forget(from: first.place)
        number = first.number
      }
      // What grows with the batches has grown by then.
      if round == 2_000 { footprint = recent.footprint }
    }
    #expect(recent.footprint <= footprint)
    #expect(recent.footprint <= (capacity * 4 + 64) * 100)
  }

  @Test func aLargeBatchGivesItsMemoryBack() {
    var recent = RecentIDs(capacity: 10)
    recent.reserve(100_000)
    for number in 0..<100_000 {
      guard case .new(let place) = recent.note(hash(number)) else { return }
      recent.fill(place, with: Position(rawValue: UInt64(number + 1)))
    }
    for number in 100_000..<100_030 {
      recent.reserve(1)
      guard case .new(let place) = recent.note(hash(number)) else { return }
      recent.fill(place, with: Position(rawValue: UInt64(number + 1)))
    }
    #expect(recent.footprint < 10_000)
  }
}
