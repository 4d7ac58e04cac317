import ArkFileStore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// An open file of a simulated file system.
final class SimulatedFile: File {
  private let system: SimulatedFileSystem
  private let file: Int
  private let path: String
  private let isWritable: Bool

  init(_ system: SimulatedFileSystem, _ file: Int, _ path: String, isWritable: Bool) {
    self.system = system
    self.file = file
    self.path = path
    self.isWritable = isWritable
  }

  deinit { system.close(file) }

  /// Not counted: on a disk it does not fail either.
  func size() throws(FileError) -> Int {
    try system.withDisk("fstat", path) { $0.files[file]!.seen.size }
  }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) -> Int {
    let fault = try system.begin(.read, path, offset: offset, count: buffer.count)
    guard offset >= 0 else { throw FileError("pread", path, EINVAL) }
    var count = buffer.count
    if case .short(let limit) = fault { count = min(count, max(1, limit)) }
    return try system.withDisk("pread", path) {
      $0.read(file, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]), at: offset)
    }
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) -> Int {
    let fault = try system.begin(.write, path, offset: offset, count: bytes.count)
    guard isWritable else { throw FileError("pwrite", path, EBADF) }
    guard offset >= 0 else { throw FileError("pwrite", path, EINVAL) }
    let limit =
      switch fault {
      case .short(let limit): max(1, limit)
      case .partialThenError(let limit, _), .partialThenCrash(let limit): max(0, limit)
      default: Int.max
      }
    var written = 0
    if limit > 0 {
      let bytes = bytes.prefix(limit).bindMemory(to: UInt8.self)
      do throws(FileError) {
        written = try system.withDisk("pwrite", path) { (disk) throws(ErrorNumber) in
          try disk.write(bytes, to: file, at: offset)
        }
      } catch {
        throw system.failure(fault, .write, path) ?? error
      }
    }
    if let failure = system.failure(fault, .write, path) { throw failure }
    return written
  }

  func sync() throws(FileError) {
    let fault = try system.begin(.sync, path)
    try system.sync(file, path, losingWrites: fault != nil)
    if let failure = system.failure(fault, .sync, path) { throw failure }
  }

  func resize(to size: Int) throws(FileError) {
    _ = try system.begin(.resize, path, count: size)
    guard isWritable, size >= 0 else { throw FileError("ftruncate", path, EINVAL) }
    try system.withDisk("ftruncate", path) { $0.resize(file, to: size) }
  }

  func reserve(upTo size: Int) throws(FileError) -> Bool {
    do throws(FileError) {
      _ = try system.begin(.reserve, path, count: size)
      guard isWritable else { throw FileError("fallocate", path, EBADF) }
      guard size > 0 else { throw FileError("fallocate", path, EINVAL) }
      try system.withDisk("fallocate", path) { (disk) throws(ErrorNumber) in
        try disk.reserve(file, upTo: size)
      }
      return true
    } catch {
      switch error.number {
      case EOPNOTSUPP, ENOSYS, EINVAL: return false
      default: throw error
      }
    }
  }
}

/// A lock of a simulated file system.
final class SimulatedLock: FileLock {
  private let system: SimulatedFileSystem
  private let file: Int

  init(_ system: SimulatedFileSystem, _ file: Int) {
    self.system = system
    self.file = file
  }

  deinit { system.unlock(file) }
}
