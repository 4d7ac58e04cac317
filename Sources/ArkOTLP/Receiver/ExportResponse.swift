import ArkBroker

/// ExportTraceServiceResponse and its like for the other signals, which differ in one name.
struct ExportResponse: Sendable {
  var signal: OTLPSignal
  /// How many records were refused although the rest of the request was taken.
  var rejected = 0
  /// Why, or a warning when none was refused.
  var message = ""

  /// `partialSuccess` is unset when everything went well.
  private var isPartial: Bool { rejected > 0 || !message.isEmpty }

  func encoded(as encoding: OTLPEncoding) -> [UInt8] {
    switch encoding {
    case .json: json
    case .protobuf: protobuf
    }
  }

  private var json: [UInt8] {
    guard isPartial else { return Array("{}".utf8) }
    var writer = ByteWriter(capacity: 256)
    writer.append("{\"partialSuccess\":{")
    if rejected > 0 {
      writer.append("\"")
      writer.append(signal.rejectedName)
      writer.append("\":\"")
      writer.append(decimal: rejected)
      writer.append("\"")
      if !message.isEmpty { writer.append(",") }
    }
    if !message.isEmpty {
      writer.append("\"errorMessage\":")
      writer.appendJSON(message)
    }
    writer.append("}}")
    return writer.array()
  }

  /// 1 partial_success {1 rejected count, 2 error_message}, the same numbers for all signals.
  private var protobuf: [UInt8] {
    guard isPartial else { return [] }
    var partial = ByteWriter()
    partial.appendProtobuf(field: 1, Int64(rejected))
    partial.appendProtobuf(field: 2, message)
    var writer = ByteWriter()
    writer.appendProtobuf(field: 1, partial)
    return writer.array()
  }
}

extension OTLPSignal {
  /// What the count of refused records is called in JSON.
  fileprivate var rejectedName: StaticString {
    switch self {
    case .traces: "rejectedSpans"
    case .logs: "rejectedLogRecords"
    case .metrics: "rejectedDataPoints"
    }
  }
}
