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

/// Power cuts with a seed, checked against a model that knows nothing of how the simulation works.
@Suite struct SimulatedPowerCutTests {
  /// A file as it was synced last, as it is now, and the sizes that it had in between.
  private struct Model {
    var old: [UInt8] = []
    var now: [UInt8] = []
    var sizes: [Int] = [0]

    mutating func resize(to size: Int) {
      now = now.prefix(size) + [UInt8](repeating: 0, count: max(0, size - now.count))
      sizes.append(size)
    }

    mutating func write(_ bytes: [UInt8], at offset: Int) {
      if offset + bytes.count > now.count { resize(to: offset + bytes.count) }
      now.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }

    mutating func sync() {
      old = now
      sizes = [now.count]
    }
  }

  /// What happened to blocks and sizes, to see that everything does.
  private struct Tally {
    var kept = 0
    var lost = 0
    var torn = 0
    var oldSize = 0
    var newSize = 0
    var sizeBetween = 0
  }

  @Test(arguments: [(512, 80), (4096, 10)])
  func aFileHasOldAndNewAndTornBlocksAndNothingElse(blockSize: Int, seeds: Int) throws {
    var tally = Tally()
    for seed in 0..<seeds {
      var random = EventGenerator(seed: UInt64(seed))
      let system = SimulatedFileSystem(blockSize: blockSize)
      let file = try system.open("/a", .create)
      try system.syncDirectory("/")
      var model = Model()
      let limit = blockSize * 10
      for step in 0..<Int.random(in: 1..<30, using: &random) {
        let offset = Int.random(in: 0..<limit, using: &random)
        switch Int.random(in: 0..<10, using: &random) {
        case 0: (try file.sync(), model.sync()).1
        case 1: (try file.resize(to: offset), model.resize(to: offset)).1
        case 2:
          _ = try file.reserve(upTo: offset + 1)
          if offset + 1 > model.now.count { model.resize(to: offset + 1) }
        default:
          let data = pattern(Int.random(in: 1..<limit / 4, using: &random), from: step * 7)
          // Half of them append, as a log does.
          let offset = Bool.random(using: &random) ? model.now.count : offset
          try file.writeAll(data, at: offset)
          model.write(data, at: offset)
        }
        #expect(system.contents("/a") == model.now)
      }
      #expect(system.powerCut().contents("/a") == model.old)
      for cut in 0..<15 {
        let after = system.powerCut(seed: UInt64(cut))
        check(try #require(after.contents("/a")), model, blockSize, &tally, seed, cut)
        #expect(system.powerCut(seed: UInt64(cut)).contents("/a") == after.contents("/a"))
        #expect(after.powerCut().contents("/a") == after.contents("/a"))
      }
      try file.sync()
      #expect(system.powerCut(seed: 7).contents("/a") == model.now)
    }
    #expect(tally.kept > seeds * 5)
    #expect(tally.lost > seeds * 5)
    #expect(tally.torn > seeds * 2)
    #expect(tally.oldSize > seeds / 2)
    #expect(tally.newSize > seeds / 2)
    #expect(tally.sizeBetween > seeds / 2)
  }

  private func check(
    _ bytes: [UInt8], _ model: Model, _ blockSize: Int, _ tally: inout Tally, _ seed: Int,
    _ cut: Int
  ) {
    let sizes = model.sizes
    if !sizes.contains(bytes.count) {
      // In the middle of growth, at the edge of a block.
      #expect(
        bytes.count % blockSize == 0
          && zip(sizes, sizes.dropFirst()).contains { $0 < bytes.count && bytes.count < $1 },
        "size \(bytes.count) of \(sizes), seed \(seed), cut \(cut)")
      tally.sizeBetween += 1
    } else if model.old.count != model.now.count {
      if bytes.count == model.old.count { tally.oldSize += 1 }
      if bytes.count == model.now.count { tally.newSize += 1 }
    }
    // Zeros from its end on.
    func padded(_ other: [UInt8]) -> [UInt8] {
      other.prefix(bytes.count) + [UInt8](repeating: 0, count: max(0, bytes.count - other.count))
    }
    let old = padded(model.old)
    let now = padded(model.now)
    for start in stride(from: 0, to: bytes.count, by: blockSize) {
      let end = min(bytes.count, start + blockSize)
      let half = min(end, start + blockSize / 2)
      if isSame(old, now, start..<end) {
        #expect(isSame(bytes, old, start..<end), "block at \(start), seed \(seed), cut \(cut)")
      } else if isSame(bytes, old, start..<end) {
        tally.lost += 1
      } else if isSame(bytes, now, start..<end) {
        tally.kept += 1
      } else {
        let isTorn = isSame(bytes, now, start..<half) && isSame(bytes, old, half..<end)
        #expect(isTorn, "block at \(start), seed \(seed), cut \(cut)")
        tally.torn += 1
      }
    }
  }

