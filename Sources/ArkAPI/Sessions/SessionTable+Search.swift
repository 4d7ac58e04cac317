import ArkBroker

extension SessionTable {
  struct Found {
    var slots: [Slot] = []
    var total = 0
    /// Where those that follow begin; nil when there are none.
    var nextOffset: Int?
    var statusCounts = Dictionary(
      uniqueKeysWithValues: Session.Status.allCases.map { ($0, 0) })
  }

  /// Looks at every session once, and at queries only for a text.
  /// - Parameters:
  ///   - since: sessions with their last activity before this are not visible.
  ///   - offset: how many of those found to leave out at the front; not negative.
  ///   - limit: how many to return at most; not negative.
  func find(_ search: Sessions.Search, since: Timestamp, offset: Int, limit: Int) -> Found {
    var found = Found()
    var active = 0
    var failed = 0
    let text = SearchText(search.text, in: labels)
    let (end, overflow) = offset.addingReportingOverflow(limit)
    var leading = search.order.map {
      Leading(overflow ? .max : end, by: $0, isAscending: search.isAscending)
    }
    var slot = first
    while slot != .nowhere {
      defer { slot = sessions[slot].after }
      guard sessions[slot].lastActivity >= since, isFound(slot, by: search, text) else { continue }
      switch sessions[slot].status {
      case .active: active += 1
      case .error: failed += 1
      case .idle: break
      }
      if leading != nil {
        leading?.offer(slot, in: self)
      } else if found.total >= offset, found.slots.count < limit {
        found.slots.append(slot)
      }
      found.total += 1
    }
    if let ordered = leading?.taken(in: self) { found.slots = Array(ordered.dropFirst(offset)) }
    let next = offset + found.slots.count
    if found.total > next { found.nextOffset = next }
    found.statusCounts[.active] = active
    found.statusCounts[.error] = failed
    found.statusCounts[.idle] = found.total - active - failed
    return found
  }

  private func isFound(_ slot: Slot, by search: Sessions.Search, _ text: SearchText?) -> Bool {
    if let status = search.status, sessions[slot].status != status { return false }
    // To the millisecond, as clients are told the time.
    if let earliest = search.earliest,
      sessions[slot].lastActivity.milliseconds < earliest.milliseconds
    {
      return false
    }
    if let latest = search.latest,
      sessions[slot].lastActivity.milliseconds > latest.milliseconds
    {
      return false
    }
    guard let text else { return true }
    // The name is part of the id.
    if text.isContained(in: sessions[slot].id.string) { return true }
    guard text.isInLabels else { return false }
    var query = sessions[slot].first
    while query != .nowhere {
      if text.isContained(inLabel: queries[query].agent)
        || text.isContained(inLabel: queries[query].team)
        || text.isContained(inLabel: queries[query].tool)
      {
        return true
      }
      query = queries[query].after
    }
    return false
  }
}

/// The first so many sessions of an order, found without ordering all.
private struct Leading {
  private let count: Int
  private let ordering: SessionOrdering
  private var slots: [Slot] = []
  /// Whether the first `count` of `slots` are in order: then what comes behind the last of them is of no interest.
  private var isFull = false

  init(_ count: Int, by order: Sessions.Search.Order, isAscending: Bool) {
    self.count = count
    ordering = SessionOrdering(order: order, isAscending: isAscending)
  }

  mutating func offer(_ slot: Slot, in table: SessionTable) {
    guard count > 0 else { return }
    if isFull, !ordering.precedes(slot, slots[count - 1], table) { return }
    slots.append(slot)
    // At twice as many as are wanted, half of them go: that is a few comparisons for each that came.
    if slots.count / 2 >= count { reduce(table) }
  }

  mutating func taken(in table: SessionTable) -> [Slot] {
    reduce(table)
    return slots
  }

  private mutating func reduce(_ table: SessionTable) {
    let ordering = ordering
    slots.sort { ordering.precedes($0, $1, table) }
    guard slots.count >= count else { return }
    slots.removeSubrange(count...)
    isFull = true
  }
}

/// Tells which of two sessions comes first. Among equals it is the one that was heard of first, whichever the direction.
private struct SessionOrdering {
  let order: Sessions.Search.Order
  let isAscending: Bool

  func precedes(_ a: Slot, _ b: Slot, _ table: SessionTable) -> Bool {
    let difference =
      switch order {
      case .date: compare(table.sessions[a].lastActivity, table.sessions[b].lastActivity)
      case .name: compareNames(table.sessions[a].id.string, table.sessions[b].id.string)
      case .conversations:
        compare(table.sessions[a].conversationCount, table.sessions[b].conversationCount)
      }
    if difference != 0 { return isAscending == (difference < 0) }
    return table.sessions[a].ordinal < table.sessions[b].ordinal
  }

  private func compare<Key: Comparable>(_ a: Key, _ b: Key) -> Int { a < b ? -1 : b < a ? 1 : 0 }

  /// Byte by byte, which costs a tenth of what comparing strings does.
  private func compareNames(_ a: String, _ b: String) -> Int {
    let first = Session.name(of: a).utf8
    let second = Session.name(of: b).utf8
    let difference: Int?? = first.withContiguousStorageIfAvailable { first in
      second.withContiguousStorageIfAvailable { second in
        var place = 0
        let end = min(first.count, second.count)
        while place < end, first[place] == second[place] { place += 1 }
        return place < end
          ? Int(first[place]) - Int(second[place]) : first.count - second.count
      }
    }
    if case .some(.some(let difference)) = difference { return difference }
    return first.elementsEqual(second) ? 0 : first.lexicographicallyPrecedes(second) ? -1 : 1
  }
}
