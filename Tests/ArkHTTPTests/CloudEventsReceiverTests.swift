import ArkBroker
import ArkHTTP
import Testing

@Suite struct CloudEventsReceiverTests {
  @Test func aBadEventIsNamedInTheEnvelope() throws {
    let broker = Broker { MemoryStore(keeping: .megabytes(4)) }
    let endpoint = CloudEventsEndpoint()
    endpoint.begin(broker.inlet)
    let peer = try TestPeer([.inline(.post, "/feed") { endpoint.receive($0, $1) }])
    peer.send(
      TestPeer.request(
        "POST /feed",
        ["Content-Type: application/cloudevents+json", "X-Request-ID: r-1"],
        body: Array(#"{"specversion":"2.0","id":"1","source":"/a","type":"x"}"#.utf8)))
    let response = try #require(peer.responses().first)
    #expect(response.status == 400)
    #expect(response["Content-Type"] == "application/json; charset=utf-8")
    #expect(
      response.text == #"{"error":{"code":"invalid_event","type":"invalid_request_error","#
        + #""message":"event 0: specversion: must be \"1.0\"","#
        + #""index":0,"attribute":"specversion","requestId":"r-1"}}"#)
  }
}
