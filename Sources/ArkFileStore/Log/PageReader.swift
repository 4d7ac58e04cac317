import ArkBroker

/// One read: goes through the parts of the log, as they lie or by their indexes, until the page is full or the log ends.
struct PageReader {
  let view: LogView
  let request: ReadRequest
  let now: Int64
  let pool: BlockPool
  let report: (String) -> Void
  private let times: ClosedRange<Int64>?

  private(set) var page: Page
  /// Records up to here are not shown.
  private var floor: Position
  private var eventsLeft: Int
  private var bytesLeft: Int
  /// Bytes of records that were looked at.
  private var examined = 0
  /// The position of the last record that was looked at by an index.
  private var gatheredThrough: Position?

  /// A read that finds nothing answers after so many bytes, so that none takes for ever.
  private let patience: Int

  init(
    _ view: LogView, _ request: ReadRequest, now: Int64, pool: BlockPool,
    patience: Int = 64 << 20, report: @escaping (String) -> Void
  ) {
    self.view = view
    self.request = request
    self.now = now
    self.pool = pool
    self.patience = patience
    self.report = report
    floor = request.after
    times = request.match.times
    page = Page(batches: [], lookedThrough: request.after)
    eventsLeft = request.limit.events
    bytesLeft = request.limit.bytes
  }

  /// Whether the page has all it may have, or the read has gone on for long enough, and from where it began.
  private var isFull: Bool {
    eventsLeft <= 0 || bytesLeft <= 0
      || page.isEmpty && examined > patience && page.lookedThrough > request.after
  }

  mutating func run() throws(StoreError) -> Page {
    guard request.after < view.newest, request.match != .none else {
      page.lookedThrough = max(request.after, view.newest)
      return page
    }
    var query: IndexQuery?
    var seed: HashSeed?
    for place in view.part(behind: request.after)..<view.parts.count {
      let part = view.parts[place]
      // Segments overlap where one has got there by mistake: nothing is shown twice.
      floor = page.lookedThrough
      let others = part.summary.times
      if let times, let others, !times.overlaps(others) {
        page.lookedThrough = max(page.lookedThrough, part.last)
        continue
      }
      // All segments of a store have the same seed.
      if seed != part.segment.header.seed {
        seed = part.segment.header.seed
        query = IndexQuery(request.match, seed: part.segment.header.seed)
      }
      if let query {
        if try gather(part, query) { return page }
      } else if try scan(part) {
        return page
      }
      page.lookedThrough = max(page.lookedThrough, part.last)
    }
    page.lookedThrough = view.newest
    return page
  }

  private func start(in part: LogView.Part) throws(StoreError) -> Int {
    guard page.lookedThrough >= part.segment.first else { return SegmentHeader.length }
    if let known = view.places.offset(behind: page.lookedThrough, in: part.segment.path) {
      return known
    }
    let position = page.lookedThrough
    return part.segment.ask(report) { (index) throws(StoreError) in
      try index.offset(behind: position)
    } ?? SegmentHeader.length
  }

  // MARK: As it lies

  /// Reads one record after the other.
  /// - Returns: whether the page is done.
  private mutating func scan(_ part: LogView.Part) throws(StoreError) -> Bool {
    var offset = try start(in: part)
    while offset < part.end {
      var end = part.end
      if let times {
        let start = offset
        let answer = part.segment.ask(report) { (index) throws(StoreError) in
          try index.stretch(from: start, within: times)
        }
        guard let stretch = answer ?? start..<end else { return false }
        offset = stretch.lowerBound
        end = min(end, stretch.upperBound)
        guard offset < end else { return false }
      }
      if let damage = part.segment.damage(at: offset) {
        if try pass(damage, part, &offset) { return true }
        continue
      }
      let block = try read(part, at: offset, end: end)
      var records = RecordList(block: block.block, fileOffset: offset)
      let stop = collect(part, block.count, end: part.end, into: &records)
      examined += stop.offset
      let next = offset + stop.offset
      if take(records, part, next: next, through: stop.last) { return true }
      if stop.isDamaged {
        let damage = try examine(part, at: next, after: stop.last)
        if try pass(damage, part, &offset) { return true }
      } else {
        offset = next
      }
    }
    return false
  }

