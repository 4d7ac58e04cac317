/// What a poller says of one descriptor.
struct PollEvent {
  /// What the descriptor was registered with.
  var token: UInt64
  var isReadable: Bool
  var isWritable: Bool
  /// The peer has sent its last byte.
  var isHungUp: Bool
  /// Nothing can be sent or received any more.
  var hasFailed: Bool
}
