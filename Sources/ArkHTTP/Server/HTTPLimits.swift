/// What a server accepts at most, and how long it waits. Every bound is a setting.
public struct HTTPLimits: Sendable {
  /// The bytes of all header fields together; over it 431. 32 KiB. Also bounds trailers.
  public var headerBytes = 32 << 10
  /// The number of header fields; over it 431. 100. Also bounds trailers.
  public var headerCount = 100
  /// The bytes of a request target; over it 414. 8 KiB.
  public var targetBytes = 8 << 10
  /// The bytes of a body, as sent and inflated; over it 413. 64 MiB. A route may set its own.
  public var bodyBytes = 64 << 20
  /// The body bytes that all requests in reception and answer may hold together; over it 503. 1 GiB.
  public var heldBodyBytes = 1 << 30
  /// How long a head may take from its first byte; then 408. 10 s.
  public var headerTimeout = Duration.seconds(10)
  /// How long a body may make no progress; then 408. 30 s.
  public var bodyTimeout = Duration.seconds(30)
  /// How long a connection may be without a request; then it is closed. 75 s.
  public var idleTimeout = Duration.seconds(75)
  /// How long a peer may take nothing of what is to be sent; then it is closed. 60 s.
  public var writeTimeout = Duration.seconds(60)
  /// How long a refused request's remaining bytes are taken and dropped, so that the peer gets to
  /// read the answer before the connection closes. 5 s.
  public var lingerTimeout = Duration.seconds(5)
  /// The bytes dropped while lingering. 128 MiB.
  public var lingerBytes = 128 << 20
  /// The connections open at one time; more get 503. 20 000.
  public var connections = 20_000
  /// The requests of one connection that may wait for their answers. 64.
  ///
  /// They take effect in their order (RFC 9112, section 9.3.2). Those with safe methods (GET, HEAD, OPTIONS) are handled at the same time, and so are those of inline routes;
  /// any other waits for the answers to those in front of it, and those behind it for its answer.
  public var pipelinedRequests = 64
  /// The body and response bytes of one connection's waiting requests. 1 MiB.
  public var pipelinedBytes = 1 << 20
  /// The requests of one connection handled before others get their turn. 64.
  public var requestsPerTurn = 64
  /// The bytes of a streamed body that wait for the handler before reading stops. 256 KiB.
  public var streamedBodyBytes = 256 << 10

  /// The defaults.
  public init() {}
}
