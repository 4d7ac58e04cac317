/// Which web pages of other origins may read the responses (the Fetch standard's CORS protocol).
public struct HTTPCORS: Sendable {
  enum Policy: Sendable {
    case none
    case anyOrigin
    case origins([String])
  }

  let policy: Policy

  /// No page of another origin. The default.
  public static let none = HTTPCORS(policy: .none)
  /// Pages of any origin.
  public static let anyOrigin = HTTPCORS(policy: .anyOrigin)
  /// Pages of these origins, such as `https://example.com`, compared exactly.
  public static func origins(_ origins: [String]) -> HTTPCORS {
    HTTPCORS(policy: .origins(origins))
  }

  static let methods = "GET,HEAD,PUT,PATCH,POST,DELETE"

  /// Appends the fields of a normal response to a request with this head.
  @inline(__always)
  func append(to batch: OutputBatch, for head: HTTPRequestHead?) {
    switch policy {
    case .none: return
    case .anyOrigin:
      batch.append("Access-Control-Allow-Origin: *\r\n")
      batch.append("Access-Control-Expose-Headers: X-Request-ID\r\n")
    case .origins:
      batch.append("Vary: Origin\r\n")
      if let head, let origin = allowedOrigin(head) {
        batch.append("Access-Control-Allow-Origin: ")
        batch.append(header: origin)
        batch.append("\r\nAccess-Control-Expose-Headers: X-Request-ID\r\n")
      }
    }
  }

  /// The answer to a preflight, or nil when the request is none or its origin is not allowed.
  func preflight(_ head: HTTPRequestHead) -> HTTPResponse? {
    let fields = HTTPRequestHeaders(head: head)
    guard fields["Origin"] != nil, fields["Access-Control-Request-Method"] != nil else {
      return nil
    }
    switch policy {
    case .none: return nil
    case .anyOrigin: break
    case .origins: guard allowedOrigin(head) != nil else { return nil }
    }
    // The origin itself is added as on every response.
    var headers: HTTPHeaders = [
      "Access-Control-Allow-Methods": Self.methods,
      "Vary": "Access-Control-Request-Headers",
    ]
    if let wanted = fields["Access-Control-Request-Headers"] {
      headers.append("Access-Control-Allow-Headers", wanted)
    }
    return HTTPResponse(status: .noContent, headers: headers)
  }

  private func allowedOrigin(_ head: HTTPRequestHead) -> String? {
    guard case .origins(let origins) = policy,
      let origin = HTTPRequestHeaders(head: head)["Origin"]
    else { return nil }
    return origins.first { $0 == origin }
  }
}
