import ArkBroker
import ArkFileStore
import Foundation
import Testing

@testable import ark_broker

@Suite struct ExportCommandTests {
  /// Never used, or emptied.
  @Test(arguments: [0, 3]) func aStoreWithoutEventsIsExported(deleted: Int) async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let store = FileStore(at: directory, keeping: .everything)
    try await store.open()
    if deleted > 0 {
      let batch = EventBatch((0..<deleted).map { Event("tick", id: "\($0)") })
      _ = try await store.append(AppendRequest(batch))
      #expect(try await store.delete(DeleteRequest(matching: .all)) == deleted)
    }
    try await store.close()

    let output = directory + "/events.ndjson"
    #expect(try await ExportCommand.run([directory, "--output", output][...]) == 0)
    #expect(FileManager.default.contents(atPath: output) == Data())
  }
}
