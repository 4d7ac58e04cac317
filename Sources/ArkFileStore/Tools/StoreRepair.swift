public import ArkBroker

/// Takes out of a store what is damaged, so that it can be opened and everything that is sound can be read.
///
/// Sound events keep their positions; those of lost ones are not given again. Damaged files go into a directory `aside-` and the time, inside the store's, and new
/// ones take their place. Nobody else may have the store open: it takes the lock.
///
/// ```swift
/// let summary = try await StoreRepair(at: "/var/lib/ark-broker").run { print($0) }
/// ```
public struct StoreRepair: Sendable {
  /// What was done.
  public struct Summary: Hashable, Sendable {
    /// Segments that were written anew.
    public var segments = 0
    /// Indexes that were made anew, those of these segments not counted.
    public var indexes = 0
    /// Journals (deletions, state) that were written anew.
    public var journals = 0
    /// Sound events in the segments that were written anew.
    public var eventsKept = 0
    /// Where the damaged files are; nil when there was nothing to do.
    public var aside: String?

    /// Whether the store was sound.
    public var isUntouched: Bool { aside == nil }
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

  /// Checks the store and repairs it, on a thread of its own.
  /// - Parameters:
  ///   - onProgress: called now and then on that thread, with the bytes that have been checked and all there are. Default: nobody.
  ///   - onReport: called on that thread for each damage that is found, and for each file that takes the place of a damaged one.
  /// - Throws: `StoreError`: `.locked` when another process has the store, `.full`, `.failed`, `.damaged` when a later release has made it. What was repaired until then is; running it again goes on.
  public func run(
    onProgress: @escaping @Sendable (_ done: Int, _ all: Int) -> Void = { _, _ in },
    onReport: @escaping @Sendable (_ line: String) -> Void
  ) async throws(StoreError) -> Summary {
    try await StoreTool.onThread { () throws(StoreError) in
      try repair(onProgress, onReport)
    }
  }

  func repair(_ onProgress: (Int, Int) -> Void, _ onReport: (String) -> Void)
    throws(StoreError) -> Summary
  {
    // A directory that holds no store gets no lock file.
    _ = try StoreFiles(in: path, on: fileSystem)
    let lock = try filing { () throws(FileError) in
      try fileSystem.lock("\(path)/lock", holder: DiskLog.holder)
    }
    defer { withExtendedLifetime(lock) {} }
    let readable = ZeroFilling(fileSystem)
    let files = try StoreFiles(in: path, on: readable)
    var shelf = Shelf(fileSystem, path)
    var summary = Summary()
    let pool = BlockPool()
    var previous: Position?
    var done = 0
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
      let damages = outcome.findings.filter { $0.severity == .damage }
      for damage in damages { onReport("damage: \(damage)") }
      if damages.contains(where: { $0.path == verifier.path }) {
        let next = place + 1 < files.segments.count ? files.segments[place + 1].first : nil
        let kept = try rewrite(verifier, before: next, &shelf, onReport)
        summary.segments += 1
        summary.eventsKept += kept.count
        previous = kept.last
      } else {
        if !damages.isEmpty {
          try makeIndex(verifier, &shelf, onReport)
          summary.indexes += 1
        }
        previous = max(previous ?? .start, outcome.last)
      }
    }
    for content in JournalVerifier.Content.allCases {
      let outcome = try JournalVerifier(
        fileSystem: fileSystem, directory: path, content: content
      ).run()
      let damages = outcome.findings.filter { $0.severity == .damage }
      guard !damages.isEmpty else { continue }
      for damage in damages { onReport("damage: \(damage)") }
      try filing { () throws(FileError) in
        // A store without the journal would show what was deleted, so it stays until the new one takes its place.
        try shelf.putCopy(of: content.rawValue, readBy: fileSystem)
        var journal = Journal(fileSystem, in: path, named: content.rawValue)
        try journal.replace(with: outcome.entries)
      }
      onReport("\(path)/\(content.rawValue): written anew with \(outcome.entries.count) entries")
      summary.journals += 1
    }
    summary.aside = shelf.path
    return summary
  }

  // MARK: One segment

