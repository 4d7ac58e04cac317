import Testing

@testable import ArkFileStore

@Suite struct PaceTests {
  private let start = ContinuousClock.now + .seconds(1)

  @Test func soManyBytesTakeAsLongAsTheyShould() {
    var pace = Pace(bytesPerSecond: 1_000_000)
    var now = start
    for size in [3_000, 500, 10_000, 1, 86_499, 900_000] {
      if let delay = pace.delay(for: size, at: now) { now += delay }
    }
    #expect(now - start == .seconds(1))
  }

  @Test func shortDelaysAreSavedUp() {
    var pace = Pace(bytesPerSecond: 1_000_000)
    #expect(pace.delay(for: 1_000, at: start) == nil)
    #expect(pace.delay(for: 1_000, at: start) == nil)
    #expect(pace.delay(for: 1_000, at: start) == .milliseconds(3))
  }

  @Test func timeInWhichNothingIsWrittenIsNotMadeUpFor() {
    var pace = Pace(bytesPerSecond: 1_000_000)
    _ = pace.delay(for: 10_000, at: start)
    let later = start + .seconds(100)
    #expect(pace.delay(for: 10_000, at: later) == .milliseconds(10))
  }

  @Test func noBytesASecondIsTakenAsOne() {
    var pace = Pace(bytesPerSecond: 0)
    #expect(pace.delay(for: 2, at: start) == .seconds(2))
  }
}
