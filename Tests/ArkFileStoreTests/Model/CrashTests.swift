import Synchronization
import Testing

@testable import ArkBroker
@testable import ArkBrokerTesting
@testable import ArkFileStore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Every operation fails at every call of the file system, in every way; whatever is left then agrees with the model.
@Suite(.longRunning) struct CrashTests {
  /// What is done while something fails.
  enum Operation: CaseIterable, Sendable {
    case openNew, openAfterCrash, openAfterClose
    case append, appendGroup, appendLarge, rotate
    case delete, state, seal, retention, retentionByAge
    case compact, compactCompressed, empty, compress, close

    var opens: Bool { [.openNew, .openAfterCrash, .openAfterClose].contains(self) }
  }

  /// What goes wrong at a call.
  enum Failure: CaseIterable, Sendable {
    case crash, partialCrash, error, full, partialError, short, losingWrites
    /// The call and all behind it, until the operation has ended.
    case errorsFromHere
    /// The call and the next one but one.
    case twice

    func fault(at number: Int, first: Int) -> SimulatedFileSystem.Fault? {
      let isHit =
        switch self {
        case .errorsFromHere: number >= first
        case .twice: number == first || number == first + 2
        default: number == first
        }
      guard isHit else { return nil }
      return switch self {
      case .crash: .crash
      case .partialCrash: .partialThenCrash(700)
      case .error, .errorsFromHere, .twice: .error(EIO)
      case .full: .error(ENOSPC)
      case .partialError: .partialThenError(700, ENOSPC)
      case .short: .short(100)
      case .losingWrites: .losingWrites(EIO)
      }
    }
  }

  @Test(arguments: Operation.allCases, [Durability.synced, .written])
  func survives(operation: Operation, durability: Durability) throws {
    let whole = try Scenario(operation, durability, seed: 1)
    let before = whole.harness.system.calls
    try whole.act()
    let calls = whole.harness.system.calls - before
    try #require(calls > 0)
    whole.harness.abandon()
    for (place, failure) in Failure.allCases.enumerated() {
      for number in 1...calls {
        // Else every call fails in one way for one of the durabilities.
        guard isFull || number % 18 == place * 2 + durability.rawValue else { continue }
        for seed in UInt64(1)...(isFull ? 2 : 1) {
          do {
            let seed = seed &* 1_000_003 &+ UInt64(number * 10 + place)
            try check(operation, durability, failure, at: number, seed: seed)
          } catch {
            Issue.record("\(operation), \(durability): \(failure) at call \(number): \(error)")
            return
          }
        }
      }
    }
  }

  private func check(
    _ operation: Operation, _ durability: Durability, _ failure: Failure, at number: Int,
    seed: UInt64
  ) throws {
    let scenario = try Scenario(operation, durability, seed: 1)
    let harness = scenario.harness
    let first = harness.system.calls + number
    let kind = FirstCall()
    harness.system.onCall = { call in
      if call.number == first { kind.note(call) }
      return failure.fault(at: call.number, first: first)
    }
    harness.isForgiving = true
    do {
      try scenario.act()
      harness.system.onCall = nil
      try aftermath(harness, "at once", seed: seed)
      guard !harness.system.hasCrashed else { return }
      // It goes on without a restart.
      if harness.log == nil { try harness.open() }
      if operation.opens { try harness.adopt() }
      try harness.check()
      harness.isForgiving = false
      var random = EventGenerator(seed: seed)
      try goOn(harness, &random)
      try aftermath(harness, "after going on", seed: seed &+ 100)
      try harness.close()
      try harness.open()
      try harness.check()
    } catch {
      throw Violation(message: "\(kind.text): \(error)")
    }
  }

  /// Opens and checks what a crash would leave here.
  private func aftermath(_ harness: LogHarness, _ when: String, seed: UInt64) throws {
    let mayLose = harness.settings.durability == .written
    var disks = [
      ("process crash", harness.system.processCrash(), false),
      ("nothing unsynced", harness.system.powerCut(), mayLose),
    ]
    for order in SimulatedDisk.DirectoryOrder.allCases {
      for cut in 0..<UInt64(2) {
        disks.append(
          (
            "\(order) power cut",
            harness.system.powerCut(seed: seed &* 31 &+ cut, directories: order),
            mayLose
          ))
      }
    }
    if !isFull { disks = [disks[Int(seed / 7) % 2], disks[2 + Int(seed) % 4]] }
    for (name, disk, mayLose) in disks {
      let next = harness.after(disk)
      next.isForgiving = mayLose
      do {
        try next.recover(mayLose: mayLose)
        var random = EventGenerator(seed: seed)
        try goOn(next, &random)
        try next.close()
        try next.open()
        try next.check()
      } catch {
        throw Violation(message: "\(when), \(name): \(error) \(next.reports.all.map(\.message))")
      }
    }
  }

