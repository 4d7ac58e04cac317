import Synchronization
import Testing

@testable import ArkBroker

@Suite struct TimeToLiveTests {
  private static func event(_ ttl: String) -> [UInt8] {
    Array(
      #"{"specversion":"1.0","id":"1","source":"/a","type":"ark.x","arkttl":\#(ttl),"data":1}"#.utf8
    )
  }

  private static func header(_ value: String) throws(EventError) -> Event {
    var event = BinaryEvent()
    var builder = EventBatchBuilder()
    let texts = [
      ("specversion", "1.0"), ("id", "1"), ("source", "/a"), ("type", "ark.x"), ("arkttl", value),
    ].map { (Array($0.0.utf8), Array($0.1.utf8)) }
    for (name, value) in texts {
      name.withUnsafeBytes { name in
        value.withUnsafeBytes { event.set(copy(name), to: copy($0)) }
      }
    }
    try event.append(
      contentType: EventDraft.absent, body: EventDraft.absent, now: .now(), to: &builder)
    return builder.finish()[0]
  }

  /// Texts must stay where they are until the event is there; these stay for good.
  private static func copy(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: text.count, alignment: 1)
    memory.copyMemory(from: text)
    return UnsafeRawBufferPointer(memory)
  }

  @Test(arguments: [
    ("1", 1), ("60", 60), ("2147483647", 2_147_483_647), (#""60""#, 60), (#""007""#, 7),
    ("6e1", 60), ("60.0", 60),
  ]) func isReadAsANumberOrText(_ text: String, _ seconds: Int) throws {
    let event = try CloudEvents.structured(Self.event(text))[0]
    #expect(event.timeToLive == .seconds(seconds))
    #expect(event.wire.contains(",\"arkttl\":\(seconds),\"data\":1}"))
    // What a store keeps comes back byte for byte.
    var builder = EventBatchBuilder()
    try builder.append(wire: event.withWire { Array($0) })
    let again = builder.finish()[0]
    #expect(again == event)
    #expect(again.timeToLive == event.timeToLive)
  }

  @Test(arguments: [
    "0", "-1", "2147483648", "1.5", "true", #""""#, #""+5""#, #"" 5""#, #""5s""#, "{}", "[1]",
    "1e99", #""99999999999""#,
  ]) func aBadValueIsNamed(_ text: String) {
    let error = #expect(throws: CloudEvents.Failure.self) {
      try CloudEvents.structured(Self.event(text))
    }
    #expect(error?.error.attribute == "arkttl")
    #expect(error?.error.message.contains("2147483647") == true)
  }

  @Test func nullIsAbsentAndTwoAreTooMany() throws {
    #expect(try CloudEvents.structured(Self.event("null"))[0].timeToLive == nil)
    let error = #expect(throws: CloudEvents.Failure.self) {
      try CloudEvents.structured(Self.event(#"5,"arkttl":6"#))
    }
    #expect(error?.error.attribute == "arkttl")
  }

  @Test func isReadFromAHeader() throws {
    #expect(try Self.header("90").timeToLive == .seconds(90))
    let error = #expect(throws: EventError.self) { try Self.header("soon") }
    #expect(error?.attribute == "arkttl")
  }

  @Test(arguments: [
    (Duration.seconds(5), 5), (.milliseconds(1), 1), (.milliseconds(5001), 6), (.zero, 1),
    (.seconds(-4), 1), (.seconds(Int64.max), 2_147_483_647),
  ]) func isMadeOfADuration(_ duration: Duration, _ seconds: Int) {
    let event = Event("x", timeToLive: duration)
    #expect(event.timeToLive == .seconds(seconds))
    #expect(event.wire.hasSuffix(",\"arkttl\":\(seconds)}"))
    #expect(Event("x").timeToLive == nil)
  }

  /// A clock that tests set.
  private final class Clock: Sendable {
    private let time = Mutex<Int64>(1_000_000_000_000)
    let asked = Tally()
    func pass(_ seconds: Int64) { time.withLock { $0 += seconds * 1_000_000_000 } }
    func now() -> Int64 {
      asked.add()
      return time.withLock { $0 }
    }
  }

  private static let batch = EventBatch([
    Event("x", id: "short", session: "s", timeToLive: .seconds(5)),
    Event("x", id: "ever", session: "s"),
    Event("x", id: "long", session: "t", timeToLive: .seconds(10)),
  ])

  @Test func aMemoryStoreHidesWhatHasExpired() async throws {
    let clock = Clock()
    let store = MemoryStore(keeping: .megabytes(1), now: { clock.now() })
    _ = try await store.append(AppendRequest(EventBatch([Event("x", id: "plain")])))
    _ = try await store.read(ReadRequest(after: .start))
    #expect(clock.asked.value == 0)
    _ = try await store.append(AppendRequest(Self.batch))
    func ids(_ match: Match = .all) async throws -> [String] {
      try await store.read(ReadRequest(after: .start, matching: match)).events.map { $0.id }
    }
    #expect(try await ids() == ["plain", "short", "ever", "long"])
    clock.pass(5)
    #expect(try await ids() == ["plain", "ever", "long"])
    #expect(try await ids(.session("s")) == ["ever"])
    clock.pass(5)
    #expect(try await ids() == ["plain", "ever"])
    #expect(try await ids(.session("t")) == [])
    let page = try await store.read(ReadRequest(after: Position(rawValue: 3)))
    #expect(page.isEmpty && page.lookedThrough.rawValue == 4)
    #expect(await store.bounds.newest.rawValue == 4)
  }

  @Test func theTailHidesWhatHasExpired() throws {
    let clock = Clock()
    let tail = Tail(newest: .start, bytes: 1 << 20, now: { clock.now() })
    tail.append(StoredBatch(Self.batch, first: Position(rawValue: 1)))
    let only = EventBatch([Event("x", id: "only", timeToLive: .seconds(5))])
    tail.append(StoredBatch(only, first: Position(rawValue: 4)))
    func read() -> (ids: [String], through: UInt64) {
      guard case .page(let page) = tail.read(after: .start, Matcher(.all), limit: ReadLimit())
      else { return ([], 0) }
      return (page.events.map { $0.id }, page.lookedThrough.rawValue)
    }
    #expect(read() == (["short", "ever", "long", "only"], 4))
    clock.pass(6)
    #expect(read() == (["ever", "long"], 4))
    clock.pass(6)
    #expect(read() == (["ever"], 4))
  }
}
