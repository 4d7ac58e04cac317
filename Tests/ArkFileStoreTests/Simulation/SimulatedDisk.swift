#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The number of an error, before it is known whose call it was.
struct ErrorNumber: Error {
  var rawValue: Int32

  init(_ rawValue: Int32) { self.rawValue = rawValue }
}

/// Files and directories of a simulated file system: a value, so that another can go on from it.
struct SimulatedDisk: Sendable {
  let blockSize: Int
  var capacity: Int
  private(set) var files: [Int: SimulatedContent] = [:]
  private(set) var directories: [Int: SimulatedDirectory] = [root: SimulatedDirectory()]
  /// What is locked.
  private var locks: Set<Int> = []
  /// How often a file is open, if it is.
  private(set) var opens: [Int: Int] = [:]
  /// How many names a file has.
  private var links: [Int: Int] = [:]
  /// Files with no name that nobody has open. They take up no room, but a power cut may bring them
  /// back.
  private var orphans: Set<Int> = []
  private var usedBlocks = 0
  private var lastNode = root
  private var lastChange = 0

  static let root = 0

  init(blockSize: Int, capacity: Int) {
    self.blockSize = blockSize
    self.capacity = capacity
  }

  /// A disk on which everything is durable and nothing open.
  ///
  /// - Parameter directories: the entries of each; the root has to be there.
  init(
    like disk: SimulatedDisk, directories: [Int: [String: Int]],
    content: (SimulatedContent) -> SimulatedContent
  ) {
    self.init(blockSize: disk.blockSize, capacity: disk.capacity)
    lastNode = disk.lastNode
    var reached = [SimulatedDisk.root]
    while let directory = reached.popLast() {
      let entries = directories[directory]!
      self.directories[directory] = SimulatedDirectory(entries: entries)
      for node in entries.sorted(by: { $0.key < $1.key }).map(\.value) {
        if directories[node] != nil {
          reached.append(node)
        } else {
          links[node, default: 0] += 1
          if files[node] == nil { files[node] = content(disk.files[node]!) }
        }
      }
    }
    usedBlocks = files.values.reduce(0) { $0 + $1.allocated }
  }

  // MARK: Names

  func node(at path: String) throws(ErrorNumber) -> Int {
    var node = SimulatedDisk.root
    for name in SimulatedDisk.names(in: path) {
      guard let directory = directories[node] else { throw ErrorNumber(ENOTDIR) }
      guard let next = directory.entries[name] else { throw ErrorNumber(ENOENT) }
      node = next
    }
    return node
  }

  func file(at path: String) throws(ErrorNumber) -> Int {
    let node = try node(at: path)
    guard directories[node] == nil else { throw ErrorNumber(EISDIR) }
    return node
  }

  private func directory(at path: some Collection<String>) throws(ErrorNumber) -> Int {
    let node = try node(at: path.joined(separator: "/"))
    guard directories[node] != nil else { throw ErrorNumber(ENOTDIR) }
    return node
  }

  /// Where an entry is or would be.
  private func place(of path: String) throws(ErrorNumber) -> (directory: Int, name: String) {
    let names = SimulatedDisk.names(in: path)
    guard let name = names.last else { throw ErrorNumber(EISDIR) }
    return (try directory(at: names.dropLast()), name)
  }

  /// The directories on the way and the last name. A path begins at the root, said or not.
  static func names(in path: String) -> [String] {
    var names: [String] = []
    for name in path.split(separator: "/") where name != "." {
      if name == ".." { _ = names.popLast() } else { names.append(String(name)) }
    }
    return names
  }

  func list(_ path: String) throws(ErrorNumber) -> [String] {
    let directory = try directory(at: SimulatedDisk.names(in: path))
    return Array(directories[directory]!.entries.keys)
  }

  /// The paths of all files.
  var paths: [String] {
    var paths: [String] = []
    var reached = [(SimulatedDisk.root, "")]
    while let (directory, path) = reached.popLast() {
      for (name, node) in directories[directory]!.entries {
        if directories[node] != nil {
          reached.append((node, "\(path)/\(name)"))
        } else {
          paths.append("\(path)/\(name)")
        }
      }
    }
    return paths.sorted()
  }

  mutating func createFile(_ path: String) throws(ErrorNumber) -> Int {
    let (directory, name) = try place(of: path)
    guard directories[directory]!.entries[name] == nil else { throw ErrorNumber(EEXIST) }
    lastNode += 1
    files[lastNode] = SimulatedContent(blockSize: blockSize)
    links[lastNode] = 1
    change(directory, [(name, lastNode)])
    return lastNode
  }

  /// One that is there is no error.
  mutating func createDirectory(_ path: String) throws(ErrorNumber) {
    guard !SimulatedDisk.names(in: path).isEmpty else { return }
    let (directory, name) = try place(of: path)
    guard directories[directory]!.entries[name] == nil else { return }
    lastNode += 1
    directories[lastNode] = SimulatedDirectory()
    change(directory, [(name, lastNode)])
  }

