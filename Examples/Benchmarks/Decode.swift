import ArkBroker
import ArkOTLP
import Foundation

/// One core decoding an export of traces: ours into events, ready to be stored, and Foundation's into structs.
enum Decode {
  /// - Parameter name: `otlp-json` and `otlp-protobuf` are ours.
  static func run(_ name: String, file: String, seconds: Double) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: file))
    let bytes = [UInt8](data)
    func ours(_ decode: (UnsafeRawBufferPointer) throws -> EventBatch) throws {
      try report(name, bytes.count, seconds) {
        try bytes.withUnsafeBytes(decode)
      } spans: {
        $0.count
      }
    }
    switch name {
    case "otlp-json":
      var decoder = ExportDecoder()
      try ours { try decoder.decode($0, .traces, .json, receivedAt: .now()).events }
    case "otlp-protobuf":
      var decoder = ExportDecoder()
      try ours { try decoder.decode($0, .traces, .protobuf, receivedAt: .now()).events }
    case "jsondecoder":
      try report(name, bytes.count, seconds) {
        try JSONDecoder().decode(CodableTraces.Request.self, from: data)
      } spans: {
        $0.spanCount
      }
    default:
      FileHandle.standardError.write(Data("there is no decoder \(name) yet\n".utf8))
      exit(1)
    }
  }

  /// Prints megabytes and spans a second of processor time, the median after a warm-up. What `body` returns is let go outside of the clock.
  private static func report<Result>(
    _ name: String, _ bytes: Int, _ seconds: Double, _ body: () throws -> Result,
    spans: (Result) -> Int
  ) rethrows {
    let count = spans(try body())
    // The second time: what is kept from request to request is there.
    let before = allocationCount()
    _ = try body()
    let allocations = before.flatMap { before in allocationCount().map { $0 - before } }
    var times: [Double] = []
    let begin = Benchmark.processorTime()
    var now = begin
    while now < begin + 1.25 * seconds {
      let start = Benchmark.processorTime()
      let result = try body()
      now = Benchmark.processorTime()
      if start > begin + 0.25 * seconds { times.append(now - start) }
      precondition(spans(result) == count, "\(name) did not read \(count) spans again")
    }
    let median = times.sorted()[times.count / 2]
    print(
      "decode \(name) megabytes_per_second=\(Int(Double(bytes) / median / 1e6)) spans_per_second=\(Int(Double(count) / median)) spans=\(count)"
        + (allocations.map { " allocations_per_span=\(Double($0) / Double(count))" } ?? "")
    )
  }

  /// How often this process has allocated, if `allocations.c` is loaded in front of the C library.
  private static func allocationCount() -> UInt? {
    guard let symbol = dlsym(nil, "allocation_count") else { return nil }
    return unsafeBitCast(symbol, to: (@convention(c) () -> UInt).self)()
  }
}
