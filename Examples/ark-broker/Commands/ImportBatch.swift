import ArkBroker

/// Events that go to the store at once.
struct ImportBatch: ~Copyable {
  static let bytes = 4 << 20
  static let events = 1 << 14

  private var builder = ImportBatch.makeBuilder()

  var isFull: Bool {
    builder.byteCount >= ImportBatch.bytes || builder.count >= ImportBatch.events
  }

  mutating func append(_ events: EventBatch) {
    for event in events { builder.append(event) }
  }

  mutating func flush(to target: any ImportTarget) async throws {
    var full = ImportBatch.makeBuilder()
    swap(&full, &builder)
    let batch = full.finish()
    guard !batch.isEmpty else { return }
    _ = try await target.add(batch, [])
  }

  static func makeBuilder() -> EventBatchBuilder {
    EventBatchBuilder(reservingEvents: 256, bytes: ImportBatch.bytes + (1 << 18))
  }
}
