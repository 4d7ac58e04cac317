import ArkBrokerTesting
import ArkFileStore
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file system in memory that fails, fills up, crashes and loses power as a test asks, the same
/// way every time.
///
/// It knows what processes see and what is durable. `File.sync` makes the data and the size of a
/// file durable, `syncDirectory` the entries of a directory, and nothing else does.
/// `createDirectory` syncs the directories above, as `DiskFileSystem` does, in calls of their own.
///
/// `powerCut` and `processCrash` give a new file system that goes on from there. Whoever has files
/// of the old one open goes on with the old one, and changes nothing in the new one.
final class SimulatedFileSystem: FileSystem {
  private struct State: Sendable {
    var disk: SimulatedDisk
    var onCall: (@Sendable (Call) -> Fault?)?
    var calls = 0
    var syncs = 0
    var directorySyncs = 0
    var hasCrashed = false
  }

  private let state: Mutex<State>

  /// - Parameter blockSize: what is written in one piece, or torn when the power goes: 512 or 4096.
  convenience init(blockSize: Int = 4096, capacity: Int = 1 << 40) {
    self.init(SimulatedDisk(blockSize: blockSize, capacity: capacity))
  }

  private init(_ disk: SimulatedDisk) { state = Mutex(State(disk: disk)) }

  // MARK: For tests

  /// Asked before every call what is to go wrong. Runs outside the lock, so that it may cut the
  /// power, look at files and so on.
  var onCall: (@Sendable (Call) -> Fault?)? {
    get { state.withLock { $0.onCall } }
    set { state.withLock { $0.onCall = newValue } }
  }

  /// The bytes that the disk holds, written or not. Files may be larger than it when it shrinks.
  var capacity: Int {
    get { state.withLock { $0.disk.capacity } }
    set { state.withLock { $0.disk.capacity = newValue } }
  }

  /// How many calls there were.
  var calls: Int { state.withLock { $0.calls } }
  /// How many syncs of files succeeded.
  var syncs: Int { state.withLock { $0.syncs } }
  /// How many syncs of directories succeeded.
  var directorySyncs: Int { state.withLock { $0.directorySyncs } }
  /// How many files and locks are open.
  var openFiles: Int { state.withLock { $0.disk.opens.values.reduce(0, +) } }
  var hasCrashed: Bool { state.withLock { $0.hasCrashed } }

  /// The paths of all files, sorted, from the root.
  var files: [String] { state.withLock { $0.disk.paths } }

  /// The paths of the segments among them, the oldest first.
  var segments: [String] { files.filter { $0.hasSuffix(".segment") } }

  /// What a file holds, or nil if there is none. Not a call.
  func contents(_ path: String) -> [UInt8]? {
    let content = state.withLock { state in
      (try? state.disk.file(at: path)).flatMap { state.disk.files[$0] }
    }
    return content?.seen.all
  }

  /// Damages a file, both as it is seen and on the medium.
  func flipBit(_ path: String, _ offset: Int, bit: Int = 0) {
    state.withLock { state in
      guard let file = try? state.disk.file(at: path) else {
        preconditionFailure("\(path) is not there")
      }
      state.disk.flipBit(bit, of: file, at: offset)
    }
  }

  /// Lets every read fail that touches these bytes of a file, as those of a bad sector do, once there have been so many.
  func makeUnreadable(_ path: String, _ bytes: Range<Int>, afterReads skipped: Int = 0) {
    let reads = Counter()
    onCall = { call in
      guard call.kind == .read, call.path == path,
        bytes.overlaps(call.offset..<call.offset + call.count)
      else { return nil }
      return reads.next() <= skipped ? nil : .error(EIO)
    }
  }

  /// Stops the process: every call from now on fails with `EIO`.
  func crash() { state.withLock { $0.hasCrashed = true } }

  /// The file system as it is when another process comes after this one: everything written is
  /// there, durable or not as before, and no lock is held.
  func processCrash() -> SimulatedFileSystem {
    var disk = state.withLock { $0.disk }
    disk.closeAll()
    return SimulatedFileSystem(disk)
  }

  /// The file system when the power comes back and nothing is there that was not synced.
  func powerCut() -> SimulatedFileSystem {
    SimulatedFileSystem(state.withLock { $0.disk }.afterLosingAll())
  }

  /// The file system as it may be when the power comes back.
  ///
  /// Everything synced is there. Each block written since then is kept, lost or torn, each file has
  /// a size that it has had since then, and directories have some of the changes made to them.
  /// There is no order between files, or between a file's data and its size.
  func powerCut(
    seed: UInt64, directories: SimulatedDisk.DirectoryOrder = .journaled
  ) -> SimulatedFileSystem {
    var random = EventGenerator(seed: seed)
    return SimulatedFileSystem(
      state.withLock { $0.disk }.afterPowerCut(directories, using: &random))
  }

  // MARK: Calls

  /// Counts a call and asks what is to go wrong.
  /// - Returns: a fault that a call of this kind has to see to.
  func begin(
    _ kind: Call.Kind, _ path: String, offset: Int = 0, count: Int = 0
  ) throws(FileError) -> Fault? {
    let (number, onCall) = try withState(kind.rawValue, path) {
      $0.calls += 1
      return ($0.calls, $0.onCall)
    }
    guard let onCall else { return nil }
    let fault = onCall(
      Call(number: number, kind: kind, path: path, offset: offset, count: count))
    switch fault {
    case nil: return nil
    case .short: return kind == .read || kind == .write ? fault : nil
    case .partialThenError, .partialThenCrash: if kind == .write { return fault }
    case .losingWrites: if kind == .sync { return fault }
    case .error, .crash: break
    }
    var error = failure(fault, kind, path) ?? FileError(kind.rawValue, path, EIO)
    if kind == .read { error.offset = offset }
    throw error
  }

