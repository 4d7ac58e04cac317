import ArkBroker

/// Brings CloudEvents in from standard input, one a line: `OwnSource < events.ndjson`.
struct LineImport: EventSource {
  func run(into inlet: Inlet) async throws {
    var lines: [UInt8] = []
    while let line = readLine(strippingNewline: false) {
      lines += line.utf8
      // Many events in one batch cost little more than one.
      guard lines.count > 256 << 10 else { continue }
      try await publish(lines, into: inlet)
      lines = []
    }
    try await publish(lines, into: inlet)
  }

  private func publish(_ lines: [UInt8], into inlet: Inlet) async throws {
    let batch = try CloudEvents.lines(lines)
    while true {
      do throws(PublishError) {
        // When this has returned the events are stored: now upstream may be told so.
        let receipt = try await inlet.publish(batch)
        print("stored \(receipt.stored), known before \(receipt.duplicates)")
        return
      } catch {
        // Nothing was stored. The ids are the same next time, so nothing will be there twice.
        guard error.isRetryable else { throw error }
        try await Task.sleep(for: .seconds(1))
      }
    }
  }
}

let broker = Broker(onLog: { print($0.message) }) {
  LineImport()
  MemoryStore(keeping: .megabytes(64))
}
// Returns when the last source has come to its end.
try await broker.run()
