/// Which queries were deleted, so that what is still on its way about them does not bring them back.
///
/// Bounded: two generations, of which the older one is forgotten when the younger one is full. A deletion takes one entry for the name and at most one for a uid,
/// so the last 32,768 queries are remembered at least, in about 5 MiB at most.
struct DeletedQueries: Sendable {
  static let generationSize = 65_536

  private(set) var young: Set<QueryIdentity> = []
  private(set) var old: Set<QueryIdentity> = []

  init() {}

  init(young: Set<QueryIdentity>, old: Set<QueryIdentity>) {
    self.young = young
    self.old = old
  }

  func contains(_ query: QueryIdentity) -> Bool {
    young.contains(query) || old.contains(query)
  }

  mutating func insert(_ query: QueryIdentity) {
    if young.count >= DeletedQueries.generationSize {
      old = young
      young = []
    }
    young.insert(query)
  }

  mutating func remove(_ query: QueryIdentity) {
    young.remove(query)
    old.remove(query)
  }
}
