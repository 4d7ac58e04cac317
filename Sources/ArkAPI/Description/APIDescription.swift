import ArkBroker
import ArkHTTP
import Synchronization

/// The description of the API (OpenAPI 3.1) and a page that shows it: `/openapi.json`, `/docs` and `/api-docs`.
///
/// It describes the routes that the server has, whoever has mounted them, as far as `APIOperation` knows them.
final class APIDescription: Sendable {
  private let server: HTTPServer
  private let version: String
  /// Made when it is first asked for: then no route can be added any more.
  private let document = Mutex<[UInt8]?>(nil)

  init(of server: HTTPServer, version: String) {
    self.server = server
    self.version = version
  }

  var routes: [HTTPRoute] {
    [.task(.get, "/openapi.json", options: APIEndpoint.options) { [self] _ in .json(text) }]
      + ["/docs", "/api-docs"].map { path in
        .task(.get, path, options: APIEndpoint.options) { _ in DocsPage.response }
      }
  }

  /// The document, without white space between its tokens.
  var text: [UInt8] {
    document.withLock { document in
      let text =
        document ?? APIDescription.text(of: APIDescription.described(server), version: version)
      document = text
      return text
    }
  }

  private static func described(_ server: HTTPServer) -> [APIOperation] {
    let routes = server.routes
    return APIOperation.all.filter { operation in
      routes.contains { $0.method == operation.method && $0.path == operation.path }
    }
  }

  private static func text(of operations: [APIOperation], version: String) -> [UInt8] {
    var paths: [(path: String, members: [String])] = []
    for operation in operations {
      if let place = paths.firstIndex(where: { $0.path == operation.path }) {
        paths[place].members.append(operation.member)
      } else {
        paths.append((operation.path, [operation.member]))
      }
    }
    let items = paths.map { "\"\($0.path)\":{\($0.members.joined(separator: ","))}" }
    let source = """
      {"openapi":"3.1.1","info":{\(info),"version":\(JSONValue.quoted(version))},
      "servers":[{"url":"/","description":"The broker that this document comes from."}],
      "security":[],
      "tags":[\(tags)],
      "paths":{\(items.joined(separator: ","))},
      "components":{"schemas":{\(schemas)},"parameters":{\(parameters)},"headers":{\(headers)},
      "responses":{\(responses)}}}
      """
    var text = ByteWriter(capacity: source.utf8.count)
    do {
      try Array(source.utf8).withUnsafeBytes { try JSONReader.minify($0, into: &text) }
    } catch {
      preconditionFailure("the description is not JSON: \(error)")
    }
    return text.array()
  }

  private static let schemas = [
    commonSchemas, frameSchemas, memorySchemas, streamSchemas, sessionSchemas, feedSchemas,
    otlpSchemas,
  ].joined(separator: ",")

  private static let info = #"""
    "title": "ARK Broker API",
    "license": {"name": "Apache License 2.0", "identifier": "Apache-2.0"},
    "summary": "Everything that happens in an Ark query: taken in, kept, and streamed to whoever watches.",
    "description": "All of it is one log of events. What is posted to any route is an event on that log, which `GET /feed` shows, and sequence numbers and cursors are positions in it: they only grow and are never given twice.\n\nEvery answer has `X-Request-ID`: the one that was sent, or a new one. Bodies may be compressed (`Content-Encoding: gzip` or `deflate`). `HEAD` is answered wherever `GET` is, and `OPTIONS` everywhere. Paths are found in any letter case and with one slash at their end.\n\nErrors have a body of the schema `Error`, below `/v1` of the schema `Status`. Apart from those listed with each operation, the server answers 404 where there is no route, 408 when a request does not arrive in time, 413 to a body that is too large, 414 and 431 to a target or a head that is, 415 to a content coding that it does not know, 417 to an expectation that it cannot meet, and 500 when it fails.\n\nThere is no authentication: put a proxy in front where the network is not trusted."
    """#

  private static let tags = #"""
    {"name": "System", "description": "Probes and this description."},
    {"name": "Monitoring", "description": "Numbers for Prometheus."},
    {"name": "Memory", "description": "Messages and the conversations that they belong to."},
    {"name": "Streaming", "description": "Chunks of a query's answer, as they come."},
    {"name": "Events", "description": "What the operations of the controller and the executors say of themselves."},
    {"name": "Traces", "description": "OpenTelemetry spans, by trace."},
    {"name": "Sessions", "description": "Queries that belong together, and how they stand."},
    {"name": "Feed", "description": "The log itself: CloudEvents in and out."},
    {"name": "OTLP", "description": "OpenTelemetry over HTTP (OTLP/HTTP)."}
    """#
}