  private func goOn(_ harness: LogHarness, _ random: inout EventGenerator) throws {
    try harness.append([harness.model.pool.batch(of: 3, using: &random)])
    try harness.check()
    try harness.maintain()
    try harness.append([harness.model.pool.batch(of: 9, using: &random)])
    try harness.maintain()
    try harness.check()
    for _ in 0..<2 {
      try harness.checkRead(after: .start, random.match(), ReadLimit(events: 1000))
    }
  }
}

/// Which call was the one that failed.
private final class FirstCall: Sendable {
  private let call = Mutex<SimulatedFileSystem.Call?>(nil)

  var text: String { call.withLock { $0?.description ?? "no call" } }
  func note(_ new: SimulatedFileSystem.Call) { call.withLock { $0 = new } }
}

/// A log in the state that an operation needs, and the operation.
private struct Scenario {
  let harness: LogHarness
  private let operation: CrashTests.Operation
  private let batches: [EventBatch]

  init(_ operation: CrashTests.Operation, _ durability: Durability, seed: UInt64) throws {
    self.operation = operation
    var random = EventGenerator(seed: seed)
    let pool = EventPool.small
    batches = (0..<8).map { pool.batch(of: $0 % 4 + 3, using: &random) }
    let isCompressed = [.compress, .compactCompressed].contains(operation)
    let settings = LogHarness.settings(
      segmentBytes: [.appendGroup, .close].contains(operation) ? 1 << 20 : 4096,
      durability: durability, compresses: isCompressed)
    var retention = FileStore.Retention.everything
    if operation == .retention { retention.bytes = 5_000 }
    if operation == .retentionByAge { retention.age = .seconds(3) }
    var harness = LogHarness(SimulatedFileSystem(), settings, retention, LogModel(pool))
    if operation != .openNew {
      try harness.open()
      harness.set([1, 2, 3], for: "a")
      for batch in batches.prefix(4) { try harness.append([batch]) }
      switch operation {
      case .openAfterCrash:
        try harness.maintain()
        try harness.delete(.kind("tool*"))
        try harness.append([batches[4]])
        harness.abandon()
        harness = harness.after(harness.system.processCrash())
      case .openAfterClose:
        try harness.maintain()
        try harness.delete(.kind("tool*"))
        try harness.close()
      case .delete: try harness.delete(.kind("message"))
      case .compact, .compactCompressed:
        try harness.maintain()
        try harness.delete(.kind("tool*") || .kind("a*"))
      case .empty:
        try harness.maintain()
        try harness.delete(.all)
      case .seal, .compress, .retention: break
      case .retentionByAge:
        // Segments of several ages, some of which are too old.
        for batch in batches[4...] {
          harness.clock.advance(seconds: 2)
          try harness.append([batch])
        }
        harness.clock.advance(seconds: 1)
      case .append, .appendGroup, .appendLarge, .rotate, .state, .close, .openNew:
        try harness.maintain()
      }
    }
    self.harness = harness
  }

  func act() throws {
    switch operation {
    case .openNew, .openAfterCrash, .openAfterClose:
      do throws(StoreError) {
        try harness.open()
      } catch {
        guard harness.isForgiving else { throw error }
      }
    case .append: try harness.append([batches[5]])
    case .appendGroup: try harness.append(Array(batches[4...]))
    case .appendLarge:
      var random = EventGenerator(seed: 3)
      try harness.append([harness.model.pool.batch(of: 40, using: &random)])
    case .rotate: for batch in batches[4...] { try harness.append([batch]) }
    case .delete: try harness.delete(.kind("t*"))
    case .state:
      harness.set([4], for: "a")
      harness.set([5, 6], for: "b")
      try harness.maintain()
    case .seal, .retention, .retentionByAge, .compact, .compactCompressed, .empty, .compress:
      try harness.maintain()
    case .close: try harness.close()
    }
  }
}
