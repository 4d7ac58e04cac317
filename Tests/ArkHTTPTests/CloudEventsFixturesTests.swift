import ArkBroker
import ArkHTTP
import Foundation
import Testing

/// What the CloudEvents project publishes for testing, through the endpoint of `POST /feed`.
@Suite(.enabled(if: Fixtures.folder != nil, "the shared fixtures are not there"))
struct CloudEventsFixturesTests {
  /// A broker behind a connection without a socket.
  private struct Bench {
    let broker = Broker { MemoryStore(keeping: .megabytes(4)) }
    let peer: TestPeer

    init(path: String = "/feed") throws {
      let endpoint = CloudEventsEndpoint()
      endpoint.begin(broker.inlet)
      peer = try TestPeer([
        .inline(.post, path) { request, responder in endpoint.receive(request, responder) }
      ])
    }

    func post(_ headers: [String], _ body: String) throws -> ReceivedResponse {
      peer.send(TestPeer.request("POST /feed", headers, body: Array(body.utf8)))
      return try #require(peer.responses().first)
    }

    func stored() async throws -> [NSDictionary] {
      var found: [NSDictionary] = []
      for try await event in broker.events(from: .beginning, following: false) {
        found.append(try json(event.wire) as! NSDictionary)
      }
      return found
    }
  }

  private static func text(_ name: String) throws -> String {
    String(decoding: try Fixtures.bytes("cloudevents/" + name), as: UTF8.self)
  }

  private static func expected(_ event: [String: Any]) -> NSDictionary {
    // JSON event format, section 2.2: null is absent. An absent media type means application/json.
    var event = event.filter { !($0.value is NSNull) }
    if event["datacontenttype"] as? String == "application/json" { event["datacontenttype"] = nil }
    return event as NSDictionary
  }

  @Test func theFeatureFileOfTheHTTPBinding() async throws {
    let scenarios = CloudEventsFixtures.scenarios(
      try Self.text("conformance-http-protocol-binding.feature"))
    #expect(scenarios.count == 4)
    for scenario in scenarios {
      let bench = try Bench(path: "/someresource")
      bench.peer.send(scenario.request)
      #expect(bench.peer.responses().map(\.status) == [200], "\(scenario)")
      var event: [String: Any] = scenario.attributes
      event["data"] = try json(scenario.data)
      #expect(try await bench.stored() == [Self.expected(event)], "\(scenario)")
    }
  }

  @Test func theExamplesOfTheJSONFormat() async throws {
    let examples = try json(try Self.text("spec-json-format-examples.json")) as! [Any]
    #expect(examples.count == 8)
    for example in examples {
      let isBatch = example is [Any]
      let type = "Content-Type: application/cloudevents\(isBatch ? "-batch" : "")+json"
      let events = (isBatch ? example : [example]) as! [[String: Any]]
      let placeholder = "... base64 encoded string ..."
      if events.contains(where: { $0["data_base64"] as? String == placeholder }) {
        let bench = try Bench()
        let response = try bench.post([type], try encoded(example))
        #expect(response.status == 400 && response.text.contains("\"attribute\":\"data_base64\""))
        #expect(try await bench.stored() == [])
      }
      let bench = try Bench()
      let body = try encoded(example).replacingOccurrences(of: placeholder, with: "AAEC/w==")
      #expect(try bench.post([type], body).status == 200, "\(body)")
      let stored = try await bench.stored()
      #expect(stored.count == events.count)
      for (found, event) in zip(stored, events) {
        var event = event
        if event["data_base64"] as? String == placeholder { event["data_base64"] = "AAEC/w==" }
        event["time"] = event["time"] ?? found["time"]
        #expect(found == Self.expected(event))
      }
    }
  }

  @Test func theTableOfHeaderValues() async throws {
    let cases = try json(try Self.text("header-cases.json")) as! [[String: Any]]
    #expect(cases.count == 10)
    for header in cases {
      let bench = try Bench()
      let response = try bench.post(
        [
          "ce-specversion: 1.0", "ce-id: 1", "ce-source: /x", "ce-type: t",
          "ce-extra: \(header["header"]!)",
        ], "")
      if header["reject"] as? Bool == true {
        #expect(response.status == 400 && response.text.contains("\"extra\""), "\(header)")
      } else {
        #expect(response.status == 200, "\(header)")
        let extra = try await bench.stored().first?["extra"] as? String
        #expect(extra == header["attribute_value"] as? String, "\(header)")
      }
    }
  }

  @Test(arguments: ["conformance-yaml-v1.yaml", "conformance-yaml-v1.0-v1_minimum.yaml"])
  func theEventsOfTheConformanceSuite(file: String) async throws {
    let documents = CloudEventsFixtures.documents(try Self.text(file))
    #expect(documents.count == (file.contains("minimum") ? 6 : 2))
    for document in documents {
      let bench = try Bench()
      var attributes = document.attributes.merging(document.extensions) { first, _ in first }
      let type = attributes["datacontenttype"] ?? "application/json"
      let data = type.contains("json") ? try json(document.data) : document.data as Any
      var event: [String: Any] = attributes
      event["data"] = data
      let response: ReceivedResponse
      if document.mode == "binary" {
        attributes["datacontenttype"] = nil
        response = try bench.post(
          ["Content-Type: \(type)"] + attributes.map { "ce-\($0): \($1)" }, document.data)
      } else {
        response = try bench.post(
          ["Content-Type: application/cloudevents+json"], try encoded(event))
      }
      #expect(response.status == 200, "\(response.text)")
      let stored = try await bench.stored()
      event["time"] = event["time"] ?? stored.first?["time"]
      #expect(stored == [Self.expected(event)])
    }
  }
}

private func json(_ text: String) throws -> Any {
  try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
}

private func encoded(_ json: Any) throws -> String {
  String(decoding: try JSONSerialization.data(withJSONObject: json), as: UTF8.self)
}
