/// A transport that keeps what is written in an array and takes only as much as it is told. For tests.
package final class MemoryTransport: HTTPTransport {
  /// What was written and not yet read by the test.
  package private(set) var output: [UInt8] = []
  /// The bytes that it will still take.
  package var room = Int.max
  /// The number of write calls.
  package private(set) var writeCount = 0
  /// Whether the connection wants no input now.
  package private(set) var isPaused = false
  /// Whether the connection has said that it sends no more.
  package private(set) var isShutDown = false
  /// Whether the connection has ended.
  package private(set) var isClosed = false
  /// Makes writes fail as if the peer had gone.
  package var isBroken = false

  /// Makes a transport that takes everything.
  package init() {}

  /// Hands out what was written so far.
  package func takeOutput() -> [UInt8] {
    defer { output = [] }
    return output
  }

  package func write(_ vectors: UnsafeBufferPointer<HTTPVector>) -> Int {
    if isBroken || isClosed || isShutDown { return -1 }
    writeCount += 1
    var taken = 0
    for vector in vectors {
      let count = min(room, vector.count)
      output.append(contentsOf: UnsafeRawBufferPointer(start: vector.base, count: count))
      room -= count
      taken += count
    }
    return taken
  }

  package func pauseReading() { isPaused = true }
  package func resumeReading() { isPaused = false }
  package func shutdownWrite() { isShutDown = true }
  package func close() { isClosed = true }
}
