import ArkBroker

/// One obligation of a store, as a value: a test case of its own.
///
/// ```swift
/// @Test(arguments: StoreLaws.all(supporting: [.deletion, .state]))
/// func obeys(_ law: StoreLaw) async throws { try await law.check { try MyStore() } }
/// ```
public struct StoreLaw: Sendable, CustomStringConvertible {
  /// The law as a sentence.
  public let statement: String
  /// What a store must be able to do for the law to apply.
  public let needs: Set<StoreCapability>
  private let body: @Sendable (StoreFixture) async throws -> Void

  init(
    _ statement: String, needs: Set<StoreCapability> = [],
    _ body: @escaping @Sendable (StoreFixture) async throws -> Void
  ) {
    self.statement = statement
    self.needs = needs
    self.body = body
  }

  /// The sentence.
  public var description: String { statement }

  /// Checks the law.
  /// - Throws: `LawViolation` when the store breaks it.
  public func check(_ fixture: StoreFixture) async throws {
    try await checking(statement) { try await body(fixture) }
  }

  /// Checks the law against a store that is neither durable nor bounded.
  /// - Parameter open: opens an empty store.
  /// - Throws: `LawViolation` when the store breaks it.
  public func check(_ open: @escaping StoreFixture.Opener) async throws {
    try await check(StoreFixture(open: open))
  }

  /// As a law whose check opens one store and closes it in the end.
  static func of(
    _ statement: String, needs: Set<StoreCapability> = [],
    _ body: @escaping @Sendable (any Store) async throws -> Void
  ) -> StoreLaw {
    StoreLaw(statement, needs: needs) { fixture in
      let store = try await fixture.open()
      try await body(store)
      try await store.close()
    }
  }
}

/// All that is asked of stores.
public enum StoreLaws {
  /// The laws that apply to a store which can do these things.
  public static func all(supporting capabilities: Set<StoreCapability> = []) -> [StoreLaw] {
    (positions + reading + limits + matching + counting + bounds + deletion + state + lifecycle
      + concurrency)
      .filter { $0.needs.isSubset(of: capabilities) }
  }
}
