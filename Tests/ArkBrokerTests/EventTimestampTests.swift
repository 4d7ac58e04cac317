import ArkBroker
import ArkBrokerTesting
import Testing

@Suite struct EventTimestampTests {
  @Test(arguments: [
    ("1970-01-01T00:00:00Z", 0),
    ("1970-01-01t00:00:00z", 0),
    ("1969-12-31T23:59:59.999999999Z", -1),
    ("2000-02-29T00:00:00Z", 951_782_400_000_000_000),
    ("2100-03-01T00:00:00Z", 4_107_542_400_000_000_000),
    ("2024-12-31T23:59:60Z", 1_735_689_600_000_000_000),
    ("2026-11-24T07:01:39.25Z", 1_795_503_699_250_000_000),
    ("2026-11-24T08:31:39.25+01:30", 1_795_503_699_250_000_000),
    ("2026-11-23T23:01:39.2500-08:00", 1_795_503_699_250_000_000),
    ("1970-01-01T00:00:00.0000000019Z", 1),
    ("1677-09-21T00:12:43.145224192Z", Int64.min),
    ("2262-04-11T23:47:16.854775807Z", Int64.max),
  ])
  func readsRFC3339(text: String, nanoseconds: Int64) {
    #expect(Timestamp(text)?.nanosecondsSinceEpoch == nanoseconds)
  }

  @Test(arguments: [
    "", "2026-11-24", "2026-11-24T07:01:39", "2026-11-24 07:01:39Z", "2026-13-01T00:00:00Z",
    "2026-00-01T00:00:00Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
    "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z", "2026-01-01T00:00:00.Z",
    "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+0100", "2026-01-01T00:00:00Zx",
    "2262-04-11T23:47:16.854775808Z", "1677-09-21T00:12:43.145224191Z", "0000-01-01T00:00:00Z",
    "2026-01-01T00:00:00+01:6０", "٢026-01-01T00:00:00Z",
  ])
  func refusesWhatIsNot(text: String) {
    #expect(Timestamp(text) == nil)
  }

  @Test(arguments: [
    (0, "1970-01-01T00:00:00Z"), (1, "1970-01-01T00:00:00.000000001Z"),
    (-1_000, "1969-12-31T23:59:59.999999Z"), (1_500_000_000, "1970-01-01T00:00:01.500Z"),
    (Int64.min, "1677-09-21T00:12:43.145224192Z"), (Int64.max, "2262-04-11T23:47:16.854775807Z"),
  ])
  func writesAsManyDigitsAsItNeeds(nanoseconds: Int64, text: String) {
    #expect(Timestamp(nanosecondsSinceEpoch: nanoseconds).description == text)
  }

  @Test func whatIsWrittenIsReadBack() {
    var generator = EventGenerator(seed: 11)
    for _ in 0..<20_000 {
      let time = Timestamp(nanosecondsSinceEpoch: Int64(bitPattern: generator.next()))
      #expect(Timestamp(time.description) == time)
    }
  }
}
