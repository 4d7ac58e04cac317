import ArkBroker

// What the encoder needs of the protobuf wire format beyond what responses do.
extension ByteWriter {
  static func varintCount(_ value: UInt64) -> Int {
    max(1, (64 - value.leadingZeroBitCount + 6) / 7)
  }

  /// The tag of a field.
  @inline(__always)
  mutating func append(tag number: UInt8, _ type: WireType) {
    append(varint: UInt64(number) << 3 | UInt64(type.rawValue))
  }

  /// Begins a delimited value whose length will be known at its end: where it begins. One byte is kept free for the length, which is enough for most.
  @inline(__always)
  mutating func beginDelimited() -> Int {
    append(0)
    return count
  }

  /// Ends a delimited value: puts its length in front.
  mutating func endDelimited(from start: Int) {
    let length = count - start
    let more = ByteWriter.varintCount(UInt64(length)) - 1
    if more > 0 {
      _ = reserve(more)
      commit(more)
    }
    withUnsafeMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      // Overlapping: `copyMemory` moves.
      if more > 0 { (base + start + more).copyMemory(from: base + start, byteCount: length) }
      var value = length
      for place in start - 1..<start - 1 + more {
        bytes[place] = UInt8(truncatingIfNeeded: value) & 127 | 128
        value >>= 7
      }
      bytes[start - 1 + more] = UInt8(truncatingIfNeeded: value)
    }
  }

  /// A text with its length.
  mutating func appendProtobuf(_ text: JSONString) {
    if text.hasEscapes {
      let start = beginDelimited()
      append(unescaping: text)
      endDelimited(from: start)
    } else {
      append(varint: UInt64(text.rawCount))
      append(text.raw)
    }
  }
}
