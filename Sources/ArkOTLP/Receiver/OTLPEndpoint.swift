import ArkBroker
import ArkHTTP
import Synchronization

/// The routes of OTLP/HTTP, knowing neither the server they are mounted on nor, until there is one, the
/// broker they publish to.
final class OTLPEndpoint: Sendable {
  /// Takes a batch and calls back once it is stored or refused.
  typealias Publish =
    @Sendable (
      EventBatch, any WorkThread, @escaping @Sendable (Result<Receipt, PublishError>) -> Void
    ) -> Void

  private let decoders: DecoderPool
  private let publish = Mutex<Publish?>(nil)
  private let brokerID = Mutex<String?>(nil)

  init(limits: OTLPLimits, mapping: OTLPMapping = .standard) {
    decoders = DecoderPool(limits: limits, AttributeIndex(mapping))
  }

  /// Opens the way into a broker; nil closes it, and requests are answered with 503.
  func setPublish(_ publish: Publish?) {
    self.publish.withLock { $0 = publish }
  }

  /// Requests that this broker has sent itself are answered with 508.
  func setBrokerID(_ id: String?) { brokerID.withLock { $0 = id } }

  var routes: [HTTPRoute] {
    var options = HTTPRoute.Options()
    options.formatError = { error, request in OTLPEndpoint.response(to: error, of: request) }
    return OTLPSignal.allCases.map { signal in
      .inline(.post, signal.path, options: options) { request, responder in
        self.receive(signal, request, responder)
      }
    }
  }

  private func receive(_ signal: OTLPSignal, _ request: HTTPRequest, _ responder: HTTPResponder) {
    guard let encoding = OTLPEncoding(request) else {
      responder.complete(
        HTTPError(
          .unsupportedMediaType, .unsupportedMediaType,
          "the Content-Type must be application/x-protobuf or application/json"))
      return
    }
    if let sender = request.headers[ForwardingMark.header], sender == brokerID.withLock({ $0 }) {
      responder.complete(
        HTTPError(
          .loopDetected, HTTPError.Code("loop_detected"),
          "the request was sent by this broker itself"))
      return
    }
    guard let publish = publish.withLock({ $0 }) else {
      responder.complete(
        OTLPEndpoint.refusal(PublishError(.stopped, "the broker is not running"), encoding))
      return
    }
    let outcome: ExportDecoder.Outcome
    do throws(OTLPError) {
      outcome = try decoders.decode(request.body.bytes, signal, encoding)
    } catch {
      responder.complete(OTLPEndpoint.refusal(error, encoding))
      return
    }
    let answer = ExportResponse(
      signal: signal, rejected: outcome.rejected, message: outcome.message)
    guard !outcome.events.isEmpty else {
      responder.complete(OTLPEndpoint.response(.ok, answer.encoded(as: encoding), encoding))
      return
    }
    publish(outcome.events, request.loop) { result in
      switch result {
      case .success:
        responder.complete(OTLPEndpoint.response(.ok, answer.encoded(as: encoding), encoding))
      case .failure(let error):
        responder.complete(OTLPEndpoint.refusal(error, encoding))
      }
    }
  }

  // MARK: Responses

  private static func response(
    _ status: HTTPStatus, _ body: [UInt8], _ encoding: OTLPEncoding,
    _ headers: HTTPHeaders = HTTPHeaders()
  ) -> HTTPResponse {
    var headers = headers
    headers["Content-Type"] = encoding.contentType
    return HTTPResponse(status: status, headers: headers, body: .bytes(body))
  }

  /// The request is bad: trying it again cannot help, and the status says so.
  private static func refusal(_ error: OTLPError, _ encoding: OTLPEncoding) -> HTTPResponse {
    let status: HTTPStatus = error.code == .tooLarge ? .contentTooLarge : .badRequest
    var body = OTLPStatus(
      code: .init(httpStatus: status.code), message: "\(error)")
    if error.code == .malformed {
      body.details = [.badRequest([.init(field: error.field, description: error.reason)])]
    }
    return response(status, body.encoded(as: encoding), encoding)
  }

  /// The broker cannot take the events. 503 makes an exporter try again; anything else loses data.
  private static func refusal(_ error: PublishError, _ encoding: OTLPEncoding) -> HTTPResponse {
    guard error.isRetryable else {
      let body = OTLPStatus(code: .resourceExhausted, message: error.message)
      return response(.contentTooLarge, body.encoded(as: encoding), encoding)
    }
    // Short: the Python SDK drops a batch when this is more than what is left of its ten seconds.
    let seconds = error.code == .overloaded ? 1 : 3
    let body = OTLPStatus(
      code: .unavailable, message: error.message, details: [.retry(afterSeconds: seconds)])
    return response(
      .serviceUnavailable, body.encoded(as: encoding), encoding,
      ["Retry-After": String(seconds)])
  }

  /// Errors of the HTTP server (405, 413, 415, damaged gzip) in the form that OTLP asks for.
  private static func response(to error: HTTPError, of request: HTTPRequest) -> HTTPResponse {
    let encoding = OTLPEncoding(request) ?? .json
    let body = OTLPStatus(
      code: .init(httpStatus: Int(error.status.code)), message: error.message)
    return response(error.status, body.encoded(as: encoding), encoding, error.headers)
  }
}
