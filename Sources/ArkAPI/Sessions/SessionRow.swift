import ArkBroker

/// One session as the fold keeps it: what must be known of it without looking at its queries.
struct SessionRow: Sendable {
  var id: ExactText = ""
  var status = Session.Status.idle
  /// Whether it stands in the list of changed sessions.
  var hasChanged = false
  var createdAt = Timestamp(nanosecondsSinceEpoch: 0)
  var lastActivity = Timestamp(nanosecondsSinceEpoch: 0)
  /// Grows from session to session: which of two came first.
  var ordinal: UInt64 = 0

  var queryCount: UInt32 = 0
  var runningCount: UInt32 = 0
  var errorCount: UInt32 = 0
  /// Of different conversations.
  var conversationCount: UInt32 = 0

  // Its queries in the order in which they came.
  var first = Slot.nowhere
  var last = Slot.nowhere
  /// The query with the latest activity.
  var latest = Slot.nowhere

  // Its neighbours, in the order in which sessions came.
  var before = Slot.nowhere
  var after = Slot.nowhere
}
