/// What the store asks of a file system: the seam at which tests let writes fall short, syncs fail, disks fill up and power go.
///
/// Calls block. Paths are absolute or relative to the working directory.
package protocol FileSystem: Sendable {
  func open(_ path: String, _ access: FileAccess) throws(FileError) -> any File
  /// The names in a directory, in no order.
  func list(_ directory: String) throws(FileError) -> [String]
  /// Makes a directory and those above it. One that is there is no error.
  func createDirectory(_ path: String) throws(FileError)
  /// Puts a file in the place of another, atomically.
  func rename(_ path: String, to newPath: String) throws(FileError)
  func remove(_ path: String) throws(FileError)
  /// Makes creations, renames and removals in a directory durable.
  func syncDirectory(_ path: String) throws(FileError)
  /// Bytes that can still be written to the file system that holds `path`.
  func freeBytes(at path: String) throws(FileError) -> Int
  /// Takes a lock that ends with the process, and notes in the file who holds it.
  /// - Throws: `FileError` with `.isLocked` and the holder's note when somebody else has it.
  func lock(_ path: String, holder: String) throws(FileError) -> any FileLock
}

/// How a file is opened.
package enum FileAccess: Sendable {
  case read
  case readWrite
  /// A new file, for reading and writing. One that is there is an error.
  case create
}

/// An open file. Closed when the last reference goes.
package protocol File: AnyObject, Sendable {
  func size() throws(FileError) -> Int
  /// Reads up to `buffer.count` bytes.
  /// - Returns: how many; fewer than asked for at the end of the file or when the call was interrupted, 0 only at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) -> Int
  /// Writes some bytes.
  /// - Returns: how many, at least one.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) -> Int
  /// Makes everything written durable, together with what is needed to read it back (`fdatasync`).
  func sync() throws(FileError)
  /// Cuts the file, or fills it up with zeros.
  func resize(to size: Int) throws(FileError)
  /// Reserves room up to a size and makes the file that long. What is new reads as zeros.
  /// - Returns: false when the file system cannot do it.
  func reserve(upTo size: Int) throws(FileError) -> Bool
}

/// A lock. Let go of when the last reference goes.
package protocol FileLock: AnyObject, Sendable {}

extension File {
  /// Writes all of it, in as many calls as that takes.
  func writeAll(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) {
    var done = 0
    while done < bytes.count {
      done += try write(UnsafeRawBufferPointer(rebasing: bytes[done...]), at: offset + done)
    }
  }

  func writeAll(_ bytes: [UInt8], at offset: Int) throws(FileError) {
    var failure: FileError?
    bytes.withUnsafeBytes { bytes in
      do throws(FileError) {
        try writeAll(bytes, at: offset)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  /// Fills the buffer as far as the file goes.
  /// - Returns: how many bytes there were.
  func readAll(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) -> Int
  {
    var done = 0
    while done < buffer.count {
      let count = try read(
        into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]), at: offset + done)
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// Up to `count` bytes: fewer at the end of the file.
  func bytes(at offset: Int, count: Int) throws(FileError) -> [UInt8] {
    // An array of no capacity is one that all threads share, and to initialize it is to write to it.
    guard count > 0 else { return [] }
    var failure: FileError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      do throws(FileError) {
        filled = try readAll(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }
}