  /// Writes the sound records of a segment into its next generation.
  /// - Parameter next: the first position of the segment behind it.
  private func rewrite(
    _ verifier: SegmentVerifier, before next: Position?, _ shelf: inout Shelf,
    _ onReport: (String) -> Void
  ) throws(StoreError) -> SegmentSummary {
    let old = verifier.name
    let image = try filing { () throws(FileError) in
      try SegmentImage(old, in: path, on: verifier.fileSystem, verifier.surroundings)
    }
    let reading = try SegmentReading(
      image, verifier.ending, on: verifier.fileSystem, pool: verifier.pool)
    let new = SegmentName(first: old.first, generation: old.generation + 1)
    var builder = try SegmentBuilder(fileSystem, in: path, new, image.header)
    do throws(StoreError) {
      try reading.scan.forEach(through: reading.checked) { (records) throws(StoreError) in
        try builder.append(records) {
          $0.position > verifier.surroundings.previous ?? .start
            && SegmentReading.makesSense($0, in: records.block)
        }
      }
      // No more events than that fit into what cannot be read.
      let unread =
        (reading.checked.unreadBytes
          + verifier.fileSystem.unreadable(in: verifier.path).reduce(0) { $0 + $1.count })
        / (Record.fixedLength + 1)
      // A start removes what has been replaced, and this process may end before it has moved it.
      try filing { () throws(FileError) in
        try shelf.putCopy(of: old.file, readBy: verifier.fileSystem)
      }
      try builder.finish(
        last: last(of: image, unread, builder.summary.last, verifier.ending, before: next))
    } catch {
      builder.abandon()
      throw error
    }
    // Of two generations the later one counts, so a crash here leaves a store that is whole; the damaged one is aside already.
    try filing { () throws(FileError) in
      try shelf.put(old.file)
      try shelf.put(old.index)
    }
    onReport("\(path)/\(new.file): takes its place with \(builder.summary.count) events")
    return builder.summary
  }

  /// The last position that a segment may have had, so that those of lost events are not given again.
  /// - Parameter unread: how many events there is room for in what cannot be read.
  private func last(
    of image: SegmentImage, _ unread: Int, _ found: Position, _ ending: SegmentScan.Ending,
    before next: Position?
  ) -> Position {
    let last = max(found, image.knownLast ?? found.advanced(by: unread))
    if let next { return max(found, min(last, next.advanced(by: -1), ending.bound)) }
    let mayBeAhead = image.header.isAhead || !image.hasSoundHeader
    return image.knownLast == nil && mayBeAhead ? last.advanced(by: Position.lostInACrash) : last
  }

  private func makeIndex(
    _ verifier: SegmentVerifier, _ shelf: inout Shelf, _ onReport: (String) -> Void
  ) throws(StoreError) {
    let name = verifier.name
    let image = try filing { () throws(FileError) in
      try SegmentImage(name, in: path, on: verifier.fileSystem, verifier.surroundings)
    }
    guard let footer = image.footer else { return }
    let reading = try SegmentReading(
      image, verifier.ending, on: verifier.fileSystem, pool: verifier.pool)
    let index = GrowingIndex(seed: image.header.seed)
    try reading.scan.forEach(through: reading.checked) { index.add($0) }
    try filing { () throws(FileError) in
      // Without an index a store is whole, so this may go first.
      try shelf.put(name.index)
      try fileSystem.write(
        index.withTables { IndexFile.encoded($0, of: footer) }, asNewFile: "\(path)/\(name.index)")
      try fileSystem.syncDirectory(path)
    }
    onReport("\(path)/\(name.index): made anew")
  }
}

/// Where damaged files go: a directory that is made for the first of them.
private struct Shelf {
  private let fileSystem: any FileSystem
  private let directory: String
  private(set) var path: String?

  init(_ fileSystem: any FileSystem, _ directory: String) {
    self.fileSystem = fileSystem
    self.directory = directory
  }

  mutating func put(_ name: String) throws(FileError) {
    if path == nil { path = try make() }
    guard let place = path else { return }
    do throws(FileError) {
      try fileSystem.rename("\(directory)/\(name)", to: "\(place)/\(name)")
    } catch {
      guard error.isMissing else { throw error }
      return
    }
    try fileSystem.syncDirectory(place)
    try fileSystem.syncDirectory(directory)
  }

  /// Leaves the file where it is. It may be put here later, in the place of the copy.
  mutating func putCopy(of name: String, readBy reader: any FileSystem) throws(FileError) {
    if path == nil { path = try make() }
    guard let place = path else { return }
    let file = try reader.open("\(directory)/\(name)", .read)
    let size = try file.size()
    try fileSystem.makeFile("\(place)/\(name)") { (copy) throws(FileError) in
      for offset in stride(from: 0, to: size, by: 1 << 20) {
        try copy.writeAll(file.bytes(at: offset, count: min(1 << 20, size - offset)), at: offset)
      }
    }
    try fileSystem.syncDirectory(place)
  }

  private func make() throws(FileError) -> String {
    // To the second, as 20261124T160102Z.
    let time = Timestamp.now().description.filter { $0 != "-" && $0 != ":" }.prefix { $0 != "." }
    var place = "\(directory)/aside-\(time.filter { $0 != "Z" })Z"
    // Two within a second are rare, and still must not mix.
    let names = Set(try fileSystem.list(directory))
    while names.contains(String(place.dropFirst(directory.count + 1))) { place += "-1" }
    try fileSystem.createDirectory(place)
    return place
  }
}
