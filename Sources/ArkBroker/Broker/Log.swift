import Synchronization

/// The store and its tail: what cursors read.
package final class Log: Sendable {
  package let store: any Store
  /// The same store when its calls never wait.
  package let immediate: (any ImmediateStore)?
  /// The same store when it calls back from a thread of its own.
  let queued: (any QueuedStore)?
  package let tail: Tail
  let readers = Readers()
  /// Events handed to readers.
  let delivered = Atomic<Int>(0)

  init(store: any Store, newest: Position, tailBytes: Int) {
    self.store = store
    immediate = store as? any ImmediateStore
    queued = store as? any QueuedStore
    // A store that never waits is as good as the tail: no need to keep much beyond what it keeps.
    tail = Tail(newest: newest, bytes: immediate == nil ? tailBytes : min(tailBytes, 1 << 20))
  }

  /// Returns when nothing more will come or the task is cancelled.
  func ended() async {
    let signal = Signal()
    // Nothing matches, so only the end wakes it.
    let waiter = TailWaiter(match: .none) { signal.raise() }
    while !tail.isEnded, !Task.isCancelled {
      if tail.wait(waiter, after: .end) { await signal.wait() }
    }
    tail.remove(waiter)
  }
}

/// The cursors that are open, for the metrics.
final class Readers: Sendable {
  /// Where one of them is; outlives it by no more than a look from another thread.
  final class Place: Sendable {
    let position: Atomic<UInt64>
    init(_ position: Position) { self.position = Atomic(position.rawValue) }
  }

  private let places = Mutex<[ObjectIdentifier: Place]>([:])

  func add(_ place: Place) { places.withLock { $0[ObjectIdentifier(place)] = place } }

  func remove(_ place: Place) { places.withLock { $0[ObjectIdentifier(place)] = nil } }

  /// How many there are and where the slowest is.
  var summary: (count: Int, slowest: Position?) {
    places.withLock { places in
      let slowest = places.values.map { $0.position.load(ordering: .relaxed) }.min()
      return (places.count, slowest.map(Position.init(rawValue:)))
    }
  }
}

/// One open cursor, as the rest of the broker sees it. Unregisters itself when it goes.
final class Reader: Sendable {
  private let place: Readers.Place
  private let log: Log
  private let waiter: TailWaiter

  init(at position: Position, of log: Log, waiter: TailWaiter) {
    place = Readers.Place(position)
    self.log = log
    self.waiter = waiter
    log.readers.add(place)
  }

  deinit {
    log.tail.remove(waiter)
    log.readers.remove(place)
  }

  func advance(to position: Position) {
    place.position.store(position.rawValue, ordering: .relaxed)
  }

  /// It has read everything there is for it, so it is behind nothing.
  func isWaiting() { advance(to: .end) }
}
