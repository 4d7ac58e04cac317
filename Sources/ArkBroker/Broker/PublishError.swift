/// Why events were not taken in. Nothing of the batch was stored.
public struct PublishError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What went wrong, for a program. More codes may come.
  public struct Code: RawRepresentable, Hashable, Sendable {
    /// The code's name, for logs and JSON.
    public let rawValue: String
    /// A code with this name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The broker or its store has no room now. Publish the same events again a little later.
    public static let overloaded = Code(rawValue: "overloaded")
    /// An event or the batch is over a limit. Publishing it again will not help.
    public static let tooLarge = Code(rawValue: "too_large")
    /// The broker is shutting down or has stopped.
    public static let stopped = Code(rawValue: "stopped")
    /// The store failed. Publishing the same events again may help, and stores none twice.
    public static let storeFailed = Code(rawValue: "store_failed")
  }

  /// What went wrong.
  public var code: Code
  /// What was wrong and what to do about it. Never holds a payload.
  public var message: String

  /// An error: for a double of the broker in tests of a source.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  init(_ error: StoreError) {
    switch error.code {
    case .full: self.init(.overloaded, error.message)
    case .tooLarge: self.init(.tooLarge, error.message)
    case .locked: self.init(.overloaded, error.message)
    case .closed: self.init(.stopped, error.message)
    default: self.init(.storeFailed, error.message)
    }
  }

  /// The message.
  public var description: String { message }

  /// Whether publishing the same events again can succeed.
  public var isRetryable: Bool { code != .tooLarge }
}
