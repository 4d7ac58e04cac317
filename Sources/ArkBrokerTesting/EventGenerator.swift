public import ArkBroker

/// Makes events that are hard on stores and filters, the same ones for the same seed.
///
/// Print `seed` with a failure, to get the same events again.
public struct EventGenerator: RandomNumberGenerator, Sendable {
  /// Where it began.
  public let seed: UInt64
  private var state: UInt64
  private var count = 0

  /// - Parameter seed: which events. Default: the same ones on every run.
  public init(seed: UInt64 = 20_261_124) {
    self.seed = seed
    state = seed
  }

  /// SplitMix64.
  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }

  /// Kinds that events have.
  static let kinds: [Kind] = [
    .toolCallStarted, .toolCallCompleted, .llmChunk, .message, "tool", "a*b", "a.b", "é.x",
  ]
  /// Ids that events have.
  static let ids = ["s-1", "s-2", "quote\"", "back\\slash", "line\nend", "日本", "🐝", "x=y", " "]
  static let traces = ["4bf92f3577b34da6a3ce929d0e0e4736", "0af7651916cd43dd8448eb211c80319c"]
  static let spans = ["00f067aa0ba902b7", "b7ad6b7169203331"]

  mutating func pick<Element>(_ pool: [Element]) -> Element {
    pool[Int.random(in: 0..<pool.count, using: &self)]
  }

  static func ids(of key: Correlation.Key) -> [String] {
    switch key {
    case .trace: traces
    case .span, .parentSpan: spans
    default: ids
    }
  }

  /// An event with some correlation ids and a payload of 0 to about 300 bytes; its id is unique.
  public mutating func event() -> Event {
    count += 1
    var correlation = Correlation()
    for key in Correlation.Key.all where Int.random(in: 0..<100, using: &self) < 40 {
      correlation[key] = pick(Self.ids(of: key))
    }
    let size = Int.random(in: 0..<60, using: &self)
    let payload: Payload =
      size == 0
      ? .none
      : .text(
        String(
          String.UnicodeScalarView(
            (0..<size).compactMap { _ in
              Unicode.Scalar(UInt32.random(in: 0..<0x800, using: &self))
            })))
    return Event(
      pick(Self.kinds), id: "\(seed)-\(count)", source: pick(["/a", "/b"]),
      time: Timestamp(nanosecondsSinceEpoch: Int64.random(in: 0..<1 << 61, using: &self)),
      correlation: correlation, payload: payload)
  }

  /// A batch of such events.
  public mutating func batch(of count: Int) -> EventBatch {
    EventBatch((0..<count).map { _ in event() })
  }

  /// Batches of such events, of 1 to `largest` events each.
  public mutating func batches(_ count: Int, largest: Int = 7) -> [EventBatch] {
    (0..<count).map { _ in batch(of: Int.random(in: 1...largest, using: &self)) }
  }

  /// A match that takes some of them.
  public mutating func match(depth: Int = 3) -> Match {
    switch Int.random(in: 0..<(depth > 0 ? 6 : 3), using: &self) {
    case 0: return .kind(pick(Self.kinds))
    case 1: return .kind(pick(["tool.*", "*.started", "*", "t*l*", "*b", "llm*", "none"]))
    case 2:
      let key = pick(Correlation.Key.all)
      return .correlation(key, is: pick(Self.ids(of: key) + [""]))
    case 3: return match(depth: depth - 1) && match(depth: depth - 1)
    case 4: return match(depth: depth - 1) || match(depth: depth - 1)
    default: return !match(depth: depth - 1)
    }
  }
}
