import ArkBroker

/// The name of a segment's file: its first position in 20 digits, so that names sort as the log does.
///
/// A segment that has been rewritten gets the next generation: `00000000000000000001.1.segment`. Of several generations the highest counts. So a file's content never
/// changes behind a reader's back, and a crash in the middle of a replacement leaves one that is whole.
struct SegmentName: Hashable, Comparable {
  var first: Position
  var generation = 0

  init(first: Position, generation: Int = 0) {
    self.first = first
    self.generation = generation
  }

  /// The name of a segment's file or of its index; nil for any other name.
  init?(_ name: String, suffix: String = SegmentName.suffix) {
    guard name.hasSuffix(suffix) else { return nil }
    let parts = name.dropLast(suffix.count).split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), parts[0].utf8.count == 20,
      let first = UInt64(parts[0]), first > 0
    else { return nil }
    self.first = Position(rawValue: first)
    if parts.count == 2 {
      guard let generation = Int(parts[1]), generation <= SegmentName.lastGeneration else {
        return nil
      }
      self.generation = generation
    }
    // "+1" and "01" are numbers, too, and no names of a store's files.
    guard name == stem + suffix else { return nil }
  }

  /// More than there are ever, and the next ones can still be counted.
  private static let lastGeneration = 1 << 48

  static let suffix = ".segment"
  static let indexSuffix = ".index"
  /// Files that are being made: left over after a crash, and then removed.
  static let temporarySuffix = ".new"

  private var stem: String {
    let digits = first.description
    let stem = String(repeating: "0", count: 20 - digits.utf8.count) + digits
    return generation > 0 ? "\(stem).\(generation)" : stem
  }

  var file: String { stem + SegmentName.suffix }
  var index: String { stem + SegmentName.indexSuffix }

  static func < (a: SegmentName, b: SegmentName) -> Bool {
    (a.first, a.generation) < (b.first, b.generation)
  }
}
