#if canImport(Glibc)
  package import Glibc
#elseif canImport(Musl)
  package import Musl
#else
  package import Darwin
#endif

/// What a connection needs of whatever carries its bytes. Used on the connection's loop only.
///
/// The transport calls the connection's `received`, `peerClosed`, `peerHungUp`, `writable`, `failed`
/// and `tick`; never from inside one of the calls below.
package protocol HTTPTransport: AnyObject {
  /// Sends what it can: the number of bytes taken, or -1 when the peer is gone.
  ///
  /// After fewer bytes than offered it calls `writable` once more can be taken.
  func write(_ vectors: UnsafeBufferPointer<iovec>) -> Int
  /// Calls `received` no more until `resumeReading`.
  func pauseReading()
  /// Goes on calling `received`.
  func resumeReading()
  /// Tells the peer that no more will come, while still receiving.
  func shutdownWrite()
  /// Ends the connection; nothing is called after it.
  func close()
}
