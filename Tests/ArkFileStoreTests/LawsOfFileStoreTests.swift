import ArkBroker
import ArkBrokerTesting
import Testing

@testable import ArkFileStore

@Suite struct LawsOfFileStoreTests {
  @Test(arguments: StoreLaws.all(supporting: [.deletion, .state, .durability, .retention]))
  func obeys(_ law: StoreLaw) async throws {
    let directory = TemporaryDirectory()
    try await law.check(
      StoreFixture { FileStore(at: directory.path, keeping: .everything) }
        .durable()
        .bounded { BoundedFileStore(at: directory.path, events: $0) })
  }

  /// Laws hold whatever lies between two events: here nearly every append begins a segment.
  @Test(arguments: StoreLaws.all(supporting: [.deletion, .state, .durability]))
  func obeysWithSmallSegments(_ law: StoreLaw) async throws {
    let directory = TemporaryDirectory()
    var settings = FileStore.Settings()
    settings.segmentBytes = 4096
    settings.durability = .written
    try await law.check(
      StoreFixture { [settings] in
        FileStore(at: directory.path, keeping: .everything, settings: settings)
      }.durable())
  }
}

/// A file store that is bounded by bytes, with enough for so many small events. What is too much goes with the append that brings it instead of in the background.
private final class BoundedFileStore: ForwardingStore {
  let base: FileStore

  init(at path: String, events: Int) {
    var settings = FileStore.Settings()
    settings.segmentBytes = 4096
    settings.durability = .written
    settings.worksInBackground = false
    base = FileStore(
      at: path, keeping: .init(bytes: events * 512 + settings.segmentBytes), settings: settings)
  }

  func append(_ request: AppendRequest) async throws(StoreError) -> Positions {
    let positions = try await base.append(request)
    try await base.maintain()
    return positions
  }
}
