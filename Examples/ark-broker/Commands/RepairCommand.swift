import ArkBroker
import ArkFileStore

/// `ark-broker repair DIR`
struct RepairCommand: Command {
  static let name = "repair"
  static let flags: [String] = []
  static let help = """
    Usage: ark-broker repair DIR

    Takes out of the store in DIR what is damaged. Stop the broker first: it takes the
    store's lock, and is refused while somebody has it.

    It checks as 'verify' does. A segment with damage is written anew with every event that
    is sound, each at its position; a damaged index, and damaged deletions and state, are
    made anew. Nothing is written into a file that is there already: the damaged ones are
    moved to DIR/aside-TIME/, and may be removed when you need them no more. So that none is
    lost when the repair is interrupted, a damaged segment is copied there first, and the
    disk needs room for that.

    What is found, what is lost by it and what was done goes to standard output.

    Exit status:
      0                 the store is sound now, or was
      2                 it could not be repaired
    """

  private var directory = ""

  init(_ arguments: inout Arguments) throws(UsageError) {
    while let item = try arguments.next() {
      switch item {
      case .flag(let flag): throw arguments.unknown(flag)
      case .operand(let path): try arguments.takeDirectory(path, into: &directory)
      }
    }
    try arguments.needsDirectory(directory)
  }

  func run() async -> Int32 {
    let bar = ProgressBar("checking")
    do throws(StoreError) {
      let summary = try await StoreRepair(at: directory).run(
        onProgress: { bar.show($0, of: $1) },
        onReport: { line in
          bar.clear()
          print(line)
        })
      bar.clear()
      guard let aside = summary.aside else {
        print("sound: there was nothing to repair")
        return 0
      }
      print(
        "repaired: \(counted(summary.segments, "segment")) with \(counted(summary.eventsKept, "event")), "
          + "\(counted(summary.indexes, "further index", "further indexes")), "
          + "\(counted(summary.journals, "journal")); the damaged files are in \(aside)")
      return 0
    } catch {
      bar.clear()
      JSONLog.put("ark-broker repair: \(error)\n")
      return 2
    }
  }
}
