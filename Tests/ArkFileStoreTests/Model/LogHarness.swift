import ArkBrokerTesting
import Synchronization

@testable import ArkBroker
@testable import ArkFileStore

/// A clock that a test sets.
final class TestClock: Sendable {
  private let nanoseconds = Atomic<Int64>(1_800_000_000_000_000_000)

  var now: Int64 { nanoseconds.load(ordering: .relaxed) }
  func advance(seconds: Int64) {
    nanoseconds.wrappingAdd(seconds * 1_000_000_000, ordering: .relaxed)
  }
}

/// Messages of a store.
final class Reports: Sendable {
  private let list = Mutex<[LogRecord]>([])

  var all: [LogRecord] { list.withLock { $0 } }
  func add(_ record: LogRecord) { list.withLock { $0.append(record) } }
  func removeAll() { list.withLock { $0 = [] } }
}

/// A log on a simulated disk beside the model of it. Does things to both and compares.
///
/// Nothing happens in the background, so that the same calls come in the same order every time.
final class LogHarness {
  let system: SimulatedFileSystem
  let settings: FileStore.Settings
  let retention: FileStore.Retention
  let clock: TestClock
  let reports = Reports()
  var model: LogModel
  private(set) var log: DiskLog?
  /// Something has been made to fail: calls may throw.
  var isForgiving = false
  /// Acknowledged events may have been lost, which the store has to say.
  private(set) var hasLost = false

  static let directory = "/data/log"

  init(
    _ system: SimulatedFileSystem = SimulatedFileSystem(), _ settings: FileStore.Settings,
    _ retention: FileStore.Retention = .everything, _ model: LogModel,
    clock: TestClock = TestClock()
  ) {
    self.system = system
    self.settings = settings
    self.retention = retention
    self.model = model
    self.clock = clock
  }

  deinit { abandon() }

  /// Settings for tests: nothing in the background, and no waiting.
  static func settings(
    segmentBytes: Int = 4096, durability: Durability = .synced, compresses: Bool = false
  ) -> FileStore.Settings {
    var settings = FileStore.Settings()
    settings.segmentBytes = segmentBytes
    settings.durability = durability
    settings.compresses = compresses
    settings.minimumFreeBytes = 0
    settings.compactionBytesPerSecond = 1 << 40
    settings.worksInBackground = false
    return settings
  }

  /// The same log on what a crash has left of the disk.
  func after(_ system: SimulatedFileSystem) -> LogHarness {
    let harness = LogHarness(system, settings, retention, model, clock: clock)
    harness.hasLost = hasLost
    return harness
  }

  /// Lets go of the log without a word to its files.
  func abandon() {
    guard let log else { return }
    self.log = nil
    system.crash()
    try? log.close()
  }

  // MARK: Opening and closing

  func open() throws(StoreError) {
    log = try DiskLog(
      system, LogHarness.directory, retention, settings, clock: { [clock] in clock.now },
      report: { [reports] in reports.add(LogRecord($0, $1)) })
  }

  /// Opens what a crash has left and checks it.
  func recover(mayLose: Bool = false) throws {
    try open()
    try adopt(mayLose: mayLose)
  }

  /// Checks what was found, and goes on from that.
  func adopt(mayLose: Bool = false) throws {
    hasLost = hasLost || mayLose && isForgiving
    let (seen, _) = try readAll()
    let bounds = try log!.bounds
    try model.settle(
      seen, oldest: bounds.oldest, clock.now, mayLose: mayLose,
      mayTear: mayLose && isForgiving)
    for key in model.values.keys.sorted() {
      try model.settle(key, log!.values.value(for: StateKey(rawValue: key)))
    }
    try check()
  }

  func close() throws {
    guard let log else { return }
    self.log = nil
    try forgiving {
      try log.close()
    } done: {
      model.flushValues()
    }
  }

  private func forgiving(_ body: () throws -> Void, done: () -> Void = {}) throws {
    do {
      try body()
      done()
    } catch {
      guard isForgiving, error is StoreError else { throw error }
    }
  }

  // MARK: Doing things

  /// Appends batches; all but the first in one group.
  func append(_ batches: [EventBatch], durability: Durability? = nil) throws {
    guard let log else { return }
    let stored = clock.now
    let outcome = Handover<[Result<Positions, StoreError>]>()
    let results = Mutex<[(Int, Result<Positions, StoreError>)]>([])
    let note = { @Sendable (number: Int, result: Result<Positions, StoreError>) in
      let all = results.withLock { results in
        results.append((number, result))
        return results
      }
      guard all.count == batches.count else { return }
      outcome.give(all.sorted { $0.0 < $1.0 }.map(\.1))
    }
    log.append(AppendRequest(batches[0], durability: durability)) { result in
      // On the writing thread, so that it finds all of them when it comes back.
      for (number, batch) in batches.enumerated().dropFirst() {
        log.append(AppendRequest(batch, durability: durability)) { note(number, $0) }
      }
      note(0, result)
    }
    for (batch, result) in zip(batches, outcome.take()) {
      let events = (0..<batch.count).map { batch.selection[$0] }
      switch result {
      case .success(let positions): try model.append(events, at: positions, stored: stored)
      case .failure(let error):
        guard isForgiving else { throw error }
        model.failToAppend(events, stored: stored)
      }
    }
  }

  func delete(_ match: Match) throws {
    guard let log else { return }
    let outcome = Result { () throws(StoreError) in try log.delete(match) }
    switch outcome {
    case .success(let count):
      let expected = model.delete(Matcher(match), clock.now, isDone: true)
      try demand(count == expected, "deleted \(count) events, not \(expected)")
    case .failure(let error):
      guard isForgiving else { throw error }
      _ = model.delete(Matcher(match), clock.now, isDone: false)
    }
  }

