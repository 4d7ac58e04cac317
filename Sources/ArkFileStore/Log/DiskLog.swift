import ArkBroker
import Synchronization

/// An open log: what readers see, who writes, and what is done in the background.
final class DiskLog: Sendable {
  let fileSystem: any FileSystem
  let directory: String
  let retention: FileStore.Retention
  let settings: FileStore.Settings
  let files: OpenFiles
  let pool = BlockPool()
  let values: StateTable
  let deletions: Deletions
  let seed: HashSeed
  let state: Mutex<LogState>
  private let places = PlaceCache()
  private let lock: Mutex<(any FileLock)?>
  private let onReport: @Sendable (LogRecord.Level, String) -> Void
  private let threads = Mutex<Threads?>(nil)
  /// One round of maintenance at a time.
  let rounds = Mutex<Void>(())
  /// One deletion or rewriting at a time.
  let rewriting = Mutex<Void>(())
  let isClosing = Atomic<Bool>(false)
  private let clock: @Sendable () -> Int64

  private struct Threads: Sendable {
    let writer: LogWriter
    /// Nil when nothing is done in the background.
    let maintenance: Worker?
  }

  /// Opens a directory.
  init(
    _ fileSystem: any FileSystem, _ directory: String, _ retention: FileStore.Retention,
    _ settings: FileStore.Settings,
    clock: @escaping @Sendable () -> Int64 = { Timestamp.now().nanosecondsSinceEpoch },
    report: @escaping @Sendable (LogRecord.Level, String) -> Void
  ) throws(StoreError) {
    var settings = settings
    settings.segmentBytes = min(max(settings.segmentBytes, 4096), 1 << 30)
    self.fileSystem = fileSystem
    self.directory = directory
    self.retention = retention
    self.settings = settings
    self.clock = clock
    onReport = report
    files = OpenFiles(fileSystem)
    values = StateTable(fileSystem, in: directory)
    deletions = Deletions(fileSystem, in: directory)
    lock = Mutex(
      try filing { () throws(FileError) in
        try fileSystem.createDirectory(directory)
        return try fileSystem.lock("\(directory)/lock", holder: DiskLog.holder)
      })
    let (deleted, journal) = try deletions.load()
    DiskLog.tell(
      of: journal, in: "\(directory)/deletions", "some deleted events may be back", report)
    DiskLog.tell(
      of: try values.load(), in: "\(directory)/state", "some named cursors may be behind", report)
    let recovery = Recovery(
      fileSystem: fileSystem, directory: directory, settings: settings, files: files,
      pool: pool, now: clock(), report: report)
    let opened = try recovery.run(deleted: deleted)
    seed = opened.seed
    state = Mutex(opened.state)
    let writer = LogWriter(self, opened.active)
    if opened.active.file == nil {
      // So that positions are safe from being given again, whatever is deleted.
      do throws(StoreError) {
        try writer.beginFirstSegment()
      } catch {
        try? writer.close()
        throw error
      }
    }
    let seconds = max(1, Int(settings.maintenanceInterval.components.seconds))
    let maintenance =
      settings.worksInBackground
      ? Worker(niceness: 10, every: seconds) { [weak self] in self?.maintain() } : nil
    threads.withLock { $0 = Threads(writer: writer, maintenance: maintenance) }
  }

  private static func tell(
    of journal: Journal.Loaded, in path: String, _ loss: String,
    _ report: (LogRecord.Level, String) -> Void
  ) {
    for damage in journal.damages {
      report(
        .error,
        "\(path) is damaged from byte \(damage.lowerBound) to \(damage.upperBound): \(loss)")
    }
    if let torn = journal.torn {
      report(
        .warning,
        "\(path): cut \(torn.count) bytes behind byte \(torn.lowerBound), which were being written when the process or the machine stopped"
      )
    }
  }

  /// Who has the directory, as it is told to others that want it.
  static var holder: String { "process \(ProcessNumber.current)" }

  func report(_ level: LogRecord.Level, _ message: String) { onReport(level, message) }