  /// The error that a call ends with because of a fault.
  func failure(_ fault: Fault?, _ kind: Call.Kind, _ path: String) -> FileError? {
    switch fault {
    case nil, .short: return nil
    case .error(let number), .losingWrites(let number), .partialThenError(_, let number):
      return FileError(kind.rawValue, path, number)
    case .crash, .partialThenCrash:
      crash()
      return FileError(kind.rawValue, path, EIO)
    }
  }

  func withDisk<Result: Sendable>(
    _ call: String, _ path: String,
    _ body: (inout SimulatedDisk) throws(ErrorNumber) -> Result
  ) throws(FileError) -> Result {
    try withState(call, path) { (state) throws(ErrorNumber) in try body(&state.disk) }
  }

  private func withState<Result: Sendable>(
    _ call: String, _ path: String, _ body: (inout State) throws(ErrorNumber) -> Result
  ) throws(FileError) -> Result {
    do throws(ErrorNumber) {
      return try state.withLock { (state) throws(ErrorNumber) in
        guard !state.hasCrashed else { throw ErrorNumber(EIO) }
        return try body(&state)
      }
    } catch {
      throw FileError(call, path, error.rawValue)
    }
  }

  func sync(_ file: Int, _ path: String, losingWrites: Bool) throws(FileError) {
    try withState("fdatasync", path) {
      if losingWrites {
        $0.disk.loseWrites(file)
      } else {
        $0.disk.sync(file)
        $0.syncs += 1
      }
    }
  }

  /// Closes a file. Works after a crash, too, because that is when files are let go of.
  func close(_ file: Int) { state.withLock { $0.disk.close(file) } }

  func unlock(_ file: Int) { state.withLock { $0.disk.unlock(file) } }

  // MARK: FileSystem

  func open(_ path: String, _ access: FileAccess) throws(FileError) -> any File {
    _ = try begin(.open, path)
    let file = try withDisk("open", path) { (disk) throws(ErrorNumber) in
      let file =
        switch access {
        case .read, .readWrite: try disk.file(at: path)
        case .create: try disk.createFile(path)
        }
      disk.open(file)
      return file
    }
    return SimulatedFile(self, file, path, isWritable: access != .read)
  }

  /// The names in an order that means nothing, but is the same every time.
  func list(_ directory: String) throws(FileError) -> [String] {
    _ = try begin(.list, directory)
    let names = try withDisk("opendir", directory) { (disk) throws(ErrorNumber) in
      try disk.list(directory)
    }
    var random = EventGenerator(seed: UInt64(names.count))
    return names.sorted().shuffled(using: &random)
  }

  func createDirectory(_ path: String) throws(FileError) {
    _ = try begin(.createDirectory, path)
    do throws(FileError) {
      let isThere = try withDisk("mkdir", path) { (disk) throws(ErrorNumber) in
        let isThere = (try? disk.node(at: path)) != nil
        try disk.createDirectory(path)
        return isThere
      }
      var directory = DiskFileSystem.parent(of: path)
      try syncDirectory(directory)
      while !isThere, directory != DiskFileSystem.parent(of: directory) {
        directory = DiskFileSystem.parent(of: directory)
        try syncDirectory(directory)
      }
    } catch {
      guard error.isMissing, error.path == path else { throw error }
      try createDirectory(DiskFileSystem.parent(of: path))
      try createDirectory(path)
    }
  }

  func rename(_ path: String, to newPath: String) throws(FileError) {
    _ = try begin(.rename, path)
    try withDisk("rename", path) { (disk) throws(ErrorNumber) in
      try disk.rename(path, to: newPath)
    }
  }

  func remove(_ path: String) throws(FileError) {
    _ = try begin(.remove, path)
    try withDisk("unlink", path) { (disk) throws(ErrorNumber) in try disk.remove(path) }
  }

  func syncDirectory(_ path: String) throws(FileError) {
    _ = try begin(.syncDirectory, path)
    try withState("fsync", path) { (state) throws(ErrorNumber) in
      try state.disk.syncDirectory(path)
      state.directorySyncs += 1
    }
  }

  func freeBytes(at path: String) throws(FileError) -> Int {
    _ = try begin(.freeBytes, path)
    return try withDisk("statvfs", path) { (disk) throws(ErrorNumber) in
      _ = try disk.node(at: path)
      return disk.freeBlocks * disk.blockSize
    }
  }

  func lock(_ path: String, holder: String) throws(FileError) -> any FileLock {
    _ = try begin(.lock, path)
    let locking = try withDisk("flock", path) { (disk) throws(ErrorNumber) in
      try disk.lock(path, note: holder)
    }
    switch locking {
    case .done(let file): return SimulatedLock(self, file)
    case .held(let note): throw FileError("flock", path, EWOULDBLOCK, holder: note)
    }
  }
}

private final class Counter: Sendable {
  private let count = Atomic(0)

  func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).newValue }
}
