import ArkBroker

/// When something came, and the id that its event gets.
struct Arrival {
  var time = Timestamp.now()
  /// Nil: one is made up.
  var id: String?
  /// Another broker has taken it already, with ids that no route takes.
  var isFiled = false
}
