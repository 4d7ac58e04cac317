import ArkBroker

/// Writes an event that did not come in over OTLP as the payload of a log record: what it would be if it had.
struct LogRecordWriter: ~Copyable {
  private var out = ByteWriter()
  private var spare = ByteWriter()
  private var values = AnyValueWriter()

  /// The payload.
  var bytes: UnsafeRawBufferPointer { out.bytes }

  /// Fields in the order of their numbers.
  mutating func write(_ event: Event) {
    defer { withExtendedLifetime(event) {} }
    let record = event.storage.record(event.index)
    let trace = TraceContext(event)
    out.removeAll()
    out.append("{")
    if record.time > 0 {
      out.append("\"timeUnixNano\":\"")
      out.append(decimal: record.time)
      out.append("\",")
    }
    let payload = event.storage.payload(of: event.index)
    if !payload.isEmpty {
      out.append("\"body\":")
      if record.flags.contains(.base64) {
        values.write(base64: payload, to: &out)
      } else {
        values.write(payload, to: &out)
      }
      out.append(",")
    }
    writeAttributes(of: event, trace)
    if trace.flags > 0 {
      out.append(",\"flags\":")
      out.append(decimal: UInt64(trace.flags))
    }
    if trace.hasTrace { write(",\"traceId\":", .trace, of: event) }
    if trace.hasSpan { write(",\"spanId\":", .span, of: event) }
    write(",\"eventName\":", .kind, of: event)
    out.append(",\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":")
    out.append("{\"stringValue\":")
    writeServiceName(of: event)
    out.append("}}]},\"scope\":{\"name\":\"ark-broker\"}}")
  }

  private mutating func writeAttributes(of event: Event, _ trace: TraceContext) {
    out.append("\"attributes\":[")
    write(attribute: "cloudevents.event_id", .id, of: event)
    out.append(",")
    write(attribute: "cloudevents.event_source", .source, of: event)
    for (field, name) in LogRecordWriter.names {
      guard !event.storage.field(field, of: event.index).isEmpty else { continue }
      // These have fields of their own.
      if field == .trace, trace.hasTrace { continue }
      if field == .span, trace.hasSpan { continue }
      out.append(",")
      write(attribute: name, field, of: event)
    }
    out.append("]")
  }

  /// What the conventions call each id: the decoder makes the same ids of them. The last three have no place in the conventions; trace and span only come here when they are not the ids that OTLP asks for.
  private static let names: [(EventField, StaticString)] = [
    (.subject, "cloudevents.event_subject"),
    (.namespace, "ark.namespace"),
    (.session, "session.id"),
    (.query, "ark.query.id"),
    (.queryName, "ark.query.name"),
    (.conversation, "gen_ai.conversation.id"),
    (.agent, "gen_ai.agent.name"),
    (.team, "ark.team.name"),
    (.toolCall, "gen_ai.tool.call.id"),
    (.mcpSession, "mcp.session.id"),
    (.a2aTask, "a2a.task.id"),
    (.a2aContext, "a2a.context.id"),
    (.parentSpan, "ark.parent_span.id"),
    (.trace, "ark.trace.id"),
    (.span, "ark.span.id"),
  ]

  private mutating func write(attribute name: StaticString, _ field: EventField, of event: Event) {
    out.append("{\"key\":\"")
    out.append(name)
    write("\",\"value\":{\"stringValue\":", field, of: event)
    out.append("}}")
  }

  /// The field's text as a JSON string, which it is part of in the event already.
  private mutating func write(_ prefix: StaticString, _ field: EventField, of event: Event) {
    out.append(prefix)
    out.append("\"")
    out.append(event.storage.field(field, of: event.index))
    out.append("\"")
  }

  /// The source without the slash in front; of what came in over OTLP, the name that the source was made of.
  private mutating func writeServiceName(of event: Event) {
    let source = event.storage.field(.source, of: event.index)
    let prefix = "/otlp/".utf8
    spare.removeAll()
    if source.starts(with: prefix), spare.append(decodingPercent: source.dropFirst(prefix.count)) {
      out.appendJSON(utf8: spare.bytes)
      return
    }
    let skipped = source.count > 1 && source[0] == UInt8(ascii: "/") ? 1 : 0
    out.append("\"")
    out.append(UnsafeRawBufferPointer(rebasing: source.dropFirst(skipped)))
    out.append("\"")
  }
}

/// What an event says of its trace, as far as OTLP can say it.
private struct TraceContext {
  var hasTrace = false
  var hasSpan = false
  var flags: UInt8 = 0

  init(_ event: Event) {
    defer { withExtendedLifetime(event) {} }
    let trace = event.storage.field(.trace, of: event.index)
    let span = event.storage.field(.span, of: event.index)
    hasTrace = TraceContext.isID(trace, count: 32)
    // A span without a trace is none.
    hasSpan = hasTrace && TraceContext.isID(span, count: 16)
    guard hasSpan, let start = span.baseAddress else { return }
    // With both ids valid they stand in `traceparent`, and the flags behind the span's (W3C Trace Context, section 3.2).
    let digits = start + span.count
    let wire = event.storage.wire(event.index)
    guard let base = wire.baseAddress, wire.count - (digits - base) > 3,
      digits.load(as: UInt8.self) == UInt8(ascii: "-")
    else { return }
    let high = Hexadecimal.value(digits.load(fromByteOffset: 1, as: UInt8.self))
    let low = Hexadecimal.value(digits.load(fromByteOffset: 2, as: UInt8.self))
    if high < 16, low < 16 { flags = high << 4 | low }
  }

  private static func isID(_ text: UnsafeRawBufferPointer, count: Int) -> Bool {
    guard text.count == count, let start = text.baseAddress else { return false }
    var bits: UInt64 = 0
    for place in stride(from: 0, to: count, by: 16) {
      guard let word = Hexadecimal.uint64(start + place) else { return false }
      bits |= word
    }
    return bits != 0
  }
}

extension ByteWriter {
  /// Appends what percent-encoded text stands for, if that is UTF-8; otherwise part of it may have been appended.
  fileprivate mutating func append(decodingPercent text: Slice<UnsafeRawBufferPointer>) -> Bool {
    let start = count
    var place = text.startIndex
    while place < text.endIndex {
      let byte = text[place]
      place += 1
      guard byte == UInt8(ascii: "%") else {
        append(byte)
        continue
      }
      guard text.endIndex - place >= 2 else { return false }
      let high = Hexadecimal.value(text[place])
      let low = Hexadecimal.value(text[place + 1])
      guard high < 16, low < 16 else { return false }
      append(high << 4 | low)
      place += 2
    }
    return count > start && JSONReader.isUTF8(UnsafeRawBufferPointer(rebasing: bytes[start...]))
  }
}
