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

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}
