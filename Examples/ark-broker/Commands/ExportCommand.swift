import ArkBroker
import ArkFileStore

/// `ark-broker export DIR`
struct ExportCommand: Command {
  static let name = "export"
  static let flags = ["--filter", "--output", "--positions"]
  static let help = """
    Usage: ark-broker export DIR [--filter MATCH] [--output FILE] [--positions]

    Writes the events of the store in DIR, one JSON object a line, in the order of the log,
    byte for byte as they are stored. Deleted and expired events are left out.

      --filter MATCH    only these, in the filter language: 'session="s-1" && kind=tool.*'
      --output FILE     where to: compressed by gzip when the name ends in .gz, and under
                        this name only when it is whole      (default -, standard output)
      --positions       begin each line with "arkposition", the event's place in the log

    It takes the store's lock, because opening a store clears up after a crash, and is
    refused beside a broker that has it open. From a running broker the same comes by
      curl -H 'Accept: application/x-ndjson' \\
        'http://127.0.0.1:8080/feed?after=beginning&follow=false'

    Exit status:
      0                 everything was written
      1                 some events could not be read because they are damaged
      2                 it could not be done
    """

  private var directory = ""
  private var output = "-"
  private var match = Match.all
  private var hasPositions = false

  init(_ arguments: inout Arguments) throws(UsageError) {
    while let item = try arguments.next() {
      switch item {
      case .flag("--filter"):
        let text = try arguments.value()
        do throws(MatchError) {
          match = try Match(parsing: text)
        } catch {
          throw arguments.failure("--filter: \(error)")
        }
      case .flag("--output"): output = try arguments.value()
      case .flag("--positions"): hasPositions = true
      case .flag(let flag): throw arguments.unknown(flag)
      case .operand(let path): try arguments.takeDirectory(path, into: &directory)
      }
    }
    try arguments.needsDirectory(directory)
  }

  func run() async -> Int32 {
    let bar = ProgressBar("exporting")
    do {
      let store = try await StoreCommands.open(directory, bar, makingOne: false)
      let file = try LineWriter(output)
      do {
        let (events, lost) = try await write(store, to: file, bar)
        try file.finish()
        try await store.close()
        bar.clear()
        JSONLog.put(
          "exported \(counted(events, "event")), \(ByteCount(bytes: file.bytes))"
            + (lost > 0 ? "; \(counted(lost, "position")) could not be read" : "") + "\n")
        return lost > 0 ? 1 : 0
      } catch {
        file.abandon()
        throw error
      }
    } catch {
      bar.clear()
      JSONLog.put("ark-broker export: \(StoreCommands.text(error))\n")
      return 2
    }
  }

  private func write(_ store: FileStore, to file: LineWriter, _ bar: ProgressBar) async throws -> (
    events: Int, lost: Int
  ) {
    var (events, lost) = (0, 0)
    let bounds = await store.bounds
    // Without an event, the oldest is the one behind the newest.
    let all = Int(bounds.newest.rawValue + 1 - bounds.oldest.rawValue)
    var request = ReadRequest(
      after: .start, matching: match, limit: ReadLimit(events: 4096, bytes: 1 << 20))
    while request.after < bounds.newest {
      let page = try await store.read(request)
      if let gap = page.gap {
        lost += Int(gap.last.rawValue - gap.first.rawValue + 1)
        bar.clear()
        JSONLog.put("positions \(gap.first) to \(gap.last) are damaged and left out\n")
      }
      for stored in page.events {
        events += 1
        try file.append { line in
          stored.event.withWire { wire in
            if hasPositions {
              line += "{\"arkposition\":\"\(stored.position)\",".utf8
              line += wire.dropFirst()
            } else {
              line += wire
            }
          }
          line.append(UInt8(ascii: "\n"))
        }
      }
      request.after = page.lookedThrough
      let done = max(
        0, all - Int(bounds.newest.rawValue - min(request.after, bounds.newest).rawValue))
      bar.showCount(done, of: all)
    }
    return (events, lost)
  }
}

/// What commands that open a store share.
enum StoreCommands {
  /// Opens the store to read or fill it, with nothing going on in the background.
  /// - Parameter makingOne: make one where there is none.
  static func open(_ directory: String, _ bar: ProgressBar, makingOne: Bool) async throws
    -> FileStore
  {
    if !makingOne, !StoreDirectory.isStore(directory) {
      throw StoreError.noStore(in: directory)
    }
    var settings = FileStore.Settings()
    settings.maintenanceInterval = .seconds(3600)
    settings.compactionThreshold = 2
    let store = FileStore(at: directory, keeping: .everything, settings: settings) { record in
      guard record.level >= .warning else { return }
      bar.clear()
      JSONLog.put("\(record.level): \(record.message)\n")
    }
    try await store.open()
    return store
  }

  static func text(_ error: any Error) -> String {
    (error as? LineFileError)?.message ?? "\(error)"
  }
}
