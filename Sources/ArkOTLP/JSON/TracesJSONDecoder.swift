package import ArkBroker

/// Decodes OTLP/JSON trace requests (collector.trace.v1.ExportTraceServiceRequest) into events, one a
/// span.
///
/// The request is read once. Each span is written in canonical form as it is read; because resource,
/// scope and schema URLs may come after the spans they belong to, the events are put together at the
/// end, when everything is known and the batch can be allocated at its size.
///
/// Keeps its buffers from one request to the next. Not for use by two threads at once.
package struct TracesJSONDecoder: ~Copyable {
  /// What came out of a request.
  package struct Outcome: Sendable {
    /// One event for each span that was accepted.
    package let events: EventBatch
    /// How many spans were refused because they have no valid id of their own.
    package let rejectedSpans: Int
    /// Where the first of those is and what is wrong with it; empty when there is none.
    package let message: String
  }

  /// How much memory a decoder may hold on to between requests.
  private static let keptBytes = 4 << 20

  private struct ResourceEnvelope {
    var source = HeldText.none
    /// Its ids in `hits`.
    var hits = 0..<0
    /// `,"resource":{…}` in the encoder's output.
    var fragment = 0..<0
  }

  private struct ScopeEnvelope {
    var resource: Int
    /// `,"scope":{…}` in the encoder's output.
    var fragment = 0..<0
  }

  private struct PendingSpan {
    let scope: Int
    /// The span without its closing brace in the encoder's output.
    let body: Range<Int>
    let hits: Range<Int>
    let kind: StaticString
    let time: UInt64
    /// Zero for a root span.
    let parent: UInt64
    let flags: UInt8
  }

  private struct Rejection {
    let offset: Int
    let reason: StaticString
  }

  private let limits: OTLPLimits
  private var encoder = CanonicalEncoder()
  private var resources: [ResourceEnvelope] = []
  private var scopes: [ScopeEnvelope] = []
  private var spans: [PendingSpan] = []
  private var hits: [CorrelationHit] = []
  private var rejectedSpans = 0
  private var firstRejection: Rejection?
  private var payload = ByteWriter()
  private var source = ByteWriter()

  package init(limits: OTLPLimits = OTLPLimits()) {
    self.limits = limits
  }

  /// Decodes one request.
  /// - Parameters:
  ///   - request: the body of the request, decompressed.
  ///   - receivedAt: the time of spans that carry none.
  /// - Throws: `OTLPError` when the request must be refused as a whole.
  package mutating func decode(
    _ request: UnsafeRawBufferPointer, receivedAt: Timestamp
  ) throws(OTLPError) -> Outcome {
    reset()
    encoder.reader = JSONReader(request, depth: limits.depth)
    do throws(JSONError) {
      encoder.reader.skipByteOrderMark()
      try readRequest()
      try encoder.reader.finish()
    } catch {
      throw OTLPError(error, in: request)
    }
    let events = try buildEvents(receivedAt: receivedAt)
    return Outcome(
      events: events, rejectedSpans: rejectedSpans, message: rejectionMessage(in: request))
  }

  private mutating func reset() {
    encoder.reset(keepingAtMost: TracesJSONDecoder.keptBytes)
    payload.removeAll(keepingAtMost: TracesJSONDecoder.keptBytes)
    resources.removeAll(keepingCapacity: true)
    scopes.removeAll(keepingCapacity: true)
    spans.removeAll(keepingCapacity: spans.capacity < 1 << 16)
    hits.removeAll(keepingCapacity: hits.capacity < 1 << 16)
    rejectedSpans = 0
    firstRejection = nil
  }

  private func rejectionMessage(in request: UnsafeRawBufferPointer) -> String {
    guard let firstRejection else { return "" }
    let field = JSONLocation.path(in: request, at: firstRejection.offset)
    let first = "\(field): \(firstRejection.reason)"
    return rejectedSpans == 1
      ? "1 span rejected: \(first)" : "\(rejectedSpans) spans rejected, the first: \(first)"
  }

  // MARK: Envelopes

  private mutating func readRequest() throws(JSONError) {
    try encoder.reader.beginObject()
    var isSeen = false
    while let key = try encoder.reader.nextKey() {
      guard key.isNamed("resourceSpans", "resource_spans") else {
        try encoder.reader.skipValue()
        continue
      }
      guard !isSeen else { throw try encoder.repeated() }
      isSeen = true
      if try encoder.reader.readNull() { continue }
      try encoder.reader.beginArray()
      while try encoder.reader.nextElement() { try readResourceSpans() }
    }
  }

  /// trace.v1.ResourceSpans.
  private mutating func readResourceSpans() throws(JSONError) {
    let number = resources.count
    resources.append(ResourceEnvelope())
    var message = try encoder.begin()
    var body = 0..<0
    var schemaURL: JSONString?
    while let key = try encoder.reader.nextKey() {
      if key == "resource" {
        guard try encoder.has(1, &message) else { continue }
        encoder.hints.reset()
        let start = encoder.out.count
        try encoder.resource()
        body = start..<encoder.out.count
        noteResource(number)
      } else if key.isNamed("scopeSpans", "scope_spans") {
        guard try encoder.has(2, &message) else { continue }
        try encoder.reader.beginArray()
        while try encoder.reader.nextElement() { try readScopeSpans(resource: number) }
      } else if key.isNamed("schemaUrl", "schema_url") {
        guard try encoder.has(3, &message) else { continue }
        schemaURL = try encoder.reader.readString()
      } else {
        try encoder.reader.skipValue()
      }
    }
    resources[number].fragment = fragment(",\"resource\":", body, schemaURL)
  }

  private mutating func noteResource(_ number: Int) {
    let first = hits.count
    encoder.hints.appendHits(to: &hits)
    resources[number].hits = first..<hits.count
    resources[number].source = encoder.hints.serviceName
  }

  /// trace.v1.ScopeSpans.
  private mutating func readScopeSpans(resource: Int) throws(JSONError) {
    let number = scopes.count
    scopes.append(ScopeEnvelope(resource: resource))
    var message = try encoder.begin()
    var body = 0..<0
    var schemaURL: JSONString?
    while let key = try encoder.reader.nextKey() {
      if key == "scope" {
        guard try encoder.has(1, &message) else { continue }
        let start = encoder.out.count
        try encoder.scope()
        body = start..<encoder.out.count
      } else if key == "spans" {
        guard try encoder.has(2, &message) else { continue }
        try encoder.reader.beginArray()
        while try encoder.reader.nextElement() { try readSpan(scope: number) }
      } else if key.isNamed("schemaUrl", "schema_url") {
        guard try encoder.has(3, &message) else { continue }
        schemaURL = try encoder.reader.readString()
      } else {
        try encoder.reader.skipValue()
      }
    }
    scopes[number].fragment = fragment(",\"scope\":", body, schemaURL)
  }

  /// A member for the end of each span's payload: the message that was written at `body` without its
  /// closing brace, the schema URL of its envelope inside. Empty when there is nothing to say.
  private mutating func fragment(
    _ name: StaticString, _ body: Range<Int>, _ schemaURL: JSONString?
  ) -> Range<Int> {
    let hasSchemaURL = schemaURL.map { !$0.isEmpty } ?? false
    guard body.count > 1 || hasSchemaURL else { return 0..<0 }
    let start = encoder.out.count
    encoder.out.append(name)
    if body.count > 1 {
      let room = encoder.out.reserve(body.count)
      if let source = encoder.out.bytes.baseAddress {
        room.copyMemory(from: source + body.lowerBound, byteCount: body.count)
      }
      encoder.out.commit(body.count)
    } else {
      encoder.out.append(UInt8(ascii: "{"))
    }
    if hasSchemaURL, let schemaURL {
      if body.count > 1 { encoder.out.append(UInt8(ascii: ",")) }
      encoder.out.append("\"schemaUrl\":")
      encoder.out.appendJSON(schemaURL)
    }
    encoder.out.append(UInt8(ascii: "}"))
    return start..<encoder.out.count
  }

  // MARK: Spans

  private mutating func readSpan(scope: Int) throws(JSONError) {
    _ = try encoder.reader.peek()
    let offset = encoder.reader.offset
    let start = encoder.out.count
    encoder.hints.reset()
    let span = try encoder.span()
    var parent: UInt64 = 0
    switch span.parentID {
    case .missing: break
    case .valid(let last): parent = last
    case .invalid(let offset):
      reject(at: offset, "must be 16 hexadecimal digits, not all of them 0", from: start)
      return
    }
    guard case .valid = span.traceID, case .valid = span.spanID else {
      reject(span, at: offset, from: start)
      return
    }
    let first = hits.count
    encoder.hints.appendHits(to: &hits)
    spans.append(
      PendingSpan(
        scope: scope, body: start..<encoder.out.count, hits: first..<hits.count,
        kind: encoder.hints.kind(ofSpanNamed: span.name, side: encoder.side),
        time: span.startTime != 0 ? span.startTime : span.endTime, parent: parent,
        flags: UInt8(truncatingIfNeeded: span.flags)))
  }

  private mutating func reject(_ span: EncodedSpan, at offset: Int, from start: Int) {
    switch (span.traceID, span.spanID) {
    case (.missing, _):
      reject(at: offset, "traceId is missing", from: start)
    case (.invalid(let offset), _):
      reject(at: offset, "must be 32 hexadecimal digits, not all of them 0", from: start)
    case (_, .missing):
      reject(at: offset, "spanId is missing", from: start)
    case (_, .invalid(let offset)):
      reject(at: offset, "must be 16 hexadecimal digits, not all of them 0", from: start)
    default:
      break
    }
  }

  private mutating func reject(at offset: Int, _ reason: StaticString, from start: Int) {
    encoder.out.truncate(to: start)
    rejectedSpans += 1
    if firstRejection == nil { firstRejection = Rejection(offset: offset, reason: reason) }
  }

  // MARK: Events

  private mutating func buildEvents(receivedAt: Timestamp) throws(OTLPError) -> EventBatch {
    guard !spans.isEmpty else { return .empty }
    var total = 0
    for span in spans {
      let scope = scopes[span.scope]
      total += span.body.count + scope.fragment.count + resources[scope.resource].fragment.count + 1
    }
    guard total <= limits.decodedBytes else {
      throw OTLPError(
        .tooLarge, field: "",
        reason: "the spans with their resources take \(total) bytes, more than the"
          + " \(limits.decodedBytes) allowed; send fewer spans a request")
    }
    // What an event takes besides its payload; a guess, and the builder can grow.
    var builder = EventBatchBuilder(
      reservingEvents: spans.count, bytes: total + spans.count * 512)
    var draft = EventDraft()
    var resource = -1
    for span in spans {
      let scope = scopes[span.scope]
      if scope.resource != resource {
        resource = scope.resource
        draft = makeDraft(of: resources[resource])
      }
      try append(span, of: scope, draft, receivedAt: receivedAt, to: &builder)
    }
    return builder.finish()
  }

  /// What all events of a resource have in common.
  private mutating func makeDraft(of resource: ResourceEnvelope) -> EventDraft {
    source.removeAll()
    source.append("/otlp")
    let name = resource.source.bytes(side: encoder.side)
    if !name.isEmpty {
      source.append(UInt8(ascii: "/"))
      source.append(percentEncoding: name)
    }
    var draft = EventDraft()
    draft.source = source.bytes
    for hit in hits[resource.hits] { draft[hit.field] = hit.text.bytes(side: encoder.side) }
    return draft
  }

  private mutating func append(
    _ span: PendingSpan, of scope: ScopeEnvelope, _ common: EventDraft, receivedAt: Timestamp,
    to builder: inout EventBatchBuilder
  ) throws(OTLPError) {
    let bytes = encoder.out.bytes
    payload.removeAll()
    payload.append(UnsafeRawBufferPointer(rebasing: bytes[span.body]))
    payload.append(UnsafeRawBufferPointer(rebasing: bytes[resources[scope.resource].fragment]))
    payload.append(UnsafeRawBufferPointer(rebasing: bytes[scope.fragment]))
    payload.append(UInt8(ascii: "}"))
    let payloadCount = payload.count

    // The ids as text behind the payload: in canonical form they stand at fixed places of it.
    let idOffset = payload.count
    let room = payload.reserve(32 + 1 + 16 + 16)
    if let start = payload.bytes.baseAddress {
      let traceOffset = "{\"traceId\":\"".utf8.count
      let spanOffset = traceOffset + 32 + "\",\"spanId\":\"".utf8.count
      room.copyMemory(from: start + traceOffset, byteCount: 32)
      room.storeBytes(of: UInt8(ascii: "-"), toByteOffset: 32, as: UInt8.self)
      (room + 33).copyMemory(from: start + spanOffset, byteCount: 16)
    }
    payload.commit(49)
    if span.parent != 0 { payload.append(hexadecimal: span.parent) }

    let texts = payload.bytes
    var draft = common
    for hit in hits[span.hits] { draft[hit.field] = hit.text.bytes(side: encoder.side) }
    draft.id = UnsafeRawBufferPointer(rebasing: texts[idOffset..<idOffset + 49])
    draft.trace = UnsafeRawBufferPointer(rebasing: texts[idOffset..<idOffset + 32])
    draft.span = UnsafeRawBufferPointer(rebasing: texts[idOffset + 33..<idOffset + 49])
    draft.parentSpan = UnsafeRawBufferPointer(rebasing: texts[(idOffset + 49)...])
    // A span that was exported was recorded, whatever its exporter made of the sampled bit.
    draft.traceFlags = span.flags | 1
    draft.kind = UnsafeRawBufferPointer(
      start: span.kind.utf8Start, count: span.kind.utf8CodeUnitCount)
    draft.time =
      Int64(exactly: span.time).flatMap {
        $0 == 0 ? nil : Timestamp(nanosecondsSinceEpoch: $0)
      } ?? receivedAt
    draft.payload = UnsafeRawBufferPointer(rebasing: texts[..<payloadCount])
    do throws(EventError) {
      try builder.append(draft)
    } catch {
      throw OTLPError(
        error.code == .tooLarge ? .tooLarge : .malformed, field: "", reason: error.message)
    }
  }
}

extension ByteWriter {
  /// Appends text for one segment of a URI path: everything but unreserved characters (RFC 3986,
  /// section 2.3) percent-encoded.
  fileprivate mutating func append(percentEncoding text: UnsafeRawBufferPointer) {
    for byte in text {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        append(byte)
      default:
        append(UInt8(ascii: "%"))
        append(upperCaseHexadecimal: byte >> 4)
        append(upperCaseHexadecimal: byte & 15)
      }
    }
  }

  private mutating func append(upperCaseHexadecimal value: UInt8) {
    append(value < 10 ? value + 0x30 : value + 0x37)
  }
}
