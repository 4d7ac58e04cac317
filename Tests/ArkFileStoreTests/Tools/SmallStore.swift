import ArkBroker
import ArkBrokerTesting
import Testing

@testable import ArkFileStore

/// A closed store of ten segments or more, with everything that a store may have on disk.
struct SmallStore {
  let directory = TemporaryDirectory()
  let isCompressed: Bool
  /// The wire forms by position, those that were deleted left out.
  private(set) var events: [UInt64: [UInt8]] = [:]

  var path: String { directory.path }

  static let fileSystem = DiskFileSystem()

  init(compressed isCompressed: Bool = false, events count: Int = 60) async throws {
    self.isCompressed = isCompressed
    let store = FileStore(at: path, keeping: .everything, settings: settings)
    try await store.open()
    var generator = EventGenerator()
    for number in 0..<count / 3 {
      let batch = EventBatch((0..<3).map { _ in SmallStore.padded(&generator) })
      let positions = try await store.append(AppendRequest(batch))
      for (offset, event) in batch.enumerated() {
        events[positions.first.rawValue + UInt64(offset)] = event.withWire { Array($0) }
      }
      if number % 3 == 2 { try await store.maintain() }
    }
    let deleted = try await store.delete(DeleteRequest(matching: .kind("tool")))
    #expect(deleted > 0 && deleted < count / 2)
    for (position, wire) in events
    where String(decoding: wire, as: UTF8.self).contains(#""type":"ark.tool""#) {
      events[position] = nil
    }
    for number in 0..<3 {
      try await store.setValue([1, 2, UInt8(number)], for: .cursor("reader-\(number)"))
      try await store.maintain()
    }
    try await store.close()
  }

  var settings: FileStore.Settings {
    var settings = FileStore.Settings()
    settings.segmentBytes = 4096
    settings.durability = .synced
    settings.compresses = isCompressed
    // Nothing is rewritten that the tests still want to see.
    settings.compactionThreshold = 2
    return settings
  }

  /// Events of a few hundred bytes, so that segments fill up.
  private static func padded(_ generator: inout EventGenerator) -> Event {
    var builder = EventBatchBuilder()
    let event = generator.event()
    let payload = (0..<12).map { _ in String(generator.next(), radix: 36) }.joined()
    try! builder.append(
      event.kind, id: event.id, source: event.source, time: event.time,
      correlation: event.correlation, payload: .text(payload))
    return builder.finish()[0]
  }

  var files: [String] {
    get throws { try SmallStore.fileSystem.list(path).filter { $0 != "lock" }.sorted() }
  }

  func bytes(_ name: String) throws -> [UInt8] {
    try SmallStore.fileSystem.open("\(path)/\(name)", .read).contents()
  }

  /// Puts other bytes in a file's place.
  func write(_ bytes: [UInt8], to name: String) throws {
    let file = try SmallStore.fileSystem.open("\(path)/\(name)", .readWrite)
    try file.resize(to: bytes.count)
    try file.writeAll(bytes, at: 0)
  }

  func verified() throws -> (summary: StoreVerifier.Summary, findings: [StoreFinding]) {
    var findings: [StoreFinding] = []
    let summary = try StoreVerifier(at: path).check({ _, _ in }) { findings.append($0) }
    return (summary, findings)
  }

  /// What a store gives that opens the directory: wire forms by position, and its gaps.
  func read() async throws -> (events: [UInt64: [UInt8]], gaps: [Gap]) {
    let store = FileStore(at: path, keeping: .everything, settings: settings)
    try await store.open()
    var events: [UInt64: [UInt8]] = [:]
    var gaps: [Gap] = []
    var request = ReadRequest(after: .start)
    let newest = await store.bounds.newest
    while request.after < newest {
      let page = try await store.read(request)
      if let gap = page.gap { gaps.append(gap) }
      for stored in page.events {
        events[stored.position.rawValue] = stored.event.withWire { Array($0) }
      }
      request.after = page.lookedThrough
    }
    try await store.close()
    return (events, gaps)
  }
}
