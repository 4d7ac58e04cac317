import Testing

@testable import ArkBroker

@Suite struct TextOfBytesTests {
  private func facts(_ bytes: String, _ text: StaticString) -> [Bool] {
    Array(bytes.utf8).withUnsafeBytes {
      [$0.isText(text), $0.begins(with: text), $0.ends(with: text)]
    }
  }

  @Test func bytesAreATextOrBeginOrEndWithIt() {
    #expect(facts("session.updated", "session.updated") == [true, true, true])
    #expect(facts("session.updated", "session.") == [false, true, false])
    #expect(facts("session.updated", ".updated") == [false, false, true])
    #expect(facts("session.updatee", "session.updated") == [false, false, false])
    #expect(facts("ark", "arks") == [false, false, false])
    #expect(facts("ark", "ask") == [false, false, false])
    #expect(facts("ark", "") == [false, true, true])
  }

  @Test func noBytesAreTheEmptyText() {
    let none = UnsafeRawBufferPointer(start: nil, count: 0)
    #expect(none.isText("") && none.begins(with: "") && none.ends(with: ""))
    #expect(!none.isText("a") && !none.begins(with: "a") && !none.ends(with: "a"))
  }
}
