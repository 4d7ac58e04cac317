import Synchronization
import Testing

@testable import ArkFileStore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

@Suite struct SimulatedFaultTests {
  typealias Call = SimulatedFileSystem.Call
  typealias Fault = SimulatedFileSystem.Fault

  let system = SimulatedFileSystem()

  /// Every kind of call, each once; the two that `createDirectory` makes included.
  static func useEverything(_ system: SimulatedFileSystem) throws(FileError) {
    try system.createDirectory("/d")
    let file = try system.open("/d/a", .create)
    try file.writeAll([1, 2, 3], at: 7)
    _ = try file.bytes(at: 0, count: 4)
    try file.sync()
    try file.resize(to: 9)
    _ = try file.reserve(upTo: 11)
    try system.rename("/d/a", to: "/d/b")
    _ = try system.list("/d")
    _ = try system.freeBytes(at: "/d")
    _ = try system.lock("/d/lock", holder: "")
    try system.remove("/d/b")
  }

  @Test func callsAreNumberedAndSayWhatTheyAre() throws {
    let seen = Mutex<[String]>([])
    system.onCall = { call in
      seen.withLock { $0.append(call.description) }
      return nil
    }
    try SimulatedFaultTests.useEverything(system)
    #expect(
      seen.withLock { $0 } == [
        "1: createDirectory /d 0+0", "2: syncDirectory / 0+0", "3: open /d/a 0+0",
        "4: write /d/a 7+3", "5: read /d/a 0+4", "6: sync /d/a 0+0", "7: resize /d/a 0+9",
        "8: reserve /d/a 0+11", "9: rename /d/a 0+0", "10: list /d 0+0", "11: freeBytes /d 0+0",
        "12: lock /d/lock 0+0", "13: remove /d/b 0+0",
      ])
    #expect(system.calls == 13)
    #expect(system.syncs == 1)
    #expect(system.directorySyncs == 1)
  }

  @Test(arguments: 1...13)
  func anErrorAtAnyCallComesOutAndLeavesEverythingAsItWas(number: Int) throws {
    system.onCall = { [system] call in
      guard call.number == number else { return nil }
      system.onCall = nil
      return .error(EDQUOT)
    }
    let error = #expect(throws: FileError.self) {
      try SimulatedFaultTests.useEverything(system)
    }
    #expect(error?.number == EDQUOT)
    #expect(system.calls == number)
    #expect(!system.hasCrashed)

    // The same as when the calls before it were all.
    let other = SimulatedFileSystem()
    other.onCall = { $0.number == number ? .crash : nil }
    #expect(throws: FileError.self) { try SimulatedFaultTests.useEverything(other) }
    #expect(system.files == other.files)
    for path in system.files { #expect(system.contents(path) == other.contents(path)) }
  }

  @Test(arguments: 1...13)
  func afterACrashNothingWorks(number: Int) throws {
    let file = try system.make("/kept", [1])
    let before = system.calls
    system.onCall = { $0.number == before + number ? .crash : nil }
    let error = #expect(throws: FileError.self) { try SimulatedFaultTests.useEverything(system) }
    #expect(error?.number == EIO)
    #expect(system.hasCrashed)
    system.onCall = nil
    let files = system.files
    #expect(throws: FileError.self) { try system.open("/kept", .read) }
    #expect(throws: FileError.self) { try system.lock("/other", holder: "") }
    #expect(throws: FileError.self) { try system.remove("/kept") }
    #expect(throws: FileError.self) { try system.createDirectory("/e") }
    #expect(throws: FileError.self) { try file.size() }
    #expect(throws: FileError.self) { try file.writeAll([2], at: 0) }
    #expect(throws: FileError.self) { try file.sync() }
    #expect(system.calls == before + number)
    #expect(system.files == files)
    #expect(system.contents("/kept") == [1])
    #expect(try system.processCrash().open("/kept", .read).contents() == [1])
  }

  @Test func readsAndWritesFallShort() throws {
    let file = try system.make("/a", pattern(100))
    system.onCall = { $0.kind == .write || $0.kind == .read ? .short(7) : nil }
    var calls = system.calls
    try file.writeAll(pattern(50, from: 9), at: 20)
    #expect(system.calls - calls == 8)
    calls = system.calls
    #expect(try file.bytes(at: 20, count: 50) == pattern(50, from: 9))
    #expect(system.calls - calls == 8)
    // At least one, and no more than there are.
    system.onCall = { _ in .short(0) }
    #expect(try file.bytes(at: 98, count: 5) == pattern(2, from: 98))
    system.onCall = { _ in .short(1_000) }
    #expect(try file.bytes(at: 98, count: 5) == pattern(2, from: 98))
    try file.sync()
  }

  @Test(arguments: [0, 1, 5, 10, 99], [false, true])
  func aWriteFailsHalfWay(count: Int, crashes: Bool) throws {
    let file = try system.make("/a")
    system.onCall = {
      guard $0.kind == .write else { return nil }
      return crashes ? .partialThenCrash(count) : .partialThenError(count, ENOSPC)
    }
    #expect(
      errorNumber { () throws(FileError) in try file.writeAll(pattern(10), at: 0) }
        == (crashes ? EIO : ENOSPC))
    #expect(system.contents("/a") == pattern(min(count, 10)))
    #expect(system.hasCrashed == crashes)
  }

  @Test func faultsOfOtherCallsCountAsErrors() throws {
    let file = try system.make("/a", [1])
    system.onCall = { _ in .partialThenError(1, EDQUOT) }
    #expect(errorNumber { () throws(FileError) in try file.sync() } == EDQUOT)
    system.onCall = { _ in .losingWrites(EDQUOT) }
    #expect(errorNumber { () throws(FileError) in try file.resize(to: 0) } == EDQUOT)
    system.onCall = { _ in .error(EOPNOTSUPP) }
    #expect(try !file.reserve(upTo: 100))
    #expect(try file.size() == 1)
    system.onCall = { _ in .partialThenCrash(1) }
    #expect(errorNumber { () throws(FileError) in try system.remove("/a") } == EIO)
    #expect(system.files == ["/a"])
    #expect(system.hasCrashed)
  }

  @Test func aSyncThatFailedCanBeTriedAgainWhenNothingWasLost() throws {
    let file = try system.make("/a", pattern(100))
    try system.syncDirectory("/")
    try file.writeAll([0], at: 50)
    system.onCall = { _ in .error(EIO) }
    #expect(errorNumber { () throws(FileError) in try file.sync() } == EIO)
    #expect(system.powerCut().contents("/a") == pattern(100))
    system.onCall = nil
    try file.sync()
    #expect(system.powerCut().contents("/a")?[50] == 0)
    #expect(system.syncs == 2)
  }

  @Test func aSyncThatLosesWritesLosesThemForGoodThoughReadsSeeThem() throws {
    let file = try system.make("/a", pattern(8192))
    try system.syncDirectory("/")
    try file.writeAll([0], at: 50)
    try file.writeAll([0], at: 5_000)
    try file.writeAll(pattern(10), at: 8192)
    system.onCall = { _ in .losingWrites(EIO) }
    #expect(errorNumber { () throws(FileError) in try file.sync() } == EIO)
    system.onCall = nil
    try file.sync()
    #expect(system.syncs == 2)

    var seen = pattern(8192) + pattern(10)
    seen[50] = 0
    seen[5_000] = 0
    #expect(try file.contents() == seen)
    #expect(try system.processCrash().open("/a", .read).contents() == seen)
    // The size is metadata, which the second sync wrote.
    let lost = pattern(8192) + [UInt8](repeating: 0, count: 10)
    #expect(system.powerCut().contents("/a") == lost)
    for seed in 0..<20 { #expect(system.powerCut(seed: UInt64(seed)).contents("/a") == lost) }
    #expect(system.processCrash().powerCut().contents("/a") == lost)

    // Who writes to a page again has all of it written.
    try file.writeAll([9], at: 60)
    try file.sync()
    var rescued = lost
    rescued[50] = 0
    rescued[60] = 9
    #expect(system.powerCut().contents("/a") == rescued)
  }

  @Test func aFullDiskTakesWhatFitsAndThenNothing() throws {
    let system = SimulatedFileSystem(blockSize: 512, capacity: 2048)
    let file = try system.make("/a", pattern(1_000))
    #expect(try system.freeBytes(at: "/") == 1_024)
    let written = try pattern(3_000).withUnsafeBytes { try file.write($0, at: 1_000) }
    #expect(written == 1_048)
    let full = { () throws(FileError) in try file.writeAll([1], at: 2_048) }
    #expect(errorNumber(full) == ENOSPC)
    #expect(try file.size() == 2_048)
    // What is there can be overwritten, and holes cost nothing until they are filled.
    try file.writeAll(pattern(2_048, from: 5), at: 0)
    try file.resize(to: 100_000)
    #expect(errorNumber(full) == ENOSPC)
    #expect(errorNumber { () throws(FileError) in _ = try file.reserve(upTo: 2_049) } == ENOSPC)
    #expect(errorNumber { () throws(FileError) in _ = try system.lock("/l", holder: "me") } != 0)

    system.capacity = 3_072
    #expect(try file.reserve(upTo: 2_049))
    try full()
    #expect(try system.freeBytes(at: "/") == 512)
    system.capacity = 0
    #expect(try system.freeBytes(at: "/") == 0)
    try file.resize(to: 512)
    system.capacity = 1_024
    #expect(try system.freeBytes(at: "/") == 512)
    try system.remove("/a")
    #expect(try system.freeBytes(at: "/") == 512)
  }

  @Test func aReservationKeepsRoomForLater() throws {
    let system = SimulatedFileSystem(blockSize: 512, capacity: 2048)
    let file = try system.make("/a", [1])
    #expect(try file.reserve(upTo: 1_025))
    #expect(try file.size() == 1_025)
    #expect(try system.freeBytes(at: "/") == 512)
    let other = try system.make("/b", pattern(512))
    #expect(
      errorNumber { () throws(FileError) in try other.writeAll([1], at: 512) } == ENOSPC)
    try file.writeAll(pattern(1_536), at: 0)
    try file.sync()
    try system.syncDirectory("/")
    #expect(try system.powerCut().freeBytes(at: "/") == 0)
    try file.resize(to: 512)
    #expect(try system.freeBytes(at: "/") == 1_024)
    #expect(try file.reserve(upTo: 1_536))
    #expect(try system.freeBytes(at: "/") == 0)
    try file.sync()
    // Room that was never written to is kept as well.
    #expect(try system.powerCut().freeBytes(at: "/") == 0)
    try file.resize(to: 0)
    #expect(try system.freeBytes(at: "/") == 1_536)
  }

  @Test func aFileThatIsReplacedLeavesItsRoom() throws {
    let system = SimulatedFileSystem(blockSize: 512, capacity: 2048)
    try system.make("/a", pattern(1_024))
    try system.make("/b", pattern(512))
    try system.rename("/b", to: "/a")
    #expect(try system.freeBytes(at: "/") == 1_536)
  }

  @Test func threadsMayShareIt() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      let shared = try system.open("/shared", .create)
      for task in 0..<8 {
        group.addTask { [system] in
          let own = try system.open("/\(task)", .create)
          for round in 0..<50 {
            try own.writeAll(pattern(100, from: round), at: round * 100)
            try shared.writeAll(pattern(10, from: task), at: (round * 8 + task) * 10)
            try own.sync()
            if round % 10 == 0 { _ = system.powerCut(seed: UInt64(round)) }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(system.syncs == 400)
    #expect(system.openFiles == 0)
    for task in 0..<8 {
      #expect(system.contents("/\(task)") == (0..<50).flatMap { pattern(100, from: $0) })
    }
    let one = (0..<8).flatMap { pattern(10, from: $0) }
    #expect(system.contents("/shared") == (0..<50).flatMap { _ in one })
  }
}
