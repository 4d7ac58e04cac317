import Synchronization

/// Files kept open for reading: a bounded number of them, however many segments there are.
///
/// A path stands for one content for ever: files are replaced under new names.
final class OpenFiles: Sendable {
  private struct Entry: Sendable {
    let file: any File
    var lastUse: UInt64
  }

  private struct State: Sendable {
    var entries: [String: Entry] = [:]
    var uses: UInt64 = 0
    /// How many paths have been forgotten.
    var losses: UInt64 = 0
  }

  /// What was read of them last.
  let blocks = BlockCache()
  private let fileSystem: any FileSystem
  private let capacity: Int
  private let state = Mutex(State())

  init(_ fileSystem: any FileSystem, capacity: Int = 256) {
    self.fileSystem = fileSystem
    self.capacity = capacity
  }

  func file(_ path: String) throws(FileError) -> any File {
    let (known, losses): ((any File)?, UInt64) = state.withLock { state in
      state.uses += 1
      guard let place = state.entries.index(forKey: path) else { return (nil, state.losses) }
      state.entries.values[place].lastUse = state.uses
      return (state.entries.values[place].file, state.losses)
    }
    if let known { return known }
    let file = try fileSystem.open(path, .read)
    state.withLock { state in
      // It may be this one that is no more: kept open, it would go on taking its room.
      guard state.losses == losses else { return }
      state.entries[path] = Entry(file: file, lastUse: state.uses)
      guard state.entries.count > capacity else { return }
      // Several at once, so that this is rare.
      let oldest = state.entries.sorted { $0.value.lastUse < $1.value.lastUse }
      for entry in oldest.prefix(capacity / 4) { state.entries[entry.key] = nil }
    }
    return file
  }

  /// Closes a file that has been removed, when its last reader has done.
  func forget(_ path: String) {
    state.withLock { state in
      state.entries[path] = nil
      state.losses += 1
    }
  }
}
