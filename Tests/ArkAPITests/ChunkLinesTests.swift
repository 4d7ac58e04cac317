import ArkBroker
import Testing

@testable import ArkAPI

@Suite struct ChunkLinesTests {
  private static let upload = """
    {"id":"a", "ark":{"query":"u-1","session":"s-1","agent":"planner","team":"t"}}

    no JSON
      {"text":"äöü 🙂"}\r
    {"ark":{"query":"q-1","session":7}}
    "[DONE]"
    {"last":true}
    """

  /// Takes an upload piece by piece.
  private func events(
    _ pieces: [[UInt8]]
  ) -> (events: [Event], taken: Int, refused: Int) {
    var lines = ChunkLines(query: "q-1", timeToLive: .seconds(60))
    var events: [Event] = []
    for piece in pieces { events += lines.take(piece) }
    events += lines.finish()
    return (events, lines.count, lines.refused)
  }

  @Test func everyLineIsAnEvent() {
    let (events, taken, refused) = events([Array(ChunkLinesTests.upload.utf8)])
    #expect((taken, refused) == (5, 1))
    #expect(
      events.map(\.payload.description) == [
        #"{"id":"a","ark":{"query":"u-1","session":"s-1","agent":"planner","team":"t"}}"#,
        #"{"text":"äöü 🙂"}"#, #"{"ark":{"query":"q-1","session":7}}"#, #""[DONE]""#,
        #"{"last":true}"#,
      ])
    #expect(events.allSatisfy { $0.kind == .llmChunk && $0[.queryName] == "q-1" })
    #expect(events.allSatisfy { $0.timeToLive == .seconds(60) })
    #expect(events[0].correlation.query == "u-1" && events[0].correlation.session == "s-1")
    #expect(events[0].correlation.agent == "planner" && events[0].correlation.team == "t")
    // Its name instead of its uid, and a session that is no text.
    #expect(events[2].correlation == Correlation(queryName: "q-1"))
  }

  /// Packets end anywhere: between lines, within one, within a character.
  @Test func itDoesNotMatterWhereAPieceEnds() {
    let upload = Array(ChunkLinesTests.upload.utf8)
    let whole = events([upload]).events.map(\.payload)
    for place in 0...upload.count {
      #expect(
        events([Array(upload[..<place]), Array(upload[place...])]).events.map(\.payload) == whole)
    }
    #expect(events(upload.map { [$0] }).events.map(\.payload) == whole)
  }

  @Test func aLineThatIsTooLongIsPassedOver() {
    let long = [UInt8](repeating: UInt8(ascii: "1"), count: 1 << 20)
    let pieces =
      [Array("{\"a\":1}\n".utf8)] + Array(repeating: long, count: 11) + [
        Array("1\n{\"b\":2}\n".utf8)
      ]
    let (events, taken, refused) = events(pieces)
    #expect(events.map(\.payload.description) == [#"{"a":1}"#, #"{"b":2}"#])
    #expect((taken, refused) == (2, 1))
  }

  /// Wherever the pieces of it end, its line feed among them.
  @Test(arguments: [0, 1 << 20, ChunkLines.maximumLine, ChunkLines.maximumLine + 1])
  func aLineThatIsOneByteTooLongIsPassedOver(first: Int) {
    func digits(_ count: Int) -> [UInt8] { [UInt8](repeating: UInt8(ascii: "1"), count: count) }
    let (events, taken, refused) = events([
      digits(first),
      digits(ChunkLines.maximumLine + 1 - first) + Array("\n{\"b\":2}\n".utf8),
    ])
    #expect(events.map(\.payload.description) == [#"{"b":2}"#])
    #expect((taken, refused) == (1, 1))
  }
}
