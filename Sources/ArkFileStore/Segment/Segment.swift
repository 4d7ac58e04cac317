import ArkBroker
import Synchronization

/// A part of the log in one file, as readers see it.
///
/// A segment's object never changes, but for the damage that is found in it: what is rewritten gets a new one.
final class Segment: Sendable {
  let name: SegmentName
  let path: String
  let header: SegmentHeader
  /// Nil while it is written to.
  let footer: SegmentFooter?
  let index: any SegmentIndex
  let files: OpenFiles
  /// Where the blocks of a compressed segment are.
  let blocks: BlockTable?
  /// What the medium cannot give back is damage, and not an error: only where zeros are never taken for an end.
  private let fillsWithZeros: Bool
  private let damages: Mutex<[Damage]>
  /// The index could not be read: it is made anew in the next round, and nobody asks it until then.
  let isIndexDamaged = Atomic<Bool>(false)
  /// When it was last found that rewriting would gain too little: with how many deletions, and until when that is so.
  let futility = Mutex<(deletions: Int, until: Int64)?>(nil)
  /// Rewriting failed, or there was no room for it.
  private let setback = Mutex<Setback?>(nil)

  init(
    name: SegmentName, path: String, header: SegmentHeader, footer: SegmentFooter?,
    index: any SegmentIndex, files: OpenFiles, blocks: BlockTable? = nil, damages: [Damage] = [],
    fillsWithZeros: Bool? = nil
  ) {
    self.name = name
    self.path = path
    self.header = header
    self.footer = footer
    self.index = index
    self.files = files
    self.blocks = blocks
    self.fillsWithZeros = fillsWithZeros ?? (footer != nil)
    self.damages = Mutex(damages)
  }

  var first: Position { name.first }

  /// Bytes a record takes on average, for a guess of how much to read.
  func averageRecord(end: Int) -> Int {
    guard let footer, footer.count > 0 else { return 1024 }
    return max(64, (footer.end - SegmentHeader.length) / footer.count)
  }

  /// Reads records, uncompressed.
  /// - Parameter offset: counted as in an uncompressed segment.
  /// - Returns: how many bytes; fewer than there is room for at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(StoreError) -> Int {
    do throws(FileError) {
      var file = try files.file(path)
      if fillsWithZeros { file = ZeroFilledFile(file) }
      guard let blocks else { return try file.readAll(into: buffer, at: offset) }
      return try blocks.read(
        into: buffer, at: offset, of: file, path: path, cache: files.blocks)
    } catch {
      throw StoreError(error)
    }
  }

  /// What the index says, or nil when it cannot be read: then the records have to be. Only damage is one that lasts, and reported.
  func ask<Answer>(
    _ report: (String) -> Void, _ body: (any SegmentIndex) throws(StoreError) -> Answer
  ) -> Answer? {
    guard !isIndexDamaged.load(ordering: .relaxed) else { return nil }
    do throws(StoreError) {
      return try body(index)
    } catch {
      // Else the segment has been let go, or there are no descriptors left: that is for whoever reads the records.
      if error.code == .damaged, !isIndexDamaged.exchange(true, ordering: .relaxed) {
        report(error.message)
      }
      return nil
    }
  }

  // MARK: Rewriting

  func mayBeRewritten(at now: Int64) -> Bool {
    setback.withLock { $0?.isOver(at: now) ?? true }
  }

  /// Leaves rewriting alone for a time.
  /// - Returns: whether that is new.
  @discardableResult
  func postponeRewriting(at now: Int64) -> Bool {
    setback.withLock { setback in
      defer { setback = Setback(at: now, after: setback) }
      return setback == nil
    }
  }

  // MARK: Damage

  var knownDamages: [Damage] { damages.withLock { $0 } }

  /// What is known to be damaged at `offset`.
  func damage(at offset: Int) -> Damage? {
    damages.withLock { $0.first { $0.bytes.contains(offset) } }
  }

  /// What is known to be damaged first, at `offset` or behind it.
  func damage(behind offset: Int) -> Damage? {
    damages.withLock { damages in
      damages.filter { $0.bytes.upperBound > offset }.min {
        $0.bytes.lowerBound < $1.bytes.lowerBound
      }
    }
  }

  /// Remembers damage, and tells of it if it was not known.
  func note(_ damage: Damage, _ report: (String) -> Void) {
    let isNew = damages.withLock { damages in
      guard !damages.contains(where: { $0.bytes == damage.bytes }) else { return false }
      damages.append(damage)
      return true
    }
    guard isNew else { return }
    let bytes = blocks?.fileBytes(of: damage.bytes) ?? damage.bytes
    report(
      "\(path) is damaged from byte \(bytes.lowerBound) to \(bytes.upperBound): \(damage.loss)")
  }
}

/// A time in which what failed is not tried again: a minute, then twice as long each time, up to an hour.
private struct Setback: Sendable {
  private let since: Int64
  private let length: Int64

  init(at now: Int64, after last: Setback?) {
    since = now
    length = min(last.map { $0.length * 2 } ?? 60_000_000_000, 3_600_000_000_000)
  }

  /// It also is when the clock has been set back.
  func isOver(at now: Int64) -> Bool { now < since || now - since >= length }
}

/// Records that cannot be read any more.
struct Damage: Sendable, Equatable {
  /// Counted as in an uncompressed segment.
  var bytes: Range<Int>
  /// The positions between the last sound record before and the first behind; nil when there may be none.
  var positions: ClosedRange<UInt64>?

  /// What it costs, in words.
  var loss: String { positions?.asLost ?? "no position is lost" }
}
