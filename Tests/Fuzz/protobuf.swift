import ArkOTLP

/// OTLP/protobuf, as a request of each signal.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzProtobuf(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: start, count: count))
  for signal in OTLPSignal.allCases { decodeTwice(input, signal, .protobuf) }
  return 0
}
