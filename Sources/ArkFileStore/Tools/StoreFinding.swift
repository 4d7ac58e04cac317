/// Something that a check of a store's files came upon.
public struct StoreFinding: Hashable, Sendable, CustomStringConvertible {
  /// What a finding means.
  public enum Severity: Int, Comparable, Sendable {
    /// Nothing that was acknowledged is in danger: what a crash leaves behind, say, and the next start clears away.
    case note
    /// What is on disk is not what was written.
    case damage

    /// Whether `a` is less serious.
    public static func < (a: Severity, b: Severity) -> Bool { a.rawValue < b.rawValue }
  }

  /// What it means.
  public var severity: Severity
  /// The file.
  public var path: String
  /// The byte of the file at which it begins, counted from 0; nil when it is about the file as a whole.
  public var offset: Int?
  /// What is wrong and what is lost by it, without a payload.
  public var message: String

  init(_ severity: Severity, _ path: String, at offset: Int? = nil, _ message: String) {
    self.severity = severity
    self.path = path
    self.offset = offset
    self.message = message
  }

  /// `path: byte 123: message`.
  public var description: String {
    "\(path): " + (offset.map { "byte \($0): " } ?? "") + message
  }
}

extension ClosedRange<UInt64> {
  /// As a message speaks of lost positions.
  var asLost: String {
    count == 1
      ? "position \(lowerBound) is lost" : "positions \(lowerBound) to \(upperBound) are lost"
  }
}
