import ArkBroker

/// The index of a sealed segment, on disk: read page by page when it is asked, never as a whole.
///
/// A `PagedFile` that holds, one behind the other:
///
/// - the header, see `Header`;
/// - the sparse table: `SparseEntry.length` bytes for about each 32 KiB of records;
/// - the kinds: for each distinct one, u32 hash, u16 length, the text as it stands on the wire;
/// - the keys, by hash: u32 hash, u32 reference. With bit 31, the rest of the reference is the offset of the key's only record; else it says where in the postings the
///   key's list begins;
/// - the postings: for each list, varint how many offsets; then each as a varint, the first as it is, the others as the distance from the one before;
/// - the tally: for each kind and source, u32 how many events, u16 and u16 the lengths of their texts, the texts as they stand on the wire.
final class IndexFile: SegmentIndex {
  static let version: UInt32 = 2
  private static let magic: [UInt8] = Array("ARKINDX\n".utf8)
  static let headerLength = 96
  private static let inline: UInt32 = 1 << 31

  private let files: OpenFiles
  private let path: String
  private let header: Header

  /// Where everything lies.
  struct Header: Equatable {
    /// Checksum of the segment's footer: tells whether the index is of this very segment.
    var footer: UInt32 = 0
    var isComplete = true
    /// Where the records of the segment end.
    var end = 0
    var sparseCount = 0
    var kindCount = 0
    var kindBytes = 0
    var keyCount = 0
    var postingBytes = 0
    /// 0: there is no tally.
    var groupCount = 0
    var tallyBytes = 0

    var sparseStart: Int { IndexFile.headerLength }
    var kindStart: Int { sparseStart + sparseCount * SparseEntry.length }
    var keyStart: Int { kindStart + kindBytes }
    var postingStart: Int { keyStart + keyCount * 8 }
    var tallyStart: Int { postingStart + postingBytes }
  }

  /// Opens the index of a segment.
  /// - Parameter onFlaw: gets what is wrong with it when it has to be made anew.
  /// - Returns: nil when there is none, it is damaged, or it belongs to another state of the segment.
  init?(
    _ files: OpenFiles, _ path: String, of footer: SegmentFooter,
    onFlaw: (String) -> Void = { _ in }
  ) throws(FileError) {
    let bytes: [UInt8]
    do throws(PagedFile.Failure) {
      bytes = try IndexFile.read(0..<IndexFile.headerLength, files, path)
    } catch {
      switch error {
      case .damaged(let offset): onFlaw("is damaged at byte \(offset)")
      case .file(let error) where error.isUnreadable:
        onFlaw("is damaged at byte \(error.offset ?? 0)")
      case .file(let error) where error.isMissing: onFlaw("is missing")
      case .file(let error): throw error
      }
      return nil
    }
    guard bytes.starts(with: IndexFile.magic),
      bytes.number(8, as: UInt32.self) == IndexFile.version
    else {
      onFlaw("has another version")
      return nil
    }
    var header = Header()
    header.footer = bytes.number(12)
    header.isComplete = bytes.number(16, as: UInt32.self) & 1 == 1
    header.end = Int(bytes.number(24, as: UInt64.self))
    header.sparseCount = Int(bytes.number(32, as: UInt32.self))
    header.kindCount = Int(bytes.number(36, as: UInt32.self))
    header.kindBytes = Int(bytes.number(40, as: UInt64.self))
    header.keyCount = Int(bytes.number(48, as: UInt64.self))
    header.postingBytes = Int(bytes.number(56, as: UInt64.self))
    header.groupCount = Int(bytes.number(64, as: UInt32.self))
    header.tallyBytes = Int(bytes.number(68, as: UInt32.self))
    guard header.footer == IndexFile.identity(of: footer) else {
      onFlaw("does not belong to its segment as it is now")
      return nil
    }
    self.files = files
    self.path = path
    self.header = header
  }

  static func identity(of footer: SegmentFooter) -> UInt32 { footer.bytes.number(60) }

  // MARK: Writing

