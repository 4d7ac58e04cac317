package import ArkBroker

/// Decodes OTLP export requests of any signal and encoding into events: one a span, a log record or a metric.
///
/// The request is read once. Each record is written in canonical form as it is read; because resource, scope and schema URLs may come after the records they belong to, the events are put together at the end, when everything is known and the batch can be allocated at its size. The same request gives the same events in either encoding, byte for byte.
///
/// Keeps its buffers from one request to the next. Not for use by two threads at once.
package struct ExportDecoder: ~Copyable {
  /// What came out of a request.
  package struct Outcome: Sendable {
    /// One event for each record that was accepted.
    package let events: EventBatch
    /// How many records were refused because they have no valid id of their own.
    package let rejected: Int
    /// Where the first of those is and what is wrong with it; empty when there is none.
    package let message: String
  }

  /// How much memory a decoder may hold on to between requests.
  private static let keptBytes = 4 << 20

  let limits: OTLPLimits
  let mapping: AttributeIndex
  /// Shared with other decoders; nil to forget each request.
  private let memory: TraceMemory?
  var signal = OTLPSignal.traces
  var json = JSONReader(UnsafeRawBufferPointer(start: nil, count: 0))
  var protobuf = ProtobufReader(UnsafeRawBufferPointer(start: nil, count: 0))
  /// The fields of the messages that are being read, outermost first; for protobuf.
  var wireFields: [WireField] = []
  /// How many messages deeper one may go; for protobuf.
  var depth = 0
  var writer = CanonicalWriter()
  /// Texts that hints and facts refer to and that are not in the request.
  var side = ByteWriter()
  var hints: AttributeHints
  var facts = RecordFacts()
  var records = ExportRecords()

  /// A decoder whose requests know nothing of each other: records inherit only from their own request.
  package init(limits: OTLPLimits = OTLPLimits(), mapping: OTLPMapping = .standard) {
    self.init(limits: limits, AttributeIndex(mapping), nil)
  }

  /// A decoder whose requests are those of one receiver: a record inherits from what came before.
  package static func remembering() -> ExportDecoder {
    ExportDecoder(limits: OTLPLimits(), AttributeIndex(.standard), TraceMemory())
  }

  init(limits: OTLPLimits, _ mapping: AttributeIndex, _ memory: TraceMemory?) {
    self.limits = limits
    self.mapping = mapping
    self.memory = memory
    self.hints = AttributeHints(mapping)
  }

  /// Decodes one request.
  /// - Parameters:
  ///   - request: the body of the request, decompressed.
  ///   - receivedAt: the time of records that carry none.
  /// - Throws: `OTLPError` when the request must be refused as a whole.
  package mutating func decode(
    _ request: UnsafeRawBufferPointer, _ signal: OTLPSignal, _ encoding: OTLPEncoding,
    receivedAt: Timestamp
  ) throws(OTLPError) -> Outcome {
    reset()
    self.signal = signal
    switch encoding {
    case .json:
      do throws(JSONError) {
        try readJSON(request, signal.schema)
      } catch {
        throw error.code == .outputTooLarge
          ? .tooLarge(signal, limit: limits.decodedBytes) : OTLPError(error, in: request)
      }
    case .protobuf:
      do throws(ProtobufError) {
        try readProtobuf(request, signal.schema)
      } catch {
        throw error.code == .outputTooLarge
          ? .tooLarge(signal, limit: limits.decodedBytes)
          : OTLPError(error, in: request, signal.schema)
      }
    }
    let said = records.inherit(from: memory, signal, side: &side)
    let events = try records.makeEvents(
      signal, bytes: writer.out.bytes, side: side.bytes, mapping, receivedAt: receivedAt,
      limit: limits.decodedBytes)
    // Not before: a request that is refused says nothing to others.
    if let memory { records.remember(said, in: memory, side: side.bytes) }
    return Outcome(
      events: events, rejected: records.rejectedCount,
      message: rejectionMessage(in: request, encoding))
  }

  /// Forgets the last request, and its memory where it took much.
  mutating func reset() {
    writer.reset(keepingAtMost: ExportDecoder.keptBytes, limit: limits.decodedBytes)
    side.removeAll(keepingAtMost: ExportDecoder.keptBytes)
    wireFields.removeAll(keepingCapacity: wireFields.capacity < 1 << 16)
    records.reset(keepingAtMost: ExportDecoder.keptBytes)
  }

  private func rejectionMessage(
    in request: UnsafeRawBufferPointer, _ encoding: OTLPEncoding
  ) -> String {
    guard let first = records.firstRejection else { return "" }
    let field =
      switch encoding {
      case .json: JSONLocation.path(in: request, at: first.offset)
      case .protobuf: ProtobufLocation.path(in: request, at: first.offset, signal.schema)
      }
    let count = records.rejectedCount
    let name = signal.recordName
    return count == 1
      ? "1 \(name.one) rejected: \(field): \(first.reason)"
      : "\(count) \(name.several) rejected, the first: \(field): \(first.reason)"
  }

  // MARK: Records

  /// A record is read next: where its text will begin.
  mutating func beginRecord() -> Int {
    hints.reset()
    facts = RecordFacts()
    return writer.out.count
  }

  /// A record has been read: judges its ids and keeps it.
  /// - Parameter offset: where it is in the request.
  mutating func endRecord(from start: Int, scope: Int, offset: Int) {
    let body = start..<writer.out.count
    let taken = records.add(
      body, scope: scope, offset: offset, signal, facts, hints, side: side.bytes,
      limit: limits.decodedBytes)
    if !taken { writer.out.truncate(to: start) }
  }

  @inline(__always)
  mutating func note(_ role: FieldRole, _ value: UInt64) {
    switch role {
    case .time: if facts.time == 0 { facts.time = value }
    case .otherTime: facts.otherTime = value
    default: break
    }
  }

  /// Ends an id whose digits stand in the output from `start` on. Some exporters send zeros where there is no parent, or no span: the same as none.
  @inline(__always)
  mutating func noteIdentifier(
    _ field: UnsafePointer<MessageField>, from start: Int, offset: Int
  ) {
    let role = field.pointee.role
    if role != .none {
      let byteCount = field.pointee.type == .traceID ? 16 : 8
      var id = writer.judge(identifierAt: start, byteCount: byteCount, offset: offset)
      if case .zero = id {
        if signal == .logs || role == .parentSpanID {
          writer.takeBack()
          return
        }
        id = .invalid(offset: offset)
      }
      switch role {
      case .traceID: facts.traceID = id
      case .spanID: facts.spanID = id
      default: facts.parentSpanID = id
      }
    }
    writer.out.append(UInt8(ascii: "\""))
  }

  // MARK: Envelopes

  /// How far the decoder is before an envelope.
  struct Mark {
    let records: ExportRecords.Mark
    let output: Int
    let side: Int
  }

  func mark() -> Mark { Mark(records: records.mark(), output: writer.out.count, side: side.count) }

  /// An envelope without a record that was taken is as if it had not come: a request may be of nothing else, at two bytes each.
  mutating func forgetEnvelope(ifEmptySince mark: Mark) {
    guard records.takeBack(ifEmptySince: mark.records) else { return }
    writer.out.truncate(to: mark.output)
    side.truncate(to: mark.side)
  }

  /// A member for the end of each record's payload: the message that was written at `body` without its closing brace and with the name in front, the schema URL of its envelope inside. Empty when there is nothing to say.
  mutating func writeFragment(
    _ name: StaticString, _ body: Range<Int>, _ schemaURL: HeldText
  ) -> Range<Int> {
    guard body.count > 1 || schemaURL.count > 0 else { return 0..<0 }
    var start = body.lowerBound - name.utf8CodeUnitCount
    if body.count <= 1 {
      start = writer.out.count
      writer.out.append(name)
      writer.out.append(UInt8(ascii: "{"))
    } else if body.upperBound < writer.out.count {
      // Records came between, as they may in JSON.
      let member = start..<body.upperBound
      start = writer.out.count
      let room = writer.out.reserve(member.count)
      if let source = writer.out.bytes.baseAddress {
        room.copyMemory(from: source + member.lowerBound, byteCount: member.count)
      }
      writer.out.commit(member.count)
    }
    if schemaURL.count > 0 {
      if body.count > 1 { writer.out.append(UInt8(ascii: ",")) }
      writer.out.append("\"schemaUrl\":")
      writer.out.appendJSON(utf8: schemaURL.bytes(side: side.bytes))
    }
    writer.out.append(UInt8(ascii: "}"))
    return start..<writer.out.count
  }
}
