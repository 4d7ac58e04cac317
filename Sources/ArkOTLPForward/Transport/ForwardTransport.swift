package import Foundation

/// Sends one request at a time over HTTP.
package protocol ForwardTransport: Sendable {
  /// Answers with what came back, or why nothing did. Comes to an end soon after the task is cancelled, whatever the receiver does.
  func send(_ request: ForwardRequest) async -> Result<ForwardResponse, ForwardFailure>
}

/// A POST.
package struct ForwardRequest: Sendable {
  package let url: URL
  package let headers: [(name: String, value: String)]
  package let body: [UInt8]

  package init(url: URL, headers: [(name: String, value: String)], body: [UInt8]) {
    self.url = url
    self.headers = headers
    self.body = body
  }
}

/// What came back.
package struct ForwardResponse: Sendable {
  /// The bytes that a body may have: an answer says little; more than this is not one (OTLP specification, "OTLP/HTTP Response").
  static let maximumBody = 4 << 20

  package var status: Int
  package var contentType: String?
  package var retryAfter: String?
  package var body: [UInt8]

  package init(
    status: Int, contentType: String? = nil, retryAfter: String? = nil, body: [UInt8] = []
  ) {
    self.status = status
    self.contentType = contentType
    self.retryAfter = retryAfter
    self.body = body
  }
}

/// Why nothing came back, in words without URLs or headers.
package struct ForwardFailure: Error, Equatable, Sendable {
  package enum Code: Sendable {
    /// No connection, or it was lost.
    case connection
    /// Not within the time that a request may take.
    case timeout
    /// The answer is larger than anybody would send.
    case tooLarge
    case cancelled
  }

  package let code: Code
  package let message: String

  package static let cancelled = ForwardFailure(.cancelled, "cancelled")
  package static let tooLarge = ForwardFailure(.tooLarge, "the answer is larger than 4 MiB")

  package static func noAnswer(within timeout: Duration) -> ForwardFailure {
    ForwardFailure(.timeout, "no answer within \(timeout.seconds) s")
  }

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}

extension Duration {
  var seconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + Double(attoseconds) / 1e18
  }
}
