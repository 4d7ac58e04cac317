import Testing

@testable import ark_broker

/// Sizes and times as people write them.
@Suite struct QuantityTests {
  @Test func timesAreReadAndPrinted() {
    let times: KeyValuePairs<String, Int> = [
      "0": 0, "1": 1, "500ms": 500, "1s": 1000, "90s": 90_000, "5m": 300_000, "12h": 43_200_000,
      "30d": 2_592_000_000,
    ]
    for (text, milliseconds) in times {
      #expect(TimeSpan(text, unit: .milliseconds)?.milliseconds == milliseconds)
    }
    for text in ["1ms", "500ms", "90s", "5m", "12h", "25h", "30d"] {
      let time = TimeSpan(text, unit: .seconds)
      #expect(time?.description == text)
      #expect(time.map { TimeSpan($0.duration).milliseconds } == time?.milliseconds)
    }
    #expect(TimeSpan("5", unit: .seconds)?.milliseconds == 5000)
    #expect(TimeSpan("60", unit: .seconds)?.description == "1m")
    #expect(TimeSpan(.zero).description == "0ms")
  }

  @Test(arguments: [
    "", "s", "-1", "+1", "1.5s", "1 s", "1S", "1w", "٣", "1e3", "99999999999999999999",
    "9223372036854775807d",
  ])
  func whatIsNoTimeIsRefused(_ text: String) { #expect(TimeSpan(text, unit: .seconds) == nil) }

  @Test func sizesArePrintedAsTheyAreRead() {
    for text in ["0", "1", "1023", "1K", "1025", "64M", "1536M", "10G", "3T"] {
      #expect(ByteCount(text)?.exact == text)
    }
  }
}
