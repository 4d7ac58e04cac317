import Testing

@testable import ArkFileStore

/// What is there after a power cut that loses whatever it may, and after a crash of the process.
@Suite struct SimulatedDurabilityTests {
  let system = SimulatedFileSystem()

  @Test func aFileThatWasNotSyncedIsEmptyAndOneWithoutEntryIsGone() throws {
    try system.open("/named", .create).writeAll(bytes("abc"), at: 0)
    try system.syncDirectory("/")
    try system.make("/nameless", bytes("abc"))
    #expect(system.files == ["/named", "/nameless"])
    let after = system.powerCut()
    #expect(after.files == ["/named"])
    #expect(after.contents("/named") == [])
  }

  @Test func whatIsSyncedStaysAndWhatIsWrittenLaterGoes() throws {
    let file = try system.make("/a", pattern(10_000))
    try system.syncDirectory("/")
    try file.writeAll(bytes("xyz"), at: 5_000)
    try file.writeAll(bytes("beyond"), at: 20_000)
    #expect(system.powerCut().contents("/a") == pattern(10_000))
    try file.sync()
    var expected = pattern(10_000) + [UInt8](repeating: 0, count: 10_006)
    expected.replaceSubrange(5_000..<5_003, with: bytes("xyz"))
    expected.replaceSubrange(20_000..<20_006, with: bytes("beyond"))
    #expect(system.powerCut().contents("/a") == expected)
  }

