import Foundation
import Synchronization

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Sends requests with URLSession, which brings TLS.
///
/// Whatever URLSession does with a request, the answer comes within the timeout, and at once when the task is cancelled: neither is left to it.
///
/// All requests share a session, and connections with it: on Linux, sessions and connections that come and go by the ten thousand end now and then in an exchange that never ends, or end the process. Where a connection that was kept turns out to be broken as the request is sent, the Foundation of Linux cannot go back to the beginning of its body, and hangs: hence a new session after a request without an answer.
final class URLSessionTransport: ForwardTransport {
  private let timeout: Duration
  private let session = Mutex(ExchangeSession())

  init(timeout: Duration) { self.timeout = timeout }

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
    let outcome = await exchange(message)
    if case .failure(let failure) = outcome, failure.code == .timeout {
      session.withLock { $0 = ExchangeSession() }
    }
    return outcome
  }

  private func exchange(
    _ message: URLRequest
  ) async -> Result<ForwardResponse, ForwardFailure> {
    let session = session.withLock { $0 }
    let exchange = session.exchange(message, timeout)
    defer { session.forget(exchange) }
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
      exchange.end(.failure(.cancelled))
    }
  }
}

/// A session whose callbacks find their way to the exchange that they are about.
private final class ExchangeSession: Sendable {
  private let delegate: ExchangeDelegate
  private let session: URLSession

  init() {
    // No cookies, no cache, no credentials of others: nothing that a request could leave behind.
    let configuration = URLSessionConfiguration.ephemeral
    configuration.httpCookieStorage = nil
    configuration.httpShouldSetCookies = false
    configuration.urlCache = nil
    configuration.urlCredentialStorage = nil
    configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
    delegate = ExchangeDelegate()
    session = URLSession(configuration: configuration, delegate: delegate, delegateQueue: nil)
  }

  // A session lives, and its connections with it, until it is told that it is over.
  deinit { session.invalidateAndCancel() }

  func exchange(_ message: URLRequest, _ timeout: Duration) -> Exchange {
    let task = session.dataTask(with: message)
    let exchange = Exchange(task, timeout: timeout)
    delegate.exchanges.withLock { $0[task.taskIdentifier] = exchange }
    return exchange
  }

  func forget(_ exchange: Exchange) {
    delegate.exchanges.withLock { $0[exchange.task.taskIdentifier] = nil }
  }
}

/// One request and what comes back.
final class Exchange: Sendable {
  private struct State {
    var continuation: CheckedContinuation<Result<ForwardResponse, ForwardFailure>, Never>?
    var outcome: Result<ForwardResponse, ForwardFailure>?
    var response: ForwardResponse?
    var timer: Task<Void, Never>?
  }

  let task: URLSessionDataTask
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
      return state.response?.body.count ?? 0 > ForwardResponse.maximumBody
    }
    if isTooLarge { end(.failure(.tooLarge)) }
  }

  func timedOut() {
    end(.failure(.noAnswer(within: timeout)))
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
private final class ExchangeDelegate: NSObject, URLSessionDataDelegate, Sendable {
  /// By the identifier of their task.
  let exchanges = Mutex<[Int: Exchange]>([:])

  private func exchange(_ task: URLSessionTask) -> Exchange? {
    exchanges.withLock { $0[task.taskIdentifier] }
  }

  /// A redirection is no success: whoever configured the URL should know.
  func urlSession(
    _ session: URLSession, task: URLSessionTask,
    willPerformHTTPRedirection response: HTTPURLResponse, newRequest request: URLRequest,
    completionHandler: @escaping @Sendable (URLRequest?) -> Void
  ) {
    exchange(task)?.received(response)
    completionHandler(nil)
  }

  /// Credentials are headers. The Foundation of Linux never ends a request whose challenge nobody meets, so the answer that holds it ends it here; of a challenge by TLS the system decides.
  func urlSession(
    _ session: URLSession, task: URLSessionTask, didReceive challenge: URLAuthenticationChallenge,
    completionHandler:
      @escaping @Sendable (URLSession.AuthChallengeDisposition, URLCredential?) -> Void
  ) {
    if let response = challenge.failureResponse as? HTTPURLResponse {
      exchange(task)?.received(response)
      exchange(task)?.completed(nil)
      completionHandler(.cancelAuthenticationChallenge, nil)
    } else {
      completionHandler(.performDefaultHandling, nil)
    }
  }

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
  ) {
    if let response = response as? HTTPURLResponse { exchange(dataTask)?.received(response) }
    completionHandler(.allow)
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    exchange(dataTask)?.received(data)
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?
  ) {
    exchange(task)?.completed(error)
  }
}
