import ArkBroker
import Synchronization

/// Writes appends to the newest segment, many with one sync.
///
/// Appends that come while one group is being written share the next (group commit). Everything runs on one thread; only `submit` is called from others.
// Unchecked: what is not behind a lock belongs to the writing thread.
final class LogWriter: @unchecked Sendable {
  typealias Completion = @Sendable (Result<Positions, StoreError>) -> Void

  struct Job: Sendable {
    let batch: EventBatch
    let durability: Durability
    /// Called before the sync.
    let onWritten: (@Sendable (Positions) -> Void)?
    let completion: Completion
  }

  private struct Queue: Sendable {
    var jobs: [Job] = []
    var isScheduled = false
  }

  private let log: DiskLog
  private let worker = Worker()
  private let queue = Mutex(Queue())
  /// Appends written together take no more than this, unless one alone does.
  private static let groupBytes = 8 << 20
  /// How much room is reserved at once.
  private static let reservation = 16 << 20
  /// How many zeros are written behind a small group, for those that follow.
  private static let zeroBytes = 256 << 10
  /// Of larger groups, writing their bytes twice would cost more than it saves.
  private static let smallGroup = 64 << 10

  // MARK: The writing thread's

  /// The segment that is written to; nil after a failure, until a new one can be begun.
  private var file: (any File)?
  private var index: GrowingIndex
  private var summary: SegmentSummary
  private var reserved = 0
  private var canReserve = true
  /// Up to where zeros have been written.
  private var zeroed = 0
  /// The last position that was acknowledged.
  private var acknowledged: Position
  /// The next position to give.
  private var next: Position
  /// Everything that was written has been synced.
  private var isSynced = true
  private var buffer = WriteBuffer()
  /// Free space is looked at again when so much has been written.
  private var nextSpaceCheck = 0
  private var isShortOfSpace = false

  init(_ log: DiskLog, _ opened: Recovery.Active) {
    self.log = log
    file = opened.file
    index = opened.index
    summary = opened.summary
    acknowledged = opened.acknowledged
    next = opened.next
  }

  // MARK: Any thread

  func submit(_ job: Job) {
    let mustSchedule = queue.withLock { queue in
      queue.jobs.append(job)
      defer { queue.isScheduled = true }
      return !queue.isScheduled
    }
    guard mustSchedule, !worker.perform({ [self] in takeTurn() }) else { return }
    let refused = queue.withLock { queue in
      defer { queue = Queue() }
      return queue.jobs
    }
    for job in refused { job.completion(.failure(.closed)) }
  }

  /// Runs something between two groups.
  /// - Returns: false after `close()`: then it is not run.
  func perform(_ body: @escaping @Sendable (LogWriter) -> Void) -> Bool {
    worker.perform { [self] in body(self) }
  }

  /// Whether this is the writing thread.
  var isCurrent: Bool { worker.isCurrent }

  /// Writes what has been submitted, cuts what was reserved and ends the thread.
  func close() throws(StoreError) {
    let outcome = Mutex<StoreError?>(nil)
    worker.perform { [self] in
      drain()
      do throws(StoreError) {
        try markClosed()
      } catch {
        let error = error
        outcome.withLock { $0 = error }
      }
      file = nil
    }
    worker.finish()
    if let error = outcome.withLock({ $0 }) { throw error }
  }

  private func markClosed() throws(StoreError) {
    // After a failed sync somebody may know positions that were taken back: the next segment's name keeps them from being given again.
    if file == nil, next > acknowledged.advanced(by: 1) { try beginSegment() }
    // The mark must not reach the medium before what it speaks of.
    syncSegment()
    if let file {
      try filing { () throws(FileError) in
        try file.resize(to: summary.end)
        let mark = CloseMark(last: summary.last, offset: summary.end)
        try file.writeAll(mark.bytes, at: summary.end)
        try file.sync()
      }
    }
    try log.checkTrust()
  }

  // MARK: Groups

  /// Writes what waits. What comes meanwhile has a turn of its own, behind whoever else waits for the thread.
  private func takeTurn() {
    guard let jobs = nextJobs() else { return }
    write(jobs)
    if !worker.perform({ [self] in takeTurn() }) { drain() }
  }

  private func drain() {
    while let jobs = nextJobs() { write(jobs) }
  }

  private func nextJobs() -> [Job]? {
    queue.withLock { queue in
      guard !queue.jobs.isEmpty else {
        queue.isScheduled = false
        return nil
      }
      defer { queue.jobs = [] }
      return queue.jobs
    }
  }

  /// An append that is in the buffer or the file, and not yet acknowledged.
  private struct Pending {
    let job: Job
    let first: Position
    let offsets: [UInt32]
    /// When, nanoseconds since 1970.
    let stored: Int64

    var positions: Positions {
      Positions(first: first, last: first.advanced(by: job.batch.count - 1))
    }
  }

