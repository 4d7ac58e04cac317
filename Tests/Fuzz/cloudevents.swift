import ArkBroker

private let now = Timestamp(nanosecondsSinceEpoch: 1_795_503_600_000_000_000)

private func wires(_ batch: EventBatch?) -> [[UInt8]]? {
  batch?.map { event in event.withWire { Array($0) } }
}

private func decode(
  _ text: [UInt8],
  _ body: (UnsafeRawBufferPointer, Timestamp) throws(CloudEvents.Failure) -> EventBatch
) -> [[UInt8]]? {
  withExactBytes(text) { wires(try? body($0, now)) }
}

/// The wire form of what was decoded comes back byte for byte in every mode.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzCloudEvents(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: start, count: count))
  let structured = decode(input, CloudEvents.structured)
  if let structured { require(structured.count == 1, "\(structured.count) events of one") }
  for wires in [structured, decode(input, CloudEvents.batch), decode(input, CloudEvents.lines)] {
    guard let wires else { continue }
    for wire in wires {
      require(!wire.contains(where: { $0 < 0x20 }), "a wire form on several lines")
      require(decode(wire, CloudEvents.structured) == [wire], "structured: not the same bytes")
    }
    let comma = UInt8(ascii: ",")
    let array = [UInt8(ascii: "[")] + wires.joined(separator: [comma]) + [UInt8(ascii: "]")]
    require(decode(array, CloudEvents.batch) == wires, "batch: not the same bytes")
    let lines = Array(wires.joined(separator: [UInt8(ascii: "\n")]))
    require(decode(lines, CloudEvents.lines) == wires, "lines: not the same bytes")
  }
  return 0
}
