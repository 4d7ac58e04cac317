/// Makes a response of an error, for routes with an error format of their own.
public typealias HTTPErrorFormatter = @Sendable (HTTPError, HTTPRequest) -> HTTPResponse

/// A method and a path pattern, and what answers them.
///
/// A pattern is literal segments and parameters: `/queries/{id}`. A literal beats a parameter. A
/// trailing slash is a segment of its own, so `/x/` is not `/x`, unless the server matches paths
/// loosely. A GET route also answers HEAD.
public struct HTTPRoute: Sendable {
  /// Answers on the loop, at once or later; must not block.
  public typealias InlineHandler = @Sendable (HTTPRequest, HTTPResponder) -> Void
  /// Answers from a task, which is cancelled when the peer goes away.
  public typealias TaskHandler = @Sendable (HTTPRequest) async throws -> HTTPResponse

  enum Handler: Sendable {
    case inline(InlineHandler)
    case task(TaskHandler)
    case streaming(TaskHandler)
  }

  /// Settings of one route.
  public struct Options: Sendable {
    /// The bytes of a body, as sent and inflated; over it 413. Nil takes the server's limit.
    public var bodyBytes: Int?
    /// Inline handlers run off the loop when the decoded body is larger than this, one or two at a
    /// time. 256 KiB.
    public var inlineBodyBytes = 256 << 10
    /// How long a body may make no progress; then 408. Nil takes the server's limit.
    public var bodyTimeout: Duration?
    /// The format of errors on this route, also of those found before its handler runs (405, 413,
    /// 415, a damaged body). Nil takes the server's.
    public var formatError: HTTPErrorFormatter?

    /// The defaults.
    public init() {}
  }

  /// The method.
  public let method: HTTPMethod
  /// The path pattern.
  public let path: String
  /// The settings.
  public let options: Options
  let handler: Handler

  private init(_ method: HTTPMethod, _ path: String, _ options: Options, _ handler: Handler) {
    self.method = method
    self.path = path
    self.options = options
    self.handler = handler
  }

  /// A route whose handler is called on the connection's loop with the whole body; off the loop, while
  /// the requests behind it wait, when the body is large (`Options.inlineBodyBytes`).
  ///
  /// The handler must not block: it completes the responder at once or later, from any thread.
  public static func inline(
    _ method: HTTPMethod, _ path: String, options: Options = Options(),
    _ handler: @escaping InlineHandler
  ) -> HTTPRoute {
    HTTPRoute(method, path, options, .inline(handler))
  }

  /// A route whose handler runs in a task with the whole body.
  public static func task(
    _ method: HTTPMethod, _ path: String, options: Options = Options(),
    _ handler: @escaping TaskHandler
  ) -> HTTPRoute {
    HTTPRoute(method, path, options, .task(handler))
  }

  /// A route whose handler runs in a task while the body arrives: walk `request.body`.
  ///
  /// The handler may answer before the body ends.
  public static func streaming(
    _ method: HTTPMethod, _ path: String, options: Options = Options(),
    _ handler: @escaping TaskHandler
  ) -> HTTPRoute {
    HTTPRoute(method, path, options, .streaming(handler))
  }
}
