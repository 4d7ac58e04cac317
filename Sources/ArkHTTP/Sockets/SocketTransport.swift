/// A connection's socket. Belongs to its loop.
final class SocketTransport: HTTPTransport {
  private var descriptor: Int32
  private unowned let loop: SocketLoop
  /// Set right after both exist; cleared at the end, which breaks the cycle.
  var connection: HTTPConnection?
  /// What the poller reports for this socket: the loop's slot, and a number that tells apart sockets
  /// that used the same slot.
  let token: UInt64
  private var isPaused = false
  private var mayBeReadable = false
  private var hasHungUp = false
  private var isFull = false
  /// Whether the loop has the socket on its list of those to be read again.
  var isQueuedToRead = false

  init(_ descriptor: Int32, loop: SocketLoop, token: UInt64) {
    self.descriptor = descriptor
    self.loop = loop
    self.token = token
  }

  // MARK: What the loop says

  func handle(_ event: PollEvent) {
    if event.hasFailed { connection?.failed() }
    if event.isWritable, isFull {
      isFull = false
      connection?.writable()
    }
    guard event.isReadable || event.isHungUp else { return }
    mayBeReadable = true
    if event.isHungUp {
      hasHungUp = true
      if isPaused { connection?.peerHungUp() }
    }
    readOnce()
  }

  /// Reads at most one buffer, so that a busy peer does not keep others waiting.
  func readOnce() {
    guard mayBeReadable, !isPaused, descriptor >= 0, let connection else { return }
    let buffer = loop.readBuffer
    switch SocketCall.receive(descriptor, buffer) {
    case .bytes(0):
      mayBeReadable = false
      connection.peerClosed()
    case .bytes(let count):
      // A short read means that there was no more, unless the end is still to be read.
      mayBeReadable = count == buffer.count || hasHungUp
      connection.received(
        UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]))
      if mayBeReadable, !isPaused { loop.readAgain(self) }
    case .wouldBlock: mayBeReadable = false
    case .failed: connection.failed()
    }
  }

  // MARK: What the connection says

  func write(_ vectors: UnsafeBufferPointer<HTTPVector>) -> Int {
    if isFull { return 0 }
    guard descriptor >= 0 else { return -1 }
    switch SocketCall.send(descriptor, vectors) {
    case .bytes(let count):
      var offered = 0
      for vector in vectors { offered += vector.count }
      isFull = count < offered
      return count
    case .wouldBlock:
      isFull = true
      return 0
    case .failed: return -1
    }
  }

  func pauseReading() {
    isPaused = true
  }

  func resumeReading() {
    isPaused = false
    if mayBeReadable { loop.readAgain(self) }
  }

  func shutdownWrite() {
    if descriptor >= 0 { SocketCall.shutdownWrite(descriptor) }
  }

  func close() {
    guard descriptor >= 0 else { return }
    SocketCall.close(descriptor)
    descriptor = -1
    connection = nil
    loop.forget(self)
  }
}
