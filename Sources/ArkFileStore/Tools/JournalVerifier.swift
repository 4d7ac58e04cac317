import ArkBroker

/// Checks the bytes of a journal: that of the deletions, or that of the state.
struct JournalVerifier {
  /// What the entries of a journal are.
  enum Content: String, CaseIterable {
    case deletions, state

    /// What it costs when an entry cannot be read.
    var loss: String {
      switch self {
      case .deletions: "some deleted events may be back"
      case .state: "some named cursors may be behind"
      }
    }
  }

  let fileSystem: any FileSystem
  let directory: String
  let content: Content

  struct Outcome {
    var findings: [StoreFinding] = []
    var bytes = 0
    /// Sound entries, the damaged ones left out.
    var entries: [[UInt8]] = []
  }

  private var path: String { "\(directory)/\(content.rawValue)" }

  /// Checks, and again when something is found in a file that is being written to.
  func run() throws(StoreError) -> Outcome {
    var bytes = try read()
    for _ in 0..<3 {
      guard let seen = bytes else { return Outcome() }
      let outcome = check(seen)
      guard !outcome.findings.isEmpty else { return outcome }
      let again = try read()
      if again == seen { return outcome }
      bytes = again
    }
    return bytes.map(check) ?? Outcome()
  }

  private func read() throws(StoreError) -> [UInt8]? {
    do throws(FileError) {
      let file = try fileSystem.open(path, .read)
      return try file.bytes(at: 0, count: try file.size())
    } catch {
      guard error.isMissing else { throw StoreError(error) }
      return nil
    }
  }

  private func check(_ bytes: [UInt8]) -> Outcome {
    var outcome = Outcome(bytes: bytes.count)
    func find(_ severity: StoreFinding.Severity, at offset: Int, _ message: String) {
      outcome.findings.append(StoreFinding(severity, path, at: offset, message))
    }
    let header = Journal.header
    if !bytes.starts(with: header) {
      let place = zip(header, bytes).enumerated().first { $0.element.0 != $0.element.1 }?.offset
      find(.damage, at: place ?? bytes.count, "the header is damaged; \(content.loss)")
    }
    for piece in Journal.pieces(of: bytes) {
      switch piece {
      case .entry(let number, let range):
        let entry = Array(bytes[range.dropFirst(Journal.entryHeader)])
        if content.makesSense(entry) {
          outcome.entries.append(entry)
        } else {
          find(
            .damage, at: range.lowerBound, "entry \(number) makes no sense; \(content.loss)")
        }
      case .damage(let range):
        find(
          .damage, at: range.lowerBound,
          "\(range.count) bytes are no sound entry; \(content.loss)")
      case .torn(let range):
        find(
          .note, at: range.lowerBound,
          "the last \(range.count) bytes were being written when the process ended; the next start clears them away"
        )
      }
    }
    return outcome
  }
}

extension JournalVerifier.Content {
  fileprivate func makesSense(_ entry: [UInt8]) -> Bool {
    switch self {
    case .state:
      guard entry.count >= 2 else { return false }
      let end = 2 + Int(entry.number(0, as: UInt16.self))
      return end == entry.count || end < entry.count && entry[end] == 1
    case .deletions:
      return entry.withUnsafeBytes { bytes in
        var reader = VarintReader(bytes)
        var end: UInt64 = 0
        while !reader.isAtEnd {
          guard let distance = reader.next(), let count = reader.next(), count > 0 else {
            return false
          }
          let (start, overflows) = end.addingReportingOverflow(distance)
          let (stop, overflowsToo) = start.addingReportingOverflow(count)
          guard !overflows, !overflowsToo else { return false }
          end = stop
        }
        return true
      }
    }
  }
}
