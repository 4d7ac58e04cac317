/// Why a forward cannot be made of what it was given. Holds no URL and no header: either may carry a key.
public struct OTLPForwardError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong, for a program. More codes may come.
  public struct Code: RawRepresentable, Hashable, Sendable {
    /// The code's name.
    public let rawValue: String
    /// A code with this name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// A URL that nothing can be sent to.
    public static let invalidURL = Code(rawValue: "invalid_url")
    /// A header that cannot be sent, or that the forward sets itself.
    public static let invalidHeader = Code(rawValue: "invalid_header")
  }

  /// What is wrong.
  public var code: Code
  /// What is wrong and what would be right.
  public var message: String

  /// An error.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The message.
  public var description: String { message }
}
