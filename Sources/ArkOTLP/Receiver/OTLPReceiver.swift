public import ArkBroker
public import ArkHTTP

/// A source of events that takes OpenTelemetry traces, logs and metrics over OTLP/HTTP.
///
/// ```swift
/// let http = HTTPServer(port: 4318)
/// let broker = Broker {
///   OTLPReceiver(on: http)
///   MemoryStore(keeping: .megabytes(64))
/// }
/// ```
///
/// It mounts `POST /v1/traces`, `/v1/logs` and `/v1/metrics` on the server, which take protobuf and JSON. A request is answered when its events are as durable as the store promises; what follows
/// from the answer is in the OTLP specification, "OTLP/HTTP Response":
///
/// - 200: stored. Spans without valid ids are refused one by one and counted in `partialSuccess`.
/// - 400: the request breaks the rules of its encoding; nothing of it was stored. The body names the
///   field.
/// - 413: over a limit of the server or of ``OTLPLimits``.
/// - 503 with `Retry-After`: the broker has no room or is not running; nothing of it was stored.
///
/// ## A record as an event
///
/// - **Payload**: the span, log record or metric as canonical OTLP/JSON (lowerCamelCase names in the order of the field
///   numbers, no defaults, no unknown fields), with its `resource` and `scope` as two further members,
///   the schema URLs inside them. So each event stands alone, and a request can be made of it again.
/// - **Id**: of a span trace id and span id, `<traceId>-<spanId>`; of the others made of what they say, and without a
///   time of their place in the request: what an exporter sends again is a duplicate.
/// - **Source**: `/otlp/` and the resource's `service.name`, percent-encoded; `/otlp` without one.
/// - **Time**: when the span started, the log record's time, that of the metric's first data point; when the span ended,
///   the record was observed, or it was received, if that is not known.
/// - **Kind**: `span.llm`, `span.tool`, `span.agent` and so on as far as attributes say, by the
///   conventions of OpenTelemetry GenAI and MCP, OpenInference and OpenLLMetry; else `span`. `log.llm` and so on, else
///   `log`; `metric`.
/// - **Correlation**: the trace context, and what attributes of the record, then of its resource, say of
///   session, query, conversation, agent, team, tool call, MCP session, A2A task and context, and
///   namespace; session, conversation and query also from other records of the same trace (<doc:SpanConventions>).
public struct OTLPReceiver: EventSource {
  private let server: HTTPServer
  private let endpoint: OTLPEndpoint

  /// Mounts the receiver's routes on a server, which must not be serving yet. Requests are answered
  /// with 503 until the broker runs.
  /// - Parameters:
  ///   - server: several components may share it; it serves as long as one of them runs.
  ///   - mapping: what attributes mean. Default: the conventions that this library knows.
  ///   - limits: what is taken at most.
  public init(
    on server: HTTPServer, mapping: OTLPMapping = .standard, limits: OTLPLimits = OTLPLimits()
  ) {
    self.server = server
    self.endpoint = OTLPEndpoint(limits: limits, mapping: mapping)
    server.expectPart()
    server.mount(endpoint.routes)
  }

  /// Serves until the task is cancelled.
  public func run(into inlet: Inlet) async throws {
    endpoint.setBrokerID(inlet.brokerID)
    endpoint.setPublish { batch, thread, completion in
      inlet.publish(batch, on: thread, then: completion)
    }
    defer { endpoint.setPublish(nil) }
    try await server.serve()
  }
}
