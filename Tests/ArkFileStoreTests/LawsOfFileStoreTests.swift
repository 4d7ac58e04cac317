import ArkBroker
import ArkBrokerTesting
import ArkFileStore
import Testing

@Suite struct LawsOfFileStoreTests {
  @Test(arguments: StoreLaws.all(supporting: [.deletion, .state, .durability]))
  func obeys(_ law: StoreLaw) async throws {
    let directory = TemporaryDirectory()
    try await law.check(
      StoreFixture { FileStore(at: directory.path, keeping: .everything) }.durable())
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
