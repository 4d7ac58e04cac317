import ArkBroker
import ArkHTTP
import ArkOTLP
import Testing

@testable import ArkAPI

/// `/openapi.json` and `/docs`, with the routes of the reference broker.
@Suite struct APIDescriptionTests {
  private let server: HTTPServer
  private let description: APIDescription
  // Parts hold routes; what they are put into is of no interest here.
  private let parts: [any Sendable]

  init() {
    server = HTTPServer()
    parts = [
      OTLPReceiver(on: server), CloudEventsReceiver(on: server), ServerSentEvents(on: server),
      ArkAPI(on: server), Operations(on: server),
    ]
    description = APIDescription(of: server, version: #"1.2.3 "beta""#)
  }

  private static func name(_ method: HTTPMethod, _ path: String) -> String { "\(method) \(path)" }

  @Test func everyRouteIsDescribedAndThereIs() {
    let mounted = server.routes.map { APIDescriptionTests.name($0.method, $0.path) }
    let described = APIOperation.all.map { APIDescriptionTests.name($0.method, $0.path) }
    #expect(mounted.sorted() == described.sorted())
  }

  @Test func routesThatAreNotMountedAreLeftOut() throws {
    let server = HTTPServer()
    _ = ArkAPI(on: server)
    let document = try JSONTree(APIDescription(of: server, version: "1").text)
    let paths = try #require(document["paths"]?.members.map(\.name))
    #expect(paths.contains("/messages") && paths.contains("/openapi.json"))
    #expect(!paths.contains("/feed") && !paths.contains("/v1/traces") && !paths.contains("/health"))
  }

  @Test func saysTheVersionOfItsHost() throws {
    let document = try JSONTree(description.text)
    #expect(document["openapi"]?.text == "3.1.1")
    #expect(document["info"]?["version"]?.text == #"1.2.3 "beta""#)
    #expect(document["info"]?["title"]?.text == "ARK Broker API")
  }

  @Test func everyReferenceLeadsSomewhereAndEveryComponentIsReferred() throws {
    let document = try JSONTree(description.text)
    var referred: Set<String> = []
    document.visit { node in
      guard let reference = node["$ref"]?.text else { return }
      referred.insert(reference)
      var target: JSONTree? = document
      for part in reference.dropFirst(2).split(separator: "/") { target = target?[String(part)] }
      #expect(reference.hasPrefix("#/") && target != nil, "\(reference)")
    }
    for group in try #require(document["components"]).members {
      for component in group.value.members {
        let reference = "#/components/\(group.name)/\(component.name)"
        #expect(referred.contains(reference), "\(reference)")
      }
    }
  }

  @Test func operationsAreNamedTaggedAndHaveTheParametersOfTheirPaths() throws {
    let document = try JSONTree(description.text)
    let tags = document["tags"]?.elements.compactMap { $0["name"]?.text } ?? []
    var ids: Set<String> = []
    for path in try #require(document["paths"]).members {
      for operation in path.value.members {
        let what = "\(operation.name) \(path.name)"
        let id = try #require(operation.value["operationId"]?.text, "\(what)")
        #expect(ids.insert(id).inserted, "\(id)")
        #expect(operation.value["summary"]?.text?.isEmpty == false, "\(what)")
        let ownTags = operation.value["tags"]?.elements.compactMap(\.text) ?? []
        #expect(ownTags.count == 1 && tags.contains(ownTags[0]), "\(what)")
        let parameters = (operation.value["parameters"]?.elements ?? []).map { parameter in
          guard let reference = parameter["$ref"]?.text else { return parameter }
          let name = String(reference.split(separator: "/").last ?? "")
          return document["components"]?["parameters"]?[name] ?? parameter
        }
        let inPath = parameters.filter { $0["in"]?.text == "path" }.compactMap { $0["name"]?.text }
        let expected = path.name.split(separator: "/").filter { $0.hasPrefix("{") }
          .map { String($0.dropFirst().dropLast()) }
        #expect(inPath.sorted() == expected.sorted(), "\(what)")
        #expect(operation.value["responses"]?["405"] != nil, "\(what)")
      }
    }
    #expect(ids.count == APIOperation.all.count)
  }

  @Test func thePageRunsItsOwnScriptOnly() throws {
    let policy = try #require(DocsPage.response.headers["Content-Security-Policy"])
    #expect(policy.contains("default-src 'none'") && !policy.contains("unsafe"))
    // Nothing ends the script or the style early, and nothing is loaded from elsewhere.
    for end in ["</script", "</style"] {
      #expect(DocsPage.text.components(of: end) == 2, "\(end)")
    }
    for word in ["http:", "https:", "src=", "innerHTML", " style=", "onclick"] {
      #expect(DocsPage.text.components(of: word) == 1, "\(word)")
    }
    #expect(DocsPage.text.components(of: "href=\"/openapi.json\"") == 2)
  }
}

extension String {
  /// How many parts this one cuts the text into.
  fileprivate func components(of separator: String) -> Int {
    var rest = self[...]
    var count = 1
    while let place = rest.firstRange(of: separator) {
      count += 1
      rest = rest[place.upperBound...]
    }
    return count
  }
}

/// A JSON text as a tree.
private indirect enum JSONTree {
  case object([(name: String, value: JSONTree)])
  case array([JSONTree])
  case text(String)
  case other

  init(_ text: [UInt8]) throws {
    self = try text.withUnsafeBytes { text in
      var reader = JSONReader(text)
      let tree = try JSONTree(&reader)
      try reader.finish()
      return tree
    }
  }

  private init(_ reader: inout JSONReader) throws {
    switch try reader.peek() {
    case .object:
      var members: [(name: String, value: JSONTree)] = []
      try reader.beginObject()
      while let key = try reader.nextKey() {
        members.append((key.string, try JSONTree(&reader)))
      }
      self = .object(members)
    case .array:
      var elements: [JSONTree] = []
      try reader.beginArray()
      while try reader.nextElement() { elements.append(try JSONTree(&reader)) }
      self = .array(elements)
    case .string: self = .text(try reader.readString().string)
    default:
      try reader.skipValue()
      self = .other
    }
  }

  var members: [(name: String, value: JSONTree)] {
    if case .object(let members) = self { members } else { [] }
  }

  var elements: [JSONTree] { if case .array(let elements) = self { elements } else { [] } }

  var text: String? { if case .text(let text) = self { text } else { nil } }

  subscript(name: String) -> JSONTree? { members.first { $0.name == name }?.value }

  /// Visits this and everything in it.
  func visit(_ body: (JSONTree) -> Void) {
    body(self)
    for member in members { member.value.visit(body) }
    for element in elements { element.visit(body) }
  }
}
