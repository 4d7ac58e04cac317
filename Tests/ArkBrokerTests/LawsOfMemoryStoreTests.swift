import ArkBroker
import ArkBrokerTesting
import Testing

@Suite struct LawsOfMemoryStoreTests {
  @Test(arguments: StoreLaws.all(supporting: [.deletion, .state, .retention]))
  func obeys(_ law: StoreLaw) async throws {
    try await law.check(
      StoreFixture { MemoryStore(keeping: .megabytes(64)) }
        .bounded { MemoryStore(keeping: .events($0)) })
  }

  @Test(arguments: StoreLaws.all(supporting: [.deletion, .state]))
  func obeysWithSmallSegments(_ law: StoreLaw) async throws {
    try await law.check { MemoryStore(keeping: .events(1_000)) }
  }
}
