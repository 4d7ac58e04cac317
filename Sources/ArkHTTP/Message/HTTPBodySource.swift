/// What a source says after it was pulled.
public enum HTTPBodyProgress: Sendable {
  /// There is more: pull again when this is written.
  case more
  /// There is nothing now: pull after `HTTPStream.resume()`.
  case waiting
  /// The body is complete.
  case finished
  /// The body cannot be completed: the connection is closed so that the peer sees it broken off.
  case failed
}

/// Gives a response body piece by piece, at the pace of the peer.
///
/// Every method is called on the connection's loop and must not block. `ended()` is called exactly
/// once, whatever happens; for a HEAD request or a peer that is gone already it is the only call.
public protocol HTTPBodySource: AnyObject, Sendable {
  /// The response's head was sent. Keep the stream to ask for more pulls.
  func start(_ stream: HTTPStream)

  /// The peer has taken everything so far: append about `out.room` bytes.
  func pull(_ out: inout HTTPBodyBuffer) -> HTTPBodyProgress

  /// Nothing was sent for `HTTPStream.idleInterval`: append a heartbeat, if the format has one.
  func idle(_ out: inout HTTPBodyBuffer)

  /// The body is complete, or the peer is gone.
  func ended()
}

extension HTTPBodySource {
  /// Does nothing.
  public func start(_ stream: HTTPStream) {}
  /// Appends nothing.
  public func idle(_ out: inout HTTPBodyBuffer) {}
}