  private func write(_ jobs: [Job]) {
    var pending: [Pending] = []
    for job in jobs where !job.batch.isEmpty {
      let size = job.batch.byteCount + job.batch.count * Record.maximumHeader
      guard size < Record.maximumLength else {
        job.completion(
          .failure(
            StoreError(
              .tooLarge,
              "the batch takes \(size) bytes; at most \(Record.maximumLength) can be appended at once"
            )))
        continue
      }
      let isFilled = summary.end + buffer.count + size > log.settings.segmentBytes
      if buffer.count + size > LogWriter.groupBytes && !pending.isEmpty
        || isFilled && !pending.isEmpty
      {
        commit(&pending)
      }
      do throws(StoreError) {
        try checkPositions(job.batch.count)
        try makeRoom(for: size)
        // It may stand for events that are published again, which are not safe then.
        if job.durability == .synced { try log.checkTrust() }
      } catch {
        job.completion(.failure(error))
        continue
      }
      pending.append(encode(job, size))
    }
    commit(&pending)
    finish(jobs.filter(\.batch.isEmpty))
  }

  /// Answers those that have no events and want what came before them to be safe.
  private func finish(_ jobs: [Job]) {
    guard !jobs.isEmpty else { return }
    let result = Result { () throws(StoreError) -> Positions in
      try syncWhatIsWritten()
      return log.noPositions
    }
    for job in jobs { job.completion(result) }
  }

  /// Sees to it that there is a segment with room.
  private func makeRoom(for size: Int) throws(StoreError) {
    try checkSpace(size)
    let isFull =
      summary.count > 0 && summary.end + buffer.count + size > log.settings.segmentBytes
    if file == nil || isFull { try beginSegment() }
  }

  private func encode(_ job: Job, _ size: Int) -> Pending {
    buffer.reserve(size)
    let first = next
    let count = job.batch.count
    let storage = job.batch.storage
    var offsets: [UInt32] = []
    offsets.reserveCapacity(count)
    let stored = log.now
    var flags: Record.Flags = isSynced && buffer.count == 0 ? .followsSync : []
    for ordinal in 0..<count {
      if ordinal == count - 1 { flags.insert(.endsAppend) }
      let place = job.batch.selection[ordinal]
      offsets.append(UInt32(summary.end + buffer.count))
      buffer.append { target in
        Record.write(
          storage, place, at: next, flags,
          expiry: LogWriter.expiry(storage.record(place), stored: stored), to: target)
      }
      next = next.advanced(by: 1)
      // The others of this append do not tell where it began.
      flags.remove(.followsSync)
    }
    return Pending(job: job, first: first, offsets: offsets, stored: stored)
  }

  private static func expiry(_ record: EventRecord, stored: Int64) -> Int64 {
    record.timeToLive == 0 ? .max : stored &+ Int64(record.timeToLive) * 1_000_000_000
  }

  /// Writes the buffer, makes it as safe as it must be, shows it to readers and tells the publishers.
  private func commit(_ pending: inout [Pending]) {
    defer {
      pending = []
      buffer.removeAll()
    }
    guard !pending.isEmpty, let file else { return }
    let mustSync = pending.contains { $0.job.durability == .synced }
    do throws(FileError) {
      try reserve()
      try file.writeAll(buffer.bytes, at: summary.end)
      if mustSync { try writeZeros(to: file) }
    } catch {
      return takeBack(pending, StoreError(error), isTrusted: true)
    }
    if mustSync {
      for one in pending { one.job.onWritten?(one.positions) }
    }
    do throws(FileError) {
      if mustSync { try file.sync() }
      isSynced = mustSync
    } catch {
      return takeBack(pending, StoreError(error), isTrusted: false)
    }
    show(pending)
    for one in pending { one.job.completion(.success(one.positions)) }
  }

  private func show(_ pending: [Pending]) {
    summary.end += buffer.count
    for one in pending {
      let storage = one.job.batch.storage
      var position = one.first
      for ordinal in 0..<one.job.batch.count {
        let record = storage.record(one.job.batch.selection[ordinal])
        summary.add(
          position, time: record.time, expiry: LogWriter.expiry(record, stored: one.stored))
        position = position.advanced(by: 1)
      }
      index.add(one.job.batch, first: one.first, at: one.offsets)
    }
    summary.tally = index.tally()
    acknowledged = summary.last
    log.show(summary)
    nextSpaceCheck -= buffer.count
  }

  /// Answers with an error and sees to it that nothing of these appends can come back.
  ///
  /// Their positions are not given again: what a crash leaves of them lies before everything that follows, and is told from it by that.
  /// - Parameter isTrusted: what had been acknowledged is as it was; after a sync that failed, nobody knows what later syncs of this file mean.
  private func takeBack(_ pending: [Pending], _ error: StoreError, isTrusted: Bool) {
    do throws(FileError) {
      try file?.resize(to: summary.end)
      reserved = summary.end
      zeroed = summary.end
      if !isTrusted { distrust(error) }
    } catch {
      distrust(StoreError(error))
    }
    // Looked at before the next append.
    nextSpaceCheck = 0
    log.report(.error, "an append failed: \(error)")
    // Somebody may know these positions: the next segment's name keeps them from being given again. If it cannot begin now, the next append or the close sees to it.
    if !isTrusted { try? beginSegment() }
    for one in pending { one.job.completion(.failure(error)) }
  }

