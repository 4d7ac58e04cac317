import ArkBroker

/// The files of a store, as a tool finds them.
struct StoreFiles {
  /// Of each segment the generation that counts, ascending.
  private(set) var segments: [SegmentName] = []
  /// Size of each segment with its index, in bytes.
  private(set) var sizes: [Int] = []
  /// Files that do not belong to the store as it is.
  private(set) var findings: [StoreFinding] = []
  /// Names of all files in the directory.
  let names: Set<String>
  private var headers: [SegmentHeader?] = []
  /// What had been acknowledged before each segment, as far as it says so.
  private var bounds: [Position] = []

  /// Size of all segments with their indexes.
  var bytes: Int { sizes.reduce(0, +) }

  /// - Throws: `.failed` when there is no store, `.damaged` when a later release has made a part of it: of that, nothing can be said.
  init(in directory: String, on fileSystem: any FileSystem) throws(StoreError) {
    let list = try filing { () throws(FileError) in try fileSystem.list(directory) }
    names = Set(list)
    var newest: [Position: SegmentName] = [:]
    for name in list.compactMap({ SegmentName($0) }) {
      newest[name.first] = max(name, newest[name.first] ?? name)
    }
    guard !newest.isEmpty else { throw StoreError.noStore(in: directory) }
    segments = newest.values.sorted()
    let known = Set(segments.map(\.file) + segments.map(\.index))
    func size(_ name: String) -> Int {
      (try? fileSystem.open("\(directory)/\(name)", .read).size()) ?? 0
    }
    func header(_ name: String, _ length: Int) -> [UInt8] {
      (try? fileSystem.open("\(directory)/\(name)", .read).bytes(at: 0, count: length)) ?? []
    }
    for name in segments {
      sizes.append(size(name.file) + size(name.index))
      do throws(SegmentHeader.Flaw) {
        let header = try SegmentHeader(header(name.file, SegmentHeader.length))
        // That of another segment says nothing of this store.
        let isMisplaced = header.first != name.first
        headers.append(isMisplaced ? nil : header)
        bounds.append(isMisplaced ? .end : header.previous)
      } catch {
        headers.append(nil)
        bounds.append(name.first.advanced(by: -1))
        if case .unknownVersion = error {
          throw StoreError.laterVersion("\(directory)/\(name.file)")
        }
      }
    }
    for journal in JournalVerifier.Content.allCases
    where Journal.isOfLaterVersion(header(journal.rawValue, Journal.headerLength)) {
      throw StoreError.laterVersion("\(directory)/\(journal.rawValue)")
    }
    for file in list.sorted() where !known.contains(file) {
      if file.hasSuffix(SegmentName.temporarySuffix) {
        note("\(directory)/\(file)", "was being made when a process ended")
      } else if SegmentName(file) != nil {
        note("\(directory)/\(file)", "has been replaced by a later generation")
      } else if SegmentName(file, suffix: SegmentName.indexSuffix) != nil {
        note("\(directory)/\(file)", "is the index of a segment that is no more")
      }
    }
  }

  private mutating func note(_ path: String, _ what: String) {
    findings.append(StoreFinding(.note, path, what + "; the next start removes it"))
  }

  /// What is known of a segment's end: later ones say what had been acknowledged before them.
  func ending(of place: Int) -> SegmentScan.Ending {
    guard place + 1 < headers.count else { return .open }
    let bound = bounds[(place + 1)...].reduce(.end, min)
    return headers[place + 1] == nil ? .bounded(bound) : .acknowledged(bound)
  }

  /// - Parameter previous: the last position before the segment.
  func surroundings(of place: Int, previous: Position?) -> SegmentImage.Surroundings {
    SegmentImage.Surroundings(
      seed: headers.lazy.compactMap { $0?.seed }.first,
      began: headers[(place + 1)...].lazy.compactMap { $0?.began }.first
        ?? Timestamp.now().nanosecondsSinceEpoch,
      previous: previous,
      hasIndex: names.contains(segments[place].index))
  }
}
