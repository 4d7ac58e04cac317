import ArkBroker
import Testing

@testable import ArkAPI

/// Pages of traces, however long the traces are.
@Suite struct TraceListTests {
  private struct Page: Equatable {
    /// The first digit of a trace's id, and how many spans it has.
    var traces: [String] = []
    var total = ""
    var hasMore = ""
  }

  private let endpoint = APIEndpoint(options: ArkAPI.Options())
  private let broker = Broker { MemoryStore(keeping: .megabytes(64)) }

  init() { endpoint.begin(broker) }

  /// A trace of so many spans, of which each takes a bit more than so many bytes.
  private func publish(_ number: Int, spans: Int, bytes: Int = 10) async throws {
    let trace = String(repeating: "\(number)", count: 32)
    let payload = try Payload.json(#"{"name":"\#(String(repeating: "x", count: bytes))"}"#)
    try await broker.publish(
      EventBatch(
        (0..<spans).map { _ in
          Event(.span, correlation: Correlation(trace: trace), payload: payload)
        }))
  }

  private func page(in body: String) throws -> Page {
    var page = Page()
    try Array(body.utf8).withUnsafeBytes { body in
      let members = try ObjectMembers(["items", "total", "hasMore"], of: body)
      func text(_ place: Int) -> String {
        members[place].map { String(decoding: $0, as: UTF8.self) } ?? ""
      }
      (page.total, page.hasMore) = (text(1), text(2))
      var items = JSONReader(try #require(members[0]))
      try items.beginArray()
      while try items.nextElement() {
        let trace = try ObjectMembers(["traceId", "spans"], of: try items.readRawValue())
        var spans = JSONReader(try #require(trace[1]))
        var count = 0
        try spans.beginArray()
        while try spans.nextElement() {
          try spans.skipValue()
          count += 1
        }
        page.traces.append("\(trace.text(0)?.first ?? "?"): \(count)")
      }
    }
    return page
  }

  @Test func aLongPageComesInParts() async throws {
    try await publish(1, spans: 2)
    try await publish(2, spans: 60, bytes: 50_000)
    try await publish(3, spans: 1)
    try await publish(2, spans: 3)
    for (parameters, isInParts, wanted) in [
      ("", true, Page(traces: ["3: 1", "2: 63", "1: 2"], total: "3", hasMore: "false")),
      ("limit=2", true, Page(traces: ["3: 1", "2: 63"], total: "3", hasMore: "true")),
      ("cursor=63", true, Page(traces: ["2: 63", "1: 2"], total: "3", hasMore: "false")),
      ("limit=1", false, Page(traces: ["3: 1"], total: "3", hasMore: "true")),
      ("cursor=2", false, Page(traces: ["1: 2"], total: "3", hasMore: "false")),
      ("cursor=1", false, Page(traces: [], total: "3", hasMore: "false")),
    ] {
      let peer = try Peer(endpoint.routes)
      peer.request("GET /traces?\(parameters)")
      let answer = await peer.answer()
      #expect((answer.fields["Transfer-Encoding"] == "chunked") == isInParts, "\(parameters)")
      #expect(try page(in: answer.body) == wanted, "\(parameters)")
    }
  }

  /// Its last spans are those that it had when the page was asked for.
  @Test func whatComesWhileAPageIsWrittenIsNotInIt() async throws {
    try await publish(1, spans: 80, bytes: 50_000)
    let peer = try Peer(endpoint.routes)
    peer.stopReading()
    peer.request("GET /traces")
    await peer.isAnswered()
    try await publish(1, spans: 1)
    peer.goOnReading()
    #expect(
      try page(in: await peer.answer().body)
        == Page(traces: ["1: 80"], total: "1", hasMore: "false"))
  }
}