  // MARK: Room

  private func reserve() throws(FileError) {
    let end = summary.end + buffer.count
    guard canReserve, end > reserved else { return }
    let wanted = max(end, min(end + LogWriter.reservation, log.settings.segmentBytes))
    do throws(FileError) {
      canReserve = try file?.reserve(upTo: wanted) ?? false
      if canReserve { reserved = wanted }
    } catch {
      // Too much at once; the write itself will tell whether there is room.
      guard error.isFull else { throw error }
    }
  }

  /// Writes zeros behind the group, which its sync makes safe with it: where room is only reserved, each sync has to note in the file system's journal which of it has been
  /// written to, and that costs as much again as the bytes.
  private func writeZeros(to file: any File) throws(FileError) {
    let end = summary.end + buffer.count
    let count = min(LogWriter.zeroBytes, reserved - end)
    guard end > zeroed, count > 0, buffer.count <= LogWriter.smallGroup else { return }
    try file.writeAll([UInt8](repeating: 0, count: count), at: end)
    zeroed = end + count
  }

  /// - Throws: `.full` where the positions end.
  private func checkPositions(_ count: Int) throws(StoreError) {
    guard next.advanced(by: count - 1) > .last else { return }
    throw StoreError(
      .full, "there are no more positions: the last one is \(Position.last), the next \(next)")
  }

  /// - Throws: `.full` below the floor of free space.
  private func checkSpace(_ size: Int) throws(StoreError) {
    guard nextSpaceCheck <= 0 || isShortOfSpace else { return }
    let free = try filing { () throws(FileError) in
      try log.fileSystem.freeBytes(at: log.directory)
    }
    // What is reserved for this segment has been taken already.
    let ahead = max(0, reserved - summary.end)
    let floor = log.settings.minimumFreeBytes
    guard free + ahead - size > floor else {
      if !isShortOfSpace {
        log.report(
          .error, "only \(free) bytes are free on the disk of \(log.directory): appends are refused"
        )
      }
      isShortOfSpace = true
      throw StoreError(
        .full,
        "the disk of the store has less than \(floor) bytes left; free some space, or keep less")
    }
    if isShortOfSpace {
      isShortOfSpace = false
      log.report(.info, "there is room on the disk of \(log.directory) again")
    }
    nextSpaceCheck = min(64 << 20, (free + ahead - floor) / 4)
  }

  // MARK: Syncs

  /// Makes everything safe that has been acknowledged.
  /// - Throws: also when that failed before, until what was not made safe then has been written elsewhere.
  func syncWhatIsWritten() throws(StoreError) {
    syncSegment()
    // Only what is not the newest segment any more is written elsewhere.
    if file == nil { try? beginSegment() }
    try log.checkTrust()
  }

  private func syncSegment() {
    guard !isSynced, let file else { return }
    do throws(FileError) {
      try file.sync()
      isSynced = true
    } catch {
      distrust(StoreError(error))
    }
  }

  /// Goes on in a new segment: after a failed sync, nobody knows what later ones of this file would mean.
  private func distrust(_ error: StoreError) {
    if !isSynced { log.distrustNewest(error) }
    file = nil
  }

  /// Begins a new segment behind what has been acknowledged.
  func beginSegment() throws(StoreError) {
    // Only the newest segment may hold what has not been synced, and those that are not trusted.
    syncSegment()
    var header = SegmentHeader(
      first: next, previous: acknowledged, began: log.now, seed: log.seed)
    header.isAhead = log.settings.durability == .written
    let name = log.newName(first: next)
    // When this fails, the new segment may be there all the same, and bounds the old one: nothing may be written to that any more.
    file = nil
    let path = "\(log.directory)/\(name.file)"
    let begun = try filing { () throws(FileError) in
      try log.fileSystem.write(header.bytes, asNewFile: path)
      let begun = try log.fileSystem.open(path, .readWrite)
      try log.fileSystem.syncDirectory(log.directory)
      return begun
    }
    file = begun
    reserved = 0
    canReserve = true
    zeroed = 0
    isSynced = true
    summary = SegmentSummary(first: next)
    index = GrowingIndex(seed: log.seed)
    log.add(
      Segment(
        name: name, path: path, header: header, footer: nil, index: index, files: log.files),
      summary)
  }

  /// Before there is a writing thread: the first segment of a store, or one behind damage.
  func beginFirstSegment() throws(StoreError) { try beginSegment() }

  /// Begins a new segment if the newest has events and `isDue` says so.
  func rotate(if isDue: (SegmentSummary) -> Bool) throws(StoreError) {
    if summary.count > 0, isDue(summary) { try beginSegment() }
  }
}
