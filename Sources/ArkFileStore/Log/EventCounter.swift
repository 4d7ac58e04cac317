import ArkBroker

/// One count: goes by what the segments' indexes say, and reads where these cannot say it.
struct EventCounter {
  let view: LogView
  let match: Match
  let now: Int64
  let report: (String) -> Void
  /// Reads records of a view.
  let read: (LogView, ReadRequest) throws(StoreError) -> Page

  func run() throws(StoreError) -> Int {
    var request = ReadRequest(
      after: .start, matching: match, limit: ReadLimit(events: 16_384, bytes: 16 << 20))
    var count = 0
    var last = Position.start
    for part in view.parts {
      // What of it lies in the part before, too, is read once.
      if part.segment.first > last, let known = known(part) {
        count += known
      } else {
        request.after = max(last, part.segment.first.advanced(by: -1))
        count += try counted(part, &request)
      }
      last = part.last
    }
    return count
  }

  /// How many of a part's events match, when that can be told without reading them.
  private func known(_ part: LogView.Part) -> Int? {
    guard let times = part.summary.times else { return 0 }
    if let wanted = match.times, !wanted.overlaps(times) { return 0 }
    var count = match == .all ? part.summary.count : nil
    // The total differs where records were damaged when the index was made.
    if let tally = tally(of: part), tally.total == part.summary.count {
      count = tally.count(of: match, times: times)
    }
    guard let count, count > 0 else { return count }
    let isEveryEventShown =
      view.deleted.count(in: part.range) == 0 && part.summary.firstExpiry > now
      && part.segment.knownDamages.isEmpty
    return isEveryEventShown ? count : nil
  }

  private func tally(of part: LogView.Part) -> Tally? {
    if let tally = part.summary.tally { return tally }
    return part.segment.ask(report) { (index) throws(StoreError) in try index.tally() } ?? nil
  }

  private func counted(
    _ part: LogView.Part, _ request: inout ReadRequest
  ) throws(StoreError) -> Int {
    var alone = view
    alone.parts = [part]
    alone.newest = part.last
    var count = 0
    while request.after < part.last {
      let page = try read(alone, request)
      count += page.count
      guard page.lookedThrough > request.after else { break }
      request.after = page.lookedThrough
    }
    return count
  }
}
