import Testing

@testable import ArkBroker

@Suite struct EventIDHashTests {
  private func hash(_ source: String, _ id: String) -> EventIDHash {
    Array(source.utf8).withUnsafeBytes { source in
      Array(id.utf8).withUnsafeBytes { EventIDHash(source: source, id: $0) }
    }
  }

  /// Where the source ends counts: the length that ends each text is kept in a byte only.
  @Test func sourceAndIDAreKeptApart() {
    let source = String(repeating: "s", count: 103)
    let middle = String(repeating: "y", count: 255)
    #expect(hash(source, middle + "g" + "z-1") != hash(source + "g" + middle, "z-1"))
    #expect(hash("ab", "c") != hash("a", "bc"))
    #expect(hash("a", "b") == hash("a", "b"))
  }
}
