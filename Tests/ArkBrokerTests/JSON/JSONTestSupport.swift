@testable import ArkBroker

/// A small generator with a fixed seed, so that a random test fails the same way every time.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// Calls `body` with a copy of the bytes in an allocation of exactly their size, so that the address
/// sanitizer sees a read past the end.
func withExactBytes<R>(_ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R
{
  let room = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
  defer { room.deallocate() }
  room.copyBytes(from: bytes)
  return try body(UnsafeRawBufferPointer(room))
}

func validate(_ bytes: [UInt8], depth: Int = JSONReader.defaultDepth) -> JSONError? {
  withExactBytes(bytes) { bytes in
    do throws(JSONError) {
      try JSONReader.validate(bytes, depth: depth)
      return nil
    } catch {
      return error
    }
  }
}

func validate(_ text: String) -> JSONError? { validate(Array(text.utf8)) }

func minified(_ bytes: [UInt8]) throws -> [UInt8] {
  var writer = ByteWriter()
  try withExactBytes(bytes) { try JSONReader.minify($0, into: &writer) }
  return writer.array()
}

func minified(_ text: String) throws -> String {
  String(decoding: try minified(Array(text.utf8)), as: UTF8.self)
}

/// A value built by pulling everything out of a reader: what a caller sees, compared with Foundation.
indirect enum PulledValue: Equatable {
  case null
  case bool(Bool)
  case number(String)
  case string(String)
  case array([PulledValue])
  case object([(String, PulledValue)])

  static func == (left: PulledValue, right: PulledValue) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let left), .bool(let right)): left == right
    case (.number(let left), .number(let right)): left == right
    case (.string(let left), .string(let right)): left == right
    case (.array(let left), .array(let right)): left == right
    case (.object(let left), .object(let right)):
      left.count == right.count
        && zip(left, right).allSatisfy { $0.0 == $1.0 && $0.1 == $1.1 }
    default: false
    }
  }

  static func pull(from reader: inout JSONReader) throws(JSONError) -> PulledValue {
    switch try reader.peek() {
    case .null:
      _ = try reader.readNull()
      return .null
    case .bool: return .bool(try reader.readBool())
    case .number:
      return .number(String(decoding: try reader.readNumber().raw, as: UTF8.self))
    case .string: return .string(try reader.readString().string)
    case .array:
      var elements: [PulledValue] = []
      try reader.beginArray()
      while try reader.nextElement() { elements.append(try pull(from: &reader)) }
      return .array(elements)
    case .object:
      var members: [(String, PulledValue)] = []
      try reader.beginObject()
      while let key = try reader.nextKey() {
        members.append((key.string, try pull(from: &reader)))
      }
      return .object(members)
    }
  }

  static func pull(_ bytes: [UInt8]) throws(JSONError) -> PulledValue {
    let result = withExactBytes(bytes) { bytes -> Result<PulledValue, JSONError> in
      do throws(JSONError) {
        var reader = JSONReader(bytes)
        let value = try pull(from: &reader)
        try reader.finish()
        return .success(value)
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }
}
