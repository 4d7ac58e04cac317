import ArkHTTP

extension OTLPEncoding {
  /// The encoding that the Content-Type names; nil for another type or none.
  init?(_ request: HTTPRequest) {
    if request.headers.mediaTypeIs("application/json") {
      self = .json
    } else if request.headers.mediaTypeIs("application/x-protobuf")
      || request.headers.mediaTypeIs("application/protobuf")
    {
      self = .protobuf
    } else {
      return nil
    }
  }

  var contentType: String {
    switch self {
    case .json: "application/json"
    case .protobuf: "application/x-protobuf"
    }
  }
}
