/// A number of a JSON text: its token, as written, with exact conversions.
///
/// A view into memory that its reader was given: valid only as long as that memory is.
@usableFromInline package struct JSONNumber {
  @usableFromInline package let start: UnsafeRawPointer
  @usableFromInline package let count: Int
  /// Digits only: no fraction, no exponent.
  @usableFromInline package let isInteger: Bool

  @inlinable package init(start: UnsafeRawPointer, count: Int, isInteger: Bool) {
    self.start = start
    self.count = count
    self.isInteger = isInteger
  }

  /// A number that is the whole of `text`; nil when the text is anything but one JSON number.
  package init?(_ text: UnsafeRawBufferPointer) {
    guard let start = text.baseAddress else { return nil }
    let end = start + text.count
    do throws(JSONScanner.Failure) {
      let scanned = try JSONScanner.scanNumber(from: start, end: end)
      guard scanned.end == end else { return nil }
      self.init(start: start, count: text.count, isInteger: scanned.isInteger)
    } catch {
      return nil
    }
  }

  @inlinable package var raw: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: start, count: count)
  }

  /// The whole number below 2^64 that it is: `5`, `5.0` and `5e0` are 5; `-0` is 0. Nil otherwise.
  package var uint64: UInt64? {
    guard let (negative, magnitude) = whole else { return nil }
    return negative && magnitude != 0 ? nil : magnitude
  }

  /// The whole number in the range of a signed 64-bit integer that it is; nil otherwise.
  package var int64: Int64? {
    guard let (negative, magnitude) = whole else { return nil }
    if negative {
      return magnitude <= Int64.min.magnitude ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil
    }
    return Int64(exactly: magnitude)
  }

  /// The nearest Double (ties to even). Nil when it is too large for one; too small is zero.
  package var double: Double? {
    if let simple = simpleDouble { return simple }
    // Rare enough (more than 19 digits, or a large exponent) for the library's correctly rounding
    // conversion, which wants a string.
    guard let value = Double(String(decoding: raw, as: UTF8.self)), value.isFinite else {
      return nil
    }
    return value
  }

  /// The sign and the magnitude when the value is whole, computed on digits and never by way of a
  /// Double.
  private var whole: (negative: Bool, magnitude: UInt64)? {
    var place = start
    let end = start + count
    let negative = place.load(as: UInt8.self) == UInt8(ascii: "-")
    if negative { place += 1 }
    if isInteger {
      guard let magnitude = JSONNumber.magnitude(from: place, end: end) else { return nil }
      return (negative, magnitude)
    }
    guard let magnitude = wholeMagnitude(from: place, end: end) else { return nil }
    return (negative, magnitude)
  }

  @inline(__always)
  private static func magnitude(from start: UnsafeRawPointer, end: UnsafeRawPointer) -> UInt64? {
    var value: UInt64 = 0
    var place = start
    // Nineteen digits always fit.
    let safe = Swift.min(end, start + 19)
    while place < safe {
      value = value &* 10 &+ UInt64(place.load(as: UInt8.self) &- 0x30)
      place += 1
    }
    while place < end {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let digit = UInt64(place.load(as: UInt8.self) &- 0x30)
      let (sum, carry) = product.addingReportingOverflow(digit)
      guard !overflow, !carry else { return nil }
      value = sum
      place += 1
    }
    return value
  }

  @inline(never)
  private func wholeMagnitude(from start: UnsafeRawPointer, end: UnsafeRawPointer) -> UInt64? {
    var value: UInt64 = 0
    var zeros = 0  // zeros seen since the last other digit: they only count when more follow
    var fraction = 0  // digits behind the point, of those that `value` holds
    var pendingFraction = 0
    var place = start
    var behindPoint = false
    while place < end {
      let byte = place.load(as: UInt8.self)
      if byte == UInt8(ascii: ".") {
        behindPoint = true
      } else if byte | 0x20 == UInt8(ascii: "e") {
        break
      } else {
        if behindPoint { pendingFraction += 1 }
        if byte == UInt8(ascii: "0") {
          zeros += 1
        } else {
          guard let scaled = JSONNumber.scale(value, by: zeros + 1) else { return nil }
          let (sum, carry) = scaled.addingReportingOverflow(UInt64(byte &- 0x30))
          guard !carry else { return nil }
          value = sum
          zeros = 0
          fraction += pendingFraction
          pendingFraction = 0
        }
      }
      place += 1
    }
    guard value != 0 else { return 0 }
    // Zeros before the point, after the last other digit, multiply; those behind it do not.
    let trailing = zeros - pendingFraction
    var exponent = 0
    if place < end {
      place += 1
      let sign = place.load(as: UInt8.self)
      if sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { place += 1 }
      while place < end {
        // Past a million the answer no longer depends on it.
        if exponent < 1_000_000_000 {
          exponent = exponent * 10 + Int(place.load(as: UInt8.self) &- 0x30)
        }
        place += 1
      }
      if sign == UInt8(ascii: "-") { exponent = -exponent }
    }
    exponent += trailing - fraction
    // The last digit of `value` is not zero, so a negative exponent leaves a fraction.
    guard exponent >= 0 else { return nil }
    return JSONNumber.scale(value, by: exponent)
  }

  private static func scale(_ value: UInt64, by tens: Int) -> UInt64? {
    guard value != 0 else { return 0 }
    guard tens < 20 else { return nil }
    var value = value
    for _ in 0..<tens {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      if overflow { return nil }
      value = product
    }
    return value
  }

  /// The value when both its digits and the power of ten are exact as Doubles: then one division
  /// or multiplication rounds once, that is correctly.
  private var simpleDouble: Double? {
    var place = start
    let end = start + count
    let negative = place.load(as: UInt8.self) == UInt8(ascii: "-")
    if negative { place += 1 }
    var mantissa: UInt64 = 0
    var digits = 0
    var exponent = 0
    var behindPoint = false
    while place < end {
      let byte = place.load(as: UInt8.self)
      if byte == UInt8(ascii: ".") {
        behindPoint = true
      } else if byte | 0x20 == UInt8(ascii: "e") {
        break
      } else {
        mantissa = mantissa &* 10 &+ UInt64(byte &- 0x30)
        if mantissa != 0 { digits += 1 }
        if behindPoint { exponent -= 1 }
        guard digits <= 19 else { return nil }
      }
      place += 1
    }
    guard mantissa < 1 << 53 else { return nil }
    if place < end {
      var written = 0
      place += 1
      let sign = place.load(as: UInt8.self)
      if sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { place += 1 }
      while place < end {
        written = written * 10 + Int(place.load(as: UInt8.self) &- 0x30)
        guard written < 10_000 else { return nil }
        place += 1
      }
      exponent += sign == UInt8(ascii: "-") ? -written : written
    }
    guard exponent >= -22, exponent <= 22 else { return nil }
    let exact = Double(mantissa)
    let value =
      exponent < 0
      ? exact / JSONNumber.power(ofTen: -exponent) : exact * JSONNumber.power(ofTen: exponent)
    return negative ? -value : value
  }

  /// Ten to the power of 0...22: the powers that a Double holds exactly.
  private static func power(ofTen exponent: Int) -> Double {
    var result = 1.0
    for _ in 0..<exponent { result *= 10 }
    return result
  }
}