  // MARK: The writer's

  /// Nanoseconds since 1970.
  var now: Int64 { clock() }

  var newest: Position { state.withLock { $0.newest } }

  /// Shows readers what has been acknowledged.
  func show(_ summary: SegmentSummary) {
    state.withLock { state in
      let place = state.parts.count - 1
      state.parts[place].summary = summary
      state.newest = max(state.newest, summary.last)
      state.bytes[state.parts[place].segment.name] = summary.end
    }
  }

  /// Notes that the newest segment has acknowledged events which no sync has made safe, and none will.
  func distrustNewest(_ error: StoreError) {
    report(.error, "what was to be synced is not safe until it is written elsewhere: \(error)")
    state.withLock { state in
      if let name = state.active?.segment.name { state.distrusted[name] = error }
    }
  }

  /// - Throws: while a failed sync has left acknowledged events that may not be safe.
  func checkTrust() throws(StoreError) {
    guard let error = state.withLock({ $0.distrusted.values.first }) else { return }
    throw StoreError(
      error.code, "what was written before is not safe until it is written elsewhere: \(error)")
  }

  /// The name of a segment that is to be begun.
  func newName(first: Position) -> SegmentName {
    state.withLock { state in
      guard let other = state.active?.segment.name, other.first == first else {
        return SegmentName(first: first)
      }
      // Of an empty segment there only a later generation takes the place.
      return SegmentName(first: first, generation: state.newGeneration())
    }
  }

  /// Goes on in a new segment.
  func add(_ segment: Segment, _ summary: SegmentSummary) {
    state.withLock { state in
      if let empty = state.active?.segment, empty.first == segment.first {
        state.remove(empty)
        state.leftovers.append(leftover(of: empty))
      }
      state.parts.append(LogView.Part(segment: segment, summary: summary))
      state.bytes[segment.name] = summary.end
    }
    _ = threads.withLock { $0?.maintenance?.perform { [weak self] in self?.maintain() } }
  }

  // MARK: Calls

  func append(
    _ request: AppendRequest, onWritten: (@Sendable (Positions) -> Void)? = nil,
    then completion: @escaping LogWriter.Completion
  ) {
    guard let writer = threads.withLock({ $0?.writer }) else {
      return completion(.failure(.closed))
    }
    // Of nothing, only the sync of what came before is to be waited for.
    guard !request.batch.isEmpty || request.durability ?? settings.durability == .synced else {
      return completion(.success(noPositions))
    }
    writer.submit(
      LogWriter.Job(
        batch: request.batch,
        durability: max(settings.durability, request.durability ?? .written),
        onWritten: onWritten,
        completion: completion))
  }

  /// What an append of no events gets.
  var noPositions: Positions {
    let newest = newest
    return Positions(first: newest.advanced(by: 1), last: newest)
  }

  /// The log as it is now.
  func view() throws(StoreError) -> LogView {
    let view: LogView? = state.withLock { state in
      state.isClosed
        ? nil
        : LogView(
          parts: state.parts, newest: state.newest, deleted: state.deleted, places: places)
    }
    guard let view else { throw StoreError.closed }
    return view
  }

  func read(_ request: ReadRequest) throws(StoreError) -> Page {
    try viewing { (view) throws(StoreError) in try read(view, request) }
  }

  private func read(_ view: LogView, _ request: ReadRequest) throws(StoreError) -> Page {
    var reader = PageReader(
      view, request, now: now, pool: pool, report: { [self] in report(.error, $0) })
    return try reader.run()
  }

  func count(_ match: Match) throws(StoreError) -> Int {
    try viewing { (view) throws(StoreError) in
      let counter = EventCounter(
        view: view, match: match, now: now, report: { [self] in report(.error, $0) },
        read: { [self] (view, request) throws(StoreError) in
          guard !isClosing.load(ordering: .relaxed) else { throw StoreError.closed }
          return try read(view, request)
        })
      return try counter.run()
    }
  }

