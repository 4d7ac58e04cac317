import Synchronization

/// A store in memory: fast, bounded, gone with the process.
///
/// The oldest events go first when a bound is reached. An event whose time to live is over is hidden; its memory goes with that of its batch. Batches are kept as they came, and readers get references to the same memory. Positions start at 1 with every
/// process: a reader that comes back with an older process's position sees either a gap or what now has that position.
public final class MemoryStore: ImmediateStore {
  /// How much a memory store keeps.
  public struct Retention: Hashable, Sendable {
    /// Memory for events with their records and index entries.
    public var bytes: Int
    /// How many events. Default: as many as fit into `bytes`.
    public var events: Int

    /// Both bounds hold: what is reached first lets the oldest batches go.
    public init(bytes: Int, events: Int = .max) {
      self.bytes = bytes
      self.events = events
    }

    /// As many events as fit into this many mebibytes.
    public static func megabytes(_ count: Int) -> Retention { Retention(bytes: count << 20) }
    /// This many events, in at most a gibibyte.
    public static func events(_ count: Int) -> Retention {
      Retention(bytes: 1 << 30, events: count)
    }
  }

  private let log: Mutex<MemoryLog>
  private let now: @Sendable () -> Int64

  /// - Parameter retention: what to keep. The newest batch is kept even when it alone is over the bound.
  public convenience init(keeping retention: Retention) {
    self.init(keeping: retention, now: { Timestamp.now().nanosecondsSinceEpoch })
  }

  /// - Parameter now: the time, nanoseconds since 1970: asked only when some event has a time to live.
  package init(keeping retention: Retention, now: @escaping @Sendable () -> Int64) {
    log = Mutex(MemoryLog(retention: retention))
    self.now = now
  }

  /// Takes a batch in. It is as safe as the process: there is no copy anywhere else.
  /// - Throws: `StoreError.closed` only; a full store lets its oldest events go.
  public func append(_ request: AppendRequest) async throws(StoreError) -> Positions {
    try appendImmediately(request.batch)
  }

  /// Reads without waiting, through the index of correlation ids and kinds where the match allows.
  /// - Throws: `StoreError.closed`.
  public func read(_ request: ReadRequest) async throws(StoreError) -> Page {
    try readImmediately(request)
  }

  /// Counts without waiting: looks at the records of the batches that the index names.
  /// - Throws: `StoreError.closed`.
  public func count(_ request: CountRequest) async throws(StoreError) -> Int {
    let keys = MemoryLog.Keys(request.match)
    let matcher = Matcher(request.match)
    var count = 0
    var after = Position.start
    while true {
      let found = try open { [now, after] in
        $0.candidates(after: after, keys, limit: ReadLimit(events: 16_384), now: now)
      }
      for batch in found.batches {
        count += matcher.select(from: batch.storage, batch.selection).count
      }
      if found.reachedEnd { return count }
      after = found.lookedThrough
    }
  }

  /// The oldest position kept and the newest one given. A closed store keeps nothing, so its oldest is one past the newest.
  public var bounds: Bounds {
    get async { immediateBounds }
  }

  /// Hides the matching events at once. Looks at every event that is kept, under the store's lock, so appends wait meanwhile.
  /// - Throws: `StoreError.closed`.
  public func delete(_ request: DeleteRequest) async throws(StoreError) -> Int {
    let matcher = Matcher(request.match)
    let last = request.through ?? .end
    return try open { $0.delete(matcher, through: last) }
  }

  /// The state kept under a key. It is gone with the process, as the events are.
  /// - Throws: `StoreError.closed`.
  public func value(for key: StateKey) async throws(StoreError) -> [UInt8]? {
    try open { $0.values[key] }
  }

  /// Keeps state under a key. It does not count towards `Retention`.
  /// - Throws: `StoreError.closed`.
  public func setValue(_ value: [UInt8]?, for key: StateKey) async throws(StoreError) {
    try open { $0.values[key] = value }
  }

  /// Lets go of all events and all state. Never throws.
  public func close() async throws(StoreError) {
    log.withLock { $0.close() }
  }

  package func appendImmediately(_ batch: EventBatch) throws(StoreError) -> Positions {
    let batch = batch.compacted()
    return try open { [now] in $0.append(batch, now: now) }
  }

  package func readImmediately(_ request: ReadRequest) throws(StoreError) -> Page {
    let keys = MemoryLog.Keys(request.match)
    var page = Page(batches: [], lookedThrough: request.after)
    var examined = 0
    // Batches are collected under the lock, events are examined outside it.
    while true {
      let after = page.lookedThrough
      let found = try open { [now] in
        $0.candidates(after: after, keys, limit: request.limit, now: now)
      }
      let complete = page.append(
        found, matching: request.matcher, limit: request.limit)
      examined += found.batches.count
      if !complete || !page.isEmpty || found.reachedEnd || examined > 4096 { return page }
    }
  }

  package var immediateBounds: Bounds { log.withLock { $0.bounds } }

  /// Memory in use for events, in bytes.
  package var footprint: Int { log.withLock { $0.footprint } }

  /// How many events there are of some kinds, without looking at any: for gauges. Those count whose time to live is over, as long as they take memory.
  /// - Parameter match: alternatives of kinds, and nothing else.
  package func count(ofKinds match: Match) -> Int {
    guard let keys = MemoryLog.Keys(match) else { return 0 }
    return log.withLock { $0.count(of: keys) }
  }

  private func open<Result: Sendable>(_ body: (inout sending MemoryLog) -> sending Result)
    throws(StoreError) -> Result
  {
    let result: Result? = log.withLock { log in
      log.isClosed ? nil : body(&log)
    }
    guard let result else { throw StoreError.closed }
    return result
  }
}

extension Page {
  /// Adds what passes of some candidates, up to the limit.
  /// - Returns: false when the limit was reached first.
  fileprivate mutating func append(
    _ candidates: MemoryLog.Candidates, matching matcher: Matcher, limit: ReadLimit
  ) -> Bool {
    var events = limit.events
    var bytes = limit.bytes
    for batch in candidates.batches {
      var chosen = matcher.select(from: batch.storage, batch.selection)
      var size = EventBatch(storage: batch.storage, selection: chosen).byteCount
      if chosen.count > events || size > bytes {
        // Cut so that the limits hold; the first event of a page is returned whatever its size.
        var kept = 0
        size = 0
        while kept < min(chosen.count, events) {
          let next = Int(batch.storage.record(chosen[kept]).length)
          if size + next > bytes, kept > 0 || !batches.isEmpty { break }
          size += next
          kept += 1
        }
        if kept < chosen.count {
          if kept > 0 {
            chosen = chosen.prefix(kept)
            batches.append(batch.choosing(chosen))
            lookedThrough = batch.position(at: chosen[kept - 1])
          }
          return false
        }
      }
      if chosen.count > 0 { batches.append(batch.choosing(chosen)) }
      lookedThrough = batch.position(at: batch.selection[batch.selection.count - 1])
      events -= chosen.count
      bytes -= size
    }
    lookedThrough = max(lookedThrough, candidates.lookedThrough)
    return true
  }
}
