import ArkBroker
import ArkBrokerTesting
import Synchronization
import Testing

@testable import ArkFileStore

/// A store goes while it is being used.
///
/// The time limits are for what hangs: among all tests at once, under a sanitizer, a minute is nothing.
@Suite struct ClosingTests {
  private func open(_ settings: FileStore.Settings = LogHarness.settings(segmentBytes: 1 << 20))
    throws -> (DiskLog, SimulatedFileSystem)
  {
    let system = SimulatedFileSystem()
    let log = try DiskLog(system, "/log", .everything, settings, report: { _, _ in })
    return (log, system)
  }

  /// Whoever appends while the log is being closed gets an answer.
  @Test(.timeLimit(.minutes(15))) func everyAppendIsAnswered() async throws {
    var generator = EventGenerator(seed: 1)
    let batch = generator.batch(of: 2)
    for _ in 0..<(isFull ? 2000 : 100) {
      let (log, system) = try open()
      let acknowledged = await withTaskGroup(of: Int.self) { group in
        for _ in 0..<3 {
          group.addTask {
            var count = 0
            while true {
              let result = await withCheckedContinuation { continuation in
                log.append(AppendRequest(batch)) { continuation.resume(returning: $0) }
              }
              guard case .success = result else { return count }
              count += 1
            }
          }
        }
        group.addTask {
          try? log.close()
          return 0
        }
        return await group.reduce(0, +)
      }
      let again = try DiskLog(
        system, "/log", .everything, LogHarness.settings(segmentBytes: 1 << 20),
        report: { _, _ in })
      #expect(try again.bounds.newest.rawValue == UInt64(acknowledged * 2))
      try again.close()
    }
  }

  /// Maintenance that needs the writing thread while the log is being closed comes to an end.
  @Test(.timeLimit(.minutes(15))) func maintenanceEnds() async throws {
    for _ in 0..<(isFull ? 1000 : 50) {
      let (log, _) = try open()
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<2 {
          group.addTask {
            for _ in 0..<20 { try? log.onWriter { (_) throws(StoreError) in } }
          }
        }
        group.addTask { try? log.close() }
      }
    }
  }

  /// Maintenance that needs the writing thread gets it between two groups, however many appends wait.
  @Test func theWritingThreadIsFreeBetweenTwoGroups() throws {
    let (log, _) = try open()
    var generator = EventGenerator(seed: 1)
    let batch = generator.batch(of: 1)
    let groups = Atomic<Int>(0)
    let hadTheThread = Atomic<Bool>(false)
    let limit = 20_000
    // The next append is there before the writer can find that none is.
    @Sendable func append() {
      log.append(AppendRequest(batch)) { _ in
        guard groups.wrappingAdd(1, ordering: .relaxed).newValue < limit,
          !hadTheThread.load(ordering: .relaxed)
        else { return }
        append()
      }
    }
    append()
    try log.onWriter { (_) throws(StoreError) in hadTheThread.store(true, ordering: .relaxed) }
    #expect(groups.load(ordering: .relaxed) < limit)
    try log.close()
  }

  /// The last reference to a store may go on one of its own threads.
  @Test(.timeLimit(.minutes(15)), arguments: [false, true])
  func aStoreGoesOnAThreadOfItsOwn(isWriter: Bool) async throws {
    var generator = EventGenerator(seed: 1)
    let batch = generator.batch(of: 2)
    for round in 0..<30 {
      let system = SimulatedFileSystem()
      let held = Mutex<FileStore?>(nil)
      do {
        let store = FileStore(
          at: "/log", keeping: .everything, settings: LogHarness.settings(), on: system)
        try await store.open()
        held.withLock { $0 = store }
      }
      await withCheckedContinuation { continuation in
        let drop = { @Sendable in
          let store = held.withLock { held in
            defer { held = nil }
            return held
          }
          withExtendedLifetime(store) {}
          continuation.resume()
        }
        let store = held.withLock { $0! }
        if isWriter {
          store.append(AppendRequest(batch), onWritten: nil) { _ in drop() }
        } else {
          store.onReadingThread(for: ReadRequest(after: .start), drop)
        }
      }
      // Its threads end in their own time, and then the directory is free.
      while true {
        do throws(StoreError) {
          let log = try DiskLog(
            system, "/log", .everything, LogHarness.settings(), report: { _, _ in })
          #expect(try log.bounds.newest.rawValue == (isWriter ? 2 : 0), "round \(round)")
          try log.close()
          break
        } catch {
          #expect(error.code == .locked, "\(error)")
          await Task.yield()
        }
      }
    }
  }
}
