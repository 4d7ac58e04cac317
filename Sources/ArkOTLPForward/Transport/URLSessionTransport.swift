import Foundation
import Synchronization

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Sends requests with URLSession, which brings TLS.
///
/// Whatever URLSession does with a request, the answer comes within the timeout, and at once when the task is cancelled: neither is left to it.
///
/// Each request has a session and hence a connection of its own. Where a connection that was kept turns out to be broken, the Foundation of Linux sends the request again by itself without being able to go back to the beginning of its body, and hangs.
struct URLSessionTransport: ForwardTransport {
  private let timeout: Duration

  init(timeout: Duration) { self.timeout = timeout }

  /// No cookies, no cache, no credentials of others: nothing that a request could leave behind.
  private static func makeSession(_ delegate: ExchangeDelegate) -> URLSession {
    let configuration = URLSessionConfiguration.ephemeral
    configuration.httpCookieStorage = nil
    configuration.httpShouldSetCookies = false
    configuration.urlCache = nil
    configuration.urlCredentialStorage = nil
    configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
    return URLSession(configuration: configuration, delegate: delegate, delegateQueue: nil)
  }

  func send(_ request: ForwardRequest) async -> Result<ForwardResponse, ForwardFailure> {
    var message = URLRequest(url: request.url)
    message.httpMethod = "POST"
    message.httpBody = Data(request.body)
    // Later than our own, which is over the whole exchange and not over its silences. Where it still comes first, as our timer was kept from a thread, it says the same.
    message.timeoutInterval = timeout.seconds + 5
    message.setValue("ark-broker", forHTTPHeaderField: "User-Agent")
    for header in request.headers {
      message.setValue(header.value, forHTTPHeaderField: header.name)
    }
    let delegate = ExchangeDelegate()
    let session = URLSessionTransport.makeSession(delegate)
    // A session lives, and its connection with it, until it is told that it is over.
    defer { session.invalidateAndCancel() }
    let exchange = Exchange(session.dataTask(with: message), timeout: timeout)
    delegate.exchange = exchange
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        exchange.start(continuation)
        exchange.timer = Task { [timeout] in
          try? await Task.sleep(for: timeout)
          guard !Task.isCancelled else { return }
          exchange.timedOut()
        }
      }
    } onCancel: {
      exchange.end(.failure(ForwardFailure(.cancelled, "cancelled")))
    }
  }
}

/// One request and what comes back.
final class Exchange: Sendable {
  /// An answer says little; more than this is not one (OTLP specification, "OTLP/HTTP Response").
  private static let maximumBytes = 4 << 20

  private struct State {
    var continuation: CheckedContinuation<Result<ForwardResponse, ForwardFailure>, Never>?
    var outcome: Result<ForwardResponse, ForwardFailure>?
    var response: ForwardResponse?
    var timer: Task<Void, Never>?
  }

  private let task: URLSessionDataTask
  private let timeout: Duration
  private let state = Mutex(State())

  init(_ task: URLSessionDataTask, timeout: Duration) {
    self.task = task
    self.timeout = timeout
  }

  /// Stops waiting when the time is up.
  var timer: Task<Void, Never>? {
    get { state.withLock { $0.timer } }
    set {
      let isLate = state.withLock { state in
        state.timer = newValue
        return state.outcome != nil
      }
      if isLate { newValue?.cancel() }
    }
  }

  func start(_ continuation: CheckedContinuation<Result<ForwardResponse, ForwardFailure>, Never>) {
    let outcome = state.withLock { state in
      if state.outcome == nil { state.continuation = continuation }
      return state.outcome
    }
    if let outcome { continuation.resume(returning: outcome) } else { task.resume() }
  }

  /// The first outcome counts. The task is over then, whether it knows it or not.
  func end(_ outcome: Result<ForwardResponse, ForwardFailure>) {
    let last = state.withLock { state -> State? in
      guard state.outcome == nil else { return nil }
      state.outcome = outcome
      defer { state.continuation = nil }
      return state
    }
    guard let last else { return }
    last.timer?.cancel()
    task.cancel()
    last.continuation?.resume(returning: outcome)
  }

