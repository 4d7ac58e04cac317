import ArkBroker
import Synchronization

/// What has been deleted and whose bytes are still there, in a journal, so that it stays deleted.
///
/// An entry of the journal: ascending ranges of positions, each as two varints: where it begins, counted from the end of the one before, and how many positions it has.
final class Deletions: Sendable {
  private let journal: Mutex<Journal>

  init(_ fileSystem: any FileSystem, in directory: String) {
    journal = Mutex(Journal(fileSystem, in: directory, named: "deletions"))
  }

  func load() throws(StoreError) -> (deleted: PositionSet, loaded: Journal.Loaded) {
    let loaded = try journal.withLock { (journal) throws(StoreError) in try journal.load() }
    var deleted = PositionSet()
    for entry in loaded.entries { deleted.formUnion(Deletions.decoded(entry)) }
    return (deleted, loaded)
  }

  /// Makes a deletion safe.
  /// - Parameter all: everything that is deleted, this included.
  func add(_ positions: PositionSet, all: PositionSet) throws(FileError) {
    try journal.withLock { (journal) throws(FileError) in
      try journal.append([Deletions.encoded(positions)]) { [Deletions.encoded(all)] }
    }
  }

  /// Forgets what is not in `all`: its bytes are gone.
  func replace(with all: PositionSet) throws(FileError) {
    try journal.withLock { (journal) throws(FileError) in
      try journal.replace(with: all.isEmpty ? [] : [Deletions.encoded(all)])
    }
  }

  private static func encoded(_ positions: PositionSet) -> [UInt8] {
    var bytes: [UInt8] = []
    var end: UInt64 = 0
    for range in positions.ranges {
      bytes.append(varint: range.lowerBound - end)
      bytes.append(varint: UInt64(range.count))
      end = range.upperBound
    }
    return bytes
  }

  private static func decoded(_ entry: [UInt8]) -> PositionSet {
    var positions = PositionSet()
    entry.withUnsafeBytes { bytes in
      var reader = VarintReader(bytes)
      var end: UInt64 = 0
      while let distance = reader.next(), let count = reader.next() {
        let (start, overflows) = end.addingReportingOverflow(distance)
        let (stop, overflowsToo) = start.addingReportingOverflow(count)
        guard !overflows, !overflowsToo else { return }
        positions.append(start..<stop)
        end = stop
      }
    }
    return positions
  }
}
