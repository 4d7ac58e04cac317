import ArkBroker
import ArkBrokerTesting
import Testing

@testable import ArkFileStore

@Suite(.longRunning) struct StoreRepairTests {
  private func repair(_ store: SmallStore) throws -> (StoreRepair.Summary, [String]) {
    var lines: [String] = []
    let summary = try StoreRepair(at: store.path).repair({ _, _ in }) { lines.append($0) }
    return (summary, lines)
  }

  @Test func aSoundStoreIsNotTouched() async throws {
    let store = try await SmallStore()
    let files = try store.files.map { ($0, try store.bytes($0)) }
    let (summary, lines) = try repair(store)
    #expect(summary.isUntouched && lines.isEmpty)
    #expect(try store.files == files.map(\.0))
    for (name, bytes) in files { #expect(try store.bytes(name) == bytes) }
  }

  /// Whatever bit flips: afterwards the store is sound, opens, and gives every event but those that the bit was in, each at its position.
  @Test(arguments: [false, true]) func allThatIsSoundIsKept(compressed: Bool) async throws {
    let store = try await SmallStore(compressed: compressed)
    var generator = EventGenerator(seed: 6)
    let originals = try store.files.map { ($0, try store.bytes($0)) }
    let newest = store.lastSegment
    for (file, bytes) in originals where file.hasSuffix(".segment") {
      let inHeader = Int.random(in: 0..<64, using: &generator)
      for place in [inHeader, 70, bytes.count / 2, bytes.count - 70, bytes.count - 20] {
        var changed = bytes
        let bit = Int.random(in: 0..<8, using: &generator)
        changed[place] ^= 1 << bit
        try store.write(changed, to: file)
        let (summary, lines) = try repair(store)
        let what = "\(file), byte \(place) of \(bytes.count), bit \(bit)"
        #expect(summary.segments == 1, "\(what): \(lines)")
        let aside = try #require(summary.aside)
        let kept = try SmallStore.fileSystem.open("\(aside)/\(file)", .read).contents()
        #expect(kept == changed, "\(what): the damaged file is not as it was")
        #expect(try store.verified().findings.filter { $0.severity == .damage } == [], "\(what)")

        let (events, gaps) = try await store.read()
        #expect(gaps == [])
        #expect(events.allSatisfy { store.events[$0.key] == $0.value }, "\(what)")
        let lost = Set(store.events.keys).subtracting(events.keys)
        // A block of a compressed segment holds all its events.
        #expect(lost.count <= (compressed ? 12 : 1), "\(what): lost \(lost.sorted())")
        let isOfNoRecord = place < 64 || place >= bytes.count - 64
        if isOfNoRecord, place < 64 || !file.hasPrefix(newest) {
          #expect(lost.isEmpty, "\(what): lost \(lost.sorted())")
        }
        try await restore(originals, in: store)
      }
    }
  }

  private func restore(_ originals: [(String, [UInt8])], in store: SmallStore) async throws {
    let names = Set(originals.map(\.0))
    for file in try store.files where !names.contains(file) && !file.hasPrefix("aside-") {
      try SmallStore.fileSystem.remove("\(store.path)/\(file)")
    }
    for (name, bytes) in originals {
      if (try? store.write(bytes, to: name)) == nil {
        try SmallStore.fileSystem.open("\(store.path)/\(name)", .create).writeAll(bytes, at: 0)
      }
    }
  }

  @Test func indexesAndJournalsAreMadeAnew() async throws {
    let store = try await SmallStore()
    let index = try #require(try store.files.first { $0.hasSuffix(".index") })
    let sound = try store.bytes(index)
    for file in [index, "state", "deletions"] {
      var bytes = try store.bytes(file)
      bytes[30] ^= 1
      try store.write(bytes, to: file)
    }
    let (summary, _) = try repair(store)
    #expect(summary.segments == 0 && summary.indexes == 1 && summary.journals == 2)
    #expect(try store.verified().findings == [])
    #expect(try store.bytes(index) == sound)
    // What the first entry of the state had said is gone, the others are there.
    let opened = FileStore(at: store.path, keeping: .everything)
    try await opened.open()
    #expect(try await opened.value(for: .cursor("reader-0")) == nil)
    #expect(try await opened.value(for: .cursor("reader-2")) == [1, 2, 2])
    try await opened.close()
  }

  @Test func positionsOfLostEventsAreNotGivenAgain() async throws {
    let store = try await SmallStore()
    let last = try #require(store.events.keys.max())
    let newest = store.lastSegment + ".segment"
    var bytes = try store.bytes(newest)
    bytes[bytes.count - 5] ^= 1
    try store.write(bytes, to: newest)
    let (summary, _) = try repair(store)
    #expect(summary.segments == 1)
    let opened = FileStore(at: store.path, keeping: .everything)
    try await opened.open()
    let positions = try await opened.append(AppendRequest(EventBatch([Event("new")])))
    #expect(positions.first.rawValue > last)
    try await opened.close()
    #expect(try store.verified().findings == [])
  }

  @Test func aStoreThatIsInUseIsRefused() async throws {
    let store = try await SmallStore()
    let opened = FileStore(at: store.path, keeping: .everything)
    try await opened.open()
    let error = await #expect(throws: StoreError.self) {
      try await StoreRepair(at: store.path).run { _ in }
    }
    #expect(error?.code == .locked)
    try await opened.close()
  }

  @Test func whatIsNoStoreGetsNoLock() async throws {
    let directory = TemporaryDirectory()
    await #expect(throws: StoreError.self) {
      try await StoreRepair(at: directory.path).run { _ in }
    }
    #expect(try SmallStore.fileSystem.list(directory.path) == [])
  }
}

extension SmallStore {
  /// The name of the newest segment that has events, without its ending.
  var lastSegment: String {
    let last = try? files.last { $0.hasSuffix(".segment") }
    return String((last ?? "").prefix(20))
  }
}
