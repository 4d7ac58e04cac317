import Dispatch
import Foundation

/// Sends requests over HTTP/1.1 without TLS, on a connection that is kept for as long as the receiver keeps it.
///
/// Not with URLSession: on Linux, where connections come and go by the ten thousand, an exchange of it now and then never ends, or ends the process.
final class PlainHTTPTransport: ForwardTransport {
  private let timeout: Duration
  /// Waiting takes a thread: one request is under way at a time.
  private let queue = DispatchQueue(label: "ark-forward")
  private let bell = Bell()
  /// Between two requests. On the queue only.
  private nonisolated(unsafe) var kept: PlainHTTPConnection?

  init(timeout: Duration) { self.timeout = timeout }

  func send(_ request: ForwardRequest) async -> Result<ForwardResponse, ForwardFailure> {
    let wait = SocketWait(timeout, bell)
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        queue.async { [self] in
          do throws(ForwardFailure) {
            continuation.resume(returning: .success(try exchange(request, wait)))
          } catch {
            continuation.resume(returning: .failure(error))
          }
        }
      }
    } onCancel: {
      wait.cancel()
    }
  }

  private func exchange(
    _ request: ForwardRequest, _ wait: SocketWait
  ) throws(ForwardFailure) -> ForwardResponse {
    let message = try PlainHTTPMessage(request)
    if let idle = kept.take(), idle.origin == message.origin, idle.isUsable {
      do throws(ForwardFailure) {
        return try exchange(message, over: idle, wait)
      } catch {
        // The receiver may have given the connection up just when the request was on its way (RFC 9112, section 9.3.1).
        guard error.code == .connection, !idle.hasReceived else { throw error }
      }
    }
    return try exchange(message, over: PlainHTTPConnection(to: message.origin, wait), wait)
  }

  private func exchange(
    _ message: PlainHTTPMessage, over connection: PlainHTTPConnection, _ wait: SocketWait
  ) throws(ForwardFailure) -> ForwardResponse {
    let response = try connection.exchange(message, wait)
    if connection.isUsable { kept = connection }
    return response
  }
}
