import ArkBroker

/// A small file of entries, each as safe as a sync makes it: what has been deleted, and the state.
///
///     the file:   8 bytes "ARKJRNL\n", u32 version 1, u32 CRC-32C of these 12 bytes; then entries
///     an entry:   u32 length of its bytes, u32 CRC-32C of what follows, u64 number, the bytes
///
/// Entries that were written together have the same number, each change has the next one, and a new file begins with 1.
///
/// Not thread-safe. When a write or a sync has failed, what the file holds is not known: the next change makes a new one.
struct Journal {
  static let magic: [UInt8] = Array("ARKJRNL\n".utf8)
  static let version: UInt32 = 1
  static let headerLength = 16
  static let entryHeader = 16

  private let fileSystem: any FileSystem
  private let directory: String
  private let name: String
  private var file: (any File)?
  private(set) var size = 0
  private var count: UInt64 = 0

  private var path: String { "\(directory)/\(name)" }

  init(_ fileSystem: any FileSystem, in directory: String, named name: String) {
    self.fileSystem = fileSystem
    self.directory = directory
    self.name = name
  }

  struct Loaded {
    var entries: [[UInt8]] = []
    /// What cannot be read and is none that was being written.
    var damages: [Range<Int>] = []
    /// What was being written when the process or the machine stopped, and lacks a part.
    var torn: Range<Int>?
  }

  /// Reads what is there, and makes ready to append. An entry that had not been written to its end is dropped.
  /// - Throws: `StoreError`: `.damaged` when a later release has made it; `.failed`.
  mutating func load() throws(StoreError) -> Loaded {
    let file: any File
    let bytes: [UInt8]
    do throws(FileError) {
      file = try fileSystem.open(path, .readWrite)
      bytes = try file.bytes(at: 0, count: try file.size())
    } catch {
      guard error.isMissing else { throw StoreError(error) }
      return Loaded()
    }
    guard !Journal.isOfLaterVersion(bytes) else { throw StoreError.laterVersion(path) }
    var loaded = Loaded()
    if bytes.count < Journal.headerLength || !bytes.starts(with: Journal.header) {
      // A file is put in place when it is whole, so this is none that was being made.
      loaded.damages.append(0..<min(bytes.count, Journal.headerLength))
    }
    for piece in Journal.pieces(of: bytes) {
      switch piece {
      case .entry(let number, let range):
        count = number
        loaded.entries.append(Array(bytes[range.dropFirst(Journal.entryHeader)]))
      case .damage(let range): loaded.damages.append(range)
      case .torn(let range): loaded.torn = range
      }
    }
    // A damaged file stays as it is until the next change makes a new one.
    guard loaded.damages.isEmpty else { return loaded }
    size = loaded.torn?.lowerBound ?? bytes.count
    if loaded.torn != nil {
      try filing { () throws(FileError) in
        try file.resize(to: size)
        try file.sync()
      }
    }
    self.file = file
    return loaded
  }

  static let header: [UInt8] = {
    var bytes = magic
    bytes.append(number: version)
    bytes.append(number: CRC32C.of(bytes))
    return bytes
  }()

  /// Whether the header is sound, and of a version that is not known.
  static func isOfLaterVersion(_ bytes: [UInt8]) -> Bool {
    bytes.count >= headerLength && bytes.starts(with: magic)
      && CRC32C.of(Array(bytes[..<12])) == bytes.number(12, as: UInt32.self)
      && bytes.number(8, as: UInt32.self) != version
  }

  /// A part of a journal behind its header, in bytes of the file.
  enum Piece {
    /// A sound entry, with its header, and its number.
    case entry(UInt64, Range<Int>)
    /// What cannot be read and is none that was being written.
    case damage(Range<Int>)
    /// What was being written, and lacks a part.
    case torn(Range<Int>)
  }

  /// What lies behind the header, in its order and without a gap.
  static func pieces(of bytes: [UInt8]) -> [Piece] {
    var pieces: [Piece] = []
    var place = min(bytes.count, headerLength)
    /// Of the last sound entry, or before the next one.
    var number: UInt64 = 0
    while place < bytes.count {
      let start = place
      if let end = entry(in: bytes, at: start, after: number) {
        number = bytes.number(start + 8)
        place = end
        pieces.append(.entry(number, start..<end))
      } else if let next = resumption(in: bytes, at: start, after: number) {
        if next < bytes.count { number = bytes.number(next + 8) - 1 }
        place = next
        pieces.append(.damage(start..<next))
      } else {
        place = bytes.count
        pieces.append(.torn(start..<place))
      }
    }
    return pieces
  }

