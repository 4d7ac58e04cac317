import ArkBroker

/// One query of one session as the fold keeps it. Its texts are places in tables of names.
struct QueryRow: Sendable {
  /// What comes in from outside or stays for good.
  var session = Slot.nowhere
  var name = Slot.nowhere
  var conversation = Slot.nowhere
  var namespace = Slot.nowhere
  var agent = Slot.nowhere
  var team = Slot.nowhere
  var tool = Slot.nowhere
  /// Nowhere stands for `agent`, the only type that another may replace.
  var targetType = Slot.nowhere
  var phase = Session.Query.Phase.running
  var error: String?
  /// The uid under which it was last heard of, together with its name.
  var identity = QueryIdentity.unknown
  var createdAt = Timestamp(nanosecondsSinceEpoch: 0)
  var completedAt: Timestamp?
  var lastActivity = Timestamp(nanosecondsSinceEpoch: 0)
  /// Grows from row to row: which of two came first.
  var ordinal: UInt64 = 0

  // Its neighbours in the session, in the order in which they came.
  var before = Slot.nowhere
  var after = Slot.nowhere

  // Its place in the heap of the session: see SessionTable+Latest.
  var child = Slot.nowhere
  var sibling = Slot.nowhere
  /// The sibling on the other side; for the first child, the parent.
  var owner = Slot.nowhere

  // Rows of the same name in other sessions, ordered by when they were heard of last.
  var newer = Slot.nowhere
  var older = Slot.nowhere
}

extension Session.Query.Phase {
  /// Whether a query in this phase takes on `incoming`. What ends a query counts also when it comes late; a call that failed may be approved and go on to the end.
  func givesWay(to incoming: Self) -> Bool {
    switch (self, incoming) {
    case (_, .running): false
    case (.running, _), (.done, _): true
    case (.error, .done), (.error, .error): true
    case (.canceled, .error), (.canceled, .canceled): true
    case (.error, .canceled), (.canceled, .done): false
    }
  }
}
