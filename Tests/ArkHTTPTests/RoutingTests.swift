import ArkHTTP
import Testing

@Suite struct RoutingTests {
  private static func named(_ method: HTTPMethod, _ path: String) -> HTTPRoute {
    .inline(method, path) { request, responder in
      let values = ["id", "rest"].compactMap { request.parameters[$0] }
      responder.complete(.text("\(path) \(values)"))
    }
  }

  private static func peer(_ cors: HTTPCORS = .none) throws -> TestPeer {
    try TestPeer(
      [
        named(.get, "/"), named(.get, "/queries"), named(.post, "/queries"),
        named(.get, "/queries/{id}"), named(.get, "/queries/special"),
        named(.get, "/queries/{id}/messages/{rest}"), named(.delete, "/queries/special/x"),
        named(.post, "/v1/traces"), named(.get, "/a b/é"),
      ], cors: cors)
  }

  @Test(arguments: [
    ("GET /", 200, "/ []"), ("GET /queries", 200, "/queries []"),
    ("POST /queries", 200, "/queries []"), ("GET /queries?x=/y", 200, "/queries []"),
    ("GET /queries/7", 200, "/queries/{id} [\"7\"]"),
    ("GET /queries/a%2Fb%20+", 200, "/queries/{id} [\"a/b +\"]"),
    ("GET /queries/special", 200, "/queries/special []"),
    ("GET /queries/speci%61l", 200, "/queries/special []"),
    ("GET /queries/special/messages/2", 200, "/queries/{id}/messages/{rest} [\"special\", \"2\"]"),
    ("GET http://host/queries/1", 200, "/queries/{id} [\"1\"]"),
    ("GET http://host", 200, "/ []"), ("GET http://host?x", 200, "/ []"),
    ("GET /a%20b/%C3%A9", 200, "/a b/é []"),
  ])
  func findsTheRoute(_ line: String, _ status: Int, _ text: String) throws {
    let peer = try Self.peer()
    peer.send(TestPeer.request(line, body: line.hasPrefix("POST") ? [1] : nil))
    let responses = peer.responses()
    #expect(responses.map(\.status) == [status])
    #expect(responses.first?.text == text)
  }

