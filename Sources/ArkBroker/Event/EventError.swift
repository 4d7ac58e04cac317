/// Why something is not an event. Says which attribute is wrong and what would be right; never shows the payload.
public struct EventError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong, for a program. More codes may come.
  public struct Code: RawRepresentable, Hashable, Sendable {
    /// The code's name, for logs and JSON.
    public let rawValue: String
    /// A code with this name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The text is not JSON, or not an object.
    public static let notJSON = Code(rawValue: "not_json")
    /// A required attribute is missing or empty.
    public static let missingAttribute = Code(rawValue: "missing_attribute")
    /// An attribute has a value that its type does not allow.
    public static let invalidAttribute = Code(rawValue: "invalid_attribute")
    /// The event, its attributes or the batch are over a size limit.
    public static let tooLarge = Code(rawValue: "too_large")
  }

  /// What is wrong.
  public var code: Code
  /// The CloudEvents attribute that is wrong, such as `id` or `data`; nil when it is the whole text.
  public var attribute: String?
  /// What was wrong and what would be right.
  public var message: String

  /// An error. The message is a predicate without the attribute's name, such as "must be a string".
  public init(_ code: Code, attribute: String? = nil, _ message: String) {
    self.code = code
    self.attribute = attribute
    self.message = message
  }

  /// The attribute, where one is wrong, and the message.
  public var description: String {
    attribute.map { "\($0): \(message)" } ?? message
  }
}
