/// Keeps a share of the events, the same ones on every run: events that share an id (by default the trace) are kept or dropped together.
///
/// Events without that id are kept.
public struct Sample: Filter {
  private let threshold: UInt64
  private let field: EventField

  /// - Parameters:
  ///   - share: how much to keep, from 0 to 1.
  ///   - key: the id that decides. Default: the trace.
  public init(_ share: Double, by key: Correlation.Key = .trace) {
    threshold = share >= 1 ? .max : UInt64(max(0, share) * 0x1p64)
    field = key.field
  }

  /// Decides about one event.
  public func evaluate(_ event: Event) -> Verdict {
    let id = event.storage.field(field, of: event.index)
    guard !id.isEmpty, threshold < .max else { return .keep }
    // FNV-1a with a final mix: the same on every machine and in every run.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in id { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    hash = (hash ^ hash >> 32) &* 0xd6e8_feb8_6659_fd93
    hash ^= hash >> 32
    return hash < threshold ? .keep : .drop
  }
}