  /// Quick without optimization, too.
  private func isSame(_ one: [UInt8], _ other: [UInt8], _ range: Range<Int>) -> Bool {
    one.withUnsafeBytes { one in
      other.withUnsafeBytes { other in
        memcmp(
          one.baseAddress! + range.lowerBound, other.baseAddress! + range.lowerBound, range.count)
          == 0
      }
    }
  }

  @Test(arguments: SimulatedDisk.DirectoryOrder.allCases)
  func aDirectoryHasSomeOfItsChanges(order: SimulatedDisk.DirectoryOrder) throws {
    var happened = (none: 0, all: 0, some: 0, outOfOrder: 0)
    for seed in 0..<60 {
      var random = EventGenerator(seed: UInt64(seed))
      let system = SimulatedFileSystem()
      /// What each name stands for, now and after each change since the last sync.
      var history: [[String: [UInt8]]] = [[:]]
      for step in 0..<Int.random(in: 1..<20, using: &random) {
        var now = history.last!
        let name = random.pick(["/a", "/b", "/c"])
        let newName = random.pick(["/a", "/b", "/c"])
        switch Int.random(in: 0..<6, using: &random) {
        case 0:
          try system.syncDirectory("/")
          history = [now]
          continue
        case 1 where now[name] != nil:
          try system.remove(name)
          now[name] = nil
        case 2 where now[name] != nil && name != newName:
          try system.rename(name, to: newName)
          now[newName] = now.removeValue(forKey: name)
        case _ where now[name] == nil:
          try system.make(name, [UInt8(step)])
          now[name] = [UInt8(step)]
        default: continue
        }
        history.append(now)
      }
      #expect(contents(system) == history.last)
      #expect(contents(system.powerCut()) == history.first)
      for cut in 0..<15 {
        let after = system.powerCut(seed: UInt64(cut), directories: order)
        let found = contents(after)
        #expect(contents(after.powerCut()) == found)
        switch found {
        case history.first: happened.none += 1
        case history.last: happened.all += 1
        case _ where history.contains(found): happened.some += 1
        default: happened.outOfOrder += 1
        }
        // Whatever the order, a name stands for something that it has stood for.
        for name in ["/a", "/b", "/c"] {
          #expect(history.contains { $0[name] == found[name] }, "seed \(seed), cut \(cut)")
        }
      }
      try system.syncDirectory("/")
      #expect(contents(system.powerCut(seed: 7, directories: order)) == history.last)
    }
    #expect(happened.none > 50)
    #expect(happened.all > 50)
    #expect(happened.some > 50)
    if order == .journaled {
      #expect(happened.outOfOrder == 0)
    } else {
      #expect(happened.outOfOrder > 50)
    }
  }

  private func contents(_ system: SimulatedFileSystem) -> [String: [UInt8]] {
    Dictionary(uniqueKeysWithValues: system.files.map { ($0, system.contents($0)!) })
  }

  @Test func aJournalHasOneOrderForAllDirectories() throws {
    let system = SimulatedFileSystem()
    try system.createDirectory("/x")
    try system.createDirectory("/y")
    for path in ["/x/1", "/y/2", "/x/3"] { try system.make(path) }
    var journaled: Set<[String]> = []
    var perName: Set<[String]> = []
    for seed in 0..<100 {
      journaled.insert(system.powerCut(seed: UInt64(seed)).files)
      perName.insert(system.powerCut(seed: UInt64(seed), directories: .perName).files)
    }
    #expect(journaled == [[], ["/x/1"], ["/x/1", "/y/2"], ["/x/1", "/x/3", "/y/2"]])
    #expect(perName.count == 8)
  }

