public import ArkBroker

/// Checks every byte that a store has on disk. Reads only, and takes no lock.
///
/// It may run beside a process that has the store open: what that process lets go meanwhile is passed over, and what it is just writing is looked at again before it
/// counts as damage.
///
/// ```swift
/// let summary = try await StoreVerifier(at: "/var/lib/ark-broker").run { print($0) }
/// ```
public struct StoreVerifier: Sendable {
  /// What was checked.
  public struct Summary: Hashable, Sendable {
    /// Segments of the log.
    public var segments = 0
    /// Sound events, those included that are deleted or expired and whose bytes are still there.
    public var events = 0
    /// Bytes of all files.
    public var bytes = 0
    /// How many of the findings are damage.
    public var damages = 0
  }

  /// The directory.
  public let path: String
  private let fileSystem: any FileSystem

  /// - Parameter path: the directory of a store.
  public init(at path: String) { self.init(at: path, on: DiskFileSystem()) }

  package init(at path: String, on fileSystem: any FileSystem) {
    self.path = path
    self.fileSystem = fileSystem
  }

  /// Checks the store, on a thread of its own.
  /// - Parameters:
  ///   - onProgress: called now and then on that thread, with the bytes that have been checked and all there are. Default: nobody.
  ///   - onFinding: called on that thread for everything that is found, oldest segment first.
  /// - Throws: `StoreError`: `.failed` when there is no store, or a file cannot be read; `.damaged` when a later release has made it, of which nothing can be said.
  public func run(
    onProgress: @escaping @Sendable (_ done: Int, _ all: Int) -> Void = { _, _ in },
    onFinding: @escaping @Sendable (StoreFinding) -> Void
  ) async throws(StoreError) -> Summary {
    try await StoreTool.onThread { () throws(StoreError) in
      try check(onProgress, onFinding)
    }
  }

  func check(
    _ onProgress: (Int, Int) -> Void, _ onFinding: (StoreFinding) -> Void
  ) throws(StoreError) -> Summary {
    let readable = ZeroFilling(fileSystem)
    let files = try StoreFiles(in: path, on: readable)
    var summary = Summary()
    func find(_ finding: StoreFinding) {
      if finding.severity == .damage { summary.damages += 1 }
      onFinding(finding)
    }
    for finding in files.findings { find(finding) }
    var done = 0
    let pool = BlockPool()
    var previous: Position?
    for (place, name) in files.segments.enumerated() {
      let verifier = SegmentVerifier(
        fileSystem: readable, directory: path, name: name,
        surroundings: files.surroundings(of: place, previous: previous),
        ending: files.ending(of: place), pool: pool)
      var inSegment = 0
      let outcome = try verifier.run { bytes in
        inSegment += bytes
        onProgress(min(done + inSegment, files.bytes), files.bytes)
      }
      done += files.sizes[place]
      onProgress(min(done, files.bytes), files.bytes)
      guard !outcome.isGone else {
        onFinding(
          StoreFinding(.note, "\(path)/\(name.file)", "was let go or rewritten meanwhile"))
        continue
      }
      for finding in outcome.findings { find(finding) }
      if let previous, outcome.events > 0, previous >= name.first {
        find(
          StoreFinding(
            .damage, "\(path)/\(name.file)", at: 16,
            "begins at position \(name.first), which the segment before it goes beyond"))
      }
      previous = max(previous ?? .start, outcome.last)
      summary.segments += 1
      summary.events += outcome.events
      summary.bytes += outcome.bytes
    }
    for content in JournalVerifier.Content.allCases {
      let outcome = try JournalVerifier(
        fileSystem: fileSystem, directory: path, content: content
      ).run()
      for finding in outcome.findings { find(finding) }
      summary.bytes += outcome.bytes
    }
    onProgress(files.bytes, files.bytes)
    return summary
  }
}

/// What the tools share.
enum StoreTool {
  /// Runs something that blocks, on a thread that ends with it.
  static func onThread<Value: Sendable>(
    _ body: @escaping @Sendable () throws(StoreError) -> Value
  ) async throws(StoreError) -> Value {
    let worker = WorkerBox(threads: 1)
    defer { worker.finish() }
    return try await worker.run(body)
  }
}