  @Test(arguments: [
    ("GET /queries/", 404), ("GET /Queries", 404), ("GET //", 404),
    ("GET /queries//messages/1", 404),
    ("GET /queries/1/messages", 404), ("GET /v1/trace", 404), ("POST /v1/traces/", 404),
    ("GET /v1/traces", 405), ("PUT /v1/traces", 405), ("HEAD /v1/traces", 405),
    ("BREW /queries", 405), ("GET /%", 400), ("GET /%zz", 400), ("GET /queries/%4", 400),
  ])
  func saysWhatIsWrong(_ line: String, _ status: Int) throws {
    let peer = try Self.peer()
    peer.send(TestPeer.request(line, ["X-Request-ID: my-id"]))
    let response = try #require(peer.responses(heads: line.hasPrefix("HEAD") ? [0] : []).first)
    #expect(response.status == status)
    #expect(response["X-Request-ID"] == "my-id")
    if status == 405, line.contains("traces") { #expect(response["Allow"] == "OPTIONS, POST") }
    // The connection is as good as before.
    peer.send(TestPeer.request("GET /queries"))
    #expect(peer.responses().map(\.status) == [200])
  }

  private static func loosePeer() throws -> TestPeer {
    let echo: HTTPRoute.InlineHandler = { request, responder in
      responder.complete(.text("\(request.routePattern!) \(request.parameters["id"] ?? "-")"))
    }
    return try TestPeer(
      [
        .inline(.get, "/Health", echo), .inline(.get, "/queries/{id}/messages", echo),
        .inline(.get, "/both/exact", echo), .inline(.get, "/both/{id}", echo),
      ], matchesLoosely: true)
  }

  @Test(arguments: [
    ("/Health", "/Health -"), ("/health", "/Health -"), ("/HEALTH/", "/Health -"),
    ("/Queries/Ab/MESSAGES/", "/queries/{id}/messages Ab"),
    ("/queries/a%2Fb/mess%61GES", "/queries/{id}/messages a/b"),
    ("/both/exact", "/both/exact -"), ("/both/other/", "/both/{id} other"),
    ("/both/Exact", "/both/{id} Exact"),
  ])
  func aLoosePathIsFoundInAnyCaseAndWithASlash(_ path: String, _ text: String) throws {
    let peer = try Self.loosePeer()
    peer.send(TestPeer.request("GET \(path)"))
    #expect(peer.responses().map(\.text) == [text])
  }

  @Test(arguments: [
    ("GET /health//", 404), ("GET //health", 404), ("GET /queries//messages", 404),
    ("POST /health/", 405),
  ])
  func aLoosePathIsNoOther(_ line: String, _ status: Int) throws {
    let peer = try Self.loosePeer()
    peer.send(TestPeer.request(line))
    #expect(peer.responses().map(\.status) == [status])
  }

  @Test func errorsWithoutARouteMayHaveAFormatOfTheirOwn() throws {
    let peer = try TestPeer(
      [Self.named(.get, "/x")],
      formatError: { .text("\($0.code) \($1.id)", status: $0.status) })
    peer.send(TestPeer.request("GET /nothing", ["X-Request-ID: r-1"]))
    peer.send(TestPeer.request("PUT /x"))
    let responses = peer.responses()
    #expect(responses.map(\.status) == [404, 405])
    #expect(responses.first?.text == "not_found r-1")
    #expect(responses.last?.text.contains("method_not_allowed") == true)
  }

  @Test func errorsHaveTheEnvelope() throws {
    let peer = try Self.peer()
    peer.send(TestPeer.request("GET /nothing", ["X-Request-ID: r-1"]))
    let response = try #require(peer.responses().first)
    #expect(response["Content-Type"] == "application/json; charset=utf-8")
    #expect(
      response.text == #"{"error":{"code":"not_found","type":"invalid_request_error","#
        + #""message":"There is nothing at this path.","requestId":"r-1"}}"#)
  }

  @Test func theMessageOfAnErrorMayBeAnyText() throws {
    let peer = try TestPeer([
      .inline(.get, "/x") { $1.complete(HTTPError.badRequest("\"a\\b\" \u{1} \u{1f}\u{7f} é")) }
    ])
    peer.send(TestPeer.request("GET /x", ["X-Request-ID: r-1"]))
    #expect(
      peer.responses().first?.text
        == #"{"error":{"code":"bad_request","type":"invalid_request_error","#
        + #""message":"\"a\\b\" \u0001 \u001f"# + "\u{7f} é" + #"","requestId":"r-1"}}"#)
  }

  @Test func headIsGetWithoutItsBody() throws {
    let peer = try Self.peer()
    peer.send(TestPeer.request("HEAD /queries/7") + TestPeer.request("GET /queries/7"))
    let responses = peer.responses(heads: [0])
    #expect(responses.map(\.status) == [200, 200])
    #expect(responses[0]["Content-Length"] == responses[1]["Content-Length"])
    #expect(responses[0].body == [])
  }

  @Test func optionsSaysWhatIsAllowed() throws {
    let peer = try Self.peer()
    peer.send(TestPeer.request("OPTIONS /queries") + TestPeer.request("OPTIONS *"))
    let responses = peer.responses()
    #expect(responses.map(\.status) == [204, 204])
    #expect(responses[0]["Allow"] == "GET, HEAD, OPTIONS, POST")
    #expect(responses[1]["Allow"] != nil)
  }

  @Test func aPreflightIsAnsweredAsThePolicySays() throws {
    let preflight = TestPeer.request(
      "OPTIONS /queries",
      [
        "Origin: https://a.example", "Access-Control-Request-Method: POST",
        "Access-Control-Request-Headers: content-type, x-y",
      ])
    let any = try Self.peer(.anyOrigin)
    any.send(preflight)
    let allowed = try #require(any.responses().first)
    #expect(allowed.status == 204)
    #expect(allowed["Access-Control-Allow-Origin"] == "*")
    #expect(allowed["Access-Control-Allow-Methods"] == "GET,HEAD,PUT,PATCH,POST,DELETE")
    #expect(allowed["Access-Control-Allow-Headers"] == "content-type, x-y")
    #expect(allowed["Vary"] == "Access-Control-Request-Headers")

    let listed = try Self.peer(.origins(["https://a.example"]))
    listed.send(preflight)
    #expect(listed.responses().first?["Access-Control-Allow-Origin"] == "https://a.example")
    listed.send(TestPeer.request("GET /queries", ["Origin: https://b.example"]))
    let other = try #require(listed.responses().first)
    #expect(other["Access-Control-Allow-Origin"] == nil)
    #expect(other["Vary"] == "Origin")

    let none = try Self.peer()
    none.send(preflight)
    let refused = try #require(none.responses().first)
    #expect(refused["Access-Control-Allow-Methods"] == nil)
    #expect(refused["Access-Control-Allow-Origin"] == nil)
  }

  @Test func everyResponseMayBeReadFromAnyOriginIfSo() throws {
    let peer = try Self.peer(.anyOrigin)
    peer.send(TestPeer.request("GET /queries") + TestPeer.request("GET /nothing"))
    for response in peer.responses() {
      #expect(response["Access-Control-Allow-Origin"] == "*")
      #expect(response["Access-Control-Expose-Headers"] == "X-Request-ID")
    }
  }

  @Test func clashesAreErrorsThatNameBoth() {
    let error = #expect(throws: HTTPServerError.self) {
      try TestPeer([Self.named(.get, "/a/{x}"), Self.named(.get, "/a/{y}")])
    }
    #expect(error?.code == .duplicateRoute)
    #expect(error?.message.contains("/a/{x}") == true)
    #expect(error?.message.contains("/a/{y}") == true)
    for pattern in ["a", "/a{b}", "/{}", "/{a", "/a}"] {
      let error = #expect(throws: HTTPServerError.self) {
        try TestPeer([Self.named(.get, pattern)])
      }
      #expect(error?.code == .invalidRoute)
    }
  }

  @Test func queryItemsAreDecoded() throws {
    let peer = try TestPeer([
      .inline(.get, "/q") { request, responder in
        let items = request.query.map { "\($0.name)=\($0.value)" }.joined(separator: "|")
        let kinds = request.query.values("kind")
        responder.complete(.text("\(items) \(kinds) \(request.query["none"] ?? "-")"))
      }
    ])
    peer.send(TestPeer.request("GET /q?kind=tool.*&kind=a+b%26&&x&=y&p=100%&z=%C3%A9"))
    #expect(
      peer.responses().first?.text
        == "kind=tool.*|kind=a b&|x=|=y|p=100%|z=é [\"tool.*\", \"a b&\"] -")
  }

  @Test func headersAreFoundWithoutRegardToCase() throws {
    let peer = try TestPeer([
      .inline(.get, "/h") { request, responder in
        responder.complete(
          .text(
            "\(request.headers["x-one"] ?? "-") \(request.headers.values("X-TWO")) "
              + "\(request.headers.mediaTypeIs("application/json"))"))
      }
    ])
    peer.send(
      TestPeer.request(
        "GET /h", ["X-One:  1 ", "x-two: a", "X-Two: b", "Content-Type: Application/JSON ; a=b"]))
    #expect(peer.responses().first?.text == "1 [\"a\", \"b\"] true")
  }
}
