#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A moment in time: nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
public struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Negative before 1970. The range is 1677-09-21 to 2262-04-11.
  public var nanosecondsSinceEpoch: Int64

  /// The moment so many nanoseconds after 1970 began.
  public init(nanosecondsSinceEpoch: Int64) {
    self.nanosecondsSinceEpoch = nanosecondsSinceEpoch
  }

  /// What the system's clock says.
  public static func now() -> Timestamp {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Timestamp(
      nanosecondsSinceEpoch: Int64(now.tv_sec) &* 1_000_000_000 &+ Int64(now.tv_nsec))
  }

  /// Whether `a` is earlier than `b`.
  public static func < (a: Timestamp, b: Timestamp) -> Bool {
    a.nanosecondsSinceEpoch < b.nanosecondsSinceEpoch
  }

  /// RFC 3339 in UTC with as many digits (0, 3, 6 or 9) as the fraction needs: `2026-11-24T07:01:39.250Z`.
  public var description: String {
    withUnsafeTemporaryAllocation(byteCount: Timestamp.maximumTextLength, alignment: 1) { text in
      let length = write(to: text.baseAddress!)
      return String(decoding: UnsafeRawBufferPointer(rebasing: text[..<length]), as: UTF8.self)
    }
  }
}

// MARK: - RFC 3339

extension Timestamp {
  package static let maximumTextLength = 32

  /// Writes RFC 3339 text and returns its length, at most `maximumTextLength`.
  package func write(to text: UnsafeMutableRawPointer) -> Int {
    var clock = ClockText()
    return clock.write(self, to: text)
  }

  /// Reads RFC 3339 text (section 5.6: `T` and `Z` in either case, any offset, any number of fraction digits); nil when it isn't, or lies outside 1678 to 2262.
  ///
  /// A leap second (`:60`) counts as the second that follows. Digits beyond nanoseconds are dropped.
  package init?(rfc3339 text: UnsafeRawBufferPointer) {
    guard text.count >= 20 else { return nil }
    func number(_ offset: Int, _ digits: Int) -> Int64? {
      var value: Int64 = 0
      for place in offset..<offset + digits {
        let digit = text[place] &- 0x30
        guard digit < 10 else { return nil }
        value = value * 10 + Int64(digit)
      }
      return value
    }
    guard let year = number(0, 4), text[4] == UInt8(ascii: "-"), let month = number(5, 2),
      text[7] == UInt8(ascii: "-"), let day = number(8, 2), text[10] | 0x20 == UInt8(ascii: "t"),
      let hour = number(11, 2), text[13] == UInt8(ascii: ":"), let minute = number(14, 2),
      text[16] == UInt8(ascii: ":"), let second = number(17, 2),
      (1...12).contains(month), day >= 1, day <= Timestamp.days(inMonth: month, of: year),
      hour < 24, minute < 60, second <= 60
    else { return nil }
    var offset = 19
    var fraction: Int64 = 0
    if text[offset] == UInt8(ascii: ".") {
      offset += 1
      var scale: Int64 = 100_000_000
      let first = offset
      while offset < text.count, text[offset] &- 0x30 < 10 {
        fraction += Int64(text[offset] &- 0x30) * scale
        scale /= 10
        offset += 1
      }
      guard offset > first else { return nil }
    }
    guard offset < text.count else { return nil }
    var zone: Int64 = 0
    switch text[offset] {
    case UInt8(ascii: "Z"), UInt8(ascii: "z"):
      guard offset + 1 == text.count else { return nil }
    case UInt8(ascii: "+"), UInt8(ascii: "-"):
      guard offset + 6 == text.count, let hours = number(offset + 1, 2),
        text[offset + 3] == UInt8(ascii: ":"), let minutes = number(offset + 4, 2), hours < 24,
        minutes < 60
      else { return nil }
      zone = (hours * 60 + minutes) * (text[offset] == UInt8(ascii: "-") ? -60 : 60)
    default: return nil
    }
    let days = Timestamp.day(ofYear: year, month: month, day: day)
    var seconds = days * 86_400 + hour * 3600 + minute * 60 + second - zone
    if seconds < 0, fraction > 0 {
      // Towards zero, so that the first second that there is does not overflow.
      seconds += 1
      fraction -= 1_000_000_000
    }
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, carry) = scaled.addingReportingOverflow(fraction)
    guard !overflow, !carry else { return nil }
    self.init(nanosecondsSinceEpoch: sum)
  }

  /// Reads RFC 3339 text, as it stands in an event's `time`; nil when it isn't, or lies outside 1678 to 2262.
  public init?(_ text: String) {
    var text = text
    guard let value = text.withUTF8({ Timestamp(rfc3339: UnsafeRawBufferPointer($0)) }) else {
      return nil
    }
    self = value
  }

  // The proleptic Gregorian calendar in eras of 400 years that begin in March, so that the leap day is the last of its year.

  static func date(ofDay days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  private static func day(ofYear year: Int64, month: Int64, day: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  private static func days(inMonth month: Int64, of year: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}
