/// Writes moments as RFC 3339 text and keeps the last whole second: events that come together mostly have it in common.
package struct ClockText {
  private var second = Int64.min
  private var day = Int64.min
  /// `2026-11-24T07:01:39.`, 20 bytes.
  private var text: (UInt64, UInt64, UInt32) = (0, 0, 0)

  package init() {}

  /// Writes RFC 3339 text in UTC and returns its length, at most `Timestamp.maximumTextLength`.
  package mutating func write(_ time: Timestamp, to place: UnsafeMutableRawPointer) -> Int {
    var (second, fraction) = time.nanosecondsSinceEpoch.quotientAndRemainder(
      dividingBy: 1_000_000_000)
    if fraction < 0 {
      fraction += 1_000_000_000
      second -= 1
    }
    if second != self.second { setSecond(second) }
    place.storeBytes(of: text.0, as: UInt64.self)
    place.storeBytes(of: text.1, toByteOffset: 8, as: UInt64.self)
    place.storeBytes(of: text.2, toByteOffset: 16, as: UInt32.self)
    guard fraction != 0 else {
      place.storeBytes(of: UInt8(ascii: "Z"), toByteOffset: 19, as: UInt8.self)
      return 20
    }
    let digits = fraction % 1_000_000 == 0 ? 3 : fraction % 1_000 == 0 ? 6 : 9
    // Nine digits always: those that are zero lie behind the end or under the `Z`.
    ClockText.put(fraction / 1_000_000, at: place + 20)
    ClockText.put(fraction / 1_000 % 1_000, at: place + 23)
    ClockText.put(fraction % 1_000, at: place + 26)
    place.storeBytes(of: UInt8(ascii: "Z"), toByteOffset: 20 + digits, as: UInt8.self)
    return 21 + digits
  }

  private mutating func setSecond(_ second: Int64) {
    self.second = second
    var days = second / 86_400
    var rest = second % 86_400
    if rest < 0 {
      rest += 86_400
      days -= 1
    }
    let isAnotherDay = days != day
    day = days
    withUnsafeMutableBytes(of: &text) { text in
      func pair(_ value: Int64, at offset: Int, before mark: Unicode.Scalar) {
        let pair = UInt8(truncatingIfNeeded: value)
        text[offset] = pair / 10 &+ 0x30
        text[offset + 1] = pair % 10 &+ 0x30
        text[offset + 2] = UInt8(ascii: mark)
      }
      if isAnotherDay {
        let (year, month, day) = Timestamp.date(ofDay: days)
        pair(year / 100, at: 0, before: "-")
        pair(year % 100, at: 2, before: "-")
        pair(month, at: 5, before: "-")
        pair(day, at: 8, before: "T")
      }
      pair(rest / 3600, at: 11, before: ":")
      pair(rest / 60 % 60, at: 14, before: ":")
      pair(rest % 60, at: 17, before: ".")
    }
  }

  /// Three digits.
  @inline(__always)
  private static func put(_ value: Int64, at place: UnsafeMutableRawPointer) {
    let value = UInt32(truncatingIfNeeded: value)
    place.storeBytes(of: UInt8(truncatingIfNeeded: value / 100) &+ 0x30, as: UInt8.self)
    place.storeBytes(
      of: UInt8(truncatingIfNeeded: value / 10 % 10) &+ 0x30, toByteOffset: 1, as: UInt8.self)
    place.storeBytes(
      of: UInt8(truncatingIfNeeded: value % 10) &+ 0x30, toByteOffset: 2, as: UInt8.self)
  }
}
