/// Why a text is not a match, and where.
public struct MatchError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong, for a program. More codes may come.
  public struct Code: RawRepresentable, Hashable, Sendable {
    /// The code's name, for logs and JSON.
    public let rawValue: String
    /// A code with this name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Something else was expected.
    public static let syntax = Code(rawValue: "syntax")
    /// There is no field of this name.
    public static let unknownName = Code(rawValue: "unknown_name")
    /// A value is not of the field's type, or badly quoted.
    public static let invalidValue = Code(rawValue: "invalid_value")
    /// The text is over one of the limits of `Match`.
    public static let tooLarge = Code(rawValue: "too_large")
  }

  /// What is wrong.
  public var code: Code
  /// How many bytes of UTF-8 stand before the place.
  public var offset: Int
  /// What was expected and at which character, counted from 0. Shows names of fields, never a value.
  public var message: String

  /// An error with all its parts.
  public init(_ code: Code, at offset: Int, _ message: String) {
    self.code = code
    self.offset = offset
    self.message = message
  }

  /// The message.
  public var description: String { message }
}
