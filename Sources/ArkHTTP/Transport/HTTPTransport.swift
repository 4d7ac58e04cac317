/// A run of bytes to be sent; laid out like the system's `iovec`.
package struct HTTPVector {
  /// Where the bytes are.
  package var base: UnsafeRawPointer?
  /// How many there are.
  package var count: Int
}

/// What a connection needs of whatever carries its bytes. Used on the connection's loop only.
///
/// The transport calls the connection's `received`, `peerClosed`, `peerHungUp`, `writable`, `failed`
/// and `tick`; never from inside one of the calls below.
package protocol HTTPTransport: AnyObject {
  /// Sends what it can: the number of bytes taken, or -1 when the peer is gone.
  ///
  /// After fewer bytes than offered it calls `writable` once more can be taken.
  func write(_ vectors: UnsafeBufferPointer<HTTPVector>) -> Int
  /// Calls `received` no more until `resumeReading`.
  func pauseReading()
  /// Goes on calling `received`.
  func resumeReading()
  /// Tells the peer that no more will come, while still receiving.
  func shutdownWrite()
  /// Ends the connection; nothing is called after it.
  func close()
}
