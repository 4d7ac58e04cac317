import ArkBroker

/// Opens the files of a log: makes of them what was acknowledged, and tells what it had to do for that.
struct Recovery {
  let fileSystem: any FileSystem
  let directory: String
  let settings: FileStore.Settings
  let files: OpenFiles
  let pool: BlockPool
  let now: Int64
  let report: (LogRecord.Level, String) -> Void

  /// The segment to go on in.
  struct Active {
    /// Nil: a new segment is to be begun.
    var file: (any File)?
    var index: GrowingIndex
    var summary: SegmentSummary
    /// The last position that was acknowledged.
    var acknowledged: Position
    /// The next position to give.
    var next: Position
  }

  struct Opened {
    var state = LogState()
    var active: Active
    var seed: HashSeed
  }

  func run(deleted: PositionSet) throws(StoreError) -> Opened {
    let names = try segmentNames()
    var parts: [LogView.Part] = []
    var state = LogState()
    var last: Active?
    // From the newest to the oldest: a segment's header tells what the one before it may hold.
    var opener = SegmentOpener(
      fileSystem: fileSystem, directory: directory, settings: settings, files: files, pool: pool,
      now: now, report: report)
    for (place, name) in names.enumerated().reversed() {
      let opened = try opener.open(name, isNewest: place == names.count - 1)
      if let active = opened.active { last = active }
      state.bytes[name] = opened.bytes
      parts.append(opened.part)
    }
    state.parts = parts.reversed()
    // Reads look for their part by its last position. Only a segment that has got there by mistake overlaps others.
    for place in state.parts.indices.dropFirst() {
      state.parts[place].summary.last = max(state.parts[place].last, state.parts[place - 1].last)
    }
    state.generation = names.map(\.generation).max() ?? 0
    state.newest = state.parts.last?.last ?? .start
    state.deleted = deleted
    let newest = state.parts.last
    let seed = newest?.segment.header.seed ?? .random()
    var next = state.newest
    if let newest {
      // A segment of the same first position would take its place, which only an empty one may lose.
      let isEmpty = newest.end <= SegmentHeader.length
      next = max(next, newest.segment.first.advanced(by: isEmpty ? -1 : 0))
    }
    if let gone = deleted.ranges.last { next = max(next, Position(rawValue: gone.upperBound - 1)) }
    next = next.advanced(by: 1)
    state.newest = max(state.newest, next.advanced(by: -1))
    var active =
      last
      ?? Active(
        file: nil, index: GrowingIndex(seed: seed), summary: SegmentSummary(first: next),
        acknowledged: newest.map { $0.segment.header.acknowledged(last: $0.last) } ?? .start,
        next: next)
    active.next = max(active.next, next)
    guard active.next.rawValue < Int64.max, state.newest < active.next else {
      throw StoreError(
        .failed,
        "\(directory) has an event at position \(state.newest), far behind the last one there may be, \(Position.last)"
      )
    }
    // Positions that are passed over count as given: somebody may have seen them.
    state.newest = max(state.newest, active.next.advanced(by: -1))
    return Opened(state: state, active: active, seed: seed)
  }

  /// The segments that count. Removes what was being made when the process ended, and what a rewritten segment has replaced.
  private func segmentNames() throws(StoreError) -> [SegmentName] {
    try filing { () throws(FileError) in
      let files = try fileSystem.list(directory)
      var newest: [Position: SegmentName] = [:]
      var removed: [String] = []
      for file in files {
        if file.hasSuffix(SegmentName.temporarySuffix) { removed.append(file) }
        guard let name = SegmentName(file) else { continue }
        guard let other = newest[name.first] else {
          newest[name.first] = name
          continue
        }
        newest[name.first] = max(name, other)
        removed.append(min(name, other).file)
      }
      let indexes = Set(newest.values.map(\.index))
      for file in files
      where SegmentName(file, suffix: SegmentName.indexSuffix) != nil && !indexes.contains(file) {
        removed.append(file)
      }
      for file in removed { try fileSystem.remove("\(directory)/\(file)") }
      if !removed.isEmpty { try fileSystem.syncDirectory(directory) }
      return newest.values.sorted()
    }
  }
}
