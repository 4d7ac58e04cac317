import ArkBroker
import Synchronization

/// What spans and log records said of the trace that they belong to, for those of the same trace that do not say it themselves.
///
/// Instrumentations put the session or the conversation on one span of a trace, often the outermost, which ends last. Bounded: it knows the traces that were seen last, at least half of `traceLimit` of them.
final class TraceMemory: Sendable {
  /// What is passed on. The rest (agent, tool call, …) belongs to one span.
  static let fields: [EventField] = [.session, .conversation, .query, .queryName]

  struct TraceID: Hashable {
    let high: UInt64
    let low: UInt64
  }

  /// The texts of `fields`; an empty one is not known.
  struct Known {
    private(set) var texts = [[UInt8]](repeating: [], count: TraceMemory.fields.count)

    /// What was said first stays.
    mutating func note(_ field: Int, _ text: UnsafeRawBufferPointer) -> Int {
      guard texts[field].isEmpty else { return 0 }
      texts[field] = [UInt8](text)
      return text.count
    }
  }

  /// Two generations: when the young one is full, the old one goes and the young one becomes the old.
  struct State: ~Copyable {
    fileprivate var young: [TraceID: Known] = [:]
    fileprivate var old: [TraceID: Known] = [:]
    fileprivate var byteCount = 0
    fileprivate let traceLimit: Int
    fileprivate let byteLimit: Int

    /// What is known of a trace, which by that becomes young again.
    mutating func known(of trace: TraceID) -> Known? {
      if let known = young[trace] { return known }
      guard let known = old.removeValue(forKey: trace) else { return nil }
      set(known, of: trace, added: known.texts.reduce(0) { $0 + $1.count })
      return known
    }

    /// - Parameter added: bytes of text that were not there before.
    mutating func set(_ known: Known, of trace: TraceID, added: Int) {
      if young.count >= traceLimit / 2 || byteCount >= byteLimit / 2 {
        old = young
        young = [:]
        byteCount = 0
      }
      young[trace] = known
      byteCount += added
    }
  }

  private let state: Mutex<State>

  /// - Parameters:
  ///   - traceLimit: how many traces at most. Default 32,768.
  ///   - byteLimit: how many bytes their ids may take. Default 8 MiB.
  init(traceLimit: Int = 32_768, byteLimit: Int = 8 << 20) {
    state = Mutex(State(traceLimit: traceLimit, byteLimit: byteLimit))
  }

  /// Does all the remembering and asking of one request at once.
  func withState(_ body: (inout State) -> Void) {
    state.withLock { body(&$0) }
  }
}

extension ExportRecords {
  /// Remembers what the records say of their traces, and gives those that do not say it what is known, whatever their order in the request.
  mutating func inherit(from memory: TraceMemory, _ signal: OTLPSignal, side: inout ByteWriter) {
    guard signal != .metrics, !records.isEmpty else { return }
    memory.withState { state in
      remember(in: &state, side: side.bytes)
      inherit(from: &state, side: &side)
    }
  }

  private func remember(in state: inout TraceMemory.State, side: UnsafeRawBufferPointer) {
    for record in records {
      guard case .valid(let high, let low) = record.traceID else { continue }
      let own = hits[record.hits]
      let common = hits[resources[scopes[record.scope].resource].hits]
      if own.isEmpty && common.isEmpty { continue }
      var known: TraceMemory.Known?
      var added = 0
      let trace = TraceMemory.TraceID(high: high, low: low)
      for (place, field) in TraceMemory.fields.enumerated() {
        guard
          let hit = own.first(where: { $0.field == field })
            ?? common.first(where: { $0.field == field })
        else { continue }
        var update = known ?? state.known(of: trace) ?? TraceMemory.Known()
        added += update.note(place, hit.text.bytes(side: side))
        known = update
      }
      if added > 0, let known { state.set(known, of: trace, added: added) }
    }
  }

  private mutating func inherit(from state: inout TraceMemory.State, side: inout ByteWriter) {
    // The texts of each trace, copied once however often its records come.
    var copies: [TraceMemory.TraceID: [HeldText]] = [:]
    // Of the trace before, nearly always the same one.
    var last: TraceMemory.TraceID?
    var held: [HeldText] = []
    for number in records.indices {
      guard case .valid(let high, let low) = records[number].traceID else { continue }
      let trace = TraceMemory.TraceID(high: high, low: low)
      if trace != last {
        last = trace
        if let copy = copies[trace] {
          held = copy
        } else {
          held = state.known(of: trace)?.texts.map { HeldText($0, side: &side) } ?? []
          if !held.isEmpty { copies[trace] = held }
        }
      }
      if !held.isEmpty { inherit(held, number) }
    }
  }
}
