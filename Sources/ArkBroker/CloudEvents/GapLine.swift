/// How a feed tells of a gap among the events that it gives as CloudEvents.
///
/// It is no event of the log: it tells of the log that it comes from, so it is passed over where events are published or imported.
package enum GapLine {
  package static let source: StaticString = "/ark/feed"
  package static let kind: StaticString = "feed.gap"
}

extension EventDraft {
  /// Whether it is word of a gap and not an event.
  var isGap: Bool {
    !hasForeignType && kind.isText(GapLine.kind) && source.isText(GapLine.source)
  }
}
