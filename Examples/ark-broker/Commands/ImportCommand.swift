import ArkBroker
import ArkFileStore

/// `ark-broker import DIR`
struct ImportCommand: Command {
  static let name = "import"
  static let flags = ["--positions"]
  static let help = """
    Usage: ark-broker import DIR [FILE] [--positions]

    Adds the events in FILE to the store in DIR, which is made if need be: one CloudEvent a
    line, as 'export' and GET /feed write them; compressed by gzip or not. Without a FILE,
    or with -, it reads standard input.

    An event with the source and id of one of the newest 4 million in the store is passed
    over, so importing the same file again does no harm. "arkposition" in a line is not
    kept; each event gets the next position of the store.

      --positions       put each event at its "arkposition". They must grow, and those that
                        the store has given already must hold the very same event, which
                        then is passed over

    A line that is no event ends it: its number is said, and what stood before is there. Put
    it right and import again. A time to live is counted from the import.

    It takes the store's lock, and is refused beside a broker that has it open. Into a
    running broker the same goes by POST /feed with Content-Type: application/x-ndjson.

    Exit status:
      0                 everything is in the store
      1                 a line is wrong; what stood before it is in the store
      2                 it could not be done
    """

  private var directory = ""
  private var input: String?
  private var keepsPositions = false

  /// A line that is wrong.
  private struct BadLine: Error {
    var number: Int
    var message: String
  }

  /// How many ids are remembered to tell events that are there already: of so many of the newest.
  private static let recentIDs = 1 << 22
  /// What goes to the store at once.
  private static let batchBytes = 4 << 20
  private static let batchEvents = 1 << 14

  init(_ arguments: inout Arguments) throws(UsageError) {
    while let item = try arguments.next() {
      switch item {
      case .flag("--positions"): keepsPositions = true
      case .flag(let flag): throw arguments.unknown(flag)
      case .operand(let path) where directory.isEmpty: directory = path
      case .operand(let path):
        guard input == nil else {
          throw arguments.failure("one file is enough: what is '\(path)'?")
        }
        input = path
      }
    }
    try arguments.needsDirectory(directory)
  }

  func run() async -> Int32 {
    let bar = ProgressBar("importing")
    do {
      let lines = try LineReader(input ?? "-")
      let store = try await StoreCommands.open(directory, bar, makingOne: true)
      let target: any ImportTarget =
        keepsPositions
        ? try await PositionedImport(store, directory)
        : BrokerImport(store, recentIDs: ImportCommand.recentIDs)
      var failure: BadLine?
      do {
        try await read(lines, into: target, bar)
      } catch let error as BadLine {
        failure = error
      }
      try await target.finish()
      bar.clear()
      let (added, known) = target.counts
      JSONLog.put(
        "imported \(counted(added, "event"))"
          + (known > 0 ? "; \(known) were there already" : "") + "\n")
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

  private func read(_ lines: LineReader, into target: any ImportTarget, _ bar: ProgressBar)
    async throws
  {
    let maximum = Broker.Limits().eventBytes
    while true {
      var builder = EventBatchBuilder(
        reservingEvents: 256, bytes: ImportCommand.batchBytes + (1 << 18))
      var positions: [Position?] = []
      var numbers: [Int] = []
      var problem: BadLine?
      var isAtEnd = false
      while builder.byteCount < ImportCommand.batchBytes,
        positions.count < ImportCommand.batchEvents,
        problem == nil, !isAtEnd
      {
        isAtEnd = try !lines.next { line in
          guard line.contains(where: { $0 > 0x20 }) else { return }
          let before = builder.byteCount
          do throws(EventError) {
            positions.append(try builder.append(line: line))
            numbers.append(lines.number)
          } catch {
            problem = BadLine(number: lines.number, message: "\(error)")
          }
          if builder.byteCount - before > maximum {
            problem = BadLine(
              number: lines.number, message: "the event takes more than \(maximum) bytes")
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
      bar.show(lines.size > 0 ? lines.offset : target.counts.added, of: lines.size)
    }
  }
}
