import ArkBroker
import ArkBrokerTesting
import Testing

@testable import OwnFilter
@testable import OwnStore

/// The templates keep the laws that their readers are told to keep.
@Suite struct TemplateTests {
  @Test(arguments: StoreLaws.all(supporting: [.deletion, .state]))
  func theStoreObeys(_ law: StoreLaw) async throws {
    try await law.check { ArrayStore() }
  }

  @Test(arguments: FilterLaws.all) func theFilterObeys(_ law: FilterLaw) throws {
    try law.check(WithoutContent())
  }
}