  /// Where the entry that begins at `place` ends, if it is sound.
  /// - Parameter number: of the entry before; nil: any.
  private static func entry(in bytes: [UInt8], at place: Int, after number: UInt64?) -> Int? {
    guard place + entryHeader <= bytes.count else { return nil }
    let end = place + entryHeader + Int(bytes.number(place, as: UInt32.self))
    guard end <= bytes.count else { return nil }
    let found: UInt64 = bytes.number(place + 8)
    guard found > 0, number.map({ found == $0 || found == $0 &+ 1 }) ?? true,
      CRC32C.of(Array(bytes[place + 8..<end])) == bytes.number(place + 4, as: UInt32.self)
    else { return nil }
    return end
  }

  /// Whether a sound entry of that number or a later one begins here.
  private static func isSound(_ bytes: [UInt8], at place: Int, after number: UInt64) -> Bool {
    guard place + entryHeader <= bytes.count else { return false }
    let found: UInt64 = bytes.number(place + 8)
    guard found >= number, found - number < 1 << 32 else { return false }
    return entry(in: bytes, at: place, after: nil) != nil
  }

  /// Where reading goes on behind the unsound entry at `place`, which is damage up to there; nil when it was being written, and all behind it.
  /// - Parameter number: of the entry before.
  private static func resumption(in bytes: [UInt8], at place: Int, after number: UInt64) -> Int? {
    func next(from number: UInt64) -> Int? {
      (place + 1..<bytes.count).first { isSound(bytes, at: $0, after: number) }
    }
    // A sound entry of a later change would have been written only after this one was safe.
    if let next = next(from: number + 2) { return next }
    if isUnfinished(bytes, at: place, after: number) { return nil }
    return next(from: number) ?? bytes.count
  }

  /// Whether the entry at `place`, the last change's, lacks something that had yet to be written: its end, or a part in the middle.
  private static func isUnfinished(_ bytes: [UInt8], at place: Int, after number: UInt64) -> Bool {
    let start = place + entryHeader
    guard start <= bytes.count else { return true }
    // Whole but for its length.
    let checksum: UInt32 = bytes.number(place + 4)
    let isWhole = (start...bytes.count).contains { end in
      (end == bytes.count || isSound(bytes, at: end, after: number))
        && CRC32C.of(Array(bytes[place + 8..<end])) == checksum
    }
    if isWhole { return false }
    if start + Int(bytes.number(place, as: UInt32.self)) > bytes.count { return true }
    // What did not get to the disk reads as zeros.
    return stride(from: place / piece * piece, to: bytes.count, by: piece).contains { start in
      bytes[max(place, start)..<min(bytes.count, start + piece)].allSatisfy { $0 == 0 }
    }
  }

  /// A write is torn between pieces of so many bytes: half the smallest sector.
  private static let piece = 256

  private static func encoded(_ entry: [UInt8], number: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(entryHeader + entry.count)
    bytes.append(number: UInt32(entry.count))
    bytes.append(number: UInt32.zero)
    bytes.append(number: number)
    bytes += entry
    bytes.setNumber(CRC32C.of(Array(bytes[8...])), 4)
    return bytes
  }

  /// Appends entries and makes them safe.
  /// - Parameter all: everything the journal should hold after that: used when a new file has to be made.
  mutating func append(_ entries: [[UInt8]], all: () -> [[UInt8]]) throws(FileError) {
    guard let file else { return try replace(with: all()) }
    var bytes: [UInt8] = []
    count += 1
    for entry in entries { bytes += Journal.encoded(entry, number: count) }
    do throws(FileError) {
      try file.writeAll(bytes, at: size)
      try file.sync()
    } catch {
      self.file = nil
      throw error
    }
    size += bytes.count
  }

  /// Makes a new file of these entries in the place of the old one.
  mutating func replace(with entries: [[UInt8]]) throws(FileError) {
    file = nil
    var bytes = Journal.header
    count = entries.isEmpty ? 0 : 1
    for entry in entries { bytes += Journal.encoded(entry, number: count) }
    try fileSystem.write(bytes, asNewFile: path)
    let file = try fileSystem.open(path, .readWrite)
    try fileSystem.syncDirectory(directory)
    self.file = file
    size = bytes.count
  }
}

extension FileSystem {
  /// Writes a file under a temporary name, makes it safe and puts it in place. The directory is still to be synced.
  ///
  /// To go on in it, open it: the errors of an open file name the path that it was opened by.
  func write(_ bytes: [UInt8], asNewFile path: String) throws(FileError) {
    try makeFile(path) { (file) throws(FileError) in try file.writeAll(bytes, at: 0) }
  }

  /// The same for what `fill` writes.
  func makeFile(
    _ path: String, _ fill: (any File) throws(FileError) -> Void
  ) throws(FileError) {
    let temporary = path + SegmentName.temporarySuffix
    let file = try createAnew(temporary)
    try fill(file)
    try file.sync()
    try rename(temporary, to: path)
  }

  /// A new file, instead of what an earlier attempt left behind.
  func createAnew(_ path: String) throws(FileError) -> any File {
    do throws(FileError) {
      try remove(path)
    } catch {
      guard error.isMissing else { throw error }
    }
    return try open(path, .create)
  }
}
