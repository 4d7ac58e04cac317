public import ArkBroker

/// Which attributes of spans and log records are correlation ids, and which say what kind of event they are.
///
/// The standard mapping knows Ark, OpenTelemetry's GenAI, MCP and A2A conventions, OpenInference and OpenLLMetry; its tables are in <doc:SpanConventions>. A host adds its own names to it:
///
/// ```swift
/// OTLPReceiver(
///   on: http,
///   mapping: .standard
///     .mapping("acme.chat.id", to: .conversation)
///     .mapping("acme.step", equalTo: "search", toKind: "retrieval"))
/// ```
public struct OTLPMapping: Sendable {
  struct KindRule: Sendable {
    let attribute: String
    var kinds: [(value: String, kind: String)]
    var otherwise: String?
  }

  /// In order of precedence.
  private(set) var correlation: [(attribute: String, field: EventField)]
  /// In order of precedence.
  private(set) var kindRules: [KindRule]
  private(set) var eventNames: [(name: String, kind: String)]

  /// What this library knows.
  public static let standard = OTLPMapping()

  private init() {
    correlation = CorrelationConvention.all.map { ("\($0.attribute)", $0.field) }
    kindRules = KindConvention.all.map { convention in
      KindRule(
        attribute: "\(convention.attribute)",
        kinds: convention.kinds.map { ("\($0.value)", "\($0.kind)") },
        otherwise: convention.otherwise.map { "\($0)" })
    }
    eventNames = KindConvention.eventNames.map { ("\($0.name)", "\($0.kind)") }
  }

  /// The same, and an attribute more that is a correlation id. It comes before those that are known for that id already; an attribute is one id, the one that was given last.
  /// - Parameters:
  ///   - attribute: its name, exactly.
  ///   - key: any id but trace, span and parent span, which every span says itself.
  public func mapping(_ attribute: String, to key: Correlation.Key) -> OTLPMapping {
    precondition(
      ![.trace, .span, .parentSpan].contains(key),
      "\(key) cannot be mapped: a span's own ids say it")
    var mapping = self
    mapping.correlation.removeAll { $0.attribute == attribute }
    mapping.correlation.insert((attribute, key.field), at: 0)
    return mapping
  }

  /// The same, and one attribute's value more that makes a span of the kind `span.` and a name, and a log record of the kind `log.` and that name. It comes before what is known already.
  /// - Parameters:
  ///   - attribute: its name, exactly.
  ///   - value: the string that it must have, exactly; nil for any.
  ///   - kind: lower-case, without the signal's name in front: `tool`, `retrieval`.
  public func mapping(
    _ attribute: String, equalTo value: String?, toKind kind: String
  ) -> OTLPMapping {
    var mapping = self
    var rule = KindRule(attribute: attribute, kinds: [], otherwise: nil)
    if let place = mapping.kindRules.firstIndex(where: { $0.attribute == attribute }) {
      rule = mapping.kindRules.remove(at: place)
    }
    if let value {
      rule.kinds.removeAll { $0.value == value }
      rule.kinds.append((value, kind))
    } else {
      rule.otherwise = kind
    }
    mapping.kindRules.insert(rule, at: 0)
    return mapping
  }

  /// The same, and an event name more (`LogRecord.event_name`) that makes a log record of the kind `log.` and a name.
  public func mapping(eventName: String, toKind kind: String) -> OTLPMapping {
    var mapping = self
    mapping.eventNames.removeAll { $0.name == eventName }
    mapping.eventNames.append((eventName, kind))
    return mapping
  }
}
