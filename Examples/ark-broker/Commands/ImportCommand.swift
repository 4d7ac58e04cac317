import ArkBroker
import ArkFileStore

/// `ark-broker import DIR` and `ark-broker import --from-ark FILE`
struct ImportCommand: Command {
  static let name = "import"
  static let flags = ["--from-ark", "--positions"]
  static let help = """
    Usage: ark-broker import DIR [FILE] [--positions]
           ark-broker import --from-ark FILE [--from-ark FILE …] [DIR]

    Adds the events in FILE to the store in DIR, which is made if need be: one CloudEvent a
    line, as 'export' and GET /feed write them; compressed by gzip or not. Without a FILE,
    or with -, it reads standard input.

    An event with the source and id of one of the newest 4 million in the store is passed
    over, so importing the same file again does no harm. "arkposition" in a line is not
    kept; each event gets the next position of the store.

      --positions       put each event at its "arkposition". They must grow, and those that
                        the store has given already must hold the very same event, which
                        then is passed over

    Lines in which a feed tells of a gap in its log are counted and passed over: they are no
    events of it, and what the gap took is not in the file.

    A line that is no event ends it: its number is said, and what stood before is there. Put
    it right and import again. A time to live is counted from the import.

    It takes the store's lock, and is refused beside a broker that has it open. Into a
    running broker the same goes by POST /feed with Content-Type: application/x-ndjson.

      --from-ark FILE   read a file of the TypeScript ark-broker, or of ark-cluster-memory:
                        messages, chunks, traces, events or sessions, as a JSON document or
                        an append log (.jsonl). Which it is, is told from what it holds.
                        Give all files at once: their items go in by time, as they came.
                        DIR is ./ark-data unless given

    Items become the events that the routes make of the same requests, at the times that the
    files say, so Ark's clients see them as before. Importing them again adds nothing. An
    item that is damaged is left out, and said; so is the rest of a document that is cut off.

    Exit status:
      0                 everything is in the store
      1                 a line is wrong; what stood before it is in the store. With
                        --from-ark: something was left out; everything else is in the store
      2                 it could not be done
    """

  private var directory = ""
  private var input: String?
  private var keepsPositions = false
  private var arkFiles: [String] = []

  /// A line that is wrong.
  private struct BadLine: Error {
    var number: Int
    var message: String
  }

  /// How many ids are remembered to tell events that are there already: of so many of the newest.
  private static let recentIDs = 1 << 22

  init(_ arguments: inout Arguments) throws(UsageError) {
    while let item = try arguments.next() {
      switch item {
      case .flag("--positions"): keepsPositions = true
      case .flag("--from-ark"): arkFiles.append(try arguments.value())
      case .flag(let flag): throw arguments.unknown(flag)
      case .operand(let path) where directory.isEmpty: directory = path
      case .operand(let path):
        guard input == nil else {
          throw arguments.failure("one file is enough: what is '\(path)'?")
        }
        input = path
      }
    }
    guard !arkFiles.isEmpty else {
      try arguments.needsDirectory(directory)
      return
    }
    guard !keepsPositions else {
      throw arguments.failure("--positions is not for --from-ark: such files have none of a log")
    }
    if let input { throw arguments.failure("one directory is enough: what is '\(input)'?") }
    if directory.isEmpty { directory = Options().dataDirectory }
  }

  func run() async -> Int32 {
    let bar = ProgressBar("importing")
    do {
      if !arkFiles.isEmpty { return try await importArkFiles(bar) }
      let lines = LineReader(try InputFile(input ?? "-"))
      let store = try await StoreCommands.open(directory, bar, makingOne: true)
      let target: any ImportTarget =
        keepsPositions
        ? try await PositionedImport(store, directory)
        : BrokerImport(store, recentIDs: ImportCommand.recentIDs)
      var failure: BadLine?
      var gaps = 0
      do {
        try await read(lines, into: target, countingGaps: &gaps, bar)
      } catch let error as BadLine {
        failure = error
      }
      try await target.finish()
      bar.clear()
      report(target, gaps: gaps)
      guard let failure else { return 0 }
      JSONLog.put(
        "ark-broker import: line \(failure.number): \(failure.message); the lines before it are imported\n"
      )
      return 1
    } catch {
      bar.clear()
      JSONLog.put("ark-broker import: \(StoreCommands.text(error))\n")
      return 2
    }
  }

  private func importArkFiles(_ bar: ProgressBar) async throws -> Int32 {
    // Files that are none are said before a store is made.
    var files = try ArkImport(arkFiles, bar)
    let store = try await StoreCommands.open(directory, bar, makingOne: true)
    let target = BrokerImport(store, recentIDs: ImportCommand.recentIDs)
    let isWhole = try await files.run(into: target)
    try await target.finish()
    report(target)
    return isWhole ? 0 : 1
  }

  private func report(_ target: any ImportTarget, gaps: Int = 0) {
    let (added, known) = target.counts
    JSONLog.put(
      "imported \(counted(added, "event"))"
        + (known > 0 ? "; \(known) were there already" : "")
        + (gaps > 0 ? "; \(counted(gaps, "gap")) of the feed passed over" : "") + "\n")
  }

  private func read(
    _ lines: LineReader, into target: any ImportTarget, countingGaps gaps: inout Int,
    _ bar: ProgressBar
  ) async throws {
    var lines = lines
    let maximum = Broker.Limits().eventBytes
    while true {
      var builder = ImportBatch.makeBuilder()
      var positions: [Position?] = []
      var numbers: [Int] = []
      var problem: BadLine?
      var isAtEnd = false
      while builder.byteCount < ImportBatch.bytes,
        positions.count < ImportBatch.events,
        problem == nil, !isAtEnd
      {
        let number = lines.number + 1
        isAtEnd = try !lines.next { line in
          guard line.contains(where: { $0 > 0x20 }) else { return }
          let before = builder.byteCount
          do throws(EventError) {
            switch try builder.append(line: line) {
            case .event(let position):
              positions.append(position)
              numbers.append(number)
            case .gap: gaps += 1
            }
          } catch {
            problem = BadLine(number: number, message: "\(error)")
          }
          if builder.byteCount - before > maximum {
            problem = BadLine(
              number: number, message: "the event takes more than \(maximum) bytes")
          }
        }
      }
      var batch = builder.finish()
      // An event that was too large is in the batch already.
      if problem != nil, numbers.last == problem?.number {
        batch = EventBatch(batch.dropLast())
        positions.removeLast()
        numbers.removeLast()
      }
      if !batch.isEmpty {
        if let (place, message) = try await target.add(batch, positions) {
          throw BadLine(number: numbers[place], message: message)
        }
      }
      if let problem { throw problem }
      if isAtEnd { return }
      bar.show(lines.file.size > 0 ? lines.file.offset : target.counts.added, of: lines.file.size)
    }
  }
}
