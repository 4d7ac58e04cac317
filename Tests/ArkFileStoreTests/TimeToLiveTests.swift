import ArkBroker
import Testing

@testable import ArkFileStore

@Suite struct TimeToLiveTests {
  @Test func whatHasExpiredIsHiddenAndItsBytesGo() async throws {
    let directory = TemporaryDirectory()
    var settings = FileStore.Settings()
    settings.segmentBytes = 4096
    let clock = TestClock()
    let store = FileStore(
      at: directory.path, keeping: .everything, settings: settings, on: DiskFileSystem(),
      clock: { clock.now })
    try await store.open()
    for number in 0..<20 {
      _ = try await store.append(
        AppendRequest(
          EventBatch([
            Event(
              "x", id: "short-\(number)", timeToLive: .seconds(3_600),
              payload: .text(String(repeating: "a", count: 500))),
            Event("x", id: "ever-\(number)"),
          ])))
    }
    func ids() async throws -> [String] {
      try await store.read(ReadRequest(after: .start)).events.map { $0.id }
    }
    #expect(try await ids().count == 40)
    try await store.maintain()
    let before = store.footprint
    clock.advance(seconds: 3_601)
    #expect(try await ids() == (0..<20).map { "ever-\($0)" })
    try await store.maintain()
    #expect(store.footprint < before / 2)
    #expect(try await ids() == (0..<20).map { "ever-\($0)" })
    try await store.close()
  }
}
