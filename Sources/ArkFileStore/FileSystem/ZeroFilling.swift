import Synchronization

/// A file system whose files are read as `ZeroFilledFile`, for the tools: it knows what could not be read.
final class ZeroFilling: FileSystem {
  private let base: any FileSystem
  /// By path, where each part that could not be read begins, and how long it is.
  private let unread = Mutex<[String: [Int: Int]]>([:])

  init(_ base: any FileSystem) { self.base = base }

  /// The parts of a file that could not be read so far, ascending.
  func unreadable(in path: String) -> [Range<Int>] {
    let parts = unread.withLock { $0[path] ?? [:] }.sorted { $0.key < $1.key }
    return parts.reduce(into: []) { ranges, part in
      let end = part.key + part.value
      if let last = ranges.last, last.upperBound >= part.key {
        ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, end)
      } else {
        ranges.append(part.key..<end)
      }
    }
  }

  func open(_ path: String, _ access: FileAccess) throws(FileError) -> any File {
    let file = try base.open(path, access)
    guard case .read = access else { return file }
    return ZeroFilledFile(file) { [self] part in
      unread.withLock { unread in
        let known = unread[path]?[part.lowerBound] ?? 0
        unread[path, default: [:]][part.lowerBound] = max(known, part.count)
      }
    }
  }

  // MARK: As it is

  func list(_ directory: String) throws(FileError) -> [String] { try base.list(directory) }
  func createDirectory(_ path: String) throws(FileError) { try base.createDirectory(path) }
  func rename(_ path: String, to newPath: String) throws(FileError) {
    try base.rename(path, to: newPath)
  }
  func remove(_ path: String) throws(FileError) { try base.remove(path) }
  func syncDirectory(_ path: String) throws(FileError) { try base.syncDirectory(path) }
  func freeBytes(at path: String) throws(FileError) -> Int { try base.freeBytes(at: path) }
  func lock(_ path: String, holder: String) throws(FileError) -> any FileLock {
    try base.lock(path, holder: holder)
  }
}
