import ArkBroker
import Testing

@testable import ArkFileStore

/// Where the positions end, a store says so.
@Suite struct LastPositionTests {
  private let system = SimulatedFileSystem()

  private func open() throws -> DiskLog {
    try DiskLog(system, "/log", .everything, LogHarness.settings(), report: { _, _ in })
  }

  private func fill(_ positions: UInt64...) throws {
    try open().close()
    let filler = try StoreFiller("/log", after: .start, on: system)
    for position in positions {
      try filler.append(EventBatch([Event("tick")]), at: [Position(rawValue: position)])
    }
    try filler.finish()
  }

  @Test func nothingIsAppendedBehindIt() throws {
    try fill(Position.last.rawValue - 2)
    let log = try open()
    #expect(
      try log.appendNow(EventBatch([Event("tick")])).last.rawValue == Position.last.rawValue - 1)
    let error = #expect(throws: StoreError.self) {
      try log.appendNow(EventBatch([Event("tick"), Event("tick")]))
    }
    #expect(error?.code == .full)
    #expect(try log.appendNow(EventBatch([Event("tick")])).last == .last)
    #expect(throws: StoreError.self) { try log.appendNow(EventBatch([Event("tick")])) }
    #expect(try log.count(.all) == 3)
    try log.close()
    // It still opens, to be read.
    let again = try open()
    #expect(try again.count(.all) == 3)
    try again.close()
  }

  @Test(arguments: [1 << 63, UInt64.max]) func aStoreFarBehindItIsNotOpened(position: UInt64) throws
  {
    try fill(position)
    let error = #expect(throws: StoreError.self) { try open() }
    #expect(error?.message.contains("\(position)") == true)
  }
}
