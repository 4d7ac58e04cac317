/// An export of traces as somebody would write it for JSONDecoder.
enum CodableTraces {
  struct Request: Codable {
    var resourceSpans: [ResourceSpans]?

    var spanCount: Int {
      (resourceSpans ?? []).flatMap { $0.scopeSpans ?? [] }.reduce(0) {
        $0 + ($1.spans?.count ?? 0)
      }
    }
  }

  struct ResourceSpans: Codable {
    var resource: Resource?
    var scopeSpans: [ScopeSpans]?
    var schemaUrl: String?
  }

  struct Resource: Codable {
    var attributes: [Attribute]?
    var droppedAttributesCount: UInt32?
  }

  struct ScopeSpans: Codable {
    var scope: Scope?
    var spans: [Span]?
    var schemaUrl: String?
  }

  struct Scope: Codable {
    var name: String?
    var version: String?
    var attributes: [Attribute]?
  }

  struct Attribute: Codable {
    var key: String?
    var value: Value?
  }

  final class Value: Codable {
    var stringValue: String?
    var boolValue: Bool?
    var intValue: String?
    var doubleValue: Double?
    var arrayValue: Values?
    var kvlistValue: Attributes?
    var bytesValue: String?
  }

  struct Values: Codable { var values: [Value]? }
  struct Attributes: Codable { var values: [Attribute]? }

  struct Event: Codable {
    var timeUnixNano: String?
    var name: String?
    var attributes: [Attribute]?
    var droppedAttributesCount: UInt32?
  }

  struct Link: Codable {
    var traceId: String?
    var spanId: String?
    var traceState: String?
    var attributes: [Attribute]?
    var flags: UInt32?
  }

  struct Status: Codable {
    var message: String?
    var code: Int?
  }

  struct Span: Codable {
    var traceId: String?
    var spanId: String?
    var traceState: String?
    var parentSpanId: String?
    var name: String?
    var kind: Int?
    var startTimeUnixNano: String?
    var endTimeUnixNano: String?
    var attributes: [Attribute]?
    var droppedAttributesCount: UInt32?
    var events: [Event]?
    var links: [Link]?
    var status: Status?
    var flags: UInt32?
  }
}