  /// Renames a file. Directories are not needed, and refused.
  mutating func rename(_ path: String, to newPath: String) throws(ErrorNumber) {
    let file = try file(at: path)
    let (source, name) = try place(of: path)
    let (target, newName) = try place(of: newPath)
    let replaced = directories[target]!.entries[newName]
    guard replaced != file else { return }
    if let replaced {
      guard directories[replaced] == nil else { throw ErrorNumber(EISDIR) }
      unlink(replaced)
    }
    if source == target {
      change(source, [(name, nil), (newName, file)])
    } else {
      // Each directory has to be synced for its own part.
      change(target, [(newName, file)])
      change(source, [(name, nil)])
    }
  }

  mutating func remove(_ path: String) throws(ErrorNumber) {
    let file = try file(at: path)
    let (directory, name) = try place(of: path)
    change(directory, [(name, nil)])
    unlink(file)
  }

  private mutating func change(_ directory: Int, _ entries: [(name: String, node: Int?)]) {
    lastChange += 1
    directories[directory]!.apply(.init(number: lastChange, entries: entries))
  }

  mutating func syncDirectory(_ path: String) throws(ErrorNumber) {
    directories[try directory(at: SimulatedDisk.names(in: path))]!.sync()
    guard !orphans.isEmpty else { return }
    var reachable: Set<Int> = []
    for directory in directories.values {
      reachable.formUnion(directory.medium.values)
      for change in directory.pending { reachable.formUnion(change.entries.compactMap(\.node)) }
    }
    for orphan in orphans.subtracting(reachable) {
      orphans.remove(orphan)
      links[orphan] = nil
      files[orphan] = nil
    }
  }

  // MARK: Open files

  mutating func open(_ file: Int) { opens[file, default: 0] += 1 }

  mutating func close(_ file: Int) {
    opens[file]! -= 1
    if opens[file] == 0 { opens[file] = nil }
    forgetIfUnused(file)
  }

  private mutating func unlink(_ file: Int) {
    links[file]! -= 1
    forgetIfUnused(file)
  }

  private mutating func forgetIfUnused(_ file: Int) {
    guard links[file] == 0, opens[file] == nil else { return }
    orphans.insert(file)
    usedBlocks -= files[file]!.allocated
  }

  /// What a crash of all processes leaves behind: everything but what they had open.
  mutating func closeAll() {
    locks = []
    for file in Array(opens.keys) {
      opens[file] = nil
      forgetIfUnused(file)
    }
  }

  enum Locking: Sendable {
    case done(Int)
    /// Somebody else has it, and left this note.
    case held(String)
  }

  mutating func lock(_ path: String, note: String) throws(ErrorNumber) -> Locking {
    let file: Int
    do throws(ErrorNumber) {
      file = try self.file(at: path)
    } catch {
      guard error.rawValue == ENOENT else { throw error }
      file = try createFile(path)
    }
    guard !locks.contains(file) else {
      return .held(String(decoding: files[file]!.seen.all.prefix(256), as: UTF8.self))
    }
    resize(file, to: 0)
    let note = Array(note.utf8)
    let written = try note.withUnsafeBufferPointer { (note) throws(ErrorNumber) in
      note.isEmpty ? 0 : try write(note, to: file, at: 0)
    }
    guard written == note.count else { throw ErrorNumber(ENOSPC) }
    locks.insert(file)
    open(file)
    return .done(file)
  }

  mutating func unlock(_ file: Int) {
    locks.remove(file)
    close(file)
  }

  // MARK: Content

  var freeBlocks: Int { max(0, capacity / blockSize - usedBlocks) }

  func read(_ file: Int, into buffer: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
    files[file]!.seen.read(into: buffer, at: offset)
  }

  /// - Returns: how many bytes there was room for.
  mutating func write(
    _ bytes: UnsafeBufferPointer<UInt8>, to file: Int, at offset: Int
  ) throws(ErrorNumber) -> Int {
    let count = files[file]!.fitting(bytes.count, at: offset, free: freeBlocks)
    guard count > 0 else { throw ErrorNumber(ENOSPC) }
    measuring(file) { $0.write(UnsafeBufferPointer(rebasing: bytes[..<count]), at: offset) }
    return count
  }

  mutating func resize(_ file: Int, to size: Int) { measuring(file) { $0.resize(to: size) } }

  mutating func reserve(_ file: Int, upTo size: Int) throws(ErrorNumber) {
    guard files[file]!.missing(upTo: size) <= freeBlocks else { throw ErrorNumber(ENOSPC) }
    measuring(file) { $0.reserve(upTo: size) }
  }

  mutating func sync(_ file: Int) { files[file]!.sync() }

  mutating func loseWrites(_ file: Int) { files[file]!.loseWrites() }

  mutating func flipBit(_ bit: Int, of file: Int, at offset: Int) {
    files[file]!.flipBit(bit, at: offset)
  }

  /// Changes a file and counts the blocks that it takes up.
  private mutating func measuring(_ file: Int, _ body: (inout SimulatedContent) -> Void) {
    let before = files[file]!.allocated
    body(&files[file]!)
    usedBlocks += files[file]!.allocated - before
  }
}
