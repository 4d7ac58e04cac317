/// Why a store did not do what it was asked.
public struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What went wrong, for a program. More codes may come.
  public struct Code: RawRepresentable, Hashable, Sendable {
    /// The code's name, for logs and JSON.
    public let rawValue: String
    /// A code with this name, for a store with failures of its own. Publishers see it as `PublishError.Code.storeFailed`.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// There is no room now. Trying again later may help.
    public static let full = Code(rawValue: "full")
    /// This batch can never be stored here.
    public static let tooLarge = Code(rawValue: "too_large")
    /// Another process has it.
    public static let locked = Code(rawValue: "locked")
    /// What is on the medium cannot be read as a store, or no longer.
    public static let damaged = Code(rawValue: "damaged")
    /// The store has been closed.
    public static let closed = Code(rawValue: "closed")
    /// The medium failed. Trying again may help.
    public static let failed = Code(rawValue: "failed")
  }

  /// What went wrong.
  public var code: Code
  /// What failed, where, and what to do about it. Never holds a payload.
  public var message: String

  /// An error. The message must not show payloads: it goes to logs and to HTTP clients.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The message.
  public var description: String { message }

  /// What a closed store answers.
  public static let closed = StoreError(.closed, "the store is closed")
}
