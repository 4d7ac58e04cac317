import ArkBroker
import Foundation

/// Measures what happens inside one process. `Examples/Benchmarks/run` calls it and measures the rest.
///
///     ark-benchmark in-process [BATCH]  publish to delivery
///     ark-benchmark decode NAME FILE SECONDS
///                                       an export of traces: otlp-json, otlp-protobuf, jsondecoder
///     ark-benchmark sessions            an event's cost in sessions of few queries and of many
///     ark-benchmark redact              taking attributes out of spans
///     ark-benchmark append DIR SECONDS [SHAPE]
///                                       durable appends
///     ark-benchmark beside DIR SECONDS SHAPE
///                                       the same while much else goes on in the store
///     ark-benchmark replay DIR EVENTS   opening and reading a file store
///     ark-benchmark compress DIR FILE…  exports of traces in a compressed file store
@main
enum Benchmark {
  static func main() async throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    // A task of its own: on the main actor every hop would count.
    try await Task.detached {
      switch arguments.first {
      case "in-process" where arguments.count == 1: try await InProcess.run()
      case "in-process" where Int(arguments[1]).map { $0 > 0 } ?? false:
        try await InProcess.run(batches: [Int(arguments[1])!])
      case "decode" where arguments.count == 4:
        try Decode.run(arguments[1], file: arguments[2], seconds: Double(arguments[3]) ?? 1)
      case "redact": try Redaction.run()
      case "sessions": try SessionUpdates.run()
      case "append" where arguments.count >= 3:
        for shape in Append.Shape.allCases
        where arguments.count == 3 || shape.rawValue == arguments[3] {
          try await Append.run(
            in: arguments[1], seconds: Double(arguments[2]) ?? 3, shape: shape)
        }
      case "beside" where arguments.count == 4:
        guard let shape = Append.Shape(rawValue: arguments[3]) else {
          return print("SHAPE is one of \(Append.Shape.allCases.map(\.rawValue))")
        }
        try await Append.runBesideOthers(
          in: arguments[1], seconds: Double(arguments[2]) ?? 3, shape: shape)
      case "replay" where arguments.count == 3:
        try await Replay.run(in: arguments[1], events: Int(arguments[2]) ?? 1_000_000)
      case "compress" where arguments.count >= 3:
        try await Compression.run(in: arguments[1], files: Array(arguments[2...]))
      default:
        print(
          "usage: ark-benchmark in-process [BATCH] | decode NAME FILE SECONDS | redact | sessions | append DIR SECONDS [SHAPE] | beside DIR SECONDS SHAPE | replay DIR EVENTS | compress DIR FILE…"
        )
      }
    }.value
  }

  /// The middle one of five runs.
  static func median(_ measure: () async throws -> Double) async rethrows -> Double {
    var results: [Double] = []
    for _ in 0..<5 { results.append(try await measure()) }
    return results.sorted()[2]
  }

  /// Seconds that this thread has had a processor.
  static func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

extension Duration {
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
