import Testing

@testable import ArkBroker

/// Lines as a feed or an export writes them.
@Suite struct EventLineTests {
  private func read(_ line: String) throws(EventError) -> (event: Event, position: Position?) {
    var builder = EventBatchBuilder()
    let bytes = Array(line.utf8)
    let line = try bytes.withUnsafeBufferPointer { (bytes) throws(EventError) in
      try builder.append(line: UnsafeRawBufferPointer(bytes))
    }
    guard case .event(let position) = line else {
      throw EventError(.invalidAttribute, "is word of a gap")
    }
    return (builder.finish()[0], position)
  }

  @Test func aPositionIsReadAndNotKept() throws {
    let event = Event(.message, session: "s-1", payload: .text("hello"))
    let rest = event.wire.dropFirst()
    for (text, position) in [
      ("\"7\"", 7), ("7", 7), ("\"4611686018427387904\"", 1 << 62 as UInt64),
    ] {
      let line = try read("{\"arkposition\":\(text),\(rest)")
      #expect(line.event == event)
      #expect(line.position?.rawValue == position)
    }
    #expect(try read(event.wire).position == nil)
    #expect(try read(event.wire).event == event)
  }

  /// What a feed wrote can be posted to another one, or to the same.
  @Test func itIsNoAttributeAnywhere() throws {
    let text = #"{"specversion":"1.0","id":"1","source":"/a","type":"x","arkposition":"7"}"#
    for batch in [
      try CloudEvents.structured(Array(text.utf8)), try CloudEvents.batch(Array("[\(text)]".utf8)),
      try CloudEvents.lines(Array(text.utf8)),
    ] {
      #expect(!batch[0].wire.contains("arkposition"))
    }
    var builder = EventBatchBuilder()
    try builder.append(wire: Array(text.utf8))
    #expect(!builder.finish()[0].wire.contains("arkposition"))
  }

  /// It tells of the log that it comes from. Posted to another one it would be an event that nobody published.
  @Test func wordOfAGapIsNoEventAnywhere() throws {
    let gap =
      #"{"specversion":"1.0","id":"gap-8-41","source":"/ark/feed","type":"ark.feed.gap","data":{"from":8,"to":41,"reason":"damaged"}}"#
    let event = #"{"specversion":"1.0","id":"1","source":"/a","type":"ark.feed.gap"}"#
    #expect(try CloudEvents.structured(Array(gap.utf8)).isEmpty)
    for batch in [
      try CloudEvents.batch(Array("[\(gap),\(event),\(gap)]".utf8)),
      try CloudEvents.lines(Array("\(gap)\n\(event)\n\(gap)\n".utf8)),
    ] {
      #expect(batch.map(\.source) == ["/a"])
    }
    // What is wrong behind it is still counted from the first.
    for text in ["[\(gap),{}]", "\(gap)\n{}"] {
      let failure = #expect(throws: CloudEvents.Failure.self) {
        text.hasPrefix("[")
          ? try CloudEvents.batch(Array(text.utf8)) : try CloudEvents.lines(Array(text.utf8))
      }
      #expect(failure?.index == 1)
    }
  }

  @Test func wordOfAGapIsNoEventInHeadersEither() throws {
    func isTaken(source: StaticString) throws -> Bool {
      var builder = EventBatchBuilder()
      var event = BinaryEvent()
      for (name, value) in [
        ("specversion", "1.0"), ("id", "gap-8-41"), ("type", "ark.feed.gap"),
      ] as [(StaticString, StaticString)] + [("source", source)] {
        event.set(
          UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount),
          to: UnsafeRawBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount))
      }
      let none = EventDraft.absent
      try event.append(contentType: none, body: none, now: .now(), to: &builder)
      return builder.count == 1
    }
    #expect(try isTaken(source: "/a"))
    #expect(try !isTaken(source: "/ark/feed"))
  }

  /// What a store has kept comes back, whatever it is.
  @Test func aStoreMayHoldOne() throws {
    let gap = Event("feed.gap", source: "/ark/feed")
    var builder = EventBatchBuilder()
    try builder.append(wire: Array(gap.wire.utf8))
    #expect(builder.finish()[0] == gap)
  }

  /// What has been taken comes back, though a CloudEvent of others may be neither: Ark's ids hold anything, and a payload is a text of its own.
  @Test func whatTheWireFormHoldsIsTaken() throws {
    let deepest = String(repeating: "[", count: 512) + String(repeating: "]", count: 512)
    let ids = Correlation(session: "a\nb", conversation: "\u{7f}\u{85}", agent: "\u{1}")
    for event in [
      Event(.message, correlation: ids), Event("odd\tkind"),
      Event(.message, payload: try .json(deepest)),
    ] {
      #expect(try read(event.wire).event == event)
      #expect(throws: CloudEvents.Failure.self) {
        try CloudEvents.structured(Array(event.wire.utf8))
      }
    }
    #expect(throws: EventError.self) {
      try read(#"{"specversion":"1.0","id":"1","source":"/a","type":"x","data":[\#(deepest)]}"#)
    }
  }

  @Test(arguments: [
    "0", "-1", "1.5", "\"seven\"", "\"\"", "[7]", "true", "\"4611686018427387905\"",
    "18446744073709551615",
  ])
  func aBadPositionIsNamed(_ text: String) {
    let error = #expect(throws: EventError.self) {
      try read(
        #"{"specversion":"1.0","id":"1","source":"/a","type":"x","arkposition":\#(text)}"#)
    }
    #expect(error?.attribute == "arkposition")
  }
}
