import ArkBroker
import ArkOTLP
import Foundation

/// One core decoding an OTLP/JSON export of traces: ours into events, ready to be stored, and Foundation's into structs.
enum Decode {
  static func run(file: String) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: file))
    let bytes = [UInt8](data)
    var decoder = TracesJSONDecoder()
    let ours = try best(of: 25, bytes: bytes.count) {
      _ = try bytes.withUnsafeBytes { try decoder.decode($0, receivedAt: .now()) }
    }
    let foundation = try best(of: 3, bytes: bytes.count) {
      _ = try JSONDecoder().decode(CodableTraces.Request.self, from: data)
    }
    print(
      "decode megabytes_per_second=\(Int(ours)) jsondecoder=\(Int(foundation)) ratio=\((ours / foundation * 10).rounded() / 10)"
    )
  }

  /// Megabytes a second of processor time, the median run.
  private static func best(of runs: Int, bytes: Int, _ body: () throws -> Void) rethrows -> Double {
    var times: [Double] = []
    for _ in 0..<runs {
      let start = Benchmark.processorTime()
      try body()
      times.append(Benchmark.processorTime() - start)
    }
    return Double(bytes) / times.sorted()[runs / 2] / 1e6
  }
}
