/// A time as people write it: `500ms`, `30s`, `5m`, `12h`, `30d`, or a number alone in a unit that is known.
struct TimeSpan: CustomStringConvertible {
  /// What a number alone counts.
  enum Unit: String {
    case milliseconds, seconds

    var symbol: String { self == .seconds ? "s" : "ms" }
  }

  var milliseconds: Int

  /// The largest first.
  private static let symbols: KeyValuePairs<String, Int> = [
    "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1,
  ]

  init(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    milliseconds = Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
  }

  /// Nil for anything that is no such time.
  init?(_ text: String, unit: Unit) {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let symbol = digits.count == text.count ? unit.symbol : String(text.dropFirst(digits.count))
    guard let number = Int(digits),
      let factor = TimeSpan.symbols.first(where: { $0.key == symbol })?.value
    else { return nil }
    let (product, overflows) = number.multipliedReportingOverflow(by: factor)
    guard !overflows else { return nil }
    milliseconds = product
  }

  var duration: Duration { .milliseconds(milliseconds) }

  /// In the largest unit that needs no fraction: as it can be read again.
  var description: String {
    for (symbol, factor) in TimeSpan.symbols where milliseconds % factor == 0 && milliseconds > 0 {
      return "\(milliseconds / factor)\(symbol)"
    }
    return "\(milliseconds)ms"
  }
}
