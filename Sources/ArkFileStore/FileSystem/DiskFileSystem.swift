import CSystem

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The file system of the operating system.
package struct DiskFileSystem: FileSystem {
  package init() {}

  package func open(_ path: String, _ access: FileAccess) throws(FileError) -> any File {
    let flags: Int32
    switch access {
    case .read: flags = O_RDONLY
    case .readWrite: flags = O_RDWR
    case .create: flags = O_RDWR | O_CREAT | O_EXCL
    }
    return DiskFile(
      try DiskFileSystem.descriptor("open", path) { openFile(path, flags | O_CLOEXEC, 0o640) },
      path)
  }

  package func list(_ directory: String) throws(FileError) -> [String] {
    guard let stream = opendir(directory) else { throw FileError("opendir", directory, errno) }
    defer { closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else { break }
      let name = withUnsafeBytes(of: &entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    guard errno == 0 else { throw FileError("readdir", directory, errno) }
    return names
  }

  package func createDirectory(_ path: String) throws(FileError) {
    // The entry in the directory above has to last as long as what is in the new one; also when another process made it, or those above, and got no further.
    if mkdir(path, 0o750) == 0 { return try syncDirectories(above: path) }
    switch errno {
    case EEXIST:
      guard let stream = opendir(path) else { throw FileError("mkdir", path, errno) }
      closedir(stream)
      try syncDirectory(DiskFileSystem.parent(of: path))
    case ENOENT where DiskFileSystem.parent(of: path) != path:
      try createDirectory(DiskFileSystem.parent(of: path))
      try createDirectory(path)
    default: throw FileError("mkdir", path, errno)
    }
  }

  private func syncDirectories(above path: String) throws(FileError) {
    var directory = DiskFileSystem.parent(of: path)
    try syncDirectory(directory)
    while directory != DiskFileSystem.parent(of: directory) {
      directory = DiskFileSystem.parent(of: directory)
      do throws(FileError) {
        try syncDirectory(directory)
      } catch {
        // Further up, others may not let us look, nor would they let us make something there.
        guard [EACCES, EPERM, EROFS, EINVAL].contains(error.number) else { throw error }
      }
    }
  }

  package static func parent(of path: String) -> String {
    var path = path[...]
    while path.count > 1, path.hasSuffix("/") { path = path.dropLast() }
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  package func rename(_ path: String, to newPath: String) throws(FileError) {
    guard renameFile(path, newPath) == 0 else { throw FileError("rename", path, errno) }
  }

  package func remove(_ path: String) throws(FileError) {
    guard unlink(path) == 0 else { throw FileError("unlink", path, errno) }
  }

  package func syncDirectory(_ path: String) throws(FileError) {
    let descriptor = try DiskFileSystem.descriptor("open", path) {
      openFile(path, O_RDONLY | O_CLOEXEC, 0)
    }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw FileError("fsync", path, errno) }
  }

  package func freeBytes(at path: String) throws(FileError) -> Int {
    var numbers = statvfs()
    guard statvfs(path, &numbers) == 0 else { throw FileError("statvfs", path, errno) }
    return Int(numbers.f_bavail) * Int(numbers.f_frsize)
  }

  package func lock(_ path: String, holder: String) throws(FileError) -> any FileLock {
    let descriptor = try DiskFileSystem.descriptor("open", path) {
      openFile(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
    }
    let file = DiskFile(descriptor, path)
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      guard errno == EWOULDBLOCK else { throw FileError("flock", path, errno) }
      let note = try file.bytes(at: 0, count: 256)
      throw FileError("flock", path, EWOULDBLOCK, holder: String(decoding: note, as: UTF8.self))
    }
    // The note only helps people: a full disk must not keep a store from being read.
    try? file.resize(to: 0)
    try? file.writeAll(Array(holder.utf8), at: 0)
    return DiskLock(file)
  }

  /// A call that answers with a descriptor, once more when a signal came between.
  private static func descriptor(
    _ call: String, _ path: String, _ body: () -> Int32
  ) throws(FileError) -> Int32 {
    while true {
      let descriptor = body()
      if descriptor >= 0 { return descriptor }
      guard errno == EINTR else { throw FileError(call, path, errno) }
    }
  }
}

/// A lock on a file, which belongs to the open file.
///
/// Closing the descriptor does not end it while a process that was just forked has a copy, until its `exec`.
private final class DiskLock: FileLock {
  private let file: DiskFile

  init(_ file: DiskFile) { self.file = file }

  deinit { flock(file.descriptor, LOCK_UN) }
}

private final class DiskFile: File {
  fileprivate let descriptor: Int32
  private let path: String

  init(_ descriptor: Int32, _ path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit { close(descriptor) }

  func size() throws(FileError) -> Int {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileError("fstat", path, errno) }
    return Int(status.st_size)
  }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) -> Int {
    while true {
      let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
      if count >= 0 { return count }
      guard errno == EINTR else { throw FileError("pread", path, errno, at: offset) }
    }
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) -> Int {
    while true {
      let count = pwrite(descriptor, bytes.baseAddress, bytes.count, off_t(offset))
      if count > 0 { return count }
      // POSIX leaves it open what a write of nothing means; the next one would tell, but there may be none.
      if count == 0 { throw FileError("pwrite", path, ENOSPC) }
      guard errno == EINTR else { throw FileError("pwrite", path, errno, at: offset) }
    }
  }

  func sync() throws(FileError) {
    #if canImport(Darwin)
      // fsync(2) on macOS leaves the data in the drive's cache.
      let result = fcntl(descriptor, F_FULLFSYNC)
    #else
      let result = fdatasync(descriptor)
    #endif
    // Not tried again, not even after EINTR: what a failed sync left behind is not known.
    guard result == 0 else { throw FileError("fdatasync", path, errno) }
  }

  func resize(to size: Int) throws(FileError) {
    while ftruncate(descriptor, off_t(size)) != 0 {
      guard errno == EINTR else { throw FileError("ftruncate", path, errno) }
    }
  }

  func reserve(upTo size: Int) throws(FileError) -> Bool {
    #if canImport(Darwin)
      return false
    #else
      while fallocate(descriptor, 0, 0, off_t(size)) != 0 {
        switch errno {
        case EINTR: continue
        case EOPNOTSUPP, ENOSYS, EINVAL: return false
        default: throw FileError("fallocate", path, errno)
        }
      }
      return true
    #endif
  }
}

/// `open(2)`, which a method hides.
private func openFile(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 {
  open(path, flags, mode)
}

/// `rename(2)`, likewise.
private func renameFile(_ path: String, _ newPath: String) -> Int32 { rename(path, newPath) }
