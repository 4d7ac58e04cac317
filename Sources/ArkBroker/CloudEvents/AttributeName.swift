/// The names of context attributes (CloudEvents 1.0, "Naming conventions" and "Context attributes"), and what each means to a draft.
enum AttributeName {
  case specversion, id, source, type, subject, time, datacontenttype, data, dataBase64
  case traceparent
  /// A correlation id: `ark` + name.
  case correlation(EventField)
  /// For how many seconds the event is kept: `arkttl`.
  case timeToLive
  /// Any other attribute, which is kept as it is.
  case other

  /// Nil when it is not a name: lower-case letters and digits only, at most 64 of them.
  init?(_ name: JSONString) {
    if name == "data_base64" {
      self = .dataBase64
      return
    }
    guard !name.hasEscapes else { return nil }
    self.init(name.raw)
  }

  /// As above, for a name that comes in a header.
  init?(_ name: UnsafeRawBufferPointer) {
    guard (1...64).contains(name.count),
      name.allSatisfy({ $0 &- 0x61 < 26 || $0 &- 0x30 < 10 })
    else { return nil }
    self = AttributeName.known(name) ?? .other
  }

  /// The names that mean something, by their length first.
  private static func known(_ name: UnsafeRawBufferPointer) -> AttributeName? {
    switch name.count {
    case 2: return name.isText("id") ? .id : nil
    case 4:
      if name.isText("type") { return .type }
      if name.isText("time") { return .time }
      return name.isText("data") ? .data : nil
    case 6:
      if name.isText("source") { return .source }
      return name.isText("arkttl") ? .timeToLive : nil
    case 7:
      if name.isText("subject") { return .subject }
      if name.isText("arkteam") { return .correlation(.team) }
      return name.isText("arkspan") ? .correlation(.span) : nil
    case 8:
      if name.isText("arkquery") { return .correlation(.query) }
      if name.isText("arkagent") { return .correlation(.agent) }
      return name.isText("arktrace") ? .correlation(.trace) : nil
    case 10:
      if name.isText("arksession") { return .correlation(.session) }
      return name.isText("arka2atask") ? .correlation(.a2aTask) : nil
    case 11:
      if name.isText("specversion") { return .specversion }
      if name.isText("traceparent") { return .traceparent }
      return name.isText("arktoolcall") ? .correlation(.toolCall) : nil
    case 12:
      if name.isText("arknamespace") { return .correlation(.namespace) }
      return name.isText("arkqueryname") ? .correlation(.queryName) : nil
    case 13:
      if name.isText("arkmcpsession") { return .correlation(.mcpSession) }
      if name.isText("arka2acontext") { return .correlation(.a2aContext) }
      return name.isText("arkparentspan") ? .correlation(.parentSpan) : nil
    case 15:
      if name.isText("datacontenttype") { return .datacontenttype }
      return name.isText("arkconversation") ? .correlation(.conversation) : nil
    default: return nil
    }
  }
}
