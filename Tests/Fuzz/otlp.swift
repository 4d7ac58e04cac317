import ArkBroker
import ArkOTLP

/// OTLP/JSON, as a request of each signal.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOTLP(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: start, count: count))
  for signal in OTLPSignal.allCases { decodeTwice(input, signal, .json) }
  return 0
}
