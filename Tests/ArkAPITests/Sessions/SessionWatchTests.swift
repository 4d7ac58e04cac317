import ArkBroker
import Testing

@testable import ArkAPI
@testable import ArkHTTP

@Suite struct SessionWatchTests {
  private func frames(_ watch: SessionWatch) -> [String] {
    let batch = OutputBatch()
    var out = HTTPBodyBuffer(batch)
    let progress = watch.pull(&out)
    #expect(progress == .waiting)
    guard let bytes = batch.simple else { return [] }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n\n").map(String.init)
  }

  @Test func whoReadsSlowlyIsToldTheNewestOfEach() async throws {
    let broker = Broker { MemoryStore(keeping: .megabytes(64)) }
    let sessions = broker.projection(Sessions.self)
    let watch = SessionWatch(sessions, of: nil, options: ArkAPI.Options(), among: SessionWatchers())
    for number in 0..<100 {
      try await broker.publish(
        Event(.queryStarted, query: "q-\(number % 3)", session: "s-\(number % 2)"))
      watch.note(try await sessions.read { $0.takeChanges() })
    }
    let told = frames(watch)
    #expect(told.count == 3 && told[0] == ": connected")
    #expect(told[1].contains("s-0") && told[2].contains("s-1"))
    #expect(told[1].contains("q-0") && told[1].contains("q-1") && told[1].contains("q-2"))
    #expect(frames(watch) == [])
  }
}
