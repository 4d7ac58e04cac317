import ArkBroker

extension FiledItem {
  /// What an item is known by, so that it gets the same id each time it is read: its number, its time and what it says.
  struct Identity {
    private let content: UnsafeRawBufferPointer
    var number: String
    var name = ""
    var time: UnsafeRawBufferPointer?

    /// - Parameter content: however much white space it has.
    init(_ content: UnsafeRawBufferPointer, number: Int) {
      self.content = content
      self.number = String(number)
    }

    func id(_ sort: Sort) -> String {
      var text = ByteWriter(capacity: content.count + 64)
      text.append(utf8: "\(sort.rawValue)\n\(number)\n\(name)\n")
      if let time { text.append(time) }
      text.append("\n")
      // What is no JSON is found by who reads it.
      if (try? JSONReader.minify(content, into: &text)) == nil { text.append(content) }
      // Another seed would make other ids of the same items.
      var hash = KeyedHash(seed: (0x6172_6b2d_6669_6c65, 0x6974_656d_2d69_642d))
      hash.combine(text.bytes)
      let (low, high) = hash.finish()
      var digits = ByteWriter(capacity: 32)
      digits.append(hexadecimal: high)
      digits.append(hexadecimal: low)
      return "\(sort.rawValue)-\(number)-\(String(decoding: digits.bytes, as: UTF8.self))"
    }
  }
}
