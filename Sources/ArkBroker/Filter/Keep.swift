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
