extension Redact {
  /// What becomes of an attribute.
  public struct Method: Sendable {
    enum Step: Sendable {
      case drop
      case mask
      case hash(HMAC)
      case truncate(Int)
    }

    let step: Step

    /// The attribute goes: the whole `KeyValue` of OpenTelemetry, or the member with its name.
    public static let dropping = Method(step: .drop)

    /// The value becomes the text `[redacted]`, whatever it was.
    public static let masking = Method(step: .mask)

    /// The value becomes a text such as `[hash:9f86d081884c7d659a2feaa0c55ad015]`: the same for equal values and the same key, so that events can still be counted and grouped by
    /// it.
    ///
    /// The 32 digits are the first half of HMAC-SHA-256 of the value: of a text its UTF-8, of a number or boolean its digits or name (so in OpenTelemetry, too, what the variant
    /// holds), of anything else its JSON as it stands in the payload.
    ///
    /// Whoever has the key can find out a value by trying: user names, addresses and numbers are few enough to try them all. Without the key nothing can be learned but which values
    /// are equal and how often each occurs, which for some values says enough. So draw 32 random bytes, keep them where the log is not, and take new ones when values of different times
    /// need not be compared. Dropping is safer.
    /// - Parameter key: a secret that is not empty.
    public static func hashing(key: [UInt8]) -> Method {
      precondition(!key.isEmpty, "hashing needs a key: without one every value can be guessed")
      return Method(step: .hash(HMAC(key: key)))
    }

    /// A text that takes more bytes is cut, and says so: `Once upon a…[1234 bytes left out]`. Texts inside the value likewise; numbers, booleans and nulls stay.
    ///
    /// Bytes are counted in UTF-8, unescaped. What is left takes no more than `bytes` with the note, and ends with a whole character. A `bytesValue` of OpenTelemetry that is cut
    /// becomes a `stringValue`, because half of Base64 is none.
    /// - Parameter bytes: at least 32, so that the note has room and ids, times and numbers that are written as texts stay whole.
    public static func truncating(to bytes: Int) -> Method {
      checkLimit(bytes)
      return Method(step: .truncate(bytes))
    }

    static func checkLimit(_ bytes: Int) {
      precondition(bytes >= 32, "truncating leaves at least 32 bytes: its own note takes that much")
    }
  }
}
