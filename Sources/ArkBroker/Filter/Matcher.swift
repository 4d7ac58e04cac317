/// A match compiled for evaluation on event records.
///
/// No recursion, no allocation and no reference counting per event.
// Unchecked: the program is memory of its own, written once in `init` and freed with the matcher.
package final class Matcher: @unchecked Sendable {
  private let program: MatchProgram

  /// Every event passes.
  package var matchesAll: Bool { program.entry == MatchProgram.accept }

  package init(_ match: Match) { program = MatchProgram(match) }

  deinit { program.deallocate() }

  /// Whether the event at `index` passes.
  package func matches(_ storage: BatchStorage, _ index: Int) -> Bool {
    guard program.entry >= 0 else { return matchesAll }
    defer { withExtendedLifetime((self, storage)) {} }
    return program.accepts(storage, index, storage.bytes, storage.record(index))
  }

  /// The chosen events that pass.
  package func select(from storage: BatchStorage, _ selection: Selection) -> Selection {
    guard program.entry >= 0 else { return matchesAll ? selection : .range(0..<0) }
    defer { withExtendedLifetime((self, storage)) {} }
    let bytes = UnsafeRawPointer(storage.bytes)
    let records = storage.recordsEnd - EventRecord.stride
    func accepts(_ index: Int) -> Bool {
      program.accepts(
        storage, index, bytes, EventRecord(base: records - index * EventRecord.stride))
    }

    switch selection {
    case .range(let range):
      // Events that pass often lie together: those of one session, or all.
      guard let start = range.first(where: accepts) else { return .range(0..<0) }
      let end = range[(start + 1)...].first { !accepts($0) } ?? range.upperBound
      guard end < range.upperBound,
        let next = range[(end + 1)...].first(where: accepts)
      else { return .range(start..<end) }
      var list: [UInt32] = []
      list.reserveCapacity(end - start + min(range.upperBound - next, 64))
      for index in start..<end { list.append(UInt32(truncatingIfNeeded: index)) }
      list.append(UInt32(truncatingIfNeeded: next))
      for index in next + 1..<range.upperBound where accepts(index) {
        list.append(UInt32(truncatingIfNeeded: index))
      }
      return .list(list)
    case .list(let indexes):
      return .list(indexes.filter { accepts(Int($0)) })
    }
  }

  /// A text as it stands inside a JSON string on the wire, so that comparing bytes compares texts.
  package static func escaped(_ text: String) -> [UInt8] {
    Array(PayloadText.quoted(text).dropFirst().dropLast())
  }

  /// The same for UTF-8.
  static func escaped(_ text: [UInt8]) -> [UInt8] {
    var writer = ByteWriter(capacity: text.count + 2)
    text.withUnsafeBytes { writer.appendJSON(utf8: $0) }
    return Array(writer.array().dropFirst().dropLast())
  }
}
