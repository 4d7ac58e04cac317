/// Records near each other that an index named, read at once.
struct RecordStretch {
  var offsets: ArraySlice<UInt32>
  /// How many bytes to read.
  var size: Int
  /// Where they are read to in the block.
  var place: Int

  /// Records closer together than this are read at once.
  private static let nearby = 16 << 10

  /// Takes the first records that lie together from those that are left to read.
  init(_ rest: inout ArraySlice<UInt32>, of part: LogView.Part, place: Int) {
    let first = rest.first!
    var count = 1
    var last = first
    while let next = rest.dropFirst(count).first, Int(next - last) < RecordStretch.nearby,
      Int(next - first) < BlockPool.blockSize / 2
    {
      last = next
      count += 1
    }
    let margin = max(2048, part.segment.averageRecord(end: part.end) * 2)
    offsets = rest.prefix(count)
    size = min(part.end - Int(first), Int(last - first) + margin)
    self.place = place
    rest = rest.dropFirst(count)
  }
}
