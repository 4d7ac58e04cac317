import ArkBroker
import ArkFileStore

/// `ark-broker verify DIR`
struct VerifyCommand: Command {
  static let name = "verify"
  static let flags = ["--quiet"]
  static let help = """
    Usage: ark-broker verify DIR [--quiet]

    Checks every byte of the store in DIR: of each segment its header, every record, the
    footer and the block table; every page of its index, and that it is the index of this
    segment; the deletions and the state. Only reads.

    It takes no lock and may run beside a broker that has the store open: segments that are
    let go meanwhile are passed over, and what is being written is looked at again before it
    counts as damage. For certainty about the newest segment, stop the broker first.

    Each finding goes to standard output, with its file and byte. A 'note' is nothing to
    worry about: what a crash left behind and the next start clears away.

      --quiet           print damage only, no notes and no summary

    Exit status:
      0                 sound
      1                 damage was found; 'ark-broker repair' takes it out
      2                 DIR could not be checked: it holds no store, say, or one of a
                        later release
    """

  private var directory = ""
  private var isQuiet = false

  init(_ arguments: inout Arguments) throws(UsageError) {
    while let item = try arguments.next() {
      switch item {
      case .flag("--quiet"): isQuiet = true
      case .flag(let flag): throw arguments.unknown(flag)
      case .operand(let path): try arguments.takeDirectory(path, into: &directory)
      }
    }
    try arguments.needsDirectory(directory)
  }

  func run() async -> Int32 {
    let bar = ProgressBar("checking")
    let isQuiet = isQuiet
    if !isQuiet, let holder = StoreDirectory.holder(of: directory) {
      JSONLog.put("\(holder) has the store open; what it writes from now on may not be checked\n")
    }
    do throws(StoreError) {
      let summary = try await StoreVerifier(at: directory).run(
        onProgress: { bar.show($0, of: $1) },
        onFinding: { finding in
          if isQuiet, finding.severity == .note { return }
          bar.clear()
          print((finding.severity == .note ? "note: " : "damage: ") + "\(finding)")
        })
      bar.clear()
      if !isQuiet {
        print(
          (summary.damages == 0 ? "sound" : "damaged in \(counted(summary.damages, "place"))")
            + ": \(counted(summary.segments, "segment")), \(counted(summary.events, "event")), "
            + "\(ByteCount(bytes: summary.bytes))")
      }
      return summary.damages == 0 ? 0 : 1
    } catch {
      bar.clear()
      JSONLog.put("ark-broker verify: \(error)\n")
      return 2
    }
  }
}

extension Arguments {
  /// Takes the one operand that names the store.
  func takeDirectory(_ path: String, into directory: inout String) throws(UsageError) {
    guard directory.isEmpty else {
      throw failure("one directory is enough: what is '\(path)'?")
    }
    directory = path
  }

  func needsDirectory(_ directory: String) throws(UsageError) {
    if directory.isEmpty { throw failure("give the directory of the store") }
  }
}
