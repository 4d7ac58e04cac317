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

  /// Does all the asking or all the remembering of one request at once.
  func withState(_ body: (inout State) -> Void) {
    state.withLock { body(&$0) }
  }
}

/// The ids of the traces of one request, as places in its hits.
struct TraceWords {
  /// For each of `TraceMemory.fields`; negative for what is not known.
  typealias Places = SIMD4<Int32>

  fileprivate var places: [TraceMemory.TraceID: Places] = [:]
  /// The traces that the request says something new of, in its order.
  fileprivate var news: [TraceMemory.TraceID] = []
}

extension ExportRecords {
  /// Gives records the ids that they do not say themselves and others of their trace do, whatever their order in the request.
  /// - Parameter memory: what earlier requests said; it is only asked.
  /// - Returns: what is to be remembered.
  mutating func inherit(
    from memory: TraceMemory?, _ signal: OTLPSignal, side: inout ByteWriter
  ) -> TraceWords {
    var words = TraceWords()
    guard signal != .metrics, !records.isEmpty else { return words }
    if let memory {
      memory.withState { recall(from: &$0, &words, side: &side) }
    }
    listen(&words)
    if !words.places.isEmpty { inherit(words) }
    return words
  }

  /// Looks up the traces of the request, each once.
  private mutating func recall(
    from state: inout TraceMemory.State, _ words: inout TraceWords, side: inout ByteWriter
  ) {
    // Of the trace before, nearly always the same one.
    var last: TraceMemory.TraceID?
    for record in records {
      guard let trace = record.trace, trace != last else { continue }
      last = trace
      guard words.places[trace] == nil, let known = state.known(of: trace) else { continue }
      var places = TraceWords.Places(repeating: -1)
      for (index, text) in known.texts.enumerated() where !text.isEmpty {
        let held = HeldText(text, side: &side)
        places[index] = Int32(keep(CorrelationHit(field: TraceMemory.fields[index], text: held)))
      }
      words.places[trace] = places
    }
  }

  /// Takes from the records what is not known of their traces. What was said first stays.
  private func listen(_ words: inout TraceWords) {
    for record in records {
      guard let trace = record.trace else { continue }
      let common = resources[scopes[record.scope].resource].hits
      if record.hits.isEmpty && common.isEmpty { continue }
      let known = words.places[trace] ?? TraceWords.Places(repeating: -1)
      var places = known
      for (index, field) in TraceMemory.fields.enumerated() where places[index] < 0 {
        if let hit = hit(of: field, in: record.hits) ?? hit(of: field, in: common) {
          places[index] = Int32(hit)
        }
      }
      guard places != known else { continue }
      words.places[trace] = places
      words.news.append(trace)
    }
  }

  private mutating func inherit(_ words: TraceWords) {
    // Of the trace before, nearly always the same one.
    var last: TraceMemory.TraceID?
    var places: TraceWords.Places?
    for number in records.indices {
      guard let trace = records[number].trace else { continue }
      if trace != last {
        last = trace
        places = words.places[trace]
      }
      if let places { inherit(places, number) }
    }
  }

  /// Tells other requests what this one said of its traces.
  func remember(
    _ words: TraceWords, in memory: TraceMemory, side: UnsafeRawBufferPointer
  ) {
    guard !words.news.isEmpty else { return }
    memory.withState { state in
      for trace in words.news {
        guard let places = words.places[trace] else { continue }
        var known = state.known(of: trace) ?? TraceMemory.Known()
        var added = 0
        for index in TraceMemory.fields.indices where places[index] >= 0 {
          added += known.note(index, hits[Int(places[index])].text.bytes(side: side))
        }
        if added > 0 { state.set(known, of: trace, added: added) }
      }
    }
  }
}
