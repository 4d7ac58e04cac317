import ArkBroker

/// Texts that rows have in common, each kept once, and only for as long as a row uses it.
struct NameTable: Sendable {
  private struct Entry {
    var name: ExactText = ""
    var uses: UInt32 = 0
    var newest = Slot.nowhere
  }

  private var entries = Slab(blank: Entry())
  private var slots: [ExactText: Slot] = [:]

  /// How many places there are, vacant ones included.
  var capacity: Int { entries.capacity }

  mutating func reserve(_ count: Int) { slots.reserveCapacity(count) }

  func slot(of name: ExactText) -> Slot { slots[name] ?? Slot.nowhere }

  subscript(slot: Slot) -> String { entries[slot].name.string }

  /// The text there, or nil for nowhere.
  func text(_ slot: Slot) -> String? { slot == .nowhere ? nil : self[slot] }

  /// Where the text is; it stays there until each use has been released.
  mutating func use(_ name: ExactText) -> Slot {
    if let slot = slots[name] {
      entries[slot].uses += 1
      return slot
    }
    let slot = entries.insert(Entry(name: name, uses: 1))
    slots[name] = slot
    return slot
  }

  /// One use more of a text that is in use.
  mutating func use(_ slot: Slot) -> Slot {
    if slot != .nowhere { entries[slot].uses += 1 }
    return slot
  }

  /// Fills in what is not known yet: what was said first stays.
  mutating func fill(_ slot: inout Slot, with text: JSONString?) {
    guard slot == .nowhere, let text else { return }
    slot = use(ExactText(text.string))
  }

  mutating func release(_ slot: Slot) {
    guard slot != .nowhere else { return }
    entries[slot].uses -= 1
    guard entries[slot].uses == 0 else { return }
    slots[entries[slot].name] = nil
    entries.remove(slot)
  }

  /// For the name of a query: the row of that name, in whatever session, that was heard of last.
  func newest(_ slot: Slot) -> Slot { entries[slot].newest }

  mutating func setNewest(_ slot: Slot, to row: Slot) { entries[slot].newest = row }
}
