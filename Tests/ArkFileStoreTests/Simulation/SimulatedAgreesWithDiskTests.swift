import Testing

@testable import ArkBrokerTesting
@testable import ArkFileStore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The simulation and the real thing do the same.
@Suite struct SimulatedAgreesWithDiskTests {
  enum Kind: CaseIterable { case disk, simulated }

  /// Gives `body` a file system and an empty directory in it.
  private func with(
    _ kind: Kind, _ body: (any FileSystem, _ directory: String) throws -> Void
  ) throws {
    switch kind {
    case .simulated:
      let system = SimulatedFileSystem()
      try system.createDirectory("/tmp/test")
      try body(system, "/tmp/test")
    case .disk:
      var template = Array("/tmp/ark-file-system-XXXXXX".utf8CString)
      let path = try #require(mkdtemp(&template).map { String(cString: $0) })
      defer { remove(path) }
      try body(DiskFileSystem(), path)
    }
  }

  private func remove(_ directory: String) {
    for name in (try? DiskFileSystem().list(directory)) ?? [] {
      let path = "\(directory)/\(name)"
      if unlink(path) != 0 { remove(path) }
    }
    rmdir(directory)
  }

  @Test(arguments: Kind.allCases)
  func opening(kind: Kind) throws {
    try with(kind) { system, directory in
      let path = "\(directory)/a"
      #expect(errorNumber { () throws(FileError) in _ = try system.open(path, .read) } == ENOENT)
      #expect(
        errorNumber { () throws(FileError) in _ = try system.open(path, .readWrite) } == ENOENT)
      let file = try system.open(path, .create)
      #expect(errorNumber { () throws(FileError) in _ = try system.open(path, .create) } == EEXIST)
      #expect(
        errorNumber { () throws(FileError) in _ = try system.open("\(path)/b", .create) }
          == ENOTDIR)
      #expect(
        errorNumber { () throws(FileError) in _ = try system.open("\(directory)/x/b", .create) }
          == ENOENT)
      #expect(
        errorNumber { () throws(FileError) in _ = try system.open(directory, .readWrite) }
          == EISDIR)
      try file.writeAll(bytes("abc"), at: 0)
      let reader = try system.open("\(directory)//./a", .read)
      #expect(try reader.contents() == bytes("abc"))
      #expect(
        errorNumber { () throws(FileError) in try reader.writeAll(bytes("x"), at: 0) } == EBADF)
      #expect(errorNumber { () throws(FileError) in try reader.resize(to: 0) } == EINVAL)
      try reader.sync()
      try system.open(path, .readWrite).writeAll(bytes("x"), at: 1)
      #expect(try reader.contents() == bytes("axc"))
    }
  }

  @Test(arguments: Kind.allCases)
  func readingAndWriting(kind: Kind) throws {
    try with(kind) { system, directory in
      let file = try system.make("\(directory)/a", pattern(5_000))
      #expect(try file.bytes(at: 4_990, count: 100) == pattern(10, from: 4_990))
      #expect(try file.bytes(at: 5_000, count: 1) == [])
      #expect(try file.bytes(at: 50_000, count: 1) == [])
      #expect(try file.bytes(at: 10, count: 0) == [])
      try file.writeAll(bytes("x"), at: 9_000)
      #expect(try file.size() == 9_001)
      #expect(
        try file.contents() == pattern(5_000) + [UInt8](repeating: 0, count: 4_000) + bytes("x"))
      let empty = UnsafeRawBufferPointer(start: nil, count: 0)
      #expect(
        errorNumber { () throws(FileError) in _ = try file.write(empty, at: 0) } == ENOSPC)
      #expect(errorNumber { () throws(FileError) in try file.writeAll([1], at: -1) } == EINVAL)
      #expect(
        errorNumber { () throws(FileError) in _ = try file.bytes(at: -1, count: 1) } == EINVAL)
    }
  }

  @Test(arguments: Kind.allCases)
  func resizing(kind: Kind) throws {
    try with(kind) { system, directory in
      let file = try system.make("\(directory)/a", pattern(5_000))
      try file.resize(to: 10)
      #expect(try file.contents() == pattern(10))
      try file.resize(to: 6_000)
      #expect(try file.contents() == pattern(10) + [UInt8](repeating: 0, count: 5_990))
      #expect(errorNumber { () throws(FileError) in try file.resize(to: -1) } == EINVAL)
      try file.resize(to: 0)
      #expect(try file.contents() == [])
    }
  }

  #if !canImport(Darwin)
    @Test(arguments: Kind.allCases)
    func reserving(kind: Kind) throws {
      try with(kind) { system, directory in
        let file = try system.make("\(directory)/a", pattern(10))
        #expect(try file.reserve(upTo: 9_000))
        #expect(try file.contents() == pattern(10) + [UInt8](repeating: 0, count: 8_990))
        #expect(try file.reserve(upTo: 5))
        #expect(try file.size() == 9_000)
        #expect(try !file.reserve(upTo: 0))
        #expect(try !file.reserve(upTo: -1))
        try file.resize(to: 10)
        #expect(try file.contents() == pattern(10))
        let reader = try system.open("\(directory)/a", .read)
        #expect(errorNumber { () throws(FileError) in _ = try reader.reserve(upTo: 5) } == EBADF)
      }
    }
  #endif

  @Test(arguments: Kind.allCases)
  func namesAndDirectories(kind: Kind) throws {
    try with(kind) { system, directory in
      let a = "\(directory)/a"
      let b = "\(directory)/b"
      let missing = "\(directory)/missing"
      #expect(try system.list(directory) == [])
      try system.make(a, bytes("a"))
      let replaced = try system.make(b, bytes("b"))
      try system.createDirectory("\(directory)/x/y/")
      try system.createDirectory("\(directory)/x/y")
      try system.createDirectory("\(directory)/x")
      #expect(try system.list(directory).sorted() == ["a", "b", "x"])
      #expect(try system.list("\(directory)/x") == ["y"])
      try system.rename(a, to: b)
      #expect(try system.list(directory).sorted() == ["b", "x"])
      #expect(try system.open(b, .read).contents() == bytes("a"))
      #expect(try replaced.contents() == bytes("b"))
      try system.rename(b, to: b)
      try system.rename(b, to: "\(directory)/x/y/c")
      #expect(try system.open("\(directory)/x/y/c", .read).contents() == bytes("a"))
      try system.rename("\(directory)/x/y/c", to: a)
      #expect(errorNumber { () throws(FileError) in try system.rename(missing, to: b) } == ENOENT)
      #expect(
        errorNumber { () throws(FileError) in try system.rename(a, to: "\(missing)/a") } == ENOENT)
      #expect(
        errorNumber { () throws(FileError) in try system.rename(a, to: "\(directory)/x") }
          == EISDIR)
      #expect(errorNumber { () throws(FileError) in try system.remove(missing) } == ENOENT)
      #expect(
        errorNumber { () throws(FileError) in try system.remove("\(directory)/x") } == EISDIR)
      #expect(errorNumber { () throws(FileError) in _ = try system.list(missing) } == ENOENT)
      #expect(errorNumber { () throws(FileError) in _ = try system.list(a) } == ENOTDIR)
      #expect(errorNumber { () throws(FileError) in try system.syncDirectory(missing) } == ENOENT)
      #expect(
        errorNumber { () throws(FileError) in try system.createDirectory("\(a)/b") } == ENOTDIR)
      #expect(
        errorNumber { () throws(FileError) in _ = try system.freeBytes(at: missing) } == ENOENT)
      #expect(try system.freeBytes(at: directory) > 0)
      try system.syncDirectory(directory)
      try system.remove(a)
      #expect(try system.list(directory) == ["x"])
    }
  }

  @Test(arguments: Kind.allCases)
  func locking(kind: Kind) throws {
    try with(kind) { system, directory in
      let path = "\(directory)/lock"
      var lock: (any FileLock)? = try system.lock(path, holder: "the first, at some length")
      let error = #expect(throws: FileError.self) { try system.lock(path, holder: "second") }
      withExtendedLifetime(lock) {
        #expect(error?.isLocked == true)
        #expect(error?.number == EWOULDBLOCK)
        #expect(error?.holder == "the first, at some length")
      }
      lock = nil
      lock = try system.lock(path, holder: "third")
      #expect(try system.open(path, .read).contents() == bytes("third"))
      // A lock belongs to the file, not to its name.
      try system.remove(path)
      let other = try system.lock(path, holder: "fourth")
      withExtendedLifetime((lock, other)) {}
      #expect(
        errorNumber { () throws(FileError) in _ = try system.lock("\(directory)/x/y", holder: "") }
          == ENOENT)
    }
  }

  // MARK: At random

  /// What came of a call.
  private struct Outcome: Equatable {
    var bytes: [UInt8] = []
    var isDone = true
    var number: Int32 = 0
    var holder: String?
  }

  /// Files and handles of one of them.
  private struct Side {
    var system: any FileSystem
    var directory: String
    var handles: [any File] = []
    var locks: [any FileLock] = []

    /// Does something, described by numbers, and says how that went.
    mutating func act(_ random: inout EventGenerator) -> Outcome {
      let path = "\(directory)/\(random.pick(["a", "b", "c", "x/a", "x/b"]))"
      let other = "\(directory)/\(random.pick(["a", "b", "x/b"]))"
      let handle = Int.random(in: 0..<4, using: &random)
      let offset = Int.random(in: 0..<20_000, using: &random)
      let data = [UInt8](
        repeating: UInt8(offset % 251), count: Int.random(in: 1..<6_000, using: &random))
      let action = Int.random(in: 0..<13, using: &random)
      let file = handle < handles.count ? handles[handle] : nil
      do throws(FileError) {
        switch action {
        case 0, 1: keep(try system.open(path, .create))
        case 2: keep(try system.open(path, .readWrite))
        case 3: keep(try system.open(path, .read))
        case 4, 5: try file?.writeAll(data, at: offset)
        case 6: return Outcome(bytes: try file?.bytes(at: offset, count: data.count) ?? [])
        case 7: try file?.resize(to: offset)
        case 8: return Outcome(isDone: try file?.reserve(upTo: offset) ?? false)
        case 9: try system.rename(path, to: other)
        case 10: try system.remove(path)
        case 11 where locks.count < 2: locks.append(try system.lock(path, holder: "\(offset)"))
        case 11: locks.removeFirst()
        default: return Outcome(bytes: try file?.contents() ?? [])
        }
        return Outcome()
      } catch {
        return Outcome(isDone: false, number: error.number, holder: error.holder)
      }
    }

    private mutating func keep(_ handle: any File) {
      if handles.count == 4 { handles.removeFirst() }
      handles.append(handle)
    }

    func everything() throws -> [String: [UInt8]] {
      var found: [String: [UInt8]] = [:]
      for name in try system.list(directory) where name != "x" {
        found[name] = try system.open("\(directory)/\(name)", .read).contents()
      }
      for name in try system.list("\(directory)/x") {
        found["x/\(name)"] = try system.open("\(directory)/x/\(name)", .read).contents()
      }
      return found
    }
  }

  #if !canImport(Darwin)
    @Test(arguments: 0..<20)
    func anything(seed: Int) throws {
      try with(.disk) { disk, diskDirectory in
        try with(.simulated) { simulated, directory in
          var real = Side(system: disk, directory: diskDirectory)
          var model = Side(system: simulated, directory: directory)
          try disk.createDirectory("\(diskDirectory)/x")
          try simulated.createDirectory("\(directory)/x")
          var random = EventGenerator(seed: UInt64(seed))
          for step in 0..<300 {
            var same = random
            let isSame = real.act(&random) == model.act(&same)
            #expect(isSame, "seed \(seed), step \(step)")
          }
          #expect(try model.everything() == real.everything())
        }
      }
    }
  #endif
}
