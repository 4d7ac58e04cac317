import ArkBroker
import ArkBrokerTesting
import Testing

@testable import ArkFileStore

@Suite(.longRunning) struct StoreVerifierTests {
  @Test(arguments: [false, true]) func aSoundStoreIsSound(compressed: Bool) async throws {
    let store = try await SmallStore(compressed: compressed)
    let (summary, findings) = try store.verified()
    #expect(findings == [])
    #expect(summary.segments >= 10)
    #expect(summary.events == 60)
    let files = try store.files
    let sizes = try files.map { try store.bytes($0).count }
    #expect(summary.bytes == sizes.reduce(0, +))
    #expect(files.contains("deletions") && files.contains("state"))
    #expect(files.count { $0.hasSuffix(".index") } >= 9)
  }

  /// A bit flipped anywhere is found, in the right file, at or shortly before the byte.
  @Test(arguments: [false, true]) func aFlippedBitIsFound(compressed: Bool) async throws {
    let store = try await SmallStore(compressed: compressed)
    var generator = EventGenerator(seed: 5)
    let files = try store.files
    let last = try #require(files.last { $0.hasSuffix(".segment") })
    for file in files {
      let bytes = try store.bytes(file)
      // Every byte takes minutes: the ends, where most is, and some in between.
      let isSpecial = file == files[1] || !file.contains(".")
      let step = isFull ? 1 : file.hasSuffix(".index") ? 2039 : 509
      let ends = isSpecial ? 70 : file == last ? 20 : 4
      let places = Set(stride(from: 0, to: bytes.count, by: step))
        .union(0..<min(ends, bytes.count)).union(max(0, bytes.count - ends)..<bytes.count)
      for place in places.sorted() {
        var changed = bytes
        let bit = Int.random(in: 0..<8, using: &generator)
        changed[place] ^= 1 << bit
        try store.write(changed, to: file)
        let findings = try store.verified().findings
        let path = "\(store.path)/\(file)"
        let found = findings.contains {
          $0.path == path && $0.severity == .damage
            && $0.offset.map { $0 <= place && place - $0 < 4200 } == true
        }
        #expect(found, "\(file) of \(bytes.count) bytes, byte \(place), bit \(bit): \(findings)")
      }
      try store.write(bytes, to: file)
    }
    #expect(try store.verified().findings == [])
  }

  @Test func aFileThatIsCutOffIsFound() async throws {
    let store = try await SmallStore()
    for file in try store.files {
      let bytes = try store.bytes(file)
      for length in [0, 10, bytes.count / 2, bytes.count - 1] {
        try store.write(Array(bytes[..<length]), to: file)
        let findings = try store.verified().findings
        #expect(findings.contains { $0.path.hasSuffix(file) }, "\(file) cut to \(length)")
      }
      try store.write(bytes, to: file)
    }
  }

  @Test func whatACrashLeavesBehindIsNoDamage() async throws {
    let store = try await SmallStore()
    let newest = try #require(try store.files.last { $0.hasSuffix(".segment") })
    // Without the mark of having been closed.
    let bytes = Array(try store.bytes(newest).dropLast(CloseMark.length))
    // Reserved room behind half a record.
    let torn = bytes + bytes[64..<200] + [UInt8](repeating: 0, count: 5000)
    try store.write(torn, to: newest)
    let deletions = try store.bytes("deletions")
    try store.write(deletions + deletions[16..<20], to: "deletions")
    let index = try #require(try store.files.first { $0.hasSuffix(".index") })
    try SmallStore.fileSystem.rename("\(store.path)/\(index)", to: "\(store.path)/\(index).new")
    let (summary, findings) = try store.verified()
    #expect(summary.damages == 0)
    #expect(Set(findings.map(\.severity)) == [.note])
    #expect(findings.contains { $0.path.hasSuffix(newest) && $0.offset == bytes.count })
    #expect(findings.contains { $0.path.hasSuffix("deletions") && $0.offset == deletions.count })
    #expect(findings.contains { $0.path.hasSuffix(index) })
    #expect(findings.contains { $0.path.hasSuffix(index + ".new") })
    #expect(summary.events == 60)
  }

  @Test func lostPositionsAreNamed() async throws {
    let store = try await SmallStore()
    let first = try #require(try store.files.first { $0.hasSuffix(".segment") })
    var bytes = try store.bytes(first)
    bytes[SegmentHeader.length + 100] ^= 4
    try store.write(bytes, to: first)
    let findings = try store.verified().findings
    #expect(findings.map(\.offset) == [SegmentHeader.length])
    #expect(findings[0].message.contains("position 1 is lost"))
  }

  @Test func anIndexOfAnotherSegmentIsFound() async throws {
    let store = try await SmallStore()
    let indexes = try store.files.filter { $0.hasSuffix(".index") }
    try store.write(store.bytes(indexes[1]), to: indexes[2])
    let findings = try store.verified().findings
    #expect(findings.map(\.path) == ["\(store.path)/\(indexes[2])"])
    #expect(findings[0].message.contains("does not agree"))
  }

  /// Closed before anything was in it, or in its newest segment: that is all there is to read at the end.
  @Test func aClosedStoreWithoutEventsIsSound() async throws {
    let directory = TemporaryDirectory()
    let store = FileStore(at: directory.path, keeping: .everything)
    try await store.open()
    try await store.close()
    var findings: [StoreFinding] = []
    let summary = try StoreVerifier(at: directory.path).check({ _, _ in }) { findings.append($0) }
    #expect(summary.segments == 1)
    #expect(findings == [])
  }

  @Test func whatIsNoStoreIsSaid() async throws {
    let directory = TemporaryDirectory()
    for path in [directory.path, directory.path + "/missing"] {
      let error = await #expect(throws: StoreError.self) {
        try await StoreVerifier(at: path).run { _ in }
      }
      #expect(error?.message.contains(path) == true)
    }
  }

  /// Beside a store that is open and taking events.
  @Test func nothingIsFoundBesideAWriter() async throws {
    let small = try await SmallStore()
    var settings = small.settings
    settings.segmentBytes = 64 << 10
    // So that segments are let go, too.
    let store = FileStore(
      at: small.path, keeping: FileStore.Retention(bytes: 512 << 10), settings: settings)
    try await store.open()
    let path = small.path
    let checks = Task {
      for _ in 0..<3 {
        let summary = try await StoreVerifier(at: path).run { finding in
          #expect(finding.severity == .note, "\(finding)")
        }
        #expect(summary.damages == 0)
      }
    }
    let writes = Task {
      var number = 0
      // So many that it is bounded where everything is slow, as under a sanitizer.
      while !Task.isCancelled, number < 200 {
        number += 1
        let batch = EventBatch(
          (0..<50).map { Event("test", id: "w-\(number)-\($0)", session: "s-\($0)") })
        _ = try await store.append(AppendRequest(batch))
        if number % 10 == 0 { try await store.maintain() }
      }
    }
    try await checks.value
    writes.cancel()
    try await writes.value
    try await store.close()
    #expect(try small.verified().findings == [])
  }
}