  /// The bytes of the index file for a segment.
  static func encoded(_ tables: IndexTables, of footer: SegmentFooter) -> [UInt8] {
    var kinds: [UInt8] = []
    for (kind, hash) in tables.kinds.sorted(by: { $0.value < $1.value }) {
      kinds.append(number: hash)
      kinds.append(number: UInt16(kind.count))
      kinds += kind
    }
    var keys: [UInt8] = []
    var postings: [UInt8] = []
    tables.forEachKey { hash, offsets in
      keys.append(number: hash)
      if offsets.count == 1 {
        keys.append(number: offsets[0] | IndexFile.inline)
        return
      }
      keys.append(number: UInt32(postings.count))
      postings.append(varint: UInt64(offsets.count))
      var previous: UInt32 = 0
      for offset in offsets {
        postings.append(varint: UInt64(offset - previous))
        previous = offset
      }
    }
    var tally: [UInt8] = []
    for (group, count) in zip(tables.tally.groups, tables.tally.counts) {
      tally.append(number: UInt32(count))
      tally.append(number: UInt16(group.kind.count))
      tally.append(number: UInt16(group.source.count))
      tally += group.kind
      tally += group.source
    }
    var bytes = magic
    bytes.append(number: version)
    bytes.append(number: identity(of: footer))
    bytes.append(number: UInt32(tables.isComplete ? 1 : 0))
    bytes.append(number: UInt32.zero)
    bytes.append(number: UInt64(footer.end))
    bytes.append(number: UInt32(tables.sparse.count))
    bytes.append(number: UInt32(tables.kinds.count))
    bytes.append(number: UInt64(kinds.count))
    bytes.append(number: UInt64(keys.count / 8))
    bytes.append(number: UInt64(postings.count))
    bytes.append(number: UInt32(tables.tally.groups.count))
    bytes.append(number: UInt32(tally.count))
    bytes += repeatElement(0, count: headerLength - bytes.count)
    for entry in tables.sparse { entry.append(to: &bytes) }
    bytes += kinds
    bytes += keys
    bytes += postings
    bytes += tally
    return PagedFile.encoded(bytes)
  }

  // MARK: Reading

  private func read(_ range: Range<Int>) throws(StoreError) -> [UInt8] {
    do throws(PagedFile.Failure) {
      return try IndexFile.read(range, files, path)
    } catch {
      switch error {
      case .file(let error) where error.isUnreadable:
        throw IndexFile.damage(path, error.offset ?? 0)
      case .file(let error): throw StoreError(error)
      case .damaged(let offset): throw IndexFile.damage(path, offset)
      }
    }
  }

  private static func read(_ range: Range<Int>, _ files: OpenFiles, _ path: String)
    throws(PagedFile.Failure) -> [UInt8]
  {
    let file: any File
    do throws(FileError) {
      file = try files.file(path)
    } catch {
      throw .file(error)
    }
    return try PagedFile.read(range, of: file)
  }

  static func damage(_ path: String, _ offset: Int) -> StoreError {
    StoreError(
      .damaged,
      "\(path) is damaged at byte \(offset); the records are read instead, and the index is made anew"
    )
  }

  /// Reads many entries at once: whoever asks for one goes on to its neighbours.
  private var sparse: SparseTable {
    let (length, many) = (SparseEntry.length, 128)
    var known: (places: Range<Int>, bytes: [UInt8]) = (0..<0, [])
    return SparseTable(count: header.sparseCount) { [self] (place) throws(StoreError) in
      if !known.places.contains(place) {
        let first = place / many * many
        let places = first..<min(first + many, header.sparseCount)
        let start = header.sparseStart + first * length
        known = (places, try read(start..<start + places.count * length))
      }
      return known.bytes.withUnsafeBytes {
        SparseEntry(
          at: $0.baseAddress.unsafelyUnwrapped + (place - known.places.lowerBound) * length)
      }
    }
  }

  func offset(behind position: Position) throws(StoreError) -> Int {
    try sparse.offset(behind: position)
  }

  func stretch(from offset: Int, within times: ClosedRange<Int64>) throws(StoreError)
    -> Range<Int>?
  {
    try sparse.stretch(from: offset, within: times, end: header.end)
  }

  func offsets(under keys: IndexQuery, from offset: Int, limit: Int) throws(StoreError)
    -> [UInt32]?
  {
    guard header.isComplete else { return nil }
    var hashes = Set(keys.hashes)
    if !keys.patterns.isEmpty { try hashes.formUnion(kinds(like: keys.patterns)) }
    var lists: [[UInt32]] = []
    for hash in hashes {
      guard let reference = try reference(of: hash) else { continue }
      if reference & IndexFile.inline != 0 {
        let only = reference & ~IndexFile.inline
        if Int(only) >= offset { lists.append([only]) }
      } else {
        lists.append(try postings(Int(reference), from: offset, limit: limit))
      }
    }
    return OffsetLists.merged(lists, limit: limit)
  }