  func maintain() throws {
    guard let log else { return }
    let before = log.footprint
    log.maintain()
    if !isForgiving { model.flushValues() }
    try noteOldest(footprint: before)
  }

  /// What has been let go, if anything may have been.
  private func noteOldest(footprint: Int) throws {
    guard let log, retention != .everything else { return }
    let oldest = try log.bounds.oldest
    // Sealing adds footers.
    if footprint + 2048 <= retention.bytes ?? .max {
      let limit = retention.age.map { clock.now - $0.components.seconds * 1_000_000_000 }
      let gone = model.visible(clock.now).filter {
        $0.position < oldest && $0.stored >= limit ?? .min
      }
      try demand(
        gone.isEmpty, "\(gone.count) events are gone too early, of \(footprint) bytes")
    }
    model.letGo(before: oldest, isSure: !isForgiving)
  }

  func set(_ value: [UInt8]?, for key: String) {
    log?.values.set(value, for: StateKey(rawValue: key))
    model.set(value, for: key)
  }

  // MARK: Comparing

  func readAll(limit: ReadLimit = ReadLimit(events: 97, bytes: 1 << 16)) throws -> (
    seen: [LogModel.Seen], gaps: [Gap]
  ) {
    guard let log else { return ([], []) }
    var request = ReadRequest(after: .start, limit: limit)
    var seen: [LogModel.Seen] = []
    var gaps: [Gap] = []
    let newest = try log.bounds.newest
    while request.after < newest {
      let page = try log.read(request)
      try demand(page.lookedThrough > request.after, "no progress behind \(request.after)")
      if let gap = page.gap { gaps.append(gap) }
      for batch in page.batches {
        for ordinal in 0..<batch.count {
          let index = batch.selection[ordinal]
          seen.append(
            .init(position: batch.position(at: index), storage: batch.storage, index: index))
        }
      }
      request.after = page.lookedThrough
    }
    return (seen, gaps)
  }

  /// Everything is there, and nothing else.
  func check() throws {
    guard let log else { return }
    let (seen, gaps) = try readAll()
    let expected = model.visible(clock.now)
    for (entry, found) in zip(expected, seen) {
      try demand(
        entry.position == found.position
          && model.pool.isSame(entry.event, found.storage, found.index),
        "position \(found.position) is not \(entry)")
    }
    try demand(
      seen.count == expected.count,
      "\(seen.count) events, not \(expected.count): \(seen.map(\.position)), \(expected.map(\.position))"
    )
    try demand(gaps.isEmpty || hasLost, "there are gaps: \(gaps)")
    for gap in gaps {
      let inside = seen.first { $0.position >= gap.first && $0.position <= gap.last }
      try demand(inside == nil, "\(gap) with \(inside!.position)")
    }
    let bounds = try log.bounds
    try demand(bounds.newest >= model.newest, "\(bounds) after \(model.newest)")
    try demand(
      bounds.oldest <= (expected.first?.position ?? bounds.newest.advanced(by: 1)),
      "\(bounds) with \(expected.first?.position ?? .end)")
    try checkCount(.all)
    for (key, values) in model.values {
      let value = log.values.value(for: StateKey(rawValue: key))
      try demand(value == values.last!, "\(key) is \(value ?? []), not \(values)")
    }
  }

  /// A count is that of a plain filter of everything.
  func checkCount(_ match: Match) throws {
    // What has not been read may be damaged, and is counted until it has.
    guard let log, !hasLost else { return }
    let (matcher, pool) = (Matcher(match), model.pool)
    let expected = model.visible(clock.now).count { matcher.matches(pool.storage, $0.event) }
    let count = try log.count(match)
    try demand(count == expected, "\(match): counted \(count), not \(expected)")
  }

  /// One read gives what a plain filter of everything would.
  func checkRead(after: Position, _ match: Match, _ limit: ReadLimit) throws {
    guard let log else { return }
    let request = ReadRequest(after: after, matching: match, limit: limit)
    let page = try log.read(request)
    let (matcher, pool, now) = (request.matcher, model.pool, clock.now)
    let expected = model.visible(now).filter {
      $0.position > after && matcher.matches(pool.storage, $0.event)
    }
    var count = 0
    var bytes = 0
    for batch in page.batches {
      for ordinal in 0..<batch.count {
        let index = batch.selection[ordinal]
        try demand(count < expected.count, "\(match): too many events")
        let entry = expected[count]
        try demand(
          batch.position(at: index) == entry.position
            && pool.isSame(entry.event, batch.storage, index),
          "\(match) behind \(after): \(batch.position(at: index)) is not \(entry)")
        count += 1
        bytes += batch.storage.wire(index).count
      }
    }
    try demand(
      count <= limit.events && (bytes <= limit.bytes || count == 1),
      "\(match): \(count) events, \(bytes) bytes, \(limit)")
    let missing = expected.dropFirst(count).first.map { $0.position <= page.lookedThrough } ?? false
    try demand(
      !missing,
      "\(match): looked through \(page.lookedThrough) without \(expected[min(count, expected.count - 1)])"
    )
    try demand(
      count > 0 || expected.isEmpty,
      "\(match): nothing of \(expected.count)")
    let newest = try log.bounds.newest
    try demand(
      page.lookedThrough > after || after >= newest, "\(match): no progress behind \(after)")
    try demand(page.gap == nil || hasLost, "\(match): \(String(describing: page.gap))")
  }
}

extension LogHarness {
  /// Nothing was damaged, so nobody may say so.
  func checkReports() throws {
    guard !hasLost else { return }
    let errors = reports.all.filter { $0.level == .error }
    try demand(errors.isEmpty, "reported: \(errors.map(\.message))")
  }
}
