extension Store {
  /// Reads everything that matches.
  public func count(_ request: CountRequest) async throws(StoreError) -> Int {
    let bounds = await bounds
    var read = ReadRequest(
      after: bounds.oldest.advanced(by: -1), matching: request.match,
      limit: ReadLimit(events: 16_384, bytes: 16 << 20))
    var count = 0
    while true {
      let page = try await self.read(read)
      count += page.count(through: bounds.newest)
      guard page.lookedThrough > read.after, page.lookedThrough < bounds.newest else {
        return count
      }
      read.after = page.lookedThrough
    }
  }
}

extension Page {
  /// How many events there are up to a position.
  package func count(through last: Position) -> Int {
    guard lookedThrough > last else { return count }
    return events.reduce(0) { $1.position > last ? $0 : $0 + 1 }
  }
}
