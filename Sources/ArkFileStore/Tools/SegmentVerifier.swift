import ArkBroker

/// Checks every byte of one segment and of its index.
struct SegmentVerifier {
  let fileSystem: ZeroFilling
  let directory: String
  let name: SegmentName
  let surroundings: SegmentImage.Surroundings
  /// What is known of its end by the segments behind it.
  let ending: SegmentScan.Ending
  let pool: BlockPool

  struct Outcome {
    var findings: [StoreFinding] = []
    var events = 0
    var bytes = 0
    /// The last position that was found.
    var last = Position.start
    /// The file went away meanwhile, because it was let go or rewritten.
    var isGone = false
  }

  var path: String { "\(directory)/\(name.file)" }
  private var indexPath: String { "\(directory)/\(name.index)" }

  /// Checks, and again when something is found while somebody changes the files: what was being written is not damage.
  func run(onProgress: (Int) -> Void) throws(StoreError) -> Outcome {
    var before = try state()
    var outcome = try check(onProgress: onProgress)
    for _ in 0..<3 where !outcome.findings.isEmpty {
      let after = try state()
      guard after != nil else { return Outcome(isGone: true) }
      let isOpen = after?.footer == nil
      guard after != before || isOpen else { return outcome }
      let again = try check(onProgress: { _ in })
      // What is being written moves on, damage stays.
      let places = Set(again.findings.map(\.offset))
      let isSame = after == before && outcome.findings.allSatisfy { places.contains($0.offset) }
      before = after
      outcome = again
      if isSame { return outcome }
    }
    return outcome
  }

  /// What changes when a segment is sealed or let go.
  private struct FileState: Equatable {
    var size: Int
    var footer: SegmentFooter?
    var hasIndex: Bool
  }

  private func state() throws(StoreError) -> FileState? {
    do throws(FileError) {
      let file = try fileSystem.open(path, .read)
      let size = try file.size()
      let last = try file.bytes(
        at: max(0, size - SegmentFooter.length), count: SegmentFooter.length)
      return FileState(
        size: size, footer: SegmentFooter(last),
        hasIndex: (try? fileSystem.open(indexPath, .read)) != nil)
    } catch {
      guard error.isMissing else { throw StoreError(error) }
      return nil
    }
  }

  private func check(onProgress: (Int) -> Void) throws(StoreError) -> Outcome {
    let image: SegmentImage
    do throws(FileError) {
      image = try SegmentImage(name, in: directory, on: fileSystem, surroundings)
    } catch {
      guard error.isMissing else { throw StoreError(error) }
      return Outcome(isGone: true)
    }
    var outcome = Outcome(findings: image.findings, bytes: image.size)
    do throws(StoreError) {
      try check(image, &outcome, onProgress)
    } catch {
      // A file that was let go cannot be read any more.
      guard try state() != nil else { return Outcome(isGone: true) }
      guard error.code == .damaged else { throw error }
      // It is being written to, or the medium gives back now this and now that.
      outcome.findings.append(
        StoreFinding(.damage, path, "what was sound a moment ago could not be read again"))
    }
    outcome.findings += unreadable(path) + unreadable(indexPath)
    return outcome
  }

  private func unreadable(_ path: String) -> [StoreFinding] {
    fileSystem.unreadable(in: path).map {
      StoreFinding(
        .damage, path, at: $0.lowerBound, "\($0.count) bytes cannot be read from the medium")
    }
  }

  private func check(
    _ image: SegmentImage, _ outcome: inout Outcome, _ onProgress: (Int) -> Void
  ) throws(StoreError) {
    for block in try filing(image.damagedBlocks) {
      let entry = image.table?.entries[block]
      outcome.findings.append(
        StoreFinding(
          .damage, path, at: entry?.start,
          "block \(block), \(entry?.count ?? 0) compressed bytes, is damaged"))
    }
    let reading = try SegmentReading(
      image, ending, on: fileSystem, pool: pool, onProgress: onProgress)
    let checked = reading.checked
    if !image.lacksFooter { outcome.findings += tail(checked) }
    for damage in checked.damages {
      outcome.findings.append(
        StoreFinding(
          .damage, path, at: image.fileOffset(of: damage.bytes.lowerBound),
          "\(damage.bytes.count) bytes are no sound record; \(damage.loss)"))
    }
    let index = GrowingIndex(seed: image.header.seed)
    var summary = SegmentSummary(first: name.first)
    try reading.scan.forEach(through: checked) { records in
      outcome.findings += senseless(records, image)
      index.add(records)
      records.summarize(into: &summary)
    }
    outcome.events = summary.count
    outcome.last = checked.last
    // A segment under a wrong name says nothing of those behind it.
    if image.hasSoundHeader, let footer = image.footer {
      outcome.last = max(checked.last, footer.last)
    }
    summary.end = checked.end
    guard let footer = image.footer else { return }
    let isWhole = outcome.findings.isEmpty
    if isWhole { outcome.findings += disagreements(footer, summary, image) }
    try checkIndex(index, footer, comparing: isWhole, &outcome, onProgress)
  }