  /// Does something with the log as it is now.
  private func viewing<Answer>(
    _ body: (LogView) throws(StoreError) -> Answer
  ) throws(StoreError) -> Answer {
    var attempt = 0
    while true {
      attempt += 1
      let view = try view()
      do throws(StoreError) {
        return try body(view)
      } catch {
        // A segment of the view may have been let go or rewritten meanwhile.
        let isUnchanged = state.withLock { state in
          state.parts.count == view.parts.count
            && zip(state.parts, view.parts).allSatisfy { $0.segment === $1.segment }
        }
        if isUnchanged || attempt > 8 { throw error }
      }
    }
  }

  var bounds: Bounds {
    get throws(StoreError) {
      let view = try view()
      return Bounds(oldest: view.oldest, newest: view.newest)
    }
  }

  var footprint: Int { state.withLock { $0.footprint } }

  /// Hides what matches, up to a position if one is given, and makes that safe.
  func delete(_ match: Match, through last: Position? = nil) throws(StoreError) -> Int {
    // May read the whole log, and keeps nobody waiting while it does.
    let found = try positions(matching: match, through: min(newest, last ?? newest))
    // What has been made of the events, as a projection's snapshot is, must not go with them.
    if !found.isEmpty { try flushState() }
    return try rewriting.withLock { (_) throws(StoreError) in
      let (positions, all) = state.withLock { state in
        let positions = found.intersection(state.positionsOnDisk)
        var all = state.deleted
        all.formUnion(positions)
        return (positions, all)
      }
      guard !positions.isEmpty else { return 0 }
      try filing { () throws(FileError) in try deletions.add(positions, all: all) }
      state.withLock { $0.deleted = all }
      return positions.count
    }
  }

  private func positions(
    matching match: Match, through last: Position
  ) throws(StoreError) -> PositionSet {
    var positions = PositionSet()
    var request = ReadRequest(
      after: .start, matching: match, limit: ReadLimit(events: 8192, bytes: 8 << 20))
    while request.after < last {
      guard !isClosing.load(ordering: .relaxed) else { throw StoreError.closed }
      let page = try read(request)
      for batch in page.batches {
        for ordinal in 0..<batch.count {
          let position = batch.position(at: batch.selection[ordinal])
          if position <= last { positions.append(position) }
        }
      }
      guard page.lookedThrough > request.after else { break }
      request.after = page.lookedThrough
    }
    return positions
  }

  // MARK: The end

  func close() throws(StoreError) {
    isClosing.store(true, ordering: .relaxed)
    guard
      let threads = threads.withLock({ threads in
        defer { threads = nil }
        return threads
      })
    else { return }
    var failure: StoreError?
    do throws(StoreError) {
      try threads.writer.close()
    } catch {
      failure = error
    }
    threads.maintenance?.finish()
    do throws(StoreError) {
      try values.flush { () throws(StoreError) in
        // State must not be safer than its events.
        if settings.durability == .written, let failure { throw failure }
      }
    } catch {
      failure = failure ?? error
    }
    state.withLock { $0.isClosed = true }
    lock.withLock { $0 = nil }
    if let failure { throw failure }
  }

  /// Whether this is a thread of the log, which cannot wait for the log to close.
  var isOnOwnThread: Bool {
    threads.withLock { threads in
      threads.map { $0.writer.isCurrent || $0.maintenance?.isCurrent ?? false } ?? false
    }
  }

  /// Runs something on the writing thread and waits for it.
  func onWriter(_ body: @escaping @Sendable (LogWriter) throws(StoreError) -> Void)
    throws(StoreError)
  {
    guard let writer = threads.withLock({ $0?.writer }) else { throw StoreError.closed }
    let outcome = Handover<StoreError?>()
    let isTaken = writer.perform { writer in
      do throws(StoreError) {
        try body(writer)
        outcome.give(nil)
      } catch {
        outcome.give(error)
      }
    }
    guard isTaken else { throw StoreError.closed }
    if let error = outcome.take() { throw error }
  }
}
