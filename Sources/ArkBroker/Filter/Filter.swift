/// A synchronous, pure step on the way in: keeps, drops or rewrites events.
///
/// The same batch always gives the same answer; nothing waits, and no event is made up. Filters run in the publisher's task, before the store sees the batch.
///
/// ```swift
/// struct WithoutChunks: Filter {
///   func evaluate(_ event: Event) -> Verdict { event.kind == .llmChunk ? .drop : .keep }
/// }
/// ```
public protocol Filter: Sendable {
  /// What is to become of one event.
  func evaluate(_ event: Event) -> Verdict

  /// What is left of a batch: by default, what `evaluate` says of each event, in order. Implement it where a whole batch can be judged faster.
  func apply(to batch: EventBatch) -> EventBatch
}

extension Filter {
  /// What `evaluate` says of each event, in order.
  @inlinable public func apply(to batch: EventBatch) -> EventBatch {
    var rewritten: [(place: Int, event: Event)] = []
    var count = 0
    let kept = batch.keeping { event in
      switch evaluate(event) {
      case .keep: break
      case .drop: return false
      case .rewrite(let event): rewritten.append((count, event))
      }
      count += 1
      return true
    }
    return kept.replacing(rewritten)
  }
}

extension EventBatch {
  /// The same events with others in some places, ascending.
  @usableFromInline func replacing(_ others: [(place: Int, event: Event)]) -> EventBatch {
    guard let first = others.first else { return self }
    if count == 1 { return EventBatch(CollectionOfOne(first.event)) }
    var builder = EventBatchBuilder(reservingEvents: count, bytes: byteCount)
    var next = others.startIndex
    for (place, event) in enumerated() {
      if next < others.endIndex, others[next].place == place {
        builder.append(others[next].event)
        next += 1
      } else {
        builder.append(event)
      }
    }
    return builder.finish()
  }
}