  // MARK: Findings

  /// What lies behind the last whole append of a segment that was not closed.
  private func tail(_ checked: SegmentScan.Result) -> [StoreFinding] {
    guard !checked.isClean else { return [] }
    return [
      StoreFinding(
        .note, path, at: checked.end,
        "\(checked.tornBytes) bytes behind position \(checked.last) were being written, or were when the process ended; the next start clears them away"
      )
    ]
  }

  /// Records whose checksum is right, and which still cannot be what was written.
  private func senseless(_ records: RecordList, _ image: SegmentImage) -> [StoreFinding] {
    var findings: [StoreFinding] = []
    records.forEachRecord { record in
      guard !SegmentReading.makesSense(record, in: records.block) else { return }
      let place = record.bytes - UnsafeRawPointer(records.block.bytes)
      findings.append(
        StoreFinding(
          .damage, path, at: image.fileOffset(of: records.fileOffset + place),
          "the header of the record at position \(record.position) makes no sense"))
    }
    return findings
  }

  private func disagreements(
    _ footer: SegmentFooter, _ summary: SegmentSummary, _ image: SegmentImage
  ) -> [StoreFinding] {
    var wrong: [String] = []
    func compare<Value: Equatable>(_ what: String, _ said: Value, _ found: Value) {
      if said != found { wrong.append("\(what) \(said) where it is \(found)") }
    }
    compare("the number of records", footer.count, summary.count)
    // A rewritten segment may have lost its last events, and still holds their positions.
    if summary.last > footer.last || name.generation == 0 {
      compare("the last position", footer.last, summary.last)
    }
    if let times = summary.times { compare("the times", footer.times, times) }
    // Noted a moment after the record was made.
    if (footer.firstExpiry == .max) != (summary.firstExpiry == .max) {
      compare("the first expiry", footer.firstExpiry, summary.firstExpiry)
    }
    return wrong.map {
      StoreFinding(.damage, path, at: image.size - SegmentFooter.length, "the footer gives \($0)")
    }
  }

  // MARK: The index

  /// - Parameter isWhole: the segment has no damage, so that the index must be the one that is made of it.
  private func checkIndex(
    _ index: GrowingIndex, _ footer: SegmentFooter, comparing isWhole: Bool,
    _ outcome: inout Outcome, _ onProgress: (Int) -> Void
  ) throws(StoreError) {
    let bytes: [UInt8]
    do throws(FileError) {
      let file = try fileSystem.open(indexPath, .read)
      bytes = try file.bytes(at: 0, count: try file.size())
    } catch {
      guard error.isMissing else { throw StoreError(error) }
      outcome.findings.append(
        StoreFinding(.note, indexPath, "is not there; the next start makes it"))
      return
    }
    outcome.bytes += bytes.count
    onProgress(bytes.count)
    let damaged = PagedFile.damagedPages(bytes)
    for offset in damaged {
      outcome.findings.append(
        StoreFinding(
          .damage, indexPath, at: offset,
          "the page is damaged; no event is lost: 'ark-broker repair' makes the index anew"))
    }
    guard isWhole, damaged.isEmpty else { return }
    let expected = index.withTables { IndexFile.encoded($0, of: footer) }
    guard expected != bytes else { return }
    let place = zip(expected, bytes).enumerated().first { $0.element.0 != $0.element.1 }?.offset
    outcome.findings.append(
      StoreFinding(
        .damage, indexPath, at: place ?? min(expected.count, bytes.count),
        "the index does not agree with its segment; no event is lost: 'ark-broker repair' makes it anew"
      ))
  }
}

extension PagedFile {
  /// Where the pages begin that are not what was written, the last one also when it is cut off.
  static func damagedPages(_ bytes: [UInt8]) -> [Int] {
    stride(from: 0, to: bytes.count, by: pageSize).filter { start in
      guard start + pageSize <= bytes.count else { return true }
      let checksum = bytes.withUnsafeBytes {
        CRC32C.of(UnsafeRawBufferPointer(rebasing: $0[start..<start + payloadSize]))
      }
      return checksum != bytes.number(start + payloadSize, as: UInt32.self)
    }
  }
}