  @Test func aChangeToANameNeedsTheOnesBeforeIt() throws {
    let system = SimulatedFileSystem()
    try system.make("/log", [1])
    try system.syncDirectory("/")
    try system.rename("/log", to: "/log.1")
    try system.make("/log", [2])
    var found: Set<[String: [UInt8]]> = []
    for seed in 0..<50 {
      found.insert(contents(system.powerCut(seed: UInt64(seed), directories: .perName)))
    }
    #expect(found == [["/log": [1]], ["/log.1": [1]], ["/log.1": [1], "/log": [2]]])
  }

  @Test func theRestOfABlockMayBeZerosThoughTheCutDidNotHappen() throws {
    let system = SimulatedFileSystem(blockSize: 512)
    let file = try system.make("/a", pattern(1_000))
    try system.syncDirectory("/")
    try file.resize(to: 200)
    let zeroed = pattern(200) + [UInt8](repeating: 0, count: 312) + pattern(488, from: 512)
    var found: Set<[UInt8]?> = []
    for seed in 0..<50 { found.insert(system.powerCut(seed: UInt64(seed)).contents("/a")) }
    // The half block that is torn off is from 256 on, so that it shows as well.
    let torn = pattern(200) + [UInt8](repeating: 0, count: 56) + pattern(744, from: 256)
    #expect(found == [pattern(200), pattern(1_000), zeroed, torn])
  }

  @Test(arguments: [false, true])
  func syncingADirectoryForgetsNothingThatAnotherNeeds(isDurable: Bool) throws {
    let system = SimulatedFileSystem()
    try system.createDirectory("/x")
    try system.createDirectory("/y")
    try system.make("/x/a", [1])
    if isDurable { try system.syncDirectory("/x") }
    try system.remove("/x/a")
    try system.syncDirectory("/y")
    var found: Set<[String: [UInt8]]> = []
    for seed in 0..<20 { found.insert(contents(system.powerCut(seed: UInt64(seed)))) }
    #expect(found == [[:], ["/x/a": [1]]])
    try system.syncDirectory("/x")
    #expect(contents(system.powerCut(seed: 1)) == [:])
  }

  // MARK: Does it find mistakes?

  /// What can be forgotten when a file is replaced.
  enum Mistake: CaseIterable {
    case none, noFileSync, noDirectorySync, inPlace, trustsAFailedSync
  }

  /// Replaces a file; durably so when it returns.
  private func replace(
    _ text: [UInt8], in system: SimulatedFileSystem, _ mistake: Mistake
  ) throws(FileError) {
    if mistake == .inPlace {
      let file = try system.open("/a", .readWrite)
      try file.writeAll(text, at: 0)
      return try file.sync()
    }
    let file = try system.open("/a.new", .create)
    try file.writeAll(text, at: 0)
    switch mistake {
    case .noFileSync: break
    case .trustsAFailedSync:
      do throws(FileError) { try file.sync() } catch { try file.sync() }
    default: try file.sync()
    }
    try system.rename("/a.new", to: "/a")
    if mistake != .noDirectorySync { try system.syncDirectory("/") }
  }

  @Test(arguments: Mistake.allCases, SimulatedDisk.DirectoryOrder.allCases)
  func aCrashAtEveryCallFindsEveryMistakeAndOnlyThose(
    mistake: Mistake, order: SimulatedDisk.DirectoryOrder
  ) throws {
    let old = pattern(10_000)
    let new = pattern(10_000, from: 100)
    func start() throws -> SimulatedFileSystem {
      let system = SimulatedFileSystem()
      try system.make("/a", old)
      try system.syncDirectory("/")
      return system
    }
    let whole = try start()
    let before = whole.calls
    try replace(new, in: whole, mistake)
    var violations = 0
    for number in before + 1...whole.calls + 1 {
      for fault in [SimulatedFileSystem.Fault.crash, .partialThenCrash(5_000), .losingWrites(5)] {
        let system = try start()
        system.onCall = { $0.number == number ? fault : nil }
        let isAcknowledged = (try? replace(new, in: system, mistake)) != nil
        if isAcknowledged && number <= whole.calls { #expect(mistake == .trustsAFailedSync) }
        for seed in 0..<25 {
          let after = system.powerCut(seed: UInt64(seed), directories: order).contents("/a")
          if after != new && (isAcknowledged || after != old) { violations += 1 }
        }
        let after = system.processCrash().contents("/a")
        if mistake != .inPlace { #expect(after == new || !isAcknowledged && after == old) }
      }
    }
    if mistake == .none { #expect(violations == 0) } else { #expect(violations > 10) }
  }
}
