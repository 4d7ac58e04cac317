import ArkBroker
import CZlib

/// Where the compressed blocks of a segment are. Each can be read alone.
///
/// In the file: the header of the segment, the blocks (raw deflate, RFC 1951), the table, the footer of the segment. The table holds for each block u64 where it begins
/// in the file, u32 how long it is compressed, u32 CRC-32C of its compressed bytes; and behind all of them u32 CRC-32C of the table. Each block holds `blockSize` bytes
/// of records, the last one the rest; records may go from one block into the next.
final class BlockTable: Sendable {
  static let blockSize = 64 << 10
  static let entryLength = 16

  struct Entry: Sendable {
    var start: Int
    var count: Int
    var checksum: UInt32
  }

  let entries: [Entry]
  /// Where the records end.
  let end: Int

  /// - Parameter entries: those that are missing count as damaged.
  init(_ entries: [Entry], end: Int) {
    let bytes = end - SegmentHeader.length
    let count = (bytes + BlockTable.blockSize - 1) / BlockTable.blockSize
    let known = entries.last.map { $0.start + $0.count } ?? SegmentHeader.length
    let missing = Entry(start: known, count: 0, checksum: .max)
    self.entries =
      Array(entries.prefix(count)) + Array(repeating: missing, count: max(0, count - entries.count))
    self.end = end
  }

  /// How many bytes the table of so many blocks takes in the file.
  static func length(_ count: Int) -> Int { count * entryLength + 4 }

  /// As many entries as there are bytes for, whether or not they are what was written.
  static func decoded(_ bytes: ArraySlice<UInt8>) -> [Entry] {
    let bytes = Array(bytes)
    return (0..<bytes.count / entryLength).map { place in
      let start = place * entryLength
      return Entry(
        start: Int(truncatingIfNeeded: bytes.number(start, as: UInt64.self)),
        count: Int(bytes.number(start + 8, as: UInt32.self)), checksum: bytes.number(start + 12))
    }
  }

  static func encoded(_ entries: [Entry]) -> [UInt8] {
    var bytes: [UInt8] = []
    for entry in entries {
      bytes.append(number: UInt64(entry.start))
      bytes.append(number: UInt32(entry.count))
      bytes.append(number: entry.checksum)
    }
    bytes.append(number: CRC32C.of(bytes))
    return bytes
  }

  /// The block that holds a byte of the records.
  func entry(holding offset: Int) -> Entry? {
    let block = (offset - SegmentHeader.length) / BlockTable.blockSize
    return entries.indices.contains(block) ? entries[block] : nil
  }

  /// Where in the file the blocks are that hold these bytes of the records.
  func fileBytes(of bytes: Range<Int>) -> Range<Int> {
    guard let first = entry(holding: bytes.lowerBound),
      let last = entry(holding: max(bytes.lowerBound, bytes.upperBound - 1))
    else { return bytes }
    return first.start..<max(first.start, last.start + last.count)
  }

  /// How many bytes of records a block holds.
  private func size(of block: Int) -> Int {
    min(BlockTable.blockSize, end - SegmentHeader.length - block * BlockTable.blockSize)
  }

  /// Reads records, as if they were not compressed.
  /// - Parameters:
  ///   - path: of the file.
  ///   - cache: knows blocks that were read before.
  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int, of file: any File, path: String,
    cache: BlockCache
  ) throws(FileError) -> Int {
    var done = 0
    while done < buffer.count, offset + done < end {
      let address = offset + done - SegmentHeader.length
      let block = address / BlockTable.blockSize
      let start = address % BlockTable.blockSize
      let bytes =
        if let known = cache.bytes(of: block, in: path) {
          known
        } else {
          try inflated(block, of: file, path: path, cache: cache)
        }
      let count = min(bytes.count - start, buffer.count - done)
      guard count > 0 else { break }
      bytes.withUnsafeBytes {
        UnsafeMutableRawBufferPointer(rebasing: buffer[done...]).copyMemory(
          from: UnsafeRawBufferPointer(rebasing: $0[start..<start + count]))
      }
      done += count
    }
    return done
  }

  /// A damaged block reads as zeros, in which no record is found.
  private func inflated(_ block: Int, of file: any File, path: String, cache: BlockCache)
    throws(FileError) -> [UInt8]
  {
    let entry = entries[block]
    let compressed = try file.bytes(at: entry.start, count: entry.count)
    let size = size(of: block)
    guard CRC32C.of(compressed) == entry.checksum,
      let bytes = Deflate.inflated(compressed, count: size)
    else { return [UInt8](repeating: 0, count: size) }
    cache.keep(bytes, of: block, in: path)
    return bytes
  }

  /// Whether a block is what was written.
  func isSound(_ block: Int, of file: any File) throws(FileError) -> Bool {
    let entry = entries[block]
    return CRC32C.of(try file.bytes(at: entry.start, count: entry.count)) == entry.checksum
  }
}

/// Raw deflate (RFC 1951) by zlib.
enum Deflate {
  static func deflated(_ bytes: UnsafeRawBufferPointer, level: Int32 = 6) -> [UInt8] {
    var stream = z_stream()
    let status = deflateInit2_(
      &stream, level, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    precondition(status == Z_OK, "deflateInit2 failed: \(status)")
    defer { deflateEnd(&stream) }
    let bound = Int(deflateBound(&stream, uLong(bytes.count)))
    return [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
      stream.next_in = UnsafeMutablePointer(
        mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
      stream.avail_in = uInt(bytes.count)
      stream.next_out = buffer.baseAddress
      stream.avail_out = uInt(buffer.count)
      let status = deflate(&stream, Z_FINISH)
      precondition(status == Z_STREAM_END, "deflate failed: \(status)")
      count = bound - Int(stream.avail_out)
    }
  }

  /// Nil unless the bytes inflate to exactly `count` bytes.
  static func inflated(_ bytes: [UInt8], count: Int) -> [UInt8]? {
    guard let stream = first(of: bytes, upTo: count), stream.inflated.count == count else {
      return nil
    }
    return stream.inflated
  }

  /// How much of these bytes the first stream takes, and what it inflates to; nil when that is damaged or more than `limit`.
  static func first(of bytes: [UInt8], upTo limit: Int) -> (used: Int, inflated: [UInt8])? {
    var stream = z_stream()
    guard
      inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { return nil }
    defer { inflateEnd(&stream) }
    var isWhole = false
    let inflated = [UInt8](unsafeUninitializedCapacity: limit) { buffer, filled in
      bytes.withUnsafeBufferPointer { bytes in
        stream.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
        stream.avail_in = uInt(bytes.count)
        stream.next_out = buffer.baseAddress
        stream.avail_out = uInt(buffer.count)
        isWhole = inflate(&stream, Z_FINISH) == Z_STREAM_END
      }
      filled = limit - Int(stream.avail_out)
    }
    return isWhole ? (bytes.count - Int(stream.avail_in), inflated) : nil
  }
}
