/// Writes the wire form of one draft (one line of CloudEvents 1.0 JSON) and notes in the record where everything lies.
///
/// Order: `specversion`, `id`, `source`, `type`, `subject`, `time`, the correlation ids, `traceparent`, `arkttl`, `datacontenttype`, further attributes, `data`.
struct WireLayout {
  var writer: WireWriter
  let record: EventRecord
  private var flags: EventRecord.Flags = []

  init(writer: WireWriter, record: EventRecord) {
    self.writer = writer
    self.record = record
  }

  mutating func write(_ draft: borrowing EventDraft) {
    writer.put("{\"specversion\":\"1.0\",\"id\":\"")
    if draft.id.isEmpty { putNewID(at: draft.time) } else { put(draft.id, as: .id) }
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
    if draft.timeText.isEmpty { writer.put(draft.time) } else { writer.put(draft.timeText) }

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
    attribute("\",\"arkparentspan\":\"", draft.parentSpan, .parentSpan)
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
    guard draft.trace.count == 32, draft.span.count == 16 else {
      attribute("\",\"arktrace\":\"", draft.trace, .trace)
      attribute("\",\"arkspan\":\"", draft.span, .span)
      return
    }
    writer.put("\",\"traceparent\":\"00-")
    put(draft.trace, as: .trace)
    writer.put(UInt8(ascii: "-"))
    put(draft.span, as: .span)
    writer.put(UInt8(ascii: "-"))
    writer.putHexDigit(draft.traceFlags >> 4)
    writer.putHexDigit(draft.traceFlags & 15)
  }

  @inline(__always)
  private mutating func attribute(
    _ name: StaticString, _ text: UnsafeRawBufferPointer, _ field: EventField
  ) {
    guard !text.isEmpty else { return }
    writer.put(name)
    put(text, as: field)
  }

  private mutating func put(_ text: UnsafeRawBufferPointer, as field: EventField) {
    let offset = writer.offset
    let escaping = WireWriter.addedByEscaping(text)
    if escaping > 0 { flags.insert(.escaped) }
    writer.put(text, escaping: escaping)
    record.setRange(of: field, offset: offset, length: writer.offset - offset)
  }

  private mutating func putNewID(at time: Timestamp) {
    withUnsafeTemporaryAllocation(byteCount: UniqueID.textLength, alignment: 1) { text in
      UniqueID(at: time).write(to: text.baseAddress!)
      put(UnsafeRawBufferPointer(text), as: .id)
    }
  }
}