  /// As much as the page can use, and the next record whole.
  private func read(_ part: LogView.Part, at offset: Int, end: Int) throws(StoreError) -> (
    block: Block, count: Int
  ) {
    let average = part.segment.averageRecord(end: part.end)
    var size = BlockPool.blockSize
    if request.matcher.matchesAll {
      let wanted = min(bytesLeft, eventsLeft < 1 << 20 ? eventsLeft * average : .max)
      size = min(size, max(16 << 10, wanted + wanted / 8 + average))
    }
    size = min(size, end - offset)
    while true {
      let block = pool.block(of: size)
      let room = UnsafeMutableRawBufferPointer(rebasing: block.memory[..<size])
      let count = try part.segment.read(into: room, at: offset)
      guard count >= 4 else { return (block, count) }
      let length = Record.length(at: UnsafeRawPointer(block.bytes))
      guard length > count, count == size, length <= part.end - offset,
        length <= Record.maximumLength
      else { return (block, count) }
      size = length
    }
  }

  private struct Stop {
    /// Behind the last whole record, counted from the block's start.
    var offset: Int
    var last: Position?
    var isDamaged: Bool
  }

  /// Goes from record to record through a block and notes those that may be shown.
  private func collect(
    _ part: LogView.Part, _ count: Int, end: Int, into records: inout RecordList
  ) -> Stop {
    let bytes = UnsafeRawPointer(records.block.bytes)
    var offset = 0
    var last: Position?
    while offset < count {
      guard let record = Record(at: bytes + offset, available: count - offset) else {
        let rest = count - offset
        let length = rest >= 4 ? Record.length(at: bytes + offset) : Record.fixedLength + 1
        let isCutOff =
          offset > 0 && length > Record.fixedLength
          && length <= end - records.fileOffset - offset
        return Stop(offset: offset, last: last, isDamaged: !isCutOff)
      }
      guard record.isSound, record.position > last ?? .start else {
        return Stop(offset: offset, last: last, isDamaged: true)
      }
      last = record.position
      if isShown(record) { records.append(record.position, at: offset) }
      offset += record.length
    }
    // Nothing where something should be: the file is shorter than it was.
    return Stop(offset: offset, last: last, isDamaged: count == 0)
  }

  private func isShown(_ record: Record) -> Bool {
    record.position > floor && record.expiry > now
      && (view.deleted.isEmpty || !view.deleted.contains(record.position))
  }

  // MARK: Damage

  /// Finds out how far the damage at `offset` goes.
  /// - Parameter position: of the record before, where that is known.
  private func examine(_ part: LogView.Part, at offset: Int, after position: Position?)
    throws(StoreError) -> Damage
  {
    if let known = part.segment.damage(at: offset) { return known }
    let damage = try SegmentScan(segment: part.segment, end: part.end, pool: pool)
      .damage(at: offset, after: position, last: part.last)
    part.segment.note(damage, report)
    return damage
  }

  /// Goes on behind damage, and says so in the page.
  /// - Returns: whether the page is done: the gap belongs before the events of the next one.
  private mutating func pass(_ damage: Damage, _ part: LogView.Part, _ offset: inout Int)
    throws(StoreError) -> Bool
  {
    guard page.isEmpty, page.gap == nil else { return true }
    offset = damage.bytes.upperBound
    guard let positions = damage.positions, positions.upperBound > floor.rawValue else {
      return false
    }
    page.gap = Gap(
      first: max(Position(rawValue: positions.lowerBound), floor.advanced(by: 1)),
      last: Position(rawValue: positions.upperBound), reason: .damaged)
    page.lookedThrough = max(page.lookedThrough, Position(rawValue: positions.upperBound))
    return false
  }

  // MARK: By the index

  /// Reads the records that the index names.
  /// - Returns: whether the page is done.
  private mutating func gather(_ part: LogView.Part, _ query: IndexQuery) throws(StoreError)
    -> Bool
  {
    var offset = try start(in: part)
    while offset < part.end {
      let damage = part.segment.damage(behind: offset)
      if let damage, damage.bytes.contains(offset) {
        if try pass(damage, part, &offset) { return true }
        continue
      }
      let end = min(part.end, damage?.bytes.lowerBound ?? part.end)
      let wanted = min(4096, max(64, eventsLeft < 4096 ? eventsLeft + 16 : 4096))
      let start = offset
      let found = part.segment.ask(report) { (index) throws(StoreError) in
        try index.offsets(under: query, from: start, limit: wanted)
      }
      guard let found, let found else {
        floor = page.lookedThrough
        return try scan(part)
      }
      let offsets = found.prefix { Int($0) < end }
      guard let last = offsets.last else {
        offset = end
        continue
      }
      switch try read(offsets, part) {
      case .full: return true
      case .more:
        let isAll = found.count < wanted && offsets.count == found.count
        offset = isAll ? end : Int(last) + 1
      case .damaged(let place): offset = place
      }
    }
    return false
  }

