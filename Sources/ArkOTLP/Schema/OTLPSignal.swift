/// What a request carries. The three kinds of request differ in names and in their records.
public enum OTLPSignal: Sendable, CaseIterable {
  /// Spans.
  case traces
  /// Log records.
  case logs
  /// Metrics with their data points.
  case metrics

  /// Where its requests go below the base URL of a receiver: `/v1/traces` and so on (OTLP specification, "OTLP/HTTP Request").
  public var path: String {
    switch self {
    case .traces: "/v1/traces"
    case .logs: "/v1/logs"
    case .metrics: "/v1/metrics"
    }
  }

  var schema: SignalSchema {
    switch self {
    case .traces: Schema.traces
    case .logs: Schema.logs
    case .metrics: Schema.metrics
    }
  }

  /// Its place in `allCases`.
  var number: Int {
    switch self {
    case .traces: 0
    case .logs: 1
    case .metrics: 2
    }
  }

  /// The kind of its events: this, or this with a dot and more behind it.
  package var kind: StaticString {
    switch self {
    case .traces: "span"
    case .logs: "log"
    case .metrics: "metric"
    }
  }

  /// One record and several, for messages to people.
  var recordName: (one: StaticString, several: StaticString) {
    switch self {
    case .traces: ("span", "spans")
    case .logs: ("log record", "log records")
    case .metrics: ("metric", "metrics")
    }
  }
}

/// The envelopes of a signal. Their field numbers are the same in all three: 1 is the resource or scope, 2 the list inside, 3 the schema URL; of the request, 1 is the list.
struct SignalSchema {
  let request: MessageType
  let resource: MessageType
  let scope: MessageType
  let record: MessageType

  fileprivate init(request: String, resource: String, scope: String, _ record: MessageType) {
    self.scope = MessageType([
      MessageField(1, "scope", .message, message: Schema.scope),
      MessageField(2, scope, .envelope, isRepeated: true, message: record),
      MessageField(3, "schemaUrl", .string),
    ])
    self.resource = MessageType([
      MessageField(1, "resource", .message, message: Schema.resource),
      MessageField(2, resource, .envelope, isRepeated: true, message: self.scope),
      MessageField(3, "schemaUrl", .string),
    ])
    self.request = MessageType([
      MessageField(1, request, .envelope, isRepeated: true, message: self.resource)
    ])
    self.record = record
  }
}

extension Schema {
  fileprivate static let traces = SignalSchema(
    request: "resourceSpans", resource: "scopeSpans", scope: "spans", span)
  fileprivate static let logs = SignalSchema(
    request: "resourceLogs", resource: "scopeLogs", scope: "logRecords", logRecord)
  fileprivate static let metrics = SignalSchema(
    request: "resourceMetrics", resource: "scopeMetrics", scope: "metrics", metric)
}
