import ArkBroker
import Synchronization

/// The small state of a store: named cursors, snapshots of projections.
///
/// A change is seen at once and written a little later, together with others: a cursor that is committed a thousand times a second is written once. A crash may bring
/// back an older value, never a broken one.
///
/// An entry of its journal: u16 length of the key, the key, then the value; an entry that ends behind the key removes it, one with a value has a byte 1 in front of it.
final class StateTable: Sendable {
  private struct State: Sendable {
    var values: [String: [UInt8]] = [:]
    var changed: Set<String> = []
    var liveBytes = 0
  }

  private struct Writer {
    var journal: Journal
  }

  private let state = Mutex(State())
  private let writer: Mutex<Writer>

  init(_ fileSystem: any FileSystem, in directory: String) {
    writer = Mutex(Writer(journal: Journal(fileSystem, in: directory, named: "state")))
  }

  func load() throws(StoreError) -> Journal.Loaded {
    let loaded = try writer.withLock { (writer) throws(StoreError) in try writer.journal.load() }
    state.withLock { state in
      for entry in loaded.entries {
        guard let (key, value) = StateTable.decoded(entry) else { continue }
        state.values[key] = value
      }
      state.liveBytes = StateTable.size(of: state.values)
    }
    return loaded
  }

  func value(for key: StateKey) -> [UInt8]? { state.withLock { $0.values[key.rawValue] } }

  func set(_ value: [UInt8]?, for key: StateKey) {
    state.withLock { state in
      guard state.values[key.rawValue] != value else { return }
      state.values[key.rawValue] = value
      state.changed.insert(key.rawValue)
    }
  }

  /// Writes what has changed.
  /// - Parameter preparing: called when there is something to write, before it is written.
  func flush(preparing: () throws(StoreError) -> Void = {}) throws(StoreError) {
    try writer.withLock { (writer) throws(StoreError) in
      let (changed, entries, live) = state.withLock { state in
        let changed = state.changed
        state.changed = []
        if !changed.isEmpty { state.liveBytes = StateTable.size(of: state.values) }
        return (
          changed, changed.map { StateTable.encoded($0, state.values[$0]) }, state.liveBytes
        )
      }
      guard !changed.isEmpty else { return }
      do throws(StoreError) {
        try preparing()
        try filing { () throws(FileError) in
          if writer.journal.size > live * 2 + 1 << 20 {
            try writer.journal.replace(with: all())
          } else {
            try writer.journal.append(entries, all: all)
          }
        }
      } catch {
        state.withLock { $0.changed.formUnion(changed) }
        throw error
      }
    }
  }

  private func all() -> [[UInt8]] {
    state.withLock { $0.values }.map { StateTable.encoded($0.key, $0.value) }
  }

  private static func size(of values: [String: [UInt8]]) -> Int {
    values.reduce(0) { $0 + $1.key.utf8.count + $1.value.count + 32 }
  }

  private static func encoded(_ key: String, _ value: [UInt8]?) -> [UInt8] {
    let name = Array(key.utf8)
    var bytes: [UInt8] = []
    bytes.append(number: UInt16(name.count))
    bytes += name
    if let value {
      bytes.append(1)
      bytes += value
    }
    return bytes
  }

  private static func decoded(_ entry: [UInt8]) -> (String, [UInt8]?)? {
    guard entry.count >= 2 else { return nil }
    let end = 2 + Int(entry.number(0, as: UInt16.self))
    guard end <= entry.count else { return nil }
    let key = String(decoding: entry[2..<end], as: UTF8.self)
    return (key, end == entry.count ? nil : Array(entry[(end + 1)...]))
  }
}
