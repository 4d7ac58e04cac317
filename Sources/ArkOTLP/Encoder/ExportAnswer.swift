import ArkBroker

/// What a receiver said about a request: how many records it rejected, or why it refused the request, in its own words.
///
/// Lenient: an answer that cannot be read says nothing, because the status of HTTP has said what counts.
package struct ExportAnswer: Equatable, Sendable {
  package private(set) var rejected = 0
  package private(set) var message = ""

  /// - Parameters:
  ///   - isSuccess: an `ExportTraceServiceResponse` or its like; otherwise a `google.rpc.Status`.
  package init(_ body: [UInt8], _ encoding: OTLPEncoding, isSuccess: Bool) {
    body.withUnsafeBytes { bytes in
      switch encoding {
      case .json: try? readJSON(bytes, isSuccess)
      case .protobuf: try? readProtobuf(bytes, isSuccess)
      }
    }
    rejected = max(0, rejected)
  }

  private mutating func readJSON(
    _ bytes: UnsafeRawBufferPointer, _ isSuccess: Bool
  ) throws(JSONError) {
    var json = JSONReader(bytes)
    try json.beginObject()
    while let key = try json.nextKey() {
      if isSuccess, key.isNamed("partialSuccess", "partial_success") {
        if try json.readNull() { continue }
        try readPartialSuccess(&json)
      } else if !isSuccess, key == "message" {
        message = try json.readString().string
      } else {
        try json.skipValue()
      }
    }
  }

  private mutating func readPartialSuccess(_ json: inout JSONReader) throws(JSONError) {
    try json.beginObject()
    while let key = try json.nextKey() {
      if key.isNamed("errorMessage", "error_message") {
        message = try json.readString().string
      } else if key.isNamed("rejectedSpans", "rejected_spans")
        || key.isNamed("rejectedLogRecords", "rejected_log_records")
        || key.isNamed("rejectedDataPoints", "rejected_data_points")
      {
        rejected = Int(try json.readInt64())
      } else {
        try json.skipValue()
      }
    }
  }

  /// 1 partial_success {1 rejected, 2 error_message}; of a Status, 2 is the message.
  private mutating func readProtobuf(
    _ bytes: UnsafeRawBufferPointer, _ isSuccess: Bool
  ) throws(ProtobufError) {
    var reader = ProtobufReader(bytes)
    while !reader.isAtEnd {
      switch (try reader.readTag(), isSuccess) {
      case ((1, .delimited), true): try readPartialSuccess(try reader.readDelimited())
      case ((2, .delimited), false):
        message = String(decoding: try reader.readDelimited(), as: UTF8.self)
      case ((let number, let type), _): try reader.skip(number, type)
      }
    }
  }

  private mutating func readPartialSuccess(
    _ bytes: UnsafeRawBufferPointer
  ) throws(ProtobufError) {
    var reader = ProtobufReader(bytes)
    while !reader.isAtEnd {
      switch try reader.readTag() {
      case (1, .varint): rejected = Int(Int64(bitPattern: try reader.readVarint()))
      case (2, .delimited):
        message = String(decoding: try reader.readDelimited(), as: UTF8.self)
      case (let number, let type): try reader.skip(number, type)
      }
    }
  }
}
