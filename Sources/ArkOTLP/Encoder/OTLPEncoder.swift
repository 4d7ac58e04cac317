public import ArkBroker

/// Makes OTLP export requests of events, for a program that has no OpenTelemetry SDK and for a broker that hands on what it received.
///
/// ```swift
/// let encoder = OTLPEncoder(.json)
/// for request in encoder.requests(for: batch) {
///   try await post(request.body, to: base + request.path, contentType: request.contentType)
/// }
/// ```
///
/// An event that came in over OTLP (its kind is `span`, `log`, `metric` or one below, and its payload is a record as ``OTLPReceiver`` writes it) becomes the same span, log record or metric again; those that follow each other and have the same resource and scope share them. A receiver that decodes the request gets the same events, whichever the encoding.
///
/// Every other event becomes a log record: its kind is the event name, its payload the body (JSON as the values of OTLP, bytes as bytes), its correlation ids are attributes and trace context, by the names that <doc:SpanConventions> gives them, and its source names the service. So does an event that calls itself a span and carries none.
///
/// No event is left out.
public struct OTLPEncoder: Sendable {
  /// How much goes into one request.
  public struct Limits: Hashable, Sendable {
    /// The most bytes of one body, before it is compressed; a larger record travels alone. Default 4 MiB.
    public var bytes: Int
    /// The most spans, log records or metrics. Default 2048.
    public var records: Int

    /// Creates limits.
    public init(bytes: Int = 4 << 20, records: Int = 2048) {
      self.bytes = bytes
      self.records = records
    }
  }

  /// How bodies are written.
  public let encoding: OTLPEncoding
  /// How much goes into one request.
  public let limits: Limits

  /// Creates an encoder.
  public init(_ encoding: OTLPEncoding = .protobuf, limits: Limits = Limits()) {
    self.encoding = encoding
    self.limits = limits
  }

  /// The requests that carry these events, each signal's in the order of the events.
  /// - Parameter signals: which are wanted; events of others are left out. Default: all.
  public func requests(
    for events: EventBatch, of signals: Set<OTLPSignal> = Set(OTLPSignal.allCases)
  ) -> [OTLPRequest] {
    var run = EncoderRun(self, signals)
    for event in events { run.add(event) }
    return run.finish()
  }

  /// The requests that carry these events, each signal's in the order of the events.
  /// - Parameter signals: which are wanted; events of others are left out. Default: all.
  public func requests(
    for events: StoredBatch, of signals: Set<OTLPSignal> = Set(OTLPSignal.allCases)
  ) -> [OTLPRequest] {
    requests(for: events.batch, of: signals)
  }

  /// The requests that carry these batches, as one.
  package func requests(
    for batches: [StoredBatch], of signals: Set<OTLPSignal>
  ) -> [OTLPRequest] {
    var run = EncoderRun(self, signals)
    for batch in batches {
      for event in batch.batch { run.add(event) }
    }
    return run.finish()
  }
}

/// One call of the encoder.
private struct EncoderRun: ~Copyable {
  private let signals: Set<OTLPSignal>
  private let builders: [RequestBuilder]
  private var record: RecordEncoder
  private var log = LogRecordWriter()

  init(_ encoder: OTLPEncoder, _ signals: Set<OTLPSignal>) {
    self.signals = signals
    builders = OTLPSignal.allCases.map { RequestBuilder($0, encoder) }
    record = RecordEncoder(encoder.encoding)
  }

  mutating func add(_ event: Event) {
    if let signal = OTLPSignal(kindOf: event) {
      // Also of a signal that is not wanted: only a look tells whether it is a record of it.
      let taken = event.withPayload { add($0, signal) }
      if taken { return }
    }
    guard signals.contains(.logs) else { return }
    log.write(event)
    let taken = add(log.bytes, .logs)
    assert(taken, "a log record was written that is none")
  }

  /// Whether the payload is a record of this signal; then it is in a request, if its signal is wanted.
  private mutating func add(_ payload: UnsafeRawBufferPointer, _ signal: OTLPSignal) -> Bool {
    do throws(JSONError) {
      try record.read(payload, signal)
      let builder = builders[signal.number]
      try builder.setEnvelopes(resource: record.resource, scope: record.scope)
      if signals.contains(signal) { builder.add(record.bytes) }
      return true
    } catch {
      return false
    }
  }

  consuming func finish() -> [OTLPRequest] { builders.flatMap { $0.finish() } }
}

extension OTLPSignal {
  /// The signal that a kind speaks of: `span`, `log`, `metric`, and those that go on with a dot.
  fileprivate init?(kindOf event: Event) {
    let kind = event.storage.field(.kind, of: event.index)
    defer { withExtendedLifetime(event) {} }
    let signal = OTLPSignal.allCases.first { signal in
      let name = signal.kind
      let count = name.utf8CodeUnitCount
      return kind.begins(with: name)
        && (kind.count == count || kind[count] == UInt8(ascii: "."))
    }
    guard let signal else { return nil }
    self = signal
  }
}