  private enum Progress {
    case more
    /// The page is done.
    case full
    /// What is here has been found to be damaged; what is before it has been seen to.
    case damaged(Int)
  }

  /// So many bytes go into one block and become one batch.
  private static let gathered = 256 << 10

  private mutating func read(_ offsets: ArraySlice<UInt32>, _ part: LogView.Part)
    throws(StoreError) -> Progress
  {
    var rest = offsets
    while !rest.isEmpty {
      var stretches: [RecordStretch] = []
      var size = 0
      repeat {
        let stretch = RecordStretch(&rest, of: part, place: size)
        stretches.append(stretch)
        size += stretch.size
      } while !rest.isEmpty && size < PageReader.gathered
      let block = pool.block(of: size)
      var records = RecordList(block: block, fileOffset: 0)
      for stretch in stretches {
        let room = block.memory[stretch.place..<stretch.place + stretch.size]
        let count = try part.segment.read(
          into: UnsafeMutableRawBufferPointer(rebasing: room), at: Int(stretch.offsets.first!))
        examined += count
        let progress = try collect(stretch, count, part, into: &records)
        guard case .more = progress else { return progress }
      }
      if take(records, part, next: nil, through: gatheredThrough) { return .full }
    }
    return .more
  }

  /// Notes the records of a stretch that was read.
  private mutating func collect(
    _ stretch: RecordStretch, _ count: Int, _ part: LogView.Part, into records: inout RecordList
  ) throws(StoreError) -> Progress {
    let start = Int(stretch.offsets.first!)
    for offset in stretch.offsets {
      let skipped = Int(offset) - start
      let place = stretch.place + skipped
      if let record = Record(
        at: UnsafeRawPointer(records.block.bytes) + place, available: count - skipped),
        record.isSound
      {
        gatheredThrough = record.position
        if isShown(record) { records.append(record.position, at: place) }
        continue
      }
      // Longer than expected, or damaged: read alone, behind those before it.
      if take(records, part, next: nil, through: gatheredThrough) { return .full }
      records = RecordList(block: records.block, fileOffset: 0)
      let (whole, wholeCount) = try read(part, at: Int(offset), end: part.end)
      guard let record = Record(at: UnsafeRawPointer(whole.bytes), available: wholeCount),
        record.isSound
      else {
        _ = try examine(part, at: Int(offset), after: nil)
        return .damaged(Int(offset))
      }
      gatheredThrough = record.position
      var single = RecordList(block: whole, fileOffset: Int(offset))
      if isShown(record) { single.append(record.position, at: 0) }
      if take(single, part, next: nil, through: gatheredThrough) { return .full }
    }
    return .more
  }

  // MARK: Into the page

  /// Adds what matches, up to the limit.
  /// - Parameters:
  ///   - next: where the record behind these begins, when they were read one after the other.
  ///   - last: the last position that was looked at.
  /// - Returns: whether the page is done.
  private mutating func take(
    _ records: RecordList, _ part: LogView.Part, next: Int?, through last: Position?
  ) -> Bool {
    if records.isEmpty {
      if let last { page.lookedThrough = max(page.lookedThrough, last) }
      return isFull
    }
    let storage = records.storage()
    var chosen = request.matcher.select(from: storage, .range(0..<storage.count))
    var size = 0
    var kept = 0
    let count = chosen.count
    while kept < min(count, eventsLeft) {
      let length = Int(storage.record(chosen[kept]).length)
      if size + length > bytesLeft, kept > 0 || !page.isEmpty { break }
      size += length
      kept += 1
    }
    let isCut = kept < count
    if isCut { chosen = chosen.prefix(kept) }
    if kept > 0 { page.batches.append(records.batch(storage, chosen, bytes: size)) }
    eventsLeft -= kept
    bytesLeft -= size
    if isCut {
      guard kept > 0 else { return true }
      let index = chosen[kept - 1]
      page.lookedThrough = records.positions[index]
      // Only of records read one after the other is the next in the list the next in the log.
      if next != nil, index + 1 < records.count {
        note(records.fileOffset + Int(records.starts[index + 1]), part)
      }
      return true
    }
    page.lookedThrough = max(page.lookedThrough, last ?? records.positions[records.count - 1])
    if isFull, let next {
      note(next, part)
      return true
    }
    return isFull
  }

  /// Remembers where to go on.
  private func note(_ offset: Int, _ part: LogView.Part) {
    view.places.note(offset, behind: page.lookedThrough, in: part.segment.path)
  }
}
