/// What a filter decides about an event.
public enum Verdict: Sendable {
  /// Take it as it is.
  case keep
  /// Leave it out.
  case drop
  /// Take this event in its place.
  case rewrite(Event)
}
