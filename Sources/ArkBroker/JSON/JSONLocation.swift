/// Turns a byte offset of a JSON text into a path that a person can follow.
///
/// Decoders report errors by offset, which costs them nothing, and only the error's printer pays for
/// the path, by reading the text once more, up to that offset.
@usableFromInline package struct JSONLocation {
  private enum Step {
    case member(JSONString)
    case element(Int)
    /// Inside a container, but in none of its values.
    case between(isObject: Bool)

    var isObject: Bool {
      switch self {
      case .member: true
      case .element: false
      case .between(let isObject): isObject
      }
    }
  }

  private var steps: [Step] = []
  private var place: UnsafeRawPointer
  private let end: UnsafeRawPointer
  private let target: UnsafeRawPointer

  /// The path of the innermost value that covers `offset`, like
  /// `resourceSpans[0].scopeSpans[0].spans[3].traceId`; empty for the top level.
  ///
  /// The text may be invalid at or after `offset`. Member names that do not look like names (longer
  /// than 64 bytes, or with anything but ASCII letters, digits, `_`, `-` and `$`) appear as `?`: they
  /// may be data. A path of more than 64 steps is cut there.
  package static func path(in bytes: UnsafeRawBufferPointer, at offset: Int) -> String {
    guard let start = bytes.baseAddress, offset > 0 else { return "" }
    var location = JSONLocation(
      place: start, end: start + bytes.count, target: start + min(offset, bytes.count))
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { location.place += 3 }
    do throws(JSONScanner.Failure) {
      try location.walk()
    } catch {
      // The text ends being JSON here: what was entered so far is the answer.
    }
    return location.rendered
  }

  private init(place: UnsafeRawPointer, end: UnsafeRawPointer, target: UnsafeRawPointer) {
    self.place = place
    self.end = end
    self.target = target
  }

  private mutating func walk() throws(JSONScanner.Failure) {
    values: while true {
      let byte = try peek()
      if place >= target { return }
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        guard steps.count < 64 else { return }
        let isObject = byte == UInt8(ascii: "{")
        place += 1
        steps.append(isObject ? .between(isObject: true) : .element(0))
        if try peek() == byte + 2 {
          if place >= target { return }
          place += 1
          steps.removeLast()
        } else {
          if isObject, try !key() { return }
          continue values
        }
      case UInt8(ascii: "\""):
        place = try JSONScanner.scanString(from: place + 1, end: end).quote + 1
      default:
        while place < end, !isDelimiter(place.load(as: UInt8.self)) { place += 1 }
      }
      if place > target { return }

      while let last = steps.last {
        let byte = try peek()
        if place >= target {
          steps[steps.count - 1] = .between(isObject: last.isObject)
          return
        }
        place += 1
        if byte == UInt8(ascii: ",") {
          if case .element(let index) = last {
            steps[steps.count - 1] = .element(index + 1)
          } else if try !key() {
            return
          }
          continue values
        }
        steps.removeLast()
      }
      return
    }
  }

  /// Enters a member; false when the target lies before its value.
  private mutating func key() throws(JSONScanner.Failure) -> Bool {
    steps[steps.count - 1] = .between(isObject: true)
    guard try peek() == UInt8(ascii: "\""), place < target else { return false }
    let start = place + 1
    let name = try JSONScanner.scanString(from: start, end: end)
    place = name.quote + 1
    guard try peek() == UInt8(ascii: ":"), place < target else { return false }
    place += 1
    steps[steps.count - 1] = .member(
      JSONString(start: start, rawCount: name.quote - start, escapes: name.escapes))
    return true
  }

  private mutating func peek() throws(JSONScanner.Failure) -> UInt8 {
    place = JSONScanner.skipWhiteSpace(from: place, end: end)
    guard place < end else { throw JSONScanner.Failure(code: .unexpectedEnd, place: end) }
    return place.load(as: UInt8.self)
  }

  private func isDelimiter(_ byte: UInt8) -> Bool {
    byte <= 0x20 || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}")
      || byte == UInt8(ascii: "]")
  }

  private var rendered: String {
    var path = ""
    for step in steps {
      switch step {
      case .member(let key):
        if !path.isEmpty { path += "." }
        path += JSONLocation.name(key)
      case .element(let index):
        path += "[\(index)]"
      case .between:
        break
      }
    }
    return path
  }

  private static func name(_ key: JSONString) -> String {
    guard !key.hasEscapes, key.rawCount <= 64, key.rawCount > 0 else { return "?" }
    for byte in key.raw {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
        UInt8(ascii: "$"):
        continue
      default:
        return "?"
      }
    }
    return key.string
  }
}
