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
