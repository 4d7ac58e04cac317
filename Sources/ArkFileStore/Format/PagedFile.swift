/// A file of pages of 4,096 bytes, each with the CRC-32C of its first 4,092 bytes behind them, so that any part can be read alone and is checked.
///
/// Addresses count the bytes of pages without their checksums.
enum PagedFile {
  static let pageSize = 4096
  static let payloadSize = 4092

  /// The file that holds these bytes, the last page filled up with zeros.
  static func encoded(_ bytes: [UInt8]) -> [UInt8] {
    var file: [UInt8] = []
    file.reserveCapacity((bytes.count / payloadSize + 1) * pageSize)
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, start + payloadSize)
      let page = file.count
      file += bytes[start..<end]
      file += repeatElement(0, count: payloadSize - (end - start))
      let checksum = file.withUnsafeBytes {
        CRC32C.of(UnsafeRawBufferPointer(rebasing: $0[page...]))
      }
      file.append(number: checksum)
      start = end
    }
    return file
  }

  enum Failure: Error {
    case file(FileError)
    /// The page that begins at this offset of the file is not what was written.
    case damaged(offset: Int)
  }

  /// The bytes of a range of addresses.
  static func read(_ range: Range<Int>, of file: any File) throws(Failure) -> [UInt8] {
    guard !range.isEmpty else { return [] }
    let firstPage = range.lowerBound / payloadSize
    let lastPage = max(firstPage, (range.upperBound - 1) / payloadSize)
    let pages: [UInt8]
    do throws(FileError) {
      pages = try file.bytes(
        at: firstPage * pageSize, count: (lastPage - firstPage + 1) * pageSize)
    } catch {
      throw .file(error)
    }
    for page in firstPage...lastPage {
      let start = (page - firstPage) * pageSize
      guard start + pageSize <= pages.count else { throw .damaged(offset: page * pageSize) }
      let isSound = pages.withUnsafeBytes {
        CRC32C.of(UnsafeRawBufferPointer(rebasing: $0[start..<start + payloadSize]))
      }
      guard isSound == pages.number(start + payloadSize, as: UInt32.self) else {
        throw .damaged(offset: page * pageSize)
      }
    }
    let skipped = range.lowerBound - firstPage * payloadSize
    if firstPage == lastPage { return Array(pages[skipped..<skipped + range.count]) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity((lastPage - firstPage + 1) * payloadSize)
    for start in stride(from: 0, to: pages.count, by: pageSize) {
      bytes += pages[start..<start + payloadSize]
    }
    return Array(bytes[skipped..<skipped + range.count])
  }
}
