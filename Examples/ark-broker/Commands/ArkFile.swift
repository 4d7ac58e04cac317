import ArkAPI
import ArkBroker
import ArkHTTP

/// A file in which another Ark broker keeps its state, read item by item. What sort of file it is, is told from what it holds.
///
/// The forms that there are: a log, one item a line behind `{"nextSequence"}`; `{"items":[…]}`; `[…]`; `{"streams":{query:[…]}}` and `{"traces":{id:[…]}}`;
/// `{"sessions":{id:…}}`.
struct ArkFile {
  /// What is wrong with one item.
  struct BadItem: Error {
    var place: String
    var message: String
    /// It is the last line of a log, which a crash may leave unfinished.
    var isUnfinished = false
  }

  /// Where in the file the next item is to be looked for.
  private enum Place {
    case lines
    /// Among the members of the object that is the file.
    case document
    /// In a list of items; `name` is what it stands under, if it is one of several.
    case list(name: String?)
    /// Among members that are lists of items.
    case lists
    case sessions
    case end
  }

  let file: InputFile
  /// What it is, for people.
  private(set) var form = "an empty file"
  private var cutter: JSONCutter
  private var lines: LineReader
  private var place = Place.end
  private var isList = false
  /// What the items are, where that is told by what they stand in.
  private var group: FiledItem.Sort?
  private var number = 0
  private var latest: Timestamp

  init(_ path: String) throws(LineFileError) {
    file = try InputFile(path)
    cutter = JSONCutter(file)
    lines = LineReader(file)
    latest = file.modified
    try begin()
  }

  private mutating func begin() throws(LineFileError) {
    switch try cutter.peek() {
    case nil: return
    case UInt8(ascii: "["):
      _ = try cutter.take("[")
      isList = true
      place = .list(name: nil)
      form = "a list of items"
    default:
      // A header, or the name of the first member: both are short.
      while file.count < 256, try file.more(behind: "byte 0") {}
      let head = file.withBytes { String(decoding: $0.prefix(256), as: UTF8.self) }
        .filter { !$0.isWhitespace }
      let digits = head.hasPrefix("{\"nextSequence\":") ? head.dropFirst(16) : ""
      if digits.drop(while: \.isNumber).first == "}" || head.hasPrefix("{\"sequenceNumber\"") {
        place = .lines
        form = "an append log"
      } else if let name = ArkFile.members.first(where: { head.hasPrefix("{\"\($0)\"") }) {
        _ = try cutter.take("{")
        place = .document
        form = name == "sessions" ? "a file of sessions" : "a file of items"
      } else {
        throw LineFileError(
          message: "\(file.path) is no file of an Ark broker. Give what MEMORY_FILE_PATH, "
            + "STREAM_FILE_PATH, TRACE_FILE_PATH, EVENT_FILE_PATH or SESSIONS_FILE_PATH named; "
            + "lines of CloudEvents are imported without --from-ark")
      }
    }
  }

  private static let members = [
    "items", "sessions", "streams", "traces", "completed", "allSpans", "nextSequence",
  ]

  /// The next item, or nil at the end.
  /// - Throws: `BadItem`: that item cannot be used, the next one may; `LineFileError`: the file cannot be read any further.
  mutating func next(_ options: ArkAPI.Options) throws -> (item: FiledItem, time: Timestamp)? {
    while true {
      switch place {
      case .end: return nil
      case .lines: return try nextLine(options)
      case .document: try enterMember()
      case .lists:
        guard let name = try nextName() else { continue }
        guard try cutter.take("[") else { throw misplaced("a list") }
        place = .list(name: name)
      case .list(let name):
        if try isClosed("]") {
          place = isList ? .end : name == nil ? .document : .lists
          continue
        }
        return try nextValue(under: name, options)
      case .sessions:
        guard let name = try nextName() else { continue }
        return try nextValue(under: name, options)
      }
    }
  }

  // MARK: Documents

  private mutating func enterMember() throws(LineFileError) {
    if try isClosed("}") {
      place = .end
      return
    }
    let name = try key()
    switch name {
    case "items":
      guard try cutter.take("[") else { throw misplaced("a list") }
      place = .list(name: nil)
    case "streams", "traces", "sessions":
      guard try cutter.take("{") else { throw misplaced("an object") }
      place = name == "sessions" ? .sessions : .lists
      group = name == "streams" ? .chunk : name == "traces" ? nil : .session
    // `allSpans` are those of `traces` once more.
    default: try cutter.skipValue()
    }
  }

  /// The name of the next member, at its value; nil when there is none, and the place is that of what comes behind.
  private mutating func nextName() throws(LineFileError) -> String? {
    guard try isClosed("}") else { return try key() }
    place = .document
    return nil
  }

  private mutating func key() throws(LineFileError) -> String {
    guard let name = try cutter.value({ JSONValue.text($0) }), try cutter.take(":") else {
      throw misplaced("a name")
    }
    return name
  }

  private mutating func isClosed(_ bracket: Character) throws(LineFileError) -> Bool {
    while try cutter.take(",") {}
    guard try cutter.peek() != nil else { throw named(cutter.cutOff()) }
    return try cutter.take(bracket)
  }

  private func misplaced(_ what: String) -> LineFileError {
    LineFileError(
      message: "\(file.path): byte \(cutter.passed): \(what) is missing; the file is damaged here")
  }

  private func named(_ error: LineFileError) -> LineFileError {
    error.message.hasPrefix(file.path)
      ? error : LineFileError(message: "\(file.path): \(error.message)")
  }

  private mutating func nextValue(
    under name: String?, _ options: ArkAPI.Options
  ) throws -> (item: FiledItem, time: Timestamp) {
    number += 1
    let (number, start, group, latest) = (number, cutter.passed, group, latest)
    do {
      let read = try cutter.value { value in
        Result { () throws(HTTPError) in
          try FiledItem(
            value, under: name, in: group, number: number, fallback: latest, options: options)
        }
      }
      return timed(try read.get())
    } catch let error as HTTPError {
      throw BadItem(
        place: "\(file.path): item \(number), byte \(start)", message: error.message)
    } catch let error as LineFileError {
      throw named(error)
    }
  }

  // MARK: Logs

  private mutating func nextLine(
    _ options: ArkAPI.Options
  ) throws -> (item: FiledItem, time: Timestamp)? {
    var read: Result<FiledItem, HTTPError>?
    let latest = latest
    while read == nil {
      let number = lines.number + 1
      let isThere = try lines.next { line in
        guard line.contains(where: { $0 > 0x20 }) else { return }
        if number == 1, line.starts(with: "{\"nextSequence\"".utf8) { return }
        read = Result { () throws(HTTPError) in
          try FiledItem(
            line, under: nil, in: nil, number: number, fallback: latest, options: options)
        }
      }
      guard isThere else {
        place = .end
        return nil
      }
    }
    switch read {
    case .success(let item): return timed(item)
    case .failure(let error):
      throw BadItem(
        place: "\(file.path): line \(lines.number)", message: error.message,
        isUnfinished: !lines.isEnded)
    case nil: return nil
    }
  }

  /// What has no time counts as having come with what was before it.
  private mutating func timed(_ item: FiledItem) -> (FiledItem, Timestamp) {
    latest = item.time ?? latest
    return (item, latest)
  }
}
