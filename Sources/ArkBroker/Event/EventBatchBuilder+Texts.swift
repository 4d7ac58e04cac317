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
    correlation: borrowing Correlation, timeToLive: Duration?, payload: borrowing Payload
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
      var end = room.baseAddress!
      func take(_ text: String?) -> UnsafeRawBufferPointer {
        guard var text else { return EventDraft.absent }
        let start = end
        text.withUTF8 { text in
          guard let first = text.baseAddress else { return }
          end.copyMemory(from: first, byteCount: text.count)
          end += text.count
        }
        return UnsafeRawBufferPointer(start: start, count: end - start)
      }
      var draft = EventDraft()
      draft.time = time
      draft.id = take(id)
      draft.source = take(source)
      draft.kind = take(kind)
      draft.namespace = take(correlation.namespace)
      draft.session = take(correlation.session)
      draft.query = take(correlation.query)
      draft.queryName = take(correlation.queryName)
      draft.conversation = take(correlation.conversation)
      draft.agent = take(correlation.agent)
      draft.team = take(correlation.team)
      draft.toolCall = take(correlation.toolCall)
      draft.mcpSession = take(correlation.mcpSession)
      draft.a2aTask = take(correlation.a2aTask)
      draft.a2aContext = take(correlation.a2aContext)
      draft.parentSpan = take(correlation.parentSpan)
      draft.trace = take(correlation.trace)
      draft.span = take(correlation.span)
      draft.timeToLive = timeToLive.map(EventDraft.seconds) ?? 0
      draft.isBase64 = payload.isBase64
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

extension EventDraft {
  /// Whole seconds, rounded up, within what the wire form can say.
  fileprivate static func seconds(_ time: Duration) -> UInt32 {
    let (seconds, attoseconds) = time.components
    let whole = attoseconds > 0 && seconds < Int64.max ? seconds + 1 : seconds
    return UInt32(min(max(whole, 1), maximumTimeToLive))
  }
}
