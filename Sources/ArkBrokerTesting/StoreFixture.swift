public import ArkBroker

/// Something that not every store can do. Laws that need it are left out for the others.
public struct StoreCapability: RawRepresentable, Hashable, Sendable {
  /// The name of the capability.
  public let rawValue: String
  /// Makes a capability of a name.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// It deletes events.
  public static let deletion = StoreCapability(rawValue: "deletion")
  /// It keeps state.
  public static let state = StoreCapability(rawValue: "state")
  /// It drops the oldest events when it holds more than a number of them: see `StoreFixture.bounded`.
  public static let retention = StoreCapability(rawValue: "retention")
  /// It can be closed and opened again with everything in it: see `StoreFixture.durable`.
  public static let durability = StoreCapability(rawValue: "durability")
}

/// How a law gets at the store that it checks. Make a new one for each check.
///
/// ```swift
/// let directory = try TemporaryDirectory()
/// let fixture = StoreFixture { try await DiskStore(directory) }.durable()
/// ```
public struct StoreFixture: Sendable {
  /// Opens a store.
  public typealias Opener = @Sendable () async throws -> any Store
  /// Opens a store that keeps about so many events.
  public typealias BoundedOpener = @Sendable (_ events: Int) async throws -> any Store

  private let opener: Opener
  private var isDurable = false
  private var boundedOpener: BoundedOpener?

  /// - Parameter open: opens an empty store, with room for 64 MiB of events at least.
  public init(open: @escaping Opener) { opener = open }

  /// Says that opening again, after the store was closed, opens the same log.
  public func durable() -> StoreFixture {
    var fixture = self
    fixture.isDurable = true
    return fixture
  }

  /// Says how to open an empty store that keeps a given number of events, or a few more.
  public func bounded(_ open: @escaping BoundedOpener) -> StoreFixture {
    var fixture = self
    fixture.boundedOpener = open
    return fixture
  }

  func open() async throws -> any Store { try await opened(try await opener()) }

  func reopen() async throws -> any Store {
    try demand(isDurable, "the fixture is not durable: call durable() on it")
    return try await opened(try await opener())
  }

  /// As a broker does before anything else.
  private func opened(_ store: any Store) async throws -> any Store {
    try await store.open()
    return store
  }

  func open(keeping events: Int) async throws -> any Store {
    guard let boundedOpener else {
      throw Breach(message: "the fixture has no bounded store: call bounded(_:) on it")
    }
    return try await opened(try await boundedOpener(events))
  }
}
