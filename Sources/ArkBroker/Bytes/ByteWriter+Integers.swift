extension ByteWriter {
  /// Appends the decimal digits.
  package mutating func append(decimal value: UInt64) {
    // 20 digits hold any UInt64. Two digits a division: half the divisions, no table look-ups by
    // character.
    let room = reserve(20)
    let digits = ByteWriter.digitCount(value)
    var rest = value
    var at = digits
    while rest >= 100 {
      let (quotient, pair) = rest.quotientAndRemainder(dividingBy: 100)
      at -= 2
      ByteWriter.store(pair: pair, at: room + at)
      rest = quotient
    }
    if rest >= 10 {
      ByteWriter.store(pair: rest, at: room)
    } else {
      room.storeBytes(of: UInt8(truncatingIfNeeded: rest) &+ 0x30, as: UInt8.self)
    }
    commit(digits)
  }

  /// Appends the decimal digits, after a minus sign when negative.
  package mutating func append(decimal value: Int64) {
    if value < 0 { append(UInt8(ascii: "-")) }
    append(decimal: value.magnitude)
  }

  package mutating func append(decimal value: Int) {
    append(decimal: Int64(value))
  }

  /// Appends the integer's bytes, least significant first.
  @inlinable package mutating func append<T: FixedWidthInteger>(littleEndian value: T) {
    reserve(MemoryLayout<T>.size).storeBytes(of: value.littleEndian, as: T.self)
    commit(MemoryLayout<T>.size)
  }

  private static func digitCount(_ value: UInt64) -> Int {
    var count = 1
    var rest = value
    while rest >= 10_000 {
      rest /= 10_000
      count += 4
    }
    if rest >= 1000 { return count + 3 }
    if rest >= 100 { return count + 2 }
    return rest >= 10 ? count + 1 : count
  }

  @inline(__always)
  private static func store(pair: UInt64, at place: UnsafeMutableRawPointer) {
    let (tens, ones) = pair.quotientAndRemainder(dividingBy: 10)
    place.storeBytes(of: UInt8(truncatingIfNeeded: tens) &+ 0x30, as: UInt8.self)
    place.storeBytes(of: UInt8(truncatingIfNeeded: ones) &+ 0x30, toByteOffset: 1, as: UInt8.self)
  }
}
