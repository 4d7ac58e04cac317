import ArkBroker
import ArkOTLP

/// Events that came out of a request can leave in one again: none is lost, and what leaves as it came means the same.
func requireSurvivesEncoding(_ events: EventBatch, _ signal: OTLPSignal) {
  for encoding in OTLPEncoding.allCases {
    let requests = OTLPEncoder(encoding).requests(for: events)
    require(requests.reduce(0) { $0 + $1.count } == events.count, "the encoder loses records")
    var payloads: [Payload] = []
    for request in requests {
      var decoder = ExportDecoder()
      let outcome = withExactBytes(request.body) {
        try? decoder.decode(
          $0, request.signal, encoding, receivedAt: Timestamp(nanosecondsSinceEpoch: 1))
      }
      require(outcome?.rejected == 0, "a request that receivers would not take")
      require(outcome?.events.count == request.count, "a request with other records")
      if let outcome, request.signal == signal { payloads += outcome.events.map(\.payload) }
    }
    // Those of records that no receiver would take become log records.
    if payloads.count == events.count, requests.allSatisfy({ $0.signal == signal }) {
      require(signal == .logs || payloads == events.map(\.payload), "other payloads")
    }
  }
}
