/// A number of bytes as people write it: in units of 1,024, `K`, `M`, `G` and `T`.
struct ByteCount: CustomStringConvertible {
  var bytes: Int

  private static let units = ["K", "M", "G", "T"]

  init(bytes: Int) { self.bytes = bytes }

  /// Reads `1048576`, `512M`, `1.5G`, `10GiB`. Nil for anything else.
  init?(_ text: String) {
    let text = text.uppercased()
    let number = text.prefix { $0.isASCII && $0.isNumber || $0 == "." }
    var unit = text.dropFirst(number.count)
    if unit.hasSuffix("B") { unit.removeLast() }
    if unit.count == 2, unit.hasSuffix("I") { unit.removeLast() }
    guard let value = Double(number), value >= 0 else { return nil }
    var factor = 1.0
    if !unit.isEmpty {
      guard let power = ByteCount.units.firstIndex(of: String(unit)) else { return nil }
      for _ in 0...power { factor *= 1024 }
    }
    // Beyond that no disk goes, and Int does not either.
    guard value * factor < 1e18 else { return nil }
    bytes = Int(value * factor)
  }

  /// In the largest unit that needs no fraction, such as `1536M`: as it can be read again.
  var exact: String {
    var (value, unit) = (bytes, "")
    for next in ByteCount.units where value > 0 && value % 1024 == 0 {
      value /= 1024
      unit = next
    }
    return "\(value)\(unit)"
  }

  /// Such as `1.5 GiB`.
  var description: String {
    var value = Double(bytes)
    var unit = "bytes"
    for next in ByteCount.units where value >= 1024 {
      value /= 1024
      unit = next + "iB"
    }
    guard unit != "bytes" else { return "\(bytes) bytes" }
    let tenths = Int(value * 10)
    return tenths >= 1000 || tenths % 10 == 0
      ? "\(tenths / 10) \(unit)" : "\(tenths / 10).\(tenths % 10) \(unit)"
  }
}

/// Such as `1 event` or `3 events`.
func counted(_ count: Int, _ one: String, _ many: String? = nil) -> String {
  "\(count) " + (count == 1 ? one : many ?? one + "s")
}
