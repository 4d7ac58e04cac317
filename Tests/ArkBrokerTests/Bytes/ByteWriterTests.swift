import Testing

@testable import ArkBroker

@Suite struct ByteWriterTests {
  @Test func growsAndKeepsWhatWasWritten() {
    var writer = ByteWriter()
    var expected: [UInt8] = []
    for round in 0..<1000 {
      let piece = [UInt8](repeating: UInt8(truncatingIfNeeded: round), count: round % 37)
      writer.append(piece)
      writer.append(UInt8(ascii: ","))
      writer.append("lit")
      writer.append(utf8: "é")
      expected += piece + [UInt8(ascii: ",")] + Array("lité".utf8)
    }
    #expect(writer.array() == expected)
    #expect(writer.count == expected.count)
  }

  @Test func keepsItsMemoryForTheNextUse() {
    var writer = ByteWriter(capacity: 10)
    writer.append([UInt8](repeating: 1, count: 100))
    let capacity = writer.capacity
    writer.removeAll()
    #expect(writer.isEmpty == true)
    #expect(writer.capacity == capacity)
    writer.removeAll(keepingAtMost: capacity)
    #expect(writer.capacity == capacity)
    writer.removeAll(keepingAtMost: capacity - 1)
    #expect(writer.capacity == 0)
    writer.append("again")
    #expect(writer.array() == Array("again".utf8))
  }

  @Test func truncatesAndPatches() {
    var writer = ByteWriter()
    writer.append("hello")
    writer.truncate(to: 4)
    writer.withUnsafeMutableBytes { $0[0] = UInt8(ascii: "J") }
    #expect(writer.array() == Array("Jell".utf8))
  }

  @Test(
    arguments: [
      0, 1, 9, 10, 11, 99, 100, 101, 999, 1000, 9999, 10_000, 12_345, 99_999, 100_000, 1_234_567,
      UInt64(UInt32.max), 9_999_999_999_999_999_999, 10_000_000_000_000_000_000, .max,
    ] as [UInt64])
  func writesDecimals(_ value: UInt64) {
    var writer = ByteWriter()
    writer.append(decimal: value)
    #expect(String(decoding: writer.array(), as: UTF8.self) == String(value))
    writer.removeAll()
    let signed = Int64(truncatingIfNeeded: 0 &- value)
    writer.append(decimal: signed)
    #expect(String(decoding: writer.array(), as: UTF8.self) == String(signed))
  }

  @Test func writesLittleEndianIntegers() {
    var writer = ByteWriter()
    writer.append(littleEndian: UInt32(0x0102_0304))
    writer.append(littleEndian: UInt16(0xFFEE))
    #expect(writer.array() == [4, 3, 2, 1, 0xEE, 0xFF])
  }
}

@Suite struct HexadecimalTests {
  @Test func readsSixteenDigitsOfEitherCase() {
    func value(_ text: String) -> UInt64? {
      withExactBytes(Array(text.utf8)) { Hexadecimal.uint64($0.baseAddress!) }
    }
    #expect(value("0123456789abcdef") == 0x0123_4567_89AB_CDEF)
    #expect(value("FEDCBA9876543210") == 0xFEDC_BA98_7654_3210)
    #expect(value("eee19b7ec3c1b174") == 0xEEE1_9B7E_C3C1_B174)
  }

  @Test func refusesEveryByteThatIsNoDigit() {
    for byte in UInt8.min...UInt8.max {
      for place in 0..<16 {
        var text = Array("0123456789abcdef".utf8)
        text[place] = byte
        let isDigit = Hexadecimal.value(byte) < 16
        let read = withExactBytes(text) { Hexadecimal.uint64($0.baseAddress!) }
        #expect((read != nil) == isDigit, "byte \(byte) at \(place)")
        if let read { #expect(read == UInt64(String(decoding: text, as: UTF8.self), radix: 16)) }
      }
    }
  }

  @Test func writesLowerCaseDigits() {
    var writer = ByteWriter()
    writer.append(hexadecimal: 0x0123_4567_89AB_CDEF as UInt64)
    [UInt8]([0x00, 0xFF, 0xA5]).withUnsafeBytes { writer.append(hexadecimal: $0) }
    #expect(String(decoding: writer.array(), as: UTF8.self) == "0123456789abcdef00ffa5")
  }
}

@Suite struct Base64Tests {
  private func decode(_ text: String) -> [UInt8]? {
    var writer = ByteWriter()
    let isValid = withExactBytes(Array(text.utf8)) { writer.append(decodingBase64: $0) }
    return isValid ? writer.array() : nil
  }

  @Test(
    arguments: [
      ("", []), ("AA==", [0]), ("AA", [0]),
      ("AP/+gHJhdw==", [0, 0xFF, 0xFE, 0x80, 0x72, 0x61, 0x77]),
      ("AP_-gHJhdw", [0, 0xFF, 0xFE, 0x80, 0x72, 0x61, 0x77]),
      ("AP/+gHJhdx==", [0, 0xFF, 0xFE, 0x80, 0x72, 0x61, 0x77]),
      ("AQI=", [1, 2]), ("AQI", [1, 2]), ("AQID", [1, 2, 3]),
    ] as [(String, [UInt8])])
  func readsBothAlphabetsPaddedOrNot(_ text: String, _ expected: [UInt8]) {
    #expect(decode(text) == expected)
  }

  @Test(arguments: [
    "A", "AP/!gHJhdw==", "AA==AA==", "A===", "====", "=", "AAA==", "AA=", "AP/+\ngHJhdw==", "AA= ",
    "é",
  ])
  func refusesWhatIsNotBase64(_ text: String) {
    #expect(decode(text) == nil)
  }

  @Test func roundTripsEveryLength() {
    var generator = SeededGenerator(state: 11)
    for count in 0..<100 {
      let bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
      var writer = ByteWriter()
      bytes.withUnsafeBytes { writer.append(base64: $0) }
      #expect(writer.count == (count + 2) / 3 * 4)
      #expect(decode(String(decoding: writer.array(), as: UTF8.self)) == bytes)
    }
  }
}
