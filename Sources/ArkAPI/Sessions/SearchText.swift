import ArkBroker

/// A text that is looked for in others, in whatever case.
struct SearchText {
  /// In lower case, not empty.
  private let text: [UInt8]
  /// For each place of the labels: whether the label there has the text in it.
  private var labels: [Bool] = []
  /// Whether any label has the text in it.
  private(set) var isInLabels = false

  /// - Returns: nil for an empty text, which is in every other.
  init?(_ text: String, in labels: NameTable) {
    guard !text.isEmpty else { return nil }
    self.text = Array(text.lowercased().utf8)
    self.labels = (0..<labels.capacity).map { isContained(in: labels[Slot(number: UInt32($0))]) }
    isInLabels = self.labels.contains(true)
  }

  func isContained(inLabel slot: Slot) -> Bool {
    slot != .nowhere && labels[Int(slot.number)]
  }

  func isContained(in other: String) -> Bool {
    let isInASCII: Bool?? = other.utf8.withContiguousStorageIfAvailable { bytes in
      var bits: UInt8 = 0
      for byte in bytes { bits |= byte }
      return bits < 0x80 ? isContained(inASCII: bytes) : nil
    }
    if case .some(.some(let isContained)) = isInASCII { return isContained }
    // Beyond ASCII a letter and its lower case may differ in length.
    return Array(other.lowercased().utf8).withUnsafeBufferPointer { isContained(inASCII: $0) }
  }

  /// - Parameter bytes: ASCII in whatever case, or any text in lower case.
  private func isContained(inASCII bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    var start = 0
    while start + text.count <= bytes.count {
      var offset = 0
      while offset < text.count, lowercase(bytes[start + offset]) == text[offset] { offset += 1 }
      if offset == text.count { return true }
      start += 1
    }
    return false
  }

  @inline(__always)
  private func lowercase(_ byte: UInt8) -> UInt8 {
    byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
  }
}
