import Testing

@testable import ArkAPI

/// Section 2.2 of the clients' contract: the wait for the first chunk, in any spelling that they have used.
@Suite struct StreamWaitTests {
  @Test(arguments: [
    ("30", Duration.seconds(30)), ("30s", .seconds(30)), ("5m", .seconds(300)),
    ("0", .seconds(1)), ("100000", .seconds(300)), ("99999999999m", .seconds(300)),
    ("1500ms", .milliseconds(1500)),
  ])
  func isUnderstood(text: String, wait: Duration) {
    #expect(APIEndpoint.wait(text) == wait)
  }

  @Test(arguments: ["", "soon", "5h", "-1", "1.5"])
  func isIgnoredOtherwise(text: String) {
    #expect(APIEndpoint.wait(text) == nil)
  }
}
