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

/// What a filter decides about an event.
public enum Verdict: Sendable {
  /// Take it as it is.
  case keep
  /// Leave it out.
  case drop
  /// Take this event in its place.
  case rewrite(Event)
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

/// Keeps the events that a match takes and drops the others.
public struct Keep: Filter {
  private let matcher: Matcher

  /// - Parameter match: what to keep.
  public init(_ match: Match) { matcher = Matcher(match) }

  /// Decides about one event.
  public func evaluate(_ event: Event) -> Verdict {
    matcher.matches(event.storage, event.index) ? .keep : .drop
  }

  /// Decides about all events of a batch at once.
  public func apply(to batch: EventBatch) -> EventBatch {
    EventBatch(
      storage: batch.storage, selection: matcher.select(from: batch.storage, batch.selection))
  }
}

/// Drops the events that a match takes and keeps the others.
public struct Drop: Filter {
  private let keep: Keep

  /// - Parameter match: what to drop.
  public init(_ match: Match) { keep = Keep(!match) }

  /// Decides about one event.
  public func evaluate(_ event: Event) -> Verdict { keep.evaluate(event) }

  /// Decides about all events of a batch at once.
  public func apply(to batch: EventBatch) -> EventBatch { keep.apply(to: batch) }
}

/// Keeps a share of the events, the same ones on every run: events that share an id (by default the trace) are kept or dropped together.
///
/// Events without that id are kept.
public struct Sample: Filter {
  private let threshold: UInt64
  private let field: EventField

  /// - Parameters:
  ///   - share: how much to keep, from 0 to 1.
  ///   - key: the id that decides. Default: the trace.
  public init(_ share: Double, by key: Correlation.Key = .trace) {
    threshold = share >= 1 ? .max : UInt64(max(0, share) * 0x1p64)
    field = key.field
  }

  /// Decides about one event.
  public func evaluate(_ event: Event) -> Verdict {
    let id = event.storage.field(field, of: event.index)
    guard !id.isEmpty, threshold < .max else { return .keep }
    // FNV-1a with a final mix: the same on every machine and in every run.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in id { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    hash = (hash ^ hash >> 32) &* 0xd6e8_feb8_6659_fd93
    hash ^= hash >> 32
    return hash < threshold ? .keep : .drop
  }
}
