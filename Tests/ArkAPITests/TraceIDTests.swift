import Testing

@testable import ArkAPI

@Suite struct TraceIDTests {
  @Test(arguments: [
    ("5b8efff798038103d269b633813fc60c", "5b8efff798038103d269b633813fc60c"),
    ("5B8EFFF798038103D269B633813FC60C", "5b8efff798038103d269b633813fc60c"),
    ("W47/95gDgQPSabYzgT/GDA==", "5b8efff798038103d269b633813fc60c"),
    ("none", "none"), ("W47/95gDgQPSabYzgT/GDA=!", "W47/95gDgQPSabYzgT/GDA=!"),
  ])
  func isTakenInEverySpelling(text: String, id: String) {
    #expect(TraceID.hexadecimal(text) == id)
  }
}
