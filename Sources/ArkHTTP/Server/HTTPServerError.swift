/// Why a server could not start.
public struct HTTPServerError: Error, Sendable, CustomStringConvertible {
  /// What kind of failure it is.
  public struct Code: Hashable, Sendable {
    let name: String

    /// Two routes have the same method and path.
    public static let duplicateRoute = Code(name: "duplicateRoute")
    /// A route's pattern is not well formed.
    public static let invalidRoute = Code(name: "invalidRoute")
    /// A route was mounted while the server was serving already.
    public static let alreadyServing = Code(name: "alreadyServing")
    /// The server has stopped; make a new one.
    public static let stopped = Code(name: "stopped")
    /// The host name has no address.
    public static let unknownHost = Code(name: "unknownHost")
    /// Another program listens on the port.
    public static let portInUse = Code(name: "portInUse")
    /// The address belongs to another machine.
    public static let addressNotAvailable = Code(name: "addressNotAvailable")
    /// The program may not listen on the port.
    public static let permissionDenied = Code(name: "permissionDenied")
    /// The operating system refused something else.
    public static let system = Code(name: "system")
  }

  /// What kind of failure it is.
  public let code: Code
  /// What was wrong, where, and what to do.
  public let message: String

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The message.
  public var description: String { message }
}
