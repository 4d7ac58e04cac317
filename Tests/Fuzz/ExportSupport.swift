import ArkBroker
import ArkOTLP

private let now = Timestamp(nanosecondsSinceEpoch: 1_795_503_600_000_000_000)

/// Payloads are JSON on one line, wire forms decode to themselves, and a decoder keeps nothing of the request before.
func decodeTwice(_ input: [UInt8], _ signal: OTLPSignal, _ encoding: OTLPEncoding) {
  var decoder = ExportDecoder()
  func decode() -> Result<ExportDecoder.Outcome, OTLPError> {
    withExactBytes(input) { bytes in
      do throws(OTLPError) {
        return .success(try decoder.decode(bytes, signal, encoding, receivedAt: now))
      } catch {
        return .failure(error)
      }
    }
  }
  switch (decode(), decode()) {
  case (.failure(let first), .failure(let second)):
    require(first == second, "another error the second time")
    require(!first.reason.isEmpty, "an error without a reason")
  case (.success(let first), .success(let second)):
    require(first.rejected == second.rejected, "other rejections the second time")
    require(first.message == second.message, "another message the second time")
    require((first.rejected == 0) == first.message.isEmpty, "rejections without a message")
    require(first.events.map(\.payload) == second.events.map(\.payload), "other payloads")
    for event in first.events {
      event.withPayload { payload in
        require((try? JSONReader.validate(payload)) != nil, "payload is not JSON")
        require(!payload.contains(where: { $0 < 0x20 }), "payload on several lines")
      }
      requireWireIsStable(event)
    }
  default: require(false, "refused only once")
  }
}
