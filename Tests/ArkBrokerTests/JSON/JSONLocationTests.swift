import Foundation
import Testing

@testable import ArkBroker

@Suite struct JSONLocationTests {
  private func path(_ text: String, at needle: String) -> String {
    let bytes = Array(text.utf8)
    let offset = text.utf8.count - text[text.range(of: needle)!.lowerBound...].utf8.count
    return withExactBytes(bytes) { JSONLocation.path(in: $0, at: offset) }
  }

  private let text =
    #"{"a":{"x":1},"list":[{"b":[10,20,30]}, {"c" : "hello" , "wei rd":77}],"z":null}"#

  @Test func namesTheInnermostValue() {
    #expect(path(text, at: "20") == "list[0].b[1]")
    #expect(path(text, at: "10") == "list[0].b[0]")
    #expect(path(text, at: "ello") == "list[1].c")
    #expect(path(text, at: "null") == "z")
    #expect(path(text, at: "{\"b\"") == "list[0]")
    #expect(path(text, at: "{\"c\"") == "list[1]")
    #expect(path(text, at: "[{\"b\"") == "list")
    #expect(path(text, at: "1}") == "a.x")
  }

  @Test func namesTheContainerOfAPlaceBetweenValues() {
    #expect(path(text, at: ",\"list\"") == "")
    #expect(path(text, at: ", {\"c\"") == "list")
    #expect(path(text, at: ", \"wei") == "list[1]")
    #expect(path(text, at: "\"c\"") == "list[1]")
  }

  @Test func doesNotRepeatNamesThatMayBeData() {
    #expect(path(text, at: "77") == "list[1].?")
  }

  @Test func worksOnTextThatIsInvalidFromThere() {
    #expect(path(#"{"a":[1,{"b":tru}]}"#, at: "tru") == "a[1].b")
    #expect(path(#"{"a":[1,{"b":"\q"}]}"#, at: "\\q") == "a[1].b")
    #expect(path(#"{"a":[1,{"b":"#, at: ":") == "")
    #expect(path("{\"a\":[1,", at: ",") == "a")
  }

  /// Whatever the offset and the damage, it ends and reads nothing out of bounds.
  @Test func answersForEveryOffsetOfDamagedText() {
    var generator = SeededGenerator(state: 3)
    for _ in 0..<300 {
      var bytes = Array(text.utf8)
      bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(
        truncatingIfNeeded: generator.next())
      withExactBytes(bytes) { bytes in
        for offset in 0...bytes.count { _ = JSONLocation.path(in: bytes, at: offset) }
      }
    }
  }
}
