public import ArkBroker
import Synchronization

/// A store on disk: nothing that it has acknowledged is lost, however the process ends.
///
/// The log is kept in segments in a directory of its own. How safe an acknowledged event is says `Settings.durability`; what the files look like and what is done with
/// them after a crash, `Documentation/FileStore.md`.
///
/// ```swift
/// let broker = Broker { FileStore(at: "/var/lib/ark-broker", keeping: .days(30)) }
/// ```
///
/// Nothing happens on disk before `open()`, which a broker calls. One process at a time may have a directory open. Calls block no thread of the cooperative pool: files
/// are read and written on threads of the store.
public final class FileStore: QueuedStore {
  /// How much a store keeps: what is reached first lets the oldest segments go.
  public struct Retention: Hashable, Sendable {
    /// Events are kept for at least this long; then they go with their segment. Nil: for ever.
    public var age: Duration?
    /// Bytes on disk. Nil: as many as fit.
    public var bytes: Int?

    /// Both bounds hold. A bound that is nil does not.
    public init(age: Duration? = nil, bytes: Int? = nil) {
      self.age = age
      self.bytes = bytes
    }

    /// Everything, until it is deleted.
    public static let everything = Retention()
    /// Events of the last so many days.
    public static func days(_ count: Int) -> Retention {
      Retention(age: .seconds(count * 86_400))
    }
    /// As many of the newest events as fit into this many gibibytes of disk.
    public static func gigabytes(_ count: Int) -> Retention { Retention(bytes: count << 30) }
  }

  /// How a store works. The defaults suit a broker with a disk of its own.
  public struct Settings: Hashable, Sendable {
    /// How safe an acknowledged event is, and when readers see it. Default `.synced`.
    public var durability = Durability.synced
    /// How large a segment becomes, in bytes. Default 64 MiB. Recovery reads the newest one; retention lets whole ones go. At most 1 GiB.
    public var segmentBytes = 64 << 20
    /// Segments that are full are compressed by zlib, in blocks that can be read alone. Default false.
    public var compresses = false
    /// Appends are refused while the disk has less room than this, in bytes. Default 64 MiB.
    public var minimumFreeBytes = 64 << 20
    /// How many bytes a second the store writes at most while it rewrites segments to get rid of deleted and expired events. Default 32 MiB.
    public var compactionBytesPerSecond = 32 << 20
    /// A segment is rewritten when this part of its bytes is deleted or expired, from 0 to 1. Default 0.25.
    public var compactionThreshold = 0.25
    /// How often the store looks for work in the background. Default 1 s.
    public var maintenanceInterval = Duration.seconds(1)
    /// False: nothing is done in the background, only by `maintain()`; for tests that do the same every time.
    package var worksInBackground = true

    /// The defaults.
    public init() {}
  }

  private enum State: Sendable {
    case unopened
    case open(DiskLog)
    case closed
  }

  /// The directory.
  public let path: String
  private let retention: Retention
  private let settings: Settings
  private let fileSystem: any FileSystem
  private let clock: @Sendable () -> Int64
  private let onLog: (@Sendable (LogRecord) -> Void)?
  private let state = Mutex(State.unopened)
  /// Opens and closes, one at a time; reads, several at a time. Threads start with the first call.
  private let control = WorkerBox(threads: 1)
  /// Readers stand back behind appends: nothing a producer does may wait for a reader.
  private let readers = WorkerBox(threads: 4, niceness: 10)
  /// Long replays stand back behind everything, with threads of their own: a lookup does not wait for them either.
  private let replays = WorkerBox(threads: 4, niceness: 19)

  /// A store in a directory, which is made when it is not there.
  /// - Parameters:
  ///   - path: the directory.
  ///   - retention: what to keep.
  ///   - settings: how to work.
  ///   - onLog: gets what the store has to say: what recovery cut, damage, a full disk. Default: nobody.
  public convenience init(
    at path: String, keeping retention: Retention, settings: Settings = Settings(),
    onLog: (@Sendable (LogRecord) -> Void)? = nil
  ) {
    self.init(
      at: path, keeping: retention, settings: settings, on: DiskFileSystem(), onLog: onLog)
  }

