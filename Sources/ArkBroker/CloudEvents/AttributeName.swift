#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

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
    func isNamed(_ text: StaticString) -> Bool {
      memcmp(name.baseAddress!, text.utf8Start, name.count) == 0
    }
    switch name.count {
    case 2: return isNamed("id") ? .id : nil
    case 4:
      if isNamed("type") { return .type }
      if isNamed("time") { return .time }
      return isNamed("data") ? .data : nil
    case 6:
      if isNamed("source") { return .source }
      return isNamed("arkttl") ? .timeToLive : nil
    case 7:
      if isNamed("subject") { return .subject }
      if isNamed("arkteam") { return .correlation(.team) }
      return isNamed("arkspan") ? .correlation(.span) : nil
    case 8:
      if isNamed("arkquery") { return .correlation(.query) }
      if isNamed("arkagent") { return .correlation(.agent) }
      return isNamed("arktrace") ? .correlation(.trace) : nil
    case 10:
      if isNamed("arksession") { return .correlation(.session) }
      return isNamed("arka2atask") ? .correlation(.a2aTask) : nil
    case 11:
      if isNamed("specversion") { return .specversion }
      if isNamed("traceparent") { return .traceparent }
      return isNamed("arktoolcall") ? .correlation(.toolCall) : nil
    case 12:
      if isNamed("arknamespace") { return .correlation(.namespace) }
      return isNamed("arkqueryname") ? .correlation(.queryName) : nil
    case 13:
      if isNamed("arkmcpsession") { return .correlation(.mcpSession) }
      if isNamed("arka2acontext") { return .correlation(.a2aContext) }
      return isNamed("arkparentspan") ? .correlation(.parentSpan) : nil
    case 15:
      if isNamed("datacontenttype") { return .datacontenttype }
      return isNamed("arkconversation") ? .correlation(.conversation) : nil
    default: return nil
    }
  }
}
