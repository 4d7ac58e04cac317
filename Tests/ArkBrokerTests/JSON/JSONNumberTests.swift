import Testing

@testable import ArkBroker

@Suite struct JSONNumberTests {
  private func number<R>(_ text: String, _ body: (JSONNumber) -> R) -> R? {
    withExactBytes(Array(text.utf8)) { JSONNumber($0).map(body) }
  }

  @Test(arguments: [
    ("0", 0), ("-0", 0), ("42", 42), ("-7", -7), ("9223372036854775807", Int64.max),
    ("-9223372036854775808", Int64.min), ("9007199254740993", 9_007_199_254_740_993),
    ("1e3", 1000), ("5.0", 5), ("1.5447126603e18", 1_544_712_660_300_000_000), ("100", 100),
    ("0.5e1", 5), ("1.50e1", 15), ("10.02e2", 1002), ("1200e-2", 12), ("0e999999999999", 0),
    ("0.000", 0), ("-1E+2", -100), ("100.00", 100),
    ("0.0000000000000000000000000000000000000001e40", 1),
    ("10000000000000000000000000000000000000000e-40", 1),
  ])
  func convertsWholeNumbersExactly(_ text: String, _ value: Int64) {
    #expect(number(text) { $0.int64 } == .some(.some(value)))
  }

  @Test(arguments: [
    "9223372036854775808", "-9223372036854775809", "1.5", "1e-1", "1e99999999", "1e19",
    "123456789012345678901234567890", "10.5", "-1e19", "0.1e0", "1.0000000000000000000000001e25",
  ])
  func refusesWhatIsNoSigned64BitInteger(_ text: String) {
    #expect(number(text) { $0.int64 } == .some(.none))
  }

  @Test func convertsUnsignedNumbersExactly() {
    #expect(number("18446744073709551615") { $0.uint64 } == .some(.max))
    #expect(number("1.8446744073709551615e19") { $0.uint64 } == .some(.max))
    #expect(number("18446744073709551616") { $0.uint64 } == .some(.none))
    #expect(number("99999999999999999999") { $0.uint64 } == .some(.none))
    #expect(number("-1") { $0.uint64 } == .some(.none))
    #expect(number("-0") { $0.uint64 } == .some(0))
  }

  @Test(arguments: [
    "", "-", "+1", "1.", ".5", "01", "-01", "1e", "1e+", " 1", "1 ", "0x10", "1_000", "NaN",
    "Infinity",
    "1a", "1.e5", "--1", "1.5.5",
  ])
  func refusesTextThatIsNoNumber(_ text: String) {
    #expect(number(text) { _ in true } == nil)
  }

  @Test func roundsDoublesAsTheStandardLibraryDoes() {
    var texts = [
      "0", "-0", "-0.0", "1", "1.5", "0.1", "5e-324", "1.7976931348623157e308", "1e-7", "1e22",
      "1e23",
      "0.1000000000000000055511151231257827021181583404541015625", "1e-400",
      "2.2250738585072014e-308",
      "9007199254740993", "9007199254740991", "123456789012345678901234567890", "4.35",
      "0.30000000000000004",
      "8.5e-5", "1.000000000000000000000", "0.000000000000000000000000001",
    ]
    var generator = SeededGenerator(state: 7)
    for _ in 0..<2000 {
      let value = Double(bitPattern: generator.next())
      if value.isFinite { texts.append(value.description) }
      texts.append(
        "\(generator.next() >> 40).\(generator.next() >> 44)e\(Int(generator.next() % 40) - 20)")
    }
    for text in texts {
      let ours = number(text) { $0.double }.flatMap(\.self)
      #expect(ours?.bitPattern == Double(text)?.bitPattern, "\(text)")
    }
  }

  @Test func refusesDoublesThatAreTooLarge() {
    #expect(number("1e400") { $0.double } == .some(.none))
    #expect(number("-1.8e308") { $0.double } == .some(.none))
    #expect(number("1e-400") { $0.double } == .some(0))
  }
}
