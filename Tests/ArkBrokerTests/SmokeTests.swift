import ArkBroker
import Testing

@Suite struct SmokeTests {
  @Test func publishesAndDelivers() async throws {
    let broker = Broker { MemoryStore(keeping: .megabytes(64)) }
    let event = Event(
      .toolCallStarted, query: "q-1", session: "s-1", payload: try .json(#"{ "a" : [1, 2] }"#))
    print(event.wire)
    let receipt = try await broker.publish(event)
    #expect(receipt.first == Position(rawValue: 1))
    let again = try await broker.publish(event)
    #expect(again.duplicates == 1 && again.first == Position(rawValue: 1))
    for n in 0..<1000 {
      try await broker.publish(Event("x.y", session: "s-\(n % 10)"))
    }
    var count = 0
    for try await event in broker.events(
      matching: .session("s-1"), from: .beginning, following: false)
    {
      #expect(event[.session] == "s-1")
      count += 1
    }
    #expect(count == 101)
    count = 0
    for try await _ in broker.events(matching: .kind("x*"), from: .beginning, following: false) {
      count += 1
    }
    #expect(count == 1000)
    async let follower = {
      var seen: [Position] = []
      for try await event in broker.events(matching: .session("live"), from: .beginning) {
        seen.append(event.position)
        if seen.count == 50 { break }
      }
      return seen
    }()
    for n in 0..<100 {
      try await broker.publish(Event("x.y", session: n % 2 == 0 ? "live" : "dead"))
    }
    #expect(try await follower.count == 50)
    #expect(try await broker.delete(matching: .session("s-1")) == 101)
    count = 0
    for try await _ in broker.events(matching: .session("s-1"), from: .beginning, following: false)
    { count += 1 }
    #expect(count == 0)
  }
}
