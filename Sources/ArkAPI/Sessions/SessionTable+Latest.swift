import ArkBroker

// Which query of a session has the latest activity is asked after every change, and any query may be the next to get one, or be removed. A pairing heap through the rows
// themselves answers that: an event puts its query on top in constant time, a removal takes O(log n) amortised. The later activity is on top; of two at the same time,
// the query that came first, so that the answer does not depend on the heap's shape.

extension SessionTable {
  mutating func enterHeap(_ slot: Slot) {
    let session = queries[slot].session
    sessions[session].latest = meld(sessions[session].latest, slot)
  }

  mutating func leaveHeap(_ slot: Slot) {
    let session = queries[slot].session
    if sessions[session].latest == slot {
      sessions[session].latest = takeChildren(of: slot)
    } else {
      cut(slot)
      sessions[session].latest = meld(sessions[session].latest, takeChildren(of: slot))
    }
  }

  /// Gives a query a new time of activity.
  mutating func setActivity(_ time: Timestamp, of slot: Slot) {
    let session = queries[slot].session
    if time < queries[slot].lastActivity {
      // A clock went back: its children may be later than it is now.
      leaveHeap(slot)
      queries[slot].lastActivity = time
      enterHeap(slot)
    } else {
      queries[slot].lastActivity = time
      guard sessions[session].latest != slot else { return }
      cut(slot)
      enterHeap(slot)
    }
  }

  private func isLater(_ a: Slot, than b: Slot) -> Bool {
    let first = queries[a].lastActivity
    let second = queries[b].lastActivity
    return first == second ? queries[a].ordinal < queries[b].ordinal : first > second
  }

  /// One heap of two, whose roots have no siblings.
  private mutating func meld(_ a: Slot, _ b: Slot) -> Slot {
    if a == .nowhere { return b }
    if b == .nowhere { return a }
    let (top, under) = isLater(a, than: b) ? (a, b) : (b, a)
    let sibling = queries[top].child
    queries[under].owner = top
    queries[under].sibling = sibling
    if sibling != .nowhere { queries[sibling].owner = under }
    queries[top].child = under
    return top
  }

  /// Takes a query that is no root, and what is under it, out of the heap.
  private mutating func cut(_ slot: Slot) {
    let owner = queries[slot].owner
    let sibling = queries[slot].sibling
    if queries[owner].child == slot {
      queries[owner].child = sibling
    } else {
      queries[owner].sibling = sibling
    }
    if sibling != .nowhere { queries[sibling].owner = owner }
    queries[slot].owner = .nowhere
    queries[slot].sibling = .nowhere
  }

  /// Makes one heap of all that is under a query: in pairs first, which is what keeps the heap shallow.
  private mutating func takeChildren(of slot: Slot) -> Slot {
    var pairs = Slot.nowhere
    var child = queries[slot].child
    queries[slot].child = .nowhere
    while child != .nowhere {
      let first = child
      let second = takeSibling(of: first)
      child = second == .nowhere ? Slot.nowhere : takeSibling(of: second)
      let pair = meld(first, second)
      queries[pair].sibling = pairs
      pairs = pair
    }
    var root = Slot.nowhere
    while pairs != .nowhere {
      let pair = pairs
      pairs = takeSibling(of: pair)
      root = meld(root, pair)
    }
    return root
  }

  /// Makes a query a root, and returns the sibling that it had.
  private mutating func takeSibling(of slot: Slot) -> Slot {
    let sibling = queries[slot].sibling
    queries[slot].sibling = .nowhere
    queries[slot].owner = .nowhere
    return sibling
  }
}