  func received(_ response: HTTPURLResponse) {
    let answer = ForwardResponse(
      status: response.statusCode,
      contentType: response.value(forHTTPHeaderField: "Content-Type"),
      retryAfter: response.value(forHTTPHeaderField: "Retry-After"))
    state.withLock { $0.response = answer }
  }

  func received(_ data: Data) {
    let isTooLarge = state.withLock { state in
      state.response?.body.append(contentsOf: data)
      return state.response?.body.count ?? 0 > Exchange.maximumBytes
    }
    if isTooLarge {
      end(.failure(ForwardFailure(.tooLarge, "the answer is larger than 4 MiB")))
    }
  }

  func timedOut() {
    end(.failure(ForwardFailure(.timeout, "no answer within \(timeout.seconds) s")))
  }

  func completed(_ error: (any Error)?) {
    let response = state.withLock { $0.response }
    if (error as? URLError)?.code == .timedOut {
      timedOut()
    } else if let error {
      end(.failure(ForwardFailure(.connection, words(for: error))))
    } else if let response {
      end(.success(response))
    } else {
      end(.failure(ForwardFailure(.connection, "the connection ended without an answer")))
    }
  }

  /// By its code alone: descriptions may hold the URL.
  private func words(for error: any Error) -> String {
    guard let error = error as? URLError else { return "the request failed" }
    let untrusted = "TLS failed: is the receiver's certificate one that this machine trusts?"
    switch error.code {
    case .cannotFindHost, .dnsLookupFailed: return "the host is not known"
    case .cannotConnectToHost: return "there is no connection to the host"
    case .networkConnectionLost: return "the connection was lost"
    case .secureConnectionFailed, .serverCertificateUntrusted, .serverCertificateHasBadDate,
      .serverCertificateHasUnknownRoot, .serverCertificateNotYetValid:
      return untrusted
    // What the Foundation of Linux says of a certificate.
    case .unknown where task.originalRequest?.url?.scheme?.lowercased() == "https":
      return untrusted
    default: return "the request failed (URL error \(error.code.rawValue))"
    }
  }
}

/// Leads what URLSession calls back to the exchange that it is about.
// Unchecked: NSObject is not Sendable; its state is behind a lock.
private final class ExchangeDelegate: NSObject, URLSessionDataDelegate, @unchecked Sendable {
  private let state = Mutex<Exchange?>(nil)

  var exchange: Exchange? {
    get { state.withLock { $0 } }
    set { state.withLock { $0 = newValue } }
  }

  /// A redirection is no success: whoever configured the URL should know.
  func urlSession(
    _ session: URLSession, task: URLSessionTask,
    willPerformHTTPRedirection response: HTTPURLResponse, newRequest request: URLRequest,
    completionHandler: @escaping @Sendable (URLRequest?) -> Void
  ) {
    exchange?.received(response)
    completionHandler(nil)
  }

  /// Credentials are headers. The Foundation of Linux never ends a request whose challenge nobody meets, so the answer that holds it ends it here; of a challenge by TLS the system decides.
  func urlSession(
    _ session: URLSession, task: URLSessionTask, didReceive challenge: URLAuthenticationChallenge,
    completionHandler:
      @escaping @Sendable (URLSession.AuthChallengeDisposition, URLCredential?) -> Void
  ) {
    if let response = challenge.failureResponse as? HTTPURLResponse {
      exchange?.received(response)
      exchange?.completed(nil)
      completionHandler(.cancelAuthenticationChallenge, nil)
    } else {
      completionHandler(.performDefaultHandling, nil)
    }
  }

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
  ) {
    if let response = response as? HTTPURLResponse { exchange?.received(response) }
    completionHandler(.allow)
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    exchange?.received(data)
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?
  ) {
    exchange?.completed(error)
  }
}

extension Duration {
  fileprivate var seconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + Double(attoseconds) / 1e18
  }
}
