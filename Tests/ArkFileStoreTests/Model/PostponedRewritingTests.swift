import ArkBroker
import Synchronization
import Testing

@testable import ArkFileStore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Rewriting that fails, or for which there is no room, is left alone for a time.
@Suite struct PostponedRewritingTests {
  private let system = SimulatedFileSystem()
  private let clock = TestClock()
  private let reports = Reports()

  /// A sealed log of which a half is deleted.
  private func log() throws -> DiskLog {
    let log = try DiskLog.withTwoSessions(system, clock: clock, reports: reports)
    try log.onWriter { (writer) throws(StoreError) in try writer.rotate { _ in true } }
    log.maintain()
    #expect(try log.delete(.session("gone")) == 30)
    return log
  }

  /// Counts the files of later generations that are begun, and lets each fail that is asked for.
  private func countRewritings(failing fault: SimulatedFileSystem.Fault? = nil) -> Count {
    let count = Count()
    system.onCall = { call in
      let name = call.path.dropFirst("/log/".count)
      guard call.kind == .write, call.offset == 0, name.hasSuffix(".segment.new"),
        SegmentName(String(name.dropLast(SegmentName.temporarySuffix.count)))?.generation ?? 0 > 0
      else { return nil }
      count.add()
      return fault
    }
    return count
  }

  @Test func whatDoesNotFitIsNotBegun() throws {
    let log = try log()
    let parts = try log.view().parts.count
    let capacity = system.capacity
    let begun = countRewritings()
    system.capacity -= try system.freeBytes(at: "/log")
    for _ in 0..<5 {
      log.maintain()
      clock.advance(seconds: 1)
    }
    #expect(begun.value == 0)
    // Once for each segment.
    let messages = reports.all.map(\.message).filter { $0.contains("not rewritten") }
    #expect(Set(messages).count == messages.count)
    #expect(messages.count == parts - 1)

    system.capacity = capacity
    log.maintain()
    #expect(begun.value == 0)
    clock.advance(seconds: 61)
    log.maintain()
    #expect(begun.value == messages.count)
    #expect(try log.count(.all) == 30)
    #expect(log.state.withLock { $0.deleted.isEmpty })
    system.onCall = nil
    try log.close()
  }

  @Test func whatFailsIsTriedAgainLaterAndLater() throws {
    let log = try log()
    let begun = countRewritings(failing: .error(EIO))
    log.maintain()
    let segments = begun.value
    #expect(segments > 3)
    var tries: [Int] = []
    // A minute, two, four, …, and never more than an hour.
    for minute in 1...200 {
      clock.advance(seconds: 60)
      log.maintain()
      if begun.value > segments * (tries.count + 1) { tries.append(minute) }
    }
    #expect(tries == [1, 3, 7, 15, 31, 63, 123, 183])
    // A clock that is set back does not make it wait longer.
    clock.advance(seconds: -100_000)
    system.onCall = nil
    log.maintain()
    #expect(log.state.withLock { $0.deleted.isEmpty })
    try log.close()
  }
}

private final class Count: Sendable {
  private let count = Atomic(0)

  var value: Int { count.load(ordering: .relaxed) }
  func add() { count.wrappingAdd(1, ordering: .relaxed) }
}
