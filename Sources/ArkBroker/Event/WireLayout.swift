/// Writes the wire form of one draft (one line of CloudEvents 1.0 JSON) and notes in the record where everything lies.
///
/// Order: `specversion`, `id`, `source`, `type`, `subject`, `time`, the correlation ids, `traceparent`, `arkttl`, `datacontenttype`, further attributes, `data`.
struct WireLayout {
  var writer: WireWriter
  let record: EventRecord
  private var flags: EventRecord.Flags = []
  private var mayBeEscaped = true

  init(writer: WireWriter, record: EventRecord) {
    self.writer = writer
    self.record = record
  }

  mutating func write(
    _ draft: borrowing EventDraft, _ clock: inout ClockText, _ ids: inout UniqueID.Series
  ) {
    mayBeEscaped = !draft.isPlain
    writer.put("{\"specversion\":\"1.0\",\"id\":\"")
    if draft.id.isEmpty { putNew(ids.next(at: draft.time)) } else { put(draft.id, as: .id) }
    writer.put("\",\"source\":\"")
    put(draft.source, as: .source)
    if draft.hasForeignType {
      flags.insert(.foreignType)
      writer.put("\",\"type\":\"")
    } else {
      writer.put("\",\"type\":\"ark.")
    }
    put(draft.kind, as: .kind)
    attribute("\",\"subject\":\"", draft.subject, .subject)
    writer.put("\",\"time\":\"")
    if draft.timeText.isEmpty { writer.put(draft.time, &clock) } else { writer.put(draft.timeText) }

    attribute("\",\"arknamespace\":\"", draft.namespace, .namespace)
    attribute("\",\"arksession\":\"", draft.session, .session)
    attribute("\",\"arkquery\":\"", draft.query, .query)
    attribute("\",\"arkqueryname\":\"", draft.queryName, .queryName)
    attribute("\",\"arkconversation\":\"", draft.conversation, .conversation)
    attribute("\",\"arkagent\":\"", draft.agent, .agent)
    attribute("\",\"arkteam\":\"", draft.team, .team)
    attribute("\",\"arktoolcall\":\"", draft.toolCall, .toolCall)
    attribute("\",\"arkmcpsession\":\"", draft.mcpSession, .mcpSession)
    attribute("\",\"arka2atask\":\"", draft.a2aTask, .a2aTask)
    attribute("\",\"arka2acontext\":\"", draft.a2aContext, .a2aContext)
    attribute("\",\"arkparentspan\":\"", draft.parentSpan, .parentSpan, inLowerCase: true)
    writeTrace(draft)
    writer.put(UInt8(ascii: "\""))

    if draft.timeToLive > 0 {
      writer.put(",\"arkttl\":")
      writer.put(decimal: draft.timeToLive)
    }
    if !draft.dataContentType.isEmpty {
      writer.put(",\"datacontenttype\":\"")
      writer.put(draft.dataContentType, escaping: WireWriter.addedByEscaping(draft.dataContentType))
      writer.put(UInt8(ascii: "\""))
    }
    writer.put(draft.members)
    if !draft.payload.isEmpty {
      if draft.isBase64 {
        flags.insert(.base64)
        writer.put(",\"data_base64\":")
      } else {
        writer.put(",\"data\":")
      }
      record.payloadOffset = UInt32(writer.offset)
      record.payloadLength = UInt32(draft.payload.count)
      writer.put(draft.payload)
    }
    writer.put(UInt8(ascii: "}"))
    record.flags = flags
  }

  /// `traceparent` when both ids are known (W3C Trace Context, section 3.2); an id that stands alone gets an attribute of its own.
  private mutating func writeTrace(_ draft: borrowing EventDraft) {
    guard Hexadecimal.isID(draft.trace, count: 32), Hexadecimal.isID(draft.span, count: 16) else {
      attribute("\",\"arktrace\":\"", draft.trace, .trace, inLowerCase: true)
      attribute("\",\"arkspan\":\"", draft.span, .span, inLowerCase: true)
      return
    }
    writer.put("\",\"traceparent\":\"00-")
    put(draft.trace, as: .trace, inLowerCase: true)
    writer.put(UInt8(ascii: "-"))
    put(draft.span, as: .span, inLowerCase: true)
    writer.put(UInt8(ascii: "-"))
    writer.putHexDigit(draft.traceFlags >> 4)
    writer.putHexDigit(draft.traceFlags & 15)
  }

  @inline(__always)
  private mutating func attribute(
    _ name: StaticString, _ text: UnsafeRawBufferPointer, _ field: EventField,
    inLowerCase: Bool = false
  ) {
    guard !text.isEmpty else { return }
    writer.put(name)
    put(text, as: field, inLowerCase: inLowerCase)
  }

  /// - Parameter inLowerCase: as `Match` looks for ids of traces and spans.
  private mutating func put(
    _ text: UnsafeRawBufferPointer, as field: EventField, inLowerCase: Bool = false
  ) {
    let offset = writer.offset
    let escaping = mayBeEscaped ? WireWriter.addedByEscaping(text) : 0
    if escaping > 0 { flags.insert(.escaped) }
    writer.put(text, escaping: escaping)
    // Escapes are lower-case anyway.
    if inLowerCase { writer.lowercase(from: offset) }
    record.setRange(of: field, offset: offset, length: writer.offset - offset)
  }

  private mutating func putNew(_ id: UniqueID) {
    record.setRange(of: .id, offset: writer.offset, length: UniqueID.textLength)
    writer.put(id)
  }
}
