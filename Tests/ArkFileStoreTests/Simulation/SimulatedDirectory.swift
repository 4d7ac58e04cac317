/// A simulated directory: its entries as processes see them, and those on the medium.
struct SimulatedDirectory: Sendable {
  /// The file or directory of each name.
  private(set) var entries: [String: Int] = [:]
  private(set) var medium: [String: Int] = [:]
  /// What was done since the last sync, in order.
  private(set) var pending: [Change] = []

  /// Entries that change together: one is made or removed, or one takes the place of another.
  struct Change: Sendable {
    /// When it was made: numbers grow over all directories.
    var number: Int
    /// What each name stands for from now on.
    var entries: [(name: String, node: Int?)]
  }

  init(entries: [String: Int] = [:]) {
    self.entries = entries
    medium = entries
  }

  mutating func apply(_ change: Change) {
    SimulatedDirectory.apply(change, to: &entries)
    pending.append(change)
  }

  mutating func sync() {
    medium = entries
    pending.removeAll()
  }

  /// The entries on the medium when these of the pending changes reached it.
  func entries(after happened: (Change) -> Bool) -> [String: Int] {
    var result = medium
    for change in pending where happened(change) { SimulatedDirectory.apply(change, to: &result) }
    return result
  }

  private static func apply(_ change: Change, to entries: inout [String: Int]) {
    for (name, node) in change.entries { entries[name] = node }
  }
}
