import ArkBroker
import Testing

@testable import ArkAPI

/// Section 1.9 of the clients' contract, "any date string".
@Suite struct DateStringTests {
  @Test(arguments: [
    ("2026", "2026-01-01T00:00:00Z"), ("2026-11", "2026-11-01T00:00:00Z"),
    ("2026-11-28", "2026-11-28T00:00:00Z"), ("2024-02-29", "2024-02-29T00:00:00Z"),
    ("2026-11-28T08:00", "2026-11-28T08:00:00Z"), ("2026-11-28T08:00Z", "2026-11-28T08:00:00Z"),
    ("2026-11-28T08:00:01", "2026-11-28T08:00:01Z"),
    ("2026-11-28T08:00:01.5", "2026-11-28T08:00:01.500Z"),
    ("2026-11-28T08:00:01.5Z", "2026-11-28T08:00:01.500Z"),
    ("2026-11-28 08:00", "2026-11-28T08:00:00Z"), ("2026-11-28 08:00:01Z", "2026-11-28T08:00:01Z"),
    ("2026-11-28T08:00+02:00", "2026-11-28T06:00:00Z"),
    ("2026-11-28T08:00-02:00", "2026-11-28T10:00:00Z"),
    // A plus sign that stood in a query as it is.
    ("2026-11-28T08:00:00 02:00", "2026-11-28T06:00:00Z"),
    ("2026-11-28 08:00 02:00", "2026-11-28T06:00:00Z"),
    ("2026-11-28t08:00z", "2026-11-28T08:00:00Z"),
  ])
  func isAMoment(text: String, moment: String) throws {
    #expect(Timestamp(dateString: text)?.description == moment)
  }

  @Test(arguments: [("1000", Int64.min), ("9999-12-31T23:59", .max), ("2999-02", .max)])
  func aMomentThatCannotBeIsTheNearest(text: String, time: Int64) {
    #expect(Timestamp(dateString: text)?.nanosecondsSinceEpoch == time)
  }

  @Test(arguments: [
    "", "x", "20", "20260", "2026-", "2026-1", "2026-13", "2026-11-31", "2026-11-28T",
    "2026-11-28T08", "2026-11-28T8:00", "2026-11-28T08:60", "2026-11-28T08:00X",
    "2026-11-28T08:00:", "2026-11-28T08:00+2", "2026-11-28T08:00ZZ", "2026-11Z", "28.11.2026",
    "2026-11-28T08:00:00.", "é026", "tomorrow-at-noon",
  ])
  func isNone(_ text: String) {
    #expect(Timestamp(dateString: text) == nil)
  }
}
