extension EventBatchBuilder {
  /// Appends an event without making it first: one copy of its parts and no allocation, as long as the reserved size is enough.
  /// - Parameters: as for `Event.init`.
  /// - Throws: `EventError` when the kind or the source is empty, or the event is over a limit.
  public mutating func append(
    _ kind: Kind, id: String? = nil, source: String = "/ark", time: Timestamp = .now(),
    correlation: Correlation = Correlation(), timeToLive: Duration? = nil,
    payload: Payload = .none
  ) throws(EventError) {
    try append(
      kind: kind.rawValue, id: id, source: source, time: time, correlation: correlation,
      timeToLive: timeToLive, payload: payload
    ).get()
  }

  private mutating func append(
    kind: String, id: String?, source: String, time: Timestamp,
    correlation: Correlation, timeToLive: Duration?, payload: Payload
  ) -> Result<Void, EventError> {
    var bytes = kind.utf8.count + source.utf8.count
    func count(_ text: String?) { bytes += text?.utf8.count ?? 0 }
    count(id)
    count(correlation.namespace)
    count(correlation.session)
    count(correlation.query)
    count(correlation.queryName)
    count(correlation.conversation)
    count(correlation.agent)
    count(correlation.team)
    count(correlation.toolCall)
    count(correlation.mcpSession)
    count(correlation.a2aTask)
    count(correlation.a2aContext)
    count(correlation.parentSpan)
    count(correlation.trace)
    count(correlation.span)
    // The texts side by side, only for as long as it takes.
    return withUnsafeTemporaryAllocation(byteCount: max(1, bytes), alignment: 1) { room in
      var texts = Texts(end: room.baseAddress!)
      var draft = EventDraft()
      draft.time = time
      draft.id = texts.take(id)
      draft.source = texts.take(source)
      draft.kind = texts.take(kind)
      draft.namespace = texts.take(correlation.namespace)
      draft.session = texts.take(correlation.session)
      draft.query = texts.take(correlation.query)
      draft.queryName = texts.take(correlation.queryName)
      draft.conversation = texts.take(correlation.conversation)
      draft.agent = texts.take(correlation.agent)
      draft.team = texts.take(correlation.team)
      draft.toolCall = texts.take(correlation.toolCall)
      draft.mcpSession = texts.take(correlation.mcpSession)
      draft.a2aTask = texts.take(correlation.a2aTask)
      draft.a2aContext = texts.take(correlation.a2aContext)
      draft.parentSpan = texts.take(correlation.parentSpan)
      draft.trace = texts.take(correlation.trace)
      draft.span = texts.take(correlation.span)
      draft.timeToLive = timeToLive.map(EventDraft.seconds) ?? 0
      draft.isBase64 = payload.isBase64
      draft.isPlain = !WireWriter.mayNeedEscaping(
        UnsafeRawBufferPointer(rebasing: room[..<(texts.end - room.baseAddress!)]))
      return payload.text.withUnsafeBytes { text in
        draft.payload = text
        do throws(EventError) {
          try append(draft)
          return .success(())
        } catch {
          return .failure(error)
        }
      }
    }
  }
}

/// Puts texts side by side into memory that is known to be large enough.
private struct Texts {
  /// Behind the last one.
  private(set) var end: UnsafeMutableRawPointer

  init(end: UnsafeMutableRawPointer) { self.end = end }

  @inline(__always)
  mutating func take(_ text: String?) -> UnsafeRawBufferPointer {
    guard let text else { return EventDraft.absent }
    let start = end
    // Not `withUTF8`, which would copy the string to be able to change it.
    let copied: Void? = text.utf8.withContiguousStorageIfAvailable { [end] text in
      if let first = text.baseAddress { end.copyMemory(from: first, byteCount: text.count) }
    }
    if copied == nil {
      for (offset, byte) in text.utf8.enumerated() {
        end.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
      }
    }
    end += text.utf8.count
    return UnsafeRawBufferPointer(start: start, count: end - start)
  }
}

extension EventDraft {
  /// Whole seconds, rounded up, within what the wire form can say.
  package static func seconds(_ time: Duration) -> UInt32 {
    let (seconds, attoseconds) = time.components
    let whole = attoseconds > 0 && seconds < Int64.max ? seconds + 1 : seconds
    return UInt32(min(max(whole, 1), maximumTimeToLive))
  }
}
