import ArkBroker

/// google.rpc.Status, which the body of every OTLP/HTTP error is (OTLP specification, "OTLP/HTTP
/// Response").
struct OTLPStatus: Sendable {
  /// google.rpc.Code, as far as we have a use for it.
  enum Code: Int64, Sendable {
    case unknown = 2
    case invalidArgument = 3
    case deadlineExceeded = 4
    case notFound = 5
    case permissionDenied = 7
    case resourceExhausted = 8
    case unimplemented = 12
    case `internal` = 13
    case unavailable = 14
    case unauthenticated = 16

    /// The code that goes with a status of HTTP.
    init(httpStatus: Int) {
      switch httpStatus {
      case 401: self = .unauthenticated
      case 403: self = .permissionDenied
      case 404: self = .notFound
      case 405, 501: self = .unimplemented
      case 408, 504: self = .deadlineExceeded
      case 413, 429: self = .resourceExhausted
      case 502, 503: self = .unavailable
      case 500: self = .internal
      case 400..<500: self = .invalidArgument
      default: self = .unknown
      }
    }
  }

  /// The field that is wrong and why (google.rpc.BadRequest.FieldViolation).
  struct Violation: Sendable {
    let field: String
    let description: String
  }

  /// What can stand in `details`.
  enum Detail: Sendable {
    /// google.rpc.BadRequest.
    case badRequest([Violation])
    /// google.rpc.RetryInfo.
    case retry(afterSeconds: Int)

    fileprivate var type: StaticString {
      switch self {
      case .badRequest: "type.googleapis.com/google.rpc.BadRequest"
      case .retry: "type.googleapis.com/google.rpc.RetryInfo"
      }
    }
  }

  /// May be left out; clients go by the status of HTTP.
  var code: Code?
  var message: String
  var details: [Detail] = []

  func encoded(as encoding: OTLPEncoding) -> [UInt8] {
    switch encoding {
    case .json: json
    case .protobuf: protobuf
    }
  }

  private var json: [UInt8] {
    var writer = ByteWriter(capacity: 256)
    writer.append("{")
    if let code {
      writer.append("\"code\":")
      writer.append(decimal: code.rawValue)
      writer.append(",")
    }
    writer.append("\"message\":")
    writer.appendJSON(message)
    for (index, detail) in details.enumerated() {
      if index == 0 { writer.append(",\"details\":[") } else { writer.append(",") }
      writer.append("{\"@type\":\"")
      writer.append(detail.type)
      writer.append("\"")
      detail.appendJSON(to: &writer)
      writer.append("}")
    }
    if !details.isEmpty { writer.append("]") }
    writer.append("}")
    return writer.array()
  }

  /// Status: 1 code, 2 message, 3 details. Any: 1 type_url, 2 value.
  private var protobuf: [UInt8] {
    var writer = ByteWriter(capacity: 256)
    writer.appendProtobuf(field: 1, code?.rawValue ?? 0)
    writer.appendProtobuf(field: 2, message)
    for detail in details {
      var any = ByteWriter()
      any.appendProtobuf(field: 1, "\(detail.type)")
      var value = ByteWriter()
      detail.appendProtobuf(to: &value)
      any.appendProtobuf(field: 2, value)
      writer.appendProtobuf(field: 3, any)
    }
    return writer.array()
  }
}

extension OTLPStatus.Detail {
  fileprivate func appendJSON(to writer: inout ByteWriter) {
    switch self {
    case .badRequest(let violations):
      writer.append(",\"fieldViolations\":[")
      for (index, violation) in violations.enumerated() {
        if index > 0 { writer.append(",") }
        writer.append("{\"field\":")
        writer.appendJSON(violation.field)
        writer.append(",\"description\":")
        writer.appendJSON(violation.description)
        writer.append("}")
      }
      writer.append("]")
    case .retry(let seconds):
      writer.append(",\"retryDelay\":\"")
      writer.append(decimal: seconds)
      writer.append("s\"")
    }
  }

  /// BadRequest: 1 field_violations {1 field, 2 description}. RetryInfo: 1 retry_delay {1 seconds}.
  fileprivate func appendProtobuf(to writer: inout ByteWriter) {
    switch self {
    case .badRequest(let violations):
      for violation in violations {
        var message = ByteWriter()
        message.appendProtobuf(field: 1, violation.field)
        message.appendProtobuf(field: 2, violation.description)
        writer.appendProtobuf(field: 1, message)
      }
    case .retry(let seconds):
      var duration = ByteWriter()
      duration.appendProtobuf(field: 1, Int64(seconds))
      writer.appendProtobuf(field: 1, duration)
    }
  }
}
