public import ArkBroker
import Synchronization

/// A source of events that takes CloudEvents 1.0 over HTTP: `POST /feed`, the other half of `ServerSentEvents`.
///
/// Modes (CloudEvents HTTP protocol binding): structured (`application/cloudevents+json`), batched (`application/cloudevents-batch+json`), binary (`ce-` headers), and one JSON
/// object a line (`application/x-ndjson`). `application/json` without `ce-` headers is taken as structured or batched.
///
/// Answers: 200 with `{"first":1,"last":2,"duplicates":0}` when the events are as durable as the store promises; 400 that names the event's index and attribute, 413, 415;
/// 503 with `Retry-After` when there is no room now. Whenever it is not 200, nothing of the request was stored.
public struct CloudEventsReceiver: EventSource {
  private let server: HTTPServer
  private let endpoint = CloudEventsEndpoint()

  /// Mounts the receiver on a server, which must not be serving yet. Requests are answered with 503 until the broker runs.
  /// - Parameters:
  ///   - server: several components may share it; it serves as long as one of them runs.
  ///   - path: where to mount. Default `/feed`.
  public init(on server: HTTPServer, at path: String = "/feed") {
    self.server = server
    server.expectPart()
    server.mount(
      .inline(.post, path) { [endpoint] request, responder in endpoint.receive(request, responder) }
    )
  }

  /// Serves until the task is cancelled.
  public func run(into inlet: Inlet) async throws {
    endpoint.begin(inlet)
    defer { endpoint.end() }
    try await server.serve()
  }
}

