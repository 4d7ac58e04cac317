/// A file of which the parts read as zeros that the medium cannot give back, which no checksum takes for sound.
///
/// Only for files that are never written to again: at the end of others, zeros look like what was never written, and would be cut off.
final class ZeroFilledFile: File {
  private let file: any File
  private let onUnreadable: (@Sendable (Range<Int>) -> Void)?
  private static let pieceSize = 4096

  /// - Parameter onUnreadable: gets each part that reads as zeros. Without it a file of which nothing at all can be read is an error: that is a device or a network
  ///   that is not there, and not damage.
  init(_ file: any File, onUnreadable: (@Sendable (Range<Int>) -> Void)? = nil) {
    self.file = file
    self.onUnreadable = onUnreadable
  }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) -> Int {
    do throws(FileError) {
      return try file.read(into: buffer, at: offset)
    } catch {
      guard error.isUnreadable else { throw error }
      return try readPieces(into: buffer, at: offset, after: error)
    }
  }

  private func readPieces(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int, after error: FileError
  ) throws(FileError) -> Int {
    let size = try file.size()
    let end = min(offset + buffer.count, size)
    var unreadable: [Range<Int>] = []
    var isAnySound = false
    var place = offset
    while place < end {
      let next = min(end, (place / ZeroFilledFile.pieceSize + 1) * ZeroFilledFile.pieceSize)
      let room = UnsafeMutableRawBufferPointer(
        rebasing: buffer[place - offset..<next - offset])
      if try fill(room, at: place) {
        isAnySound = true
      } else {
        room.initializeMemory(as: UInt8.self, repeating: 0)
        unreadable.append(place..<next)
      }
      place = next
    }
    if let onUnreadable {
      unreadable.forEach(onUnreadable)
    } else if !isAnySound, try !isReadable(at: 0), try !isReadable(at: size - 1) {
      throw error
    }
    return max(0, end - offset)
  }

  /// Tries twice: a fault that passes is no damage.
  private func fill(_ room: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) -> Bool
  {
    for _ in 0..<2 {
      do throws(FileError) {
        return try file.readAll(into: room, at: offset) == room.count
      } catch {
        guard error.isUnreadable else { throw error }
      }
    }
    return false
  }

  private func isReadable(at offset: Int) throws(FileError) -> Bool {
    do throws(FileError) {
      return try !file.bytes(at: offset, count: 1).isEmpty
    } catch {
      guard error.isUnreadable else { throw error }
      return false
    }
  }

  // MARK: As it is

  func size() throws(FileError) -> Int { try file.size() }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) -> Int {
    try file.write(bytes, at: offset)
  }

  func sync() throws(FileError) { try file.sync() }
  func resize(to size: Int) throws(FileError) { try file.resize(to: size) }
  func reserve(upTo size: Int) throws(FileError) -> Bool { try file.reserve(upTo: size) }
}
