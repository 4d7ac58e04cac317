import ArkBroker

extension ExportRecords {
  /// Makes an event of each record.
  /// - Parameters:
  ///   - bytes: the output that bodies and fragments lie in.
  ///   - side: the texts that are not in the request.
  ///   - limit: how many bytes the events may take.
  /// - Throws: `OTLPError.tooLarge`.
  mutating func makeEvents(
    _ signal: OTLPSignal, bytes: UnsafeRawBufferPointer, side: UnsafeRawBufferPointer,
    _ mapping: AttributeIndex, receivedAt: Timestamp, limit: Int
  ) throws(OTLPError) -> EventBatch {
    guard byteCount > 0 else { return .empty }
    let total = eventBytes()
    guard total <= limit else { throw .tooLarge(signal, limit: limit) }
    // The overhead is a guess, and the builder can grow.
    var builder = EventBatchBuilder(reservingEvents: records.count, bytes: total)
    var draft = EventDraft()
    var resource = -1
    for number in records.indices {
      let scope = scopes[records[number].scope]
      if scope.resource != resource {
        resource = scope.resource
        draft = makeDraft(of: resources[resource], side: side)
      }
      try append(
        number, of: scope, draft, signal, bytes: bytes, side: side, mapping,
        receivedAt: receivedAt, to: &builder)
    }
    return builder.finish()
  }

  /// What the events take, about: with what each has of its resource and scope.
  private func eventBytes() -> Int {
    var total = byteCount
    var number = -1
    var common = 0
    for record in records {
      let scope = scopes[record.scope]
      if scope.resource != number {
        number = scope.resource
        let resource = resources[number]
        // Percent-encoded, a name takes three times its bytes at most.
        common = resource.fragment.count + 3 * resource.source.count
        for hit in resource.hits { common += hits[hit].text.count }
      }
      total += scope.fragment.count + common
    }
    return total
  }

  /// What all events of a resource have in common.
  private mutating func makeDraft(
    of resource: Resource, side: UnsafeRawBufferPointer
  ) -> EventDraft {
    source.removeAll()
    source.append("/otlp")
    let name = resource.source.bytes(side: side)
    if !name.isEmpty {
      source.append(UInt8(ascii: "/"))
      source.append(percentEncoding: name)
    }
    var draft = EventDraft()
    draft.source = source.bytes
    for hit in hits[resource.hits] { draft[hit.field] = hit.text.bytes(side: side) }
    return draft
  }

  private mutating func append(
    _ number: Int, of scope: Scope, _ common: EventDraft, _ signal: OTLPSignal,
    bytes: UnsafeRawBufferPointer, side: UnsafeRawBufferPointer, _ mapping: AttributeIndex,
    receivedAt: Timestamp, to builder: inout EventBatchBuilder
  ) throws(OTLPError) {
    let record = records[number]
    payload.removeAll()
    payload.append(UnsafeRawBufferPointer(rebasing: bytes[record.body]))
    appendMember(bytes[resources[scope.resource].fragment])
    appendMember(bytes[scope.fragment])
    payload.append(UInt8(ascii: "}"))
    let payloadCount = payload.count
    let ids = appendIDs(of: record, number, signal)

    let texts = payload.bytes
    func text(_ range: Range<Int>) -> UnsafeRawBufferPointer {
      UnsafeRawBufferPointer(rebasing: texts[range])
    }
    var draft = common
    for hit in hits[record.inherited] { draft[hit.field] = hit.text.bytes(side: side) }
    for hit in hits[record.hits] { draft[hit.field] = hit.text.bytes(side: side) }
    draft.id = text(ids.id)
    draft.trace = text(ids.trace)
    draft.span = text(ids.span)
    draft.parentSpan = text(ids.parent)
    // A span that was exported was recorded, whatever its exporter made of the sampled bit.
    draft.traceFlags = signal == .traces ? record.flags | 1 : record.flags
    draft.time =
      Int64(exactly: record.time).flatMap {
        $0 == 0 ? nil : Timestamp(nanosecondsSinceEpoch: $0)
      } ?? receivedAt
    draft.payload = text(0..<payloadCount)
    draft.kind = mapping.kindText(record.kind, signal)
    do throws(EventError) {
      try builder.append(draft)
    } catch {
      throw OTLPError(
        error.code == .tooLarge ? .tooLarge : .malformed, field: "", reason: error.message)
    }
  }

  /// Appends a member that begins with a comma. Of a record without fields only the brace is there, and none is due.
  private mutating func appendMember(_ member: Slice<UnsafeRawBufferPointer>) {
    let skipped = payload.count == 1 ? 1 : 0
    payload.append(UnsafeRawBufferPointer(rebasing: member.dropFirst(skipped)))
  }

  /// What a log record or metric says, hashed.
  struct Contents: Hashable {
    private let low: UInt64
    private let high: UInt64

    init(_ hash: (low: UInt64, high: UInt64)) { (low, high) = hash }
  }

  private struct IDs {
    var id = 0..<0
    var trace = 0..<0
    var span = 0..<0
    var parent = 0..<0
  }

  /// Puts the ids as text behind the payload.
  private mutating func appendIDs(
    of record: Record, _ number: Int, _ signal: OTLPSignal
  ) -> IDs {
    var ids = IDs()
    let start = payload.count
    if case .valid(let high, let low) = record.traceID {
      payload.append(hexadecimal: high)
      payload.append(hexadecimal: low)
      ids.trace = start..<payload.count
      if case .valid(_, let low) = record.spanID {
        payload.append(UInt8(ascii: "-"))
        payload.append(hexadecimal: low)
        ids.span = payload.count - 16..<payload.count
      }
    }
    if signal == .traces {
      // The natural key of a span: what an exporter sends again is known.
      ids.id = start..<payload.count
      if record.parent != 0 {
        let start = payload.count
        payload.append(hexadecimal: record.parent)
        ids.parent = start..<payload.count
      }
      return ids
    }
    // Log records and metrics have no key. What they say makes one, which is the same however an exporter groups what it sends again.
    var hash = KeyedHash(seed: (0x6172_6b2d_6f74_6c70, 0x7265_636f_7264_2d31))
    hash.combine(UInt64(signal.number))
    hash.combine(UnsafeRawBufferPointer(rebasing: payload.bytes[..<start]))
    if record.time == 0 {
      // Two that say the same are more likely two than one sent again: the place in the request tells.
      hash.combine(UInt64(number))
    } else {
      let contents = Contents(hash.finish())
      hash.combine(equals[contents, default: 0])
      equals[contents, default: 0] += 1
    }
    let (low, high) = hash.finish()
    let first = payload.count
    payload.append(hexadecimal: high)
    payload.append(hexadecimal: low)
    ids.id = first..<payload.count
    return ids
  }
}

extension ByteWriter {
  /// Appends text for one segment of a URI path: everything but unreserved characters (RFC 3986, section 2.3) percent-encoded.
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