  /// The same, with a disk and a clock (nanoseconds since 1970) for tests.
  package init(
    at path: String, keeping retention: Retention, settings: Settings = Settings(),
    on fileSystem: any FileSystem,
    clock: @escaping @Sendable () -> Int64 = { Timestamp.now().nanosecondsSinceEpoch },
    onLog: (@Sendable (LogRecord) -> Void)? = nil
  ) {
    self.path = path
    self.retention = retention
    self.settings = settings
    self.fileSystem = fileSystem
    self.clock = clock
    self.onLog = onLog
  }

  deinit {
    // A store that nobody closed: its threads must not outlive it.
    let log: DiskLog? = if case .open(let log) = state.withLock({ $0 }) { log } else { nil }
    let all = [control, readers, replays]
    let end = { @Sendable in
      try? log?.close()
      for threads in all { threads.finish() }
    }
    guard log?.isOnOwnThread == true else { return end() }
    // The last reference went on a thread that closing has to wait for.
    let closer = Worker()
    closer.perform {
      end()
      closer.finish()
    }
  }

  // MARK: Opening and closing

  /// Opens the directory: takes the lock, and makes of the files what was acknowledged.
  ///
  /// Costs what the newest segment costs to read, and little for each other one.
  /// - Throws: `StoreError`: `.locked` when another process has it; `.damaged` when a file's beginning is; `.failed`, `.full`; `.closed` after `close()`.
  public func open() async throws(StoreError) {
    try await control.run { [self] () throws(StoreError) in try openNow() }
  }

  private func openNow() throws(StoreError) {
    switch state.withLock({ $0 }) {
    case .open: return
    case .closed: throw StoreError.closed
    case .unopened: break
    }
    let log = try DiskLog(
      fileSystem, path, retention, settings, clock: clock,
      report: { [onLog] in onLog?(LogRecord($0, $1)) })
    state.withLock { $0 = .open(log) }
  }

  /// Writes what has been appended, makes everything safe and gives the directory free.
  /// - Throws: `StoreError.failed` when something could not be made safe; what had been acknowledged is.
  public func close() async throws(StoreError) {
    // A deletion may be reading, or waiting for the background, on the thread that closes.
    if case .open(let log) = state.withLock({ $0 }) {
      log.isClosing.store(true, ordering: .relaxed)
    }
    try await control.run { [self] () throws(StoreError) in
      let old = state.withLock { state in
        defer { state = .closed }
        return state
      }
      if case .open(let log) = old { try log.close() }
    }
  }

  private func log() throws(StoreError) -> DiskLog {
    switch state.withLock({ $0 }) {
    case .open(let log): return log
    case .closed: throw StoreError.closed
    case .unopened:
      throw StoreError(.failed, "the store at \(path) has not been opened: call open() first")
    }
  }

  // MARK: Store

  /// Takes a batch in. When it returns, the events are as safe as `Settings.durability`, or the request's, promises.
  /// - Throws: `StoreError`: `.full` below the floor of free space, `.tooLarge` for a gibibyte and more, `.closed`, `.failed`. Then nothing of the batch is stored.
  public func append(_ request: AppendRequest) async throws(StoreError) -> Positions {
    let result: Result<Positions, StoreError> = await withUnsafeContinuation { continuation in
      append(request, onWritten: nil) { continuation.resume(returning: $0) }
    }
    return try result.get()
  }

  package func append(
    _ request: AppendRequest, onWritten: (@Sendable (Positions) -> Void)?,
    then completion: @escaping @Sendable (Result<Positions, StoreError>) -> Void
  ) {
    do throws(StoreError) {
      try log().append(request, onWritten: onWritten, then: completion)
    } catch {
      completion(.failure(error))
    }
  }