/// Answers the requests, knowing nothing of the server.
package final class CloudEventsEndpoint: Sendable {
  private let inlet = Mutex<Inlet?>(nil)

  package init() {}

  package func begin(_ inlet: Inlet) { self.inlet.withLock { $0 = inlet } }

  func end() { inlet.withLock { $0 = nil } }

  package func receive(_ request: HTTPRequest, _ responder: HTTPResponder) {
    guard let inlet = inlet.withLock({ $0 }) else {
      return responder.complete(HTTPError.brokerNotRunning)
    }
    let batch: EventBatch
    do throws(CloudEvents.Failure) {
      guard let read = try CloudEventsEndpoint.batch(of: request) else {
        return responder.complete(
          HTTPError(
            .unsupportedMediaType, .unsupportedMediaType,
            "Send application/cloudevents+json, application/cloudevents-batch+json, application/x-ndjson, or ce- headers with any body."
          ))
      }
      batch = read
    } catch {
      return responder.complete(
        CloudEventsEndpoint.response(to: error, requestID: request.id))
    }
    guard !batch.isEmpty else {
      return responder.complete(CloudEventsEndpoint.response(to: Receipt()))
    }
    inlet.publish(batch, on: request.loop) { result in
      switch result {
      case .success(let receipt):
        responder.complete(CloudEventsEndpoint.response(to: receipt))
      case .failure(let error):
        responder.complete(CloudEventsEndpoint.refusal(error))
      }
    }
  }

  /// The events of a request; nil when its media type is none of ours.
  private static func batch(of request: HTTPRequest) throws(CloudEvents.Failure) -> EventBatch? {
    let body = request.body.bytes
    let now = Timestamp.now()
    // The binding (section 3) tells the modes apart by the media type; batched comes first, because its name begins like the other.
    if request.headers.mediaTypeIs("application/cloudevents+json") {
      return try CloudEvents.structured(body, now: now)
    }
    if request.headers.mediaTypeIs("application/cloudevents-batch+json") {
      return try CloudEvents.batch(body, now: now)
    }
    if request.headers.mediaTypeIs("application/x-ndjson") {
      return try CloudEvents.lines(body, now: now)
    }
    if hasAttributes(request) { return try binary(request, body, now) }
    if request.headers.mediaTypeIs("application/json") {
      let first = body.first { $0 > 0x20 }
      return first == UInt8(ascii: "[")
        ? try CloudEvents.batch(body, now: now) : try CloudEvents.structured(body, now: now)
    }
    return nil
  }

  private static func hasAttributes(_ request: HTTPRequest) -> Bool {
    request.head.withBytes { bytes in
      (0..<request.head.fieldCount).contains { attributeName(request.head.field($0), bytes) != nil }
    }
  }

  /// What follows `ce-` in a header's name; nil when it is another header.
  private static func attributeName(_ place: FieldPlace, _ bytes: UnsafeRawBufferPointer)
    -> UnsafeRawBufferPointer?
  {
    guard place.name.count > 3 else { return nil }
    let name = bytes.part(Int(place.name.start), Int(place.name.count))
    guard name.part(0, 3).equalsIgnoringCase("ce-") else { return nil }
    return name.part(3, name.count - 3)
  }

  private static func binary(_ request: HTTPRequest, _ body: [UInt8], _ now: Timestamp)
    throws(CloudEvents.Failure) -> EventBatch
  {
    var builder = EventBatchBuilder(bytes: body.count * 4 / 3 + 1024)
    let result: Result<Void, EventError> = request.head.withBytes { bytes in
      var event = BinaryEvent()
      // Names are compared in lower case; the copies live as long as the call.
      var names: [[UInt8]] = []
      var values: [UnsafeRawBufferPointer] = []
      var contentType = EventDraft.absent
      for index in 0..<request.head.fieldCount {
        let place = request.head.field(index)
        let value = bytes.part(Int(place.value.start), Int(place.value.count))
        if let name = attributeName(place, bytes) {
          names.append(name.map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 })
          values.append(value)
        } else if bytes.part(Int(place.name.start), Int(place.name.count))
          .equalsIgnoringCase("content-type")
        {
          contentType = value
        }
      }
      let all = names.flatMap { $0 }
      return all.withUnsafeBytes { all in
        var offset = 0
        for (name, value) in zip(names, values) {
          event.set(UnsafeRawBufferPointer(rebasing: all[offset..<offset + name.count]), to: value)
          offset += name.count
        }
        return body.withUnsafeBytes { body in
          do throws(EventError) {
            try event.append(contentType: contentType, body: body, now: now, to: &builder)
            return .success(())
          } catch {
            return .failure(error)
          }
        }
      }
    }
    if case .failure(let error) = result { throw CloudEvents.Failure(index: 0, error: error) }
    return builder.finish()
  }

  // MARK: Answers

  private static func response(to receipt: Receipt) -> HTTPResponse {
    var text = ByteWriter(capacity: 96)
    text.append("{\"first\":")
    append(receipt.first, to: &text)
    text.append(",\"last\":")
    append(receipt.last, to: &text)
    text.append(",\"duplicates\":")
    text.append(decimal: receipt.duplicates)
    text.append("}")
    return .json(text.array())
  }

  private static func append(_ position: Position?, to text: inout ByteWriter) {
    if let position { text.append(decimal: position.rawValue) } else { text.append("null") }
  }

  /// The usual error body with the place of the bad event.
  private static func response(to failure: CloudEvents.Failure, requestID: String) -> HTTPResponse {
    let error =
      failure.error.code == .tooLarge
      ? HTTPError(.contentTooLarge, .payloadTooLarge, "\(failure)")
      : HTTPError(.badRequest, HTTPError.Code("invalid_event"), "\(failure)")
    return error.response(requestID: requestID) { body in
      body.append(",\"index\":")
      body.append(decimal: failure.index)
      if let attribute = failure.error.attribute {
        body.append(",\"attribute\":")
        body.appendJSON(attribute)
      }
    }
  }

  private static func refusal(_ error: PublishError) -> HTTPError {
    guard error.isRetryable else {
      return HTTPError(.contentTooLarge, .payloadTooLarge, error.message)
    }
    return HTTPError(
      .serviceUnavailable, error.code == .overloaded ? .overloaded : .unavailable, error.message,
      headers: ["Retry-After": "1"])
  }
}
