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

/// Whether everything is to be run: `ARK_FULL=1` asks for 10,000 runs, and for every step and
/// byte where otherwise a sample is taken.
let isFull = getenv("ARK_FULL") != nil

/// What a log does at random agrees with a model of a hundred lines.
@Suite(.longRunning) struct ModelTests {
  /// Some seeds a case, so that cases run beside each other.
  static let groups = isFull ? 100 : 10

  /// The seed in the environment variable `ARK_SEED`, if there is one.
  static let seed = getenv("ARK_SEED").flatMap { UInt64(String(cString: $0)) }

  /// With its whole story.
  @Test(.enabled(if: seed != nil, "ARK_SEED is not set"))
  func agreesInTheRunThatIsAskedFor() throws {
    let seed = try #require(ModelTests.seed)
    var run = RandomRun(seed: seed)
    defer {
      print(run.story.joined(separator: "\n"))
      for r in run.harness.reports.all { print(r.level, r.message) }
      for f in run.harness.system.files { print(f, run.harness.system.contents(f)!.count) }
    }
    try run.go()
  }

  @Test(arguments: 0..<groups)
  func agreesInEveryRun(group: Int) {
    let runs = isFull ? 100 : 20
    for seed in group * runs..<(group + 1) * runs {
      var run = RandomRun(seed: UInt64(seed))
      do {
        try run.go()
      } catch {
        Issue.record("seed \(seed): \(error)\n\(run.story.suffix(40).joined(separator: "\n"))")
        return
      }
    }
  }
}

/// One run: everything in it follows from the seed.
struct RandomRun {
  private var random: EventGenerator
  fileprivate var harness: LogHarness
  /// What has been done.
  private(set) var story: [String] = []

  init(seed: UInt64) {
    random = EventGenerator(seed: seed)
    let isSmall = Int.random(in: 0..<3, using: &random) > 0
    let settings = LogHarness.settings(
      segmentBytes: isSmall ? 4096 : 1 << 20,
      durability: Bool.random(using: &random) ? .synced : .written,
      compresses: Int.random(in: 0..<3, using: &random) == 0)
    var retention = FileStore.Retention.everything
    if Int.random(in: 0..<3, using: &random) == 0 {
      retention.bytes = isSmall ? 20_000 : 3 << 20
    }
    if Int.random(in: 0..<3, using: &random) == 0 {
      retention.age = .seconds(Int.random(in: 2..<12, using: &random))
    }
    story = ["\(settings.segmentBytes) \(settings.durability) \(settings.compresses) \(retention)"]
    let blockSize = Bool.random(using: &random) ? 512 : 4096
    harness = LogHarness(
      SimulatedFileSystem(blockSize: blockSize), settings, retention,
      LogModel(isSmall ? .small : .mixed))
  }

  mutating func go() throws {
    try harness.open()
    for _ in 0..<Int.random(in: 10..<60, using: &random) {
      try step()
      try harness.checkReports()
    }
    try harness.check()
    try reopen()
  }

  private mutating func step() throws {
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<35: try append(1)
    case 35..<45: try append(Int.random(in: 2..<6, using: &random))
    case 45..<60: try read()
    case 60..<65:
      let match = countable()
      story.append("count \(match)")
      try harness.checkCount(match)
    case 65..<71:
      let match = random.match()
      story.append("delete \(match)")
      try harness.delete(match)
    case 71..<82:
      story.append("maintain")
      try harness.maintain()
    case 82..<88:
      let key = random.pick(["a", "b"])
      let value = Bool.random(using: &random) ? [UInt8](repeating: 7, count: story.count) : nil
      story.append("set \(key)")
      harness.set(value, for: key)
    case 88..<91:
      let seconds = Int64.random(in: 1..<8, using: &random)
      story.append("\(seconds) s later")
      harness.clock.advance(seconds: seconds)
    case 91..<94: try reopen()
    case 94..<97:
      story.append("process crash")
      try go(on: harness.system.processCrash())
    default:
      let seed = random.next()
      let order = random.pick(SimulatedDisk.DirectoryOrder.allCases)
      story.append("power cut \(seed) \(order)")
      try go(
        on: harness.system.powerCut(seed: seed, directories: order),
        mayLose: harness.settings.durability == .written)
    }
  }

  private mutating func append(_ count: Int) throws {
    let batches = (0..<count).map { _ in
      harness.model.pool.batch(of: Int.random(in: 1..<21, using: &random), using: &random)
    }
    let durability: Durability? = Int.random(in: 0..<8, using: &random) == 0 ? .synced : nil
    story.append("append \(batches.map(\.count)) behind \(harness.model.newest)")
    try harness.append(batches, durability: durability)
  }

  private mutating func read() throws {
    let newest = harness.model.newest.rawValue
    let oldest = harness.model.oldest.rawValue - 1
    let after = UInt64.random(in: min(oldest, newest)...newest, using: &random)
    var match = Int.random(in: 0..<3, using: &random) == 0 ? .all : random.match()
    if Int.random(in: 0..<4, using: &random) == 0 {
      let start = Int64.random(in: 0..<1 << 61, using: &random)
      let end = start + Int64.random(in: 0..<1 << 59, using: &random)
      match =
        match && .since(Timestamp(nanosecondsSinceEpoch: start))
        && .until(Timestamp(nanosecondsSinceEpoch: end))
    }
    let limit = ReadLimit(
      events: Int.random(in: 1..<60, using: &random),
      bytes: Int.random(in: 1..<(1 << Int.random(in: 4..<18, using: &random)), using: &random))
    story.append("read \(limit) behind \(after): \(match)")
    try harness.checkRead(after: Position(rawValue: after), match, limit)
  }

  /// What the index may tell, alone and with what it cannot.
  private mutating func countable() -> Match {
    let (kinds, sources) = (EventGenerator.kinds, ["/a", "/large", "/nobody"])
    let kind = Match.kind(random.pick(kinds))
    let time = Int64.random(in: 0..<1 << 61, using: &random)
    let since = Match.since(Timestamp(nanosecondsSinceEpoch: time))
    return switch Int.random(in: 0..<8, using: &random) {
    case 0: .all
    case 1: .kind("tool.*") || kind
    case 2: kind && .source(random.pick(sources))
    case 3: !kind && !.source(random.pick(sources))
    case 4: kind && since
    case 5: kind && random.match()
    case 6: random.match()
    default: kind
    }
  }

  private mutating func reopen() throws {
    story.append("reopen")
    try harness.close()
    try harness.open()
    try harness.check()
  }

  private mutating func go(on system: SimulatedFileSystem, mayLose: Bool = false) throws {
    harness.abandon()
    harness = harness.after(system)
    try harness.recover(mayLose: mayLose)
  }
}
