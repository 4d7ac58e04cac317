// Numbers on disk are little-endian, whatever the processor's order, and lie at any address.

extension UnsafeRawPointer {
  @inline(__always)
  func number<Number: FixedWidthInteger>(_ offset: Int, as type: Number.Type = Number.self)
    -> Number
  {
    var number = Number.zero
    withUnsafeMutableBytes(of: &number) {
      $0.copyMemory(from: UnsafeRawBufferPointer(start: self + offset, count: $0.count))
    }
    return Number(littleEndian: number)
  }
}

extension UnsafeMutableRawPointer {
  @inline(__always)
  func setNumber(_ number: some FixedWidthInteger, _ offset: Int) {
    withUnsafeBytes(of: number.littleEndian) {
      (self + offset).copyMemory(from: $0.baseAddress.unsafelyUnwrapped, byteCount: $0.count)
    }
  }
}

extension [UInt8] {
  /// The number at `offset`, which must lie inside.
  func number<Number: FixedWidthInteger>(_ offset: Int, as type: Number.Type = Number.self)
    -> Number
  {
    precondition(offset >= 0 && offset + MemoryLayout<Number>.size <= count)
    return withUnsafeBytes { $0.baseAddress.unsafelyUnwrapped.number(offset) }
  }

  mutating func setNumber(_ number: some FixedWidthInteger, _ offset: Int) {
    precondition(offset >= 0 && offset + number.bitWidth / 8 <= count)
    withUnsafeMutableBytes { $0.baseAddress.unsafelyUnwrapped.setNumber(number, offset) }
  }

  mutating func append(number: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
  }

  /// Seven bits a byte, the lowest first; the top bit says that more follow.
  mutating func append(varint number: UInt64) {
    var rest = number
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(truncatingIfNeeded: rest))
  }
}

/// Reads varints, never past the end.
struct VarintReader {
  private(set) var place: UnsafeRawPointer
  let end: UnsafeRawPointer

  init(_ bytes: UnsafeRawBufferPointer) {
    place = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
    end = place + bytes.count
  }

  var isAtEnd: Bool { place == end }

  @inline(__always)
  mutating func next() -> UInt64? {
    guard place < end else { return nil }
    let first = place.load(as: UInt8.self)
    place += 1
    if first < 0x80 { return UInt64(first) }
    return rest(of: first)
  }

  private mutating func rest(of first: UInt8) -> UInt64? {
    var number = UInt64(first & 0x7f)
    var shift: UInt64 = 7
    while place < end, shift < 64 {
      let byte = place.load(as: UInt8.self)
      place += 1
      number |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return number }
      shift += 7
    }
    return nil
  }
}
