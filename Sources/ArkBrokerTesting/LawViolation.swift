/// What a check of a law throws when the law is broken.
public struct LawViolation: Error, Hashable, Sendable, CustomStringConvertible {
  /// The law, as a sentence.
  public var law: String
  /// What was seen, and what should have been.
  public var message: String

  /// Says which law was broken and how.
  public init(law: String, _ message: String) {
    self.law = law
    self.message = message
  }

  /// The law and what was seen.
  public var description: String { "\(law): \(message)" }
}

/// A breach that does not know yet which law it is of.
struct Breach: Error { var message: String }

/// Breaks off the check of a law unless `condition` holds.
func demand(_ condition: Bool, _ message: @autoclosure () -> String) throws {
  guard condition else { throw Breach(message: message()) }
}

/// Runs the check of a law and says of each error which law it broke.
func checking(_ law: String, _ body: () async throws -> Void) async throws {
  do {
    try await body()
  } catch let breach as Breach {
    throw LawViolation(law: law, breach.message)
  } catch let violation as LawViolation {
    throw violation
  } catch {
    throw LawViolation(law: law, "an error that was not expected: \(error)")
  }
}