  /// Reads without looking at more than it has to: by the index where the match has keys, by time where it has bounds.
  ///
  /// Where records are damaged, `Page.gap` says which positions are lost, and reading goes on behind them.
  /// - Throws: `StoreError`: `.closed`, `.failed`.
  public func read(_ request: ReadRequest) async throws(StoreError) -> Page {
    let log = try log()
    return try await threads(for: request).run { () throws(StoreError) in try log.read(request) }
  }

  /// Counts by the index where the match asks for kinds, sources and times alone; reads what is deleted or expired in part, and what the match has other keys for.
  /// - Throws: `StoreError`: `.closed`, `.failed`.
  public func count(_ request: CountRequest) async throws(StoreError) -> Int {
    let log = try log()
    return try await readers.run { () throws(StoreError) in try log.count(request.match) }
  }

  package func onReadingThread(for request: ReadRequest, _ body: @escaping @Sendable () -> Void) {
    threads(for: request).perform(body)
  }

  private func threads(for request: ReadRequest) -> WorkerBox {
    request.isLongReplay ? replays : readers
  }

  package func readNow(_ request: ReadRequest) throws(StoreError) -> Page {
    try log().read(request)
  }

  package var boundsNow: Bounds {
    (try? log().bounds) ?? Bounds(oldest: Position.start.advanced(by: 1), newest: .start)
  }

  package var durability: Durability { settings.durability }

  /// The oldest position kept and the newest one given. Of a store that is not open: none.
  public var bounds: Bounds {
    get async { boundsNow }
  }

  /// Hides the matching events at once and for good; their bytes go when their segment is rewritten.
  /// - Throws: `StoreError`: `.closed`, `.failed`, `.full`.
  public func delete(_ request: DeleteRequest) async throws(StoreError) -> Int {
    let log = try log()
    return try await control.run { () throws(StoreError) in
      try log.delete(request.match, through: request.through)
    }
  }

  /// The state kept under a key, as it was set last.
  /// - Throws: `StoreError.closed`.
  public func value(for key: StateKey) async throws(StoreError) -> [UInt8]? {
    try log().values.value(for: key)
  }

  /// Keeps state under a key. It is written within `Settings.maintenanceInterval`, before a deletion and when the store is closed: a crash may bring back an older value.
  /// - Throws: `StoreError.closed`.
  public func setValue(_ value: [UInt8]?, for key: StateKey) async throws(StoreError) {
    try log().values.set(value, for: key)
  }

  /// Bytes of the segments on disk.
  package var footprint: Int { (try? log().footprint) ?? 0 }

  /// Does now what is otherwise done in the background: seals, lets go, rewrites, writes state.
  package func maintain() async throws(StoreError) {
    let log = try log()
    try await control.run { () throws(StoreError) in log.maintain() }
  }
}

/// Threads that start when they are needed.
final class WorkerBox: Sendable {
  private let count: Int
  private let niceness: Int32
  private let worker = Mutex<Worker?>(nil)

  init(threads count: Int, niceness: Int32 = 0) {
    self.count = count
    self.niceness = niceness
  }

  func perform(_ job: @escaping Worker.Job) {
    worker.withLock { worker in
      if worker == nil { worker = Worker(threads: count, niceness: niceness) }
      worker?.perform(job)
    }
  }

  /// Runs something that blocks, and waits for it without blocking.
  func run<Value: Sendable>(
    _ body: @escaping @Sendable () throws(StoreError) -> Value
  ) async throws(StoreError) -> Value {
    let result: Result<Value, StoreError> = await withUnsafeContinuation { continuation in
      perform {
        do throws(StoreError) {
          continuation.resume(returning: .success(try body()))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
    return try result.get()
  }

  func finish() {
    worker.withLock { worker in
      worker?.finish()
      worker = nil
    }
  }
}
