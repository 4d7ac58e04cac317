/// Percent-decoding of targets (RFC 3986, section 2.1) and of form-coded query items.
enum PercentCoding {
  /// Decodes a path segment; nil when a percent sign is not followed by two hexadecimal digits.
  static func decodeStrictly(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if byte == ASCII.percent {
        guard index + 2 < bytes.count, let high = bytes[index + 1].hexDigit,
          let low = bytes[index + 2].hexDigit
        else { return nil }
        output.append(high << 4 | low)
        index += 3
      } else {
        output.append(byte)
        index += 1
      }
    }
    return output
  }

  /// Decodes a query name or value: plus is a space; a percent sign that codes nothing stays.
  static func decodeForm(_ bytes: UnsafeRawBufferPointer) -> String {
    var plain = true
    for byte in bytes where byte == ASCII.percent || byte == ASCII.plus { plain = false }
    if plain { return bytes.text }
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if byte == ASCII.percent, index + 2 < bytes.count, let high = bytes[index + 1].hexDigit,
        let low = bytes[index + 2].hexDigit
      {
        output.append(high << 4 | low)
        index += 3
      } else {
        output.append(byte == ASCII.plus ? ASCII.space : byte)
        index += 1
      }
    }
    return String(decoding: output, as: UTF8.self)
  }
}
