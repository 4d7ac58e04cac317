/// A request method, such as `GET`. Names are case-sensitive (RFC 9110, section 9.1).
public struct HTTPMethod: Hashable, Sendable, CustomStringConvertible {
  /// The method's name as it is on the wire.
  public let name: String

  /// Makes a method from its name, which must be a token of RFC 9110, section 5.6.2.
  public init(_ name: String) {
    self.name = name
  }

  /// The name.
  public var description: String { name }

  /// `GET`
  public static let get = HTTPMethod("GET")
  /// `HEAD`
  public static let head = HTTPMethod("HEAD")
  /// `POST`
  public static let post = HTTPMethod("POST")
  /// `PUT`
  public static let put = HTTPMethod("PUT")
  /// `PATCH`
  public static let patch = HTTPMethod("PATCH")
  /// `DELETE`
  public static let delete = HTTPMethod("DELETE")
  /// `OPTIONS`
  public static let options = HTTPMethod("OPTIONS")

  /// Whether a request with it asks for nothing to be changed (RFC 9110, section 9.2.1).
  var isSafe: Bool { self == .get || self == .head || self == .options }
}
