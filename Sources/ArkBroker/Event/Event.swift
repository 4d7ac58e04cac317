#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// One thing that happened.
///
/// An event is a reference into its batch's memory: copying one costs a reference count, and its fields are decoded when they are asked for. Its wire form, one line of
/// CloudEvents 1.0 JSON, is laid out once, when it is made.
///
/// ```swift
/// let event = Event(.toolCallStarted, query: "q-1", session: "s-1", payload: try .json(#"{"tool":"search"}"#))
/// ```
public struct Event: Sendable {
  package let storage: BatchStorage
  package let index: Int

  package init(storage: BatchStorage, index: Int) {
    self.storage = storage
    self.index = index
  }

  /// Makes an event.
  /// - Parameters:
  ///   - kind: what sort of thing happened.
  ///   - id: unique together with `source`; an event with the same pair is a duplicate. Default: a new UUID (version 7).
  ///   - source: a URI-reference that names the producer. Default `/ark`.
  ///   - time: when it happened. Default: now.
  ///   - timeToLive: how long the store keeps it, counted from when it is stored. Rounded up to whole seconds, at least 1 s and at most 2,147,483,647 s. Default: as long as
  ///     the store keeps any event.
  ///   - payload: what there is to say about it. Default: nothing.
  /// - Precondition: the attributes take no more than `EventBatchBuilder.maximumAttributeBytes` bytes together.
  public init(
    _ kind: Kind, id: String? = nil, source: String = "/ark", time: Timestamp = .now(),
    namespace: String? = nil, query: String? = nil, queryName: String? = nil,
    session: String? = nil, conversation: String? = nil, agent: String? = nil,
    toolCall: String? = nil, timeToLive: Duration? = nil, payload: Payload = .none
  ) {
    self.init(
      kind, id: id, source: source, time: time,
      correlation: Correlation(
        namespace: namespace, session: session, query: query, queryName: queryName,
        conversation: conversation, agent: agent, toolCall: toolCall),
      timeToLive: timeToLive, payload: payload)
  }

  /// Makes an event with any correlation.
  /// - Precondition: as for the other initialiser.
  public init(
    _ kind: Kind, id: String? = nil, source: String = "/ark", time: Timestamp = .now(),
    correlation: Correlation, timeToLive: Duration? = nil, payload: Payload = .none
  ) {
    precondition(
      !kind.rawValue.isEmpty && !source.isEmpty,
      "an event needs a kind and a source that are not empty")
    var builder = EventBatchBuilder(bytes: payload.text.count + 512)
    do throws(EventError) {
      try builder.append(
        kind, id: id, source: source, time: time, correlation: correlation,
        timeToLive: timeToLive, payload: payload)
    } catch {
      preconditionFailure("\(error)")
    }
    self.init(storage: builder.finish().storage, index: 0)
  }
}

// MARK: - Fields

extension Event {
  /// Unique together with `source`.
  public var id: String { text(of: .id) ?? "" }
  /// The producer, a URI-reference.
  public var source: String { text(of: .source) ?? "" }
  /// What sort of thing happened: the CloudEvents `type` less `ark.`.
  public var kind: Kind { Kind(rawValue: text(of: .kind) ?? "") }
  /// When it happened, as its producer says.
  public var time: Timestamp {
    Timestamp(nanosecondsSinceEpoch: storage.record(index).time)
  }
  /// How long a store keeps it, counted from when it was stored, in whole seconds; nil: as long as it keeps any event.
  public var timeToLive: Duration? {
    let seconds = storage.record(index).timeToLive
    return seconds == 0 ? nil : .seconds(seconds)
  }
  /// The CloudEvents `subject`, where the producer gave one.
  public var subject: String? { text(of: .subject) }

  /// One correlation id, or nil when the event has none.
  public subscript(key: Correlation.Key) -> String? { text(of: key.field) }

  /// All correlation ids.
  public var correlation: Correlation {
    var correlation = Correlation()
    for key in Correlation.Key.all { correlation[key] = self[key] }
    return correlation
  }

  /// What the event carries.
  public var payload: Payload {
    Payload(
      text: Array(storage.payload(of: index)),
      isBase64: storage.record(index).flags.contains(.base64))
  }

  /// The wire form: one line of CloudEvents 1.0 JSON without a line end.
  public var wire: String { withWire { String(decoding: $0, as: UTF8.self) } }

  /// Lends the bytes of the wire form for the length of the call.
  public func withWire<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(storage) {} }
    return try body(storage.wire(index))
  }

  /// Lends the payload as it stands on the wire (JSON; empty when there is none) for the length of the call.
  public func withPayload<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(storage) {} }
    return try body(storage.payload(of: index))
  }

  private func text(of field: EventField) -> String? {
    defer { withExtendedLifetime(storage) {} }
    let text = storage.field(field, of: index)
    guard !text.isEmpty else { return nil }
    if storage.record(index).flags.contains(.escaped) {
      return PayloadText.unescaped(text)
    }
    return String(decoding: text, as: UTF8.self)
  }
}

extension Event: Equatable, CustomStringConvertible {
  /// Equal when the wire forms are.
  public static func == (a: Event, b: Event) -> Bool {
    a.withWire { first in
      // A wire form is never empty.
      b.withWire { second in
        first.count == second.count
          && memcmp(first.baseAddress!, second.baseAddress!, first.count) == 0
      }
    }
  }

  /// Kind and id; not the payload.
  public var description: String { "\(kind) \(id)" }
}
