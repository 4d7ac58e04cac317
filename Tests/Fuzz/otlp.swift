import ArkBroker
import ArkOTLP

private let now = Timestamp(nanosecondsSinceEpoch: 1_795_503_600_000_000_000)

private func decode(
  _ bytes: [UInt8], with decoder: inout ExportDecoder
) -> ExportDecoder.Outcome? {
  withExactBytes(bytes) { try? decoder.decode($0, .traces, .json, receivedAt: now) }
}

/// Payloads are JSON on one line, wire forms decode to themselves, and a decoder keeps nothing of the
/// request before.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOTLP(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: start, count: count))
  var decoder = ExportDecoder()
  let first = decode(input, with: &decoder)
  let second = decode(input, with: &decoder)
  require((first == nil) == (second == nil), "refused only once")
  guard let first, let second else { return 0 }

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
  return 0
}
