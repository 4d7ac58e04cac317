import ArkBrokerTesting

@testable import ArkBroker

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Events to append, made once: making them would take most of the time of a run.
struct EventPool: Sendable {
  let storage: BatchStorage

  /// Events of up to about 600 bytes. Every fifth has a time to live of up to 20 s.
  static let small = EventPool(count: 500, largeEvery: .max)
  /// The same, and every 40th is larger than what a read takes at once, or nearly so.
  static let mixed = EventPool(count: 500, largeEvery: 40)

  private init(count: Int, largeEvery: Int) {
    var generator = EventGenerator(seed: 77)
    var builder = EventBatchBuilder(reservingEvents: count)
    for number in 0..<count {
      let event = generator.event()
      guard number % largeEvery == largeEvery - 1 else {
        builder.append(event)
        continue
      }
      let size = 10_000 + number * 300
      builder.append(
        Event(
          event.kind, id: "large-\(number)", source: "/large", time: event.time,
          correlation: event.correlation,
          payload: .text(String(repeating: "\(number) ", count: size / 4))))
    }
    storage = builder.finish().storage
    for number in stride(from: 0, to: count, by: 5) {
      storage.record(number).timeToLive = UInt32(number / 5 % 20 + 1)
    }
  }

  func timeToLive(_ event: Int) -> Int64 {
    Int64(storage.record(event).timeToLive) * 1_000_000_000
  }

  /// So many events that lie anywhere in the pool, ascending.
  func batch(of count: Int, using random: inout EventGenerator) -> EventBatch {
    var chosen: Set<UInt32> = []
    while chosen.count < count {
      chosen.insert(UInt32.random(in: 0..<UInt32(storage.count), using: &random))
    }
    return EventBatch(storage: storage, selection: .list(chosen.sorted()))
  }

  /// Whether that event is this one of the pool, byte for byte and field for field.
  func isSame(_ event: Int, _ other: BatchStorage, _ index: Int) -> Bool {
    let (mine, theirs) = (storage.record(event), other.record(index))
    let (wire, otherWire) = (storage.wire(event), other.wire(index))
    guard wire.count == otherWire.count,
      memcmp(wire.baseAddress!, otherWire.baseAddress!, wire.count) == 0,
      // All but where it lies in its storage.
      memcmp(mine.base, theirs.base, 24) == 0
    else { return false }
    return memcmp(mine.base + 28, theirs.base + 28, EventRecord.stride - 28) == 0
  }
}
