/// Takes out of payloads what must not be kept: attributes, by name or glob, and values that are too long.
///
/// Filters run before the store, so what is taken out is written nowhere.
///
/// ```swift
/// let broker = Broker {
///   OTLPReceiver(on: http)
///   Redact(attributes: "gen_ai.input.messages", "gen_ai.output.*")
///   Redact(attributes: "user.*", by: .masking)
///   Redact(attributes: "enduser.id", by: .hashing(key: secret))
///   Redact.truncating(valuesOver: 16_384)
///   FileStore(at: "/var/lib/ark-broker", keeping: .days(30))
/// }
/// ```
///
/// ## What an attribute is
///
/// - **An OpenTelemetry attribute**, in any payload and at any depth: an element of an array that is an object with a `key`, a text, and a `value`, an `AnyValue` (an object with a
///   member `stringValue`, `arrayValue` or the like, or an empty one). So the attributes of spans, their events and links, of log records, data points, resources and
///   scopes, and the entries of a `kvlistValue`. Its name is the key's text. `{"key":"user","value":"Ann"}` is none, because there the value is a text: to any reader but one of OTLP this is an object with two
///   members, `key` and `value`.
/// - **A member of an object**, in any payload and at any depth. Its name is the member's. A `*` does not match the fields that OTLP itself gives a record (`name`, `status`,
///   `body`, …) in events of kind `span`, `log` and `metric` and those below them (`span.llm`, …); a name without stars does.
///
/// ## Names
///
/// A name is compared with the unescaped text, byte for byte. `*` in it stands for any characters, dots included. A name with dots and without stars also names members inside
/// each other: `user.email` is the member `user.email`, and the member `email` of a member `user`, whether arrays come in between or not.
///
/// ## What stays
///
/// - **Attributes of the event itself**: its id, source, kind, time, subject, extension attributes, and the correlation ids, also those that came from an attribute which is taken out.
///   An id that is secret should be hashed by its producer.
/// - **Bytes** (`data_base64`) and, except for truncation, payloads that are only a text.
/// - **Everything else**, byte for byte. An event in which there is nothing to take out is passed on as it is.
public struct Redact: Filter {
  private let rules: RedactionRules
  private let search: RedactionSearch

  init(_ rules: RedactionRules) {
    self.rules = rules
    search = RedactionSearch(rules)
  }

  /// Takes out attributes with these names.
  /// - Parameters:
  ///   - name: exact, or with `*` for any characters.
  ///   - others: further ones.
  ///   - method: what becomes of them. Default: nothing is left.
  public init(attributes name: String, _ others: String..., by method: Method = .dropping) {
    self.init(attributes: [name] + others, by: method)
  }

  /// Takes out attributes with these names, as they are read from a configuration.
  /// - Parameters:
  ///   - names: exact, or with `*` for any characters.
  ///   - method: what becomes of them. Default: nothing is left.
  public init(attributes names: [String], by method: Method = .dropping) {
    self.init(RedactionRules([RedactionRule(names, method)]))
  }

  /// Shortens every text in a payload that is longer, attribute or not: also those in arrays, and a payload that is only a text. Names stay whole.
  /// - Parameter bytes: how many bytes of UTF-8 a text may have, as in ``Method/truncating(to:)``.
  public static func truncating(valuesOver bytes: Int) -> Redact {
    Method.checkLimit(bytes)
    return Redact(RedactionRules([], limit: bytes))
  }

  /// Both in one pass. Of several rules for one attribute the first counts; truncation of every text applies to what they leave.
  ///
  /// ```swift
  /// Redact(attributes: "gen_ai.*.messages").and(Redact(attributes: "user.*", by: .masking)).and(.truncating(valuesOver: 16_384))
  /// ```
  public func and(_ other: Redact) -> Redact {
    Redact(
      RedactionRules(
        rules.rules + other.rules.rules, limit: min(rules.limit, other.rules.limit)))
  }

  /// Decides about one event.
  public func evaluate(_ event: Event) -> Verdict {
    let batch = EventBatch(storage: event.storage, selection: .range(event.index..<event.index + 1))
    let result = apply(to: batch)
    return result.storage.identity == batch.storage.identity ? .keep : .rewrite(result[0])
  }

  /// Decides about all events of a batch at once. The batch is copied only when one of them changes.
  public func apply(to batch: EventBatch) -> EventBatch {
    defer { withExtendedLifetime(batch) {} }
    // The new payloads side by side, so that the new batch is not larger than it must be.
    var payloads = ByteWriter()
    var changed: [(ordinal: Int, end: Int)] = []
    for ordinal in 0..<batch.count {
      let index = batch.selection[ordinal]
      let payload = batch.storage.payload(of: index)
      guard !batch.storage.record(index).flags.contains(.base64), mayConcern(payload),
        rewrite(
          payload, isTelemetry: TelemetryName.isRecord(batch.storage, index), into: &payloads)
      else { continue }
      changed.append((ordinal, payloads.count))
    }
    guard !changed.isEmpty else { return batch }
    return batch.replacingPayloads(changed, in: payloads)
  }

  /// Whether there may be something to take out of a payload: a quick look, which is sure only of a no.
  package func mayConcern(_ payload: UnsafeRawBufferPointer) -> Bool { search.mayConcern(payload) }

  /// Appends what is left of a payload, when that is not all of it, and answers whether it did. What is not JSON is left alone.
  /// - Parameter isTelemetry: it is a record of OTLP.
  package func rewrite(
    _ payload: UnsafeRawBufferPointer, isTelemetry: Bool, into writer: inout ByteWriter
  ) -> Bool {
    rules.rewrite(payload, isTelemetry: isTelemetry, into: &writer)
  }
}

extension EventBatch {
  /// The same events with other payloads in some places, ascending, which lie side by side in `payloads`.
  fileprivate func replacingPayloads(
    _ changed: [(ordinal: Int, end: Int)], in payloads: borrowing ByteWriter
  ) -> EventBatch {
    var bytes = byteCount + payloads.count
    for (ordinal, _) in changed { bytes -= storage.payload(of: selection[ordinal]).count }
    var builder = EventBatchBuilder(reservingEvents: count, bytes: bytes)
    var next = 0
    var start = 0
    for ordinal in 0..<count {
      if next < changed.count, changed[next].ordinal == ordinal {
        let end = changed[next].end
        builder.copy(
          storage, index: selection[ordinal],
          payload: UnsafeRawBufferPointer(rebasing: payloads.bytes[start..<end]))
        start = end
        next += 1
      } else {
        builder.copy(storage, index: selection[ordinal])
      }
    }
    return builder.finish()
  }
}