  func tally() throws(StoreError) -> Tally? {
    guard header.groupCount > 0 else { return nil }
    let bytes = try read(header.tallyStart..<header.tallyStart + header.tallyBytes)
    var tally = Tally()
    var place = 0
    for _ in 0..<header.groupCount {
      let kind = place + 8
      let source = kind + Int(bytes.number(place + 4, as: UInt16.self))
      let end = source + Int(bytes.number(place + 6, as: UInt16.self))
      tally.append(
        Tally.Group(kind: Array(bytes[kind..<source]), source: Array(bytes[source..<end])),
        count: Int(bytes.number(place, as: UInt32.self)))
      place = end
    }
    return tally
  }

  private func kinds(like patterns: [KindPattern]) throws(StoreError) -> [UInt32] {
    let bytes = try read(header.kindStart..<header.kindStart + header.kindBytes)
    var found: [UInt32] = []
    var place = 0
    for _ in 0..<header.kindCount {
      let count = Int(bytes.number(place + 4, as: UInt16.self))
      let kind = Array(bytes[place + 6..<place + 6 + count])
      if patterns.contains(where: { $0.matches(wire: kind) }) { found.append(bytes.number(place)) }
      place += 6 + count
    }
    return found
  }

  /// Hashes are spread evenly, so the first guess is nearly always on the right page, and else nearly always beside it.
  private func reference(of hash: UInt32) throws(StoreError) -> UInt32? {
    var low = 0
    var high = header.keyCount
    var guess = Int((UInt64(hash) * UInt64(header.keyCount)) >> 32)
    var isFirst = true
    while low < high {
      let (start, end) = window(around: guess, within: low..<high)
      let bytes = try read(header.keyStart + start * 8..<header.keyStart + end * 8)
      if hash < bytes.number(0, as: UInt32.self) {
        high = start
        guess = isFirst ? start - 1 : (low + high) / 2
      } else if hash > bytes.number(bytes.count - 8, as: UInt32.self) {
        low = end
        guess = isFirst ? end : (low + high) / 2
      } else {
        var first = 0
        var last = end - start
        while first < last {
          let middle = (first + last) / 2
          if bytes.number(middle * 8, as: UInt32.self) < hash {
            first = middle + 1
          } else {
            last = middle
          }
        }
        let isFound = bytes.number(first * 8, as: UInt32.self) == hash
        return isFound ? bytes.number(first * 8 + 4) : nil
      }
      isFirst = false
    }
    return nil
  }

  /// The keys that lie on the same page as a guess, whole.
  private func window(around guess: Int, within range: Range<Int>) -> (Int, Int) {
    let page = (header.keyStart + guess * 8) / PagedFile.payloadSize * PagedFile.payloadSize
    let start = max(range.lowerBound, (page - header.keyStart + 7) / 8)
    let end = min(
      range.upperBound, (page + PagedFile.payloadSize - header.keyStart) / 8)
    // A key that lies on two pages.
    return start < end ? (start, end) : (guess, guess + 1)
  }

  private func postings(_ start: Int, from offset: Int, limit: Int) throws(StoreError)
    -> [UInt32]
  {
    var list: [UInt32] = []
    var place = start
    var left: UInt64?
    var previous: UInt64 = 0
    // A short list is read at once, a long one piece by piece, as far as it is wanted.
    var size = 512
    while place < header.postingBytes, left != 0, list.count < limit {
      let end = min(header.postingBytes, place + size)
      let bytes = try read(header.postingStart + place..<header.postingStart + end)
      let used = bytes.withUnsafeBytes { bytes in
        var reader = VarintReader(bytes)
        var used = 0
        while list.count < limit, left != 0, let number = reader.next() {
          used = reader.place - bytes.baseAddress.unsafelyUnwrapped
          guard let count = left else {
            left = number
            continue
          }
          left = count - 1
          previous &+= number
          if previous >= UInt64(offset) { list.append(UInt32(truncatingIfNeeded: previous)) }
        }
        return used
      }
      guard used > 0 else { throw IndexFile.damage(path, header.postingStart + place) }
      place += used
      size = min(size * 4, 64 << 10)
    }
    return list
  }
}
