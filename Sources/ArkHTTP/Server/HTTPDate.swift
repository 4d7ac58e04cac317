/// The Date field, formatted once a second (RFC 9110, section 5.6.7).
struct HTTPDate {
  /// The whole line with CR LF.
  private(set) var line: [UInt8] = []
  private var checkedAt: UInt64 = 0
  private var second: Int64 = -1

  /// Wall time is looked at this often.
  private static let interval: UInt64 = 50_000_000

  /// Brings the line up to date; `now` is monotonic time in nanoseconds.
  @inline(__always)
  mutating func update(_ now: UInt64) {
    if now &- checkedAt >= Self.interval || line.isEmpty { refresh(now) }
  }

  private mutating func refresh(_ now: UInt64) {
    checkedAt = now
    let current = Platform.wallSeconds()
    if current == second { return }
    second = current
    line = Array("Date: \(Self.format(current))\r\n".utf8)
  }

  /// The fixed-length form of a Unix time.
  static func format(_ time: Int64) -> String {
    let days = time >= 0 ? time / 86400 : (time - 86399) / 86400
    let clock = time - days * 86400
    // Days to a civil date: eras of 400 years that start in March.
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * month + 2) / 5 + 1
    let calendarMonth = month < 10 ? month + 3 : month - 9
    let year = yearOfEra + era * 400 + (calendarMonth <= 2 ? 1 : 0)
    let names = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let weekday = names[Int(((days % 7) + 7) % 7)]
    return "\(weekday), \(two(day)) \(months[Int(calendarMonth - 1)]) \(year) "
      + "\(two(clock / 3600)):\(two(clock / 60 % 60)):\(two(clock % 60)) GMT"
  }
}