  @Test func aSyncMakesTheSizeDurable() throws {
    let file = try system.make("/a", pattern(10_000))
    try system.syncDirectory("/")
    try file.resize(to: 100)
    #expect(system.powerCut().contents("/a") == pattern(10_000))
    try file.sync()
    #expect(system.powerCut().contents("/a") == pattern(100))
    try file.resize(to: 9_000)
    try file.sync()
    #expect(
      system.powerCut().contents("/a") == pattern(100) + [UInt8](repeating: 0, count: 8_900))
  }

  @Test func cutBytesDoNotComeBackWhenTheFileGrowsAgainAndIsSynced() throws {
    let file = try system.make("/a", pattern(10_000))
    try system.syncDirectory("/")
    try file.resize(to: 100)
    #expect(try file.reserve(upTo: 10_000))
    #expect(system.powerCut().contents("/a") == pattern(10_000))
    try file.sync()
    #expect(
      system.powerCut().contents("/a") == pattern(100) + [UInt8](repeating: 0, count: 9_900))
  }

  @Test func renamesAndRemovalsAreUndoneUnlessTheDirectoryIsSynced() throws {
    for (path, text) in [("/a", "a"), ("/b", "b"), ("/c", "c")] {
      try system.make(path, bytes(text))
    }
    try system.syncDirectory("/")
    try system.rename("/a", to: "/b")
    try system.remove("/c")
    try system.make("/d")
    #expect(system.files == ["/b", "/d"])
    let before = system.powerCut()
    #expect(before.files == ["/a", "/b", "/c"])
    #expect(before.contents("/b") == bytes("b"))
    #expect(before.contents("/c") == bytes("c"))
    try system.syncDirectory("/")
    let after = system.powerCut()
    #expect(after.files == ["/b", "/d"])
    #expect(after.contents("/b") == bytes("a"))
  }

  @Test func aRenameOverAnUnsyncedFileDoesNotBringItsDataAlong() throws {
    try system.make("/a", bytes("old"))
    try system.syncDirectory("/")
    try system.open("/new", .create).writeAll(bytes("new"), at: 0)
    try system.rename("/new", to: "/a")
    try system.syncDirectory("/")
    #expect(system.contents("/a") == bytes("new"))
    #expect(system.powerCut().contents("/a") == [])
  }

  @Test func eachDirectoryIsSyncedForItself() throws {
    try system.createDirectory("/x")
    try system.createDirectory("/y")
    try system.make("/x/a", bytes("a"))
    try system.syncDirectory("/x")
    try system.rename("/x/a", to: "/y/b")
    try system.make("/x/c")
    try system.syncDirectory("/y")
    let after = system.powerCut()
    #expect(after.files == ["/x/a", "/y/b"])
    #expect(after.contents("/y/b") == bytes("a"))
    // One file under two names.
    try after.open("/x/a", .readWrite).writeAll(bytes("z"), at: 0)
    #expect(after.contents("/y/b") == bytes("z"))
  }

  @Test func aNewDirectoryIsDurableBecauseTheOneAboveIsSynced() throws {
    let crashing = SimulatedFileSystem()
    crashing.onCall = { $0.kind == .syncDirectory && $0.path == "/x" ? .crash : nil }
    #expect(throws: FileError.self) { try crashing.createDirectory("/x/y") }
    #expect(try crashing.processCrash().list("/x") == ["y"])
    #expect(try crashing.powerCut().list("/x") == [])

    try system.createDirectory("/x/y/z")
    // For each new one all above it, and once more the one above where it was there.
    #expect(system.directorySyncs == 1 + 2 + 3)
    try system.createDirectory("/x/y")
    #expect(system.directorySyncs == 1 + 2 + 3 + 1)
    try system.make("/x/y/z/a")
    try system.syncDirectory("/x/y/z")
    #expect(system.powerCut().files == ["/x/y/z/a"])
  }

  @Test func aProcessCrashKeepsWhatIsWrittenButNotAsDurable() throws {
    try system.make("/a", bytes("synced"))
    try system.syncDirectory("/")
    try system.open("/a", .readWrite).writeAll(bytes("WR"), at: 0)
    try system.make("/b")
    let next = system.processCrash()
    #expect(next.files == ["/a", "/b"])
    #expect(next.contents("/a") == bytes("WRnced"))
    #expect(next.powerCut().files == ["/a"])
    #expect(next.powerCut().contents("/a") == bytes("synced"))
    try next.open("/a", .read).sync()
    #expect(next.powerCut().contents("/a") == bytes("WRnced"))
  }

  @Test(arguments: [false, true])
  func handlesGoOnWithTheOldState(isPowerCut: Bool) throws {
    let file = try system.make("/a", bytes("old"))
    try system.syncDirectory("/")
    let lock = try system.lock("/lock", holder: "first")
    let next = isPowerCut ? system.powerCut(seed: 1) : system.processCrash()
    try file.writeAll(bytes("new"), at: 0)
    try file.sync()
    #expect(try file.contents() == bytes("new"))
    #expect(system.contents("/a") == bytes("new"))
    #expect(next.contents("/a") == bytes("old"))
    #expect(next.openFiles == 0)

    let second = try next.lock("/lock", holder: "second")
    withExtendedLifetime((lock, second)) {
      #expect(system.contents("/lock") == bytes("first"))
      #expect(next.contents("/lock") == bytes("second"))
    }
  }

  @Test func aFileThatIsOpenOutlivesItsName() throws {
    let small = SimulatedFileSystem(capacity: 8192)
    var file: (any File)? = try small.make("/a", pattern(8192))
    try small.syncDirectory("/")
    try small.remove("/a")
    #expect(try file?.contents() == pattern(8192))
    #expect(try small.freeBytes(at: "/") == 0)
    #expect(small.openFiles == 1)
    file = nil
    #expect(small.openFiles == 0)
    #expect(try small.freeBytes(at: "/") == 8192)
    #expect(small.powerCut().contents("/a") == pattern(8192))
    #expect(try small.powerCut().freeBytes(at: "/") == 0)
    try small.syncDirectory("/")
    #expect(small.powerCut().files == [])
  }

  @Test func aFlippedBitIsThereBeforeAndAfterAPowerCut() throws {
    let file = try system.make("/a", [1, 2, 3])
    try system.syncDirectory("/")
    try file.resize(to: 10)
    try file.sync()
    system.flipBit("/a", 1)
    system.flipBit("/a", 8, bit: 7)
    let damaged: [UInt8] = [1, 3, 3, 0, 0, 0, 0, 0, 128, 0]
    #expect(try file.contents() == damaged)
    #expect(system.powerCut().contents("/a") == damaged)
  }
}
