import Testing

@testable import ArkBroker

@Suite struct TailTests {
  private func batch(_ range: Range<Int>, session: String? = nil) -> StoredBatch {
    StoredBatch(
      events(range, session: session), first: Position(rawValue: UInt64(range.lowerBound + 1)))
  }

  @Test func aWaiterWithKeysIsWokenByItsKeyOnly() {
    let tail = Tail(newest: .start, bytes: 1 << 20)
    let woken = Tally()
    let waiter = TailWaiter(match: .session("a") || .session("b")) { woken.add() }
    #expect(tail.wait(waiter, after: .start))
    tail.append(batch(0..<3, session: "c"))
    #expect(woken.value == 0)
    tail.append(batch(3..<5, session: "b"))
    #expect(woken.value == 1)
    // Everything before the batch that woke it may be passed over.
    #expect(waiter.skippable == Position(rawValue: 3))
    tail.append(batch(5..<6, session: "a"))
    #expect(woken.value == 1)
    tail.remove(waiter)
    #expect(tail.waiterCount == 0)
  }

  @Test func aWaiterForEverythingIsWokenOnceForEachWait() {
    let tail = Tail(newest: .start, bytes: 1 << 20)
    let woken = Tally()
    let waiters = (0..<5).map { _ in TailWaiter(match: .all) { woken.add() } }
    for waiter in waiters { #expect(tail.wait(waiter, after: .start)) }
    tail.remove(waiters[1])
    tail.append(batch(0..<1))
    #expect(woken.value == 4)
    tail.append(batch(1..<2))
    #expect(woken.value == 4)
    #expect(!tail.wait(waiters[0], after: .start))
    #expect(tail.wait(waiters[0], after: Position(rawValue: 2)))
    tail.end()
    #expect(woken.value == 5)
    #expect(!tail.wait(waiters[0], after: Position(rawValue: 2)))
    #expect(tail.waiterCount == 0)
  }

  @Test func whatDoesNotFitIsLeftToTheStore() {
    let tail = Tail(newest: .start, bytes: 1)
    for number in 0..<200 { tail.append(batch(number..<number + 1)) }
    let all = Matcher(.all)
    guard case .older = tail.read(after: Position(rawValue: 198), all, limit: ReadLimit()) else {
      Issue.record("an old batch is in memory")
      return
    }
    guard
      case .page(let page) = tail.read(after: Position(rawValue: 199), all, limit: ReadLimit())
    else {
      Issue.record("the newest batch is not in memory")
      return
    }
    #expect(page.events.map(\.position.rawValue) == [200])
  }
}
