import ArkBroker
import ArkBrokerTesting
import Synchronization
import Testing

/// A store that is wrong in one way: each must be caught by a law.
private final class BrokenStore: Store {
  enum Fault: String, CaseIterable, Sendable {
    case none
    case reusesPositionsAfterDeletion, startsAtZero, leavesHolesInAnAppend
    case dropsTheLastEventOfABatch, reversesABatch, changesAByte, storesWhatWasLeftOut
    case showsTheEventAtThePosition, skipsAnEvent, repeatsAnEvent
    case ignoresTheEventLimit, ignoresTheByteLimit, givesNothingOverTheByteLimit
    case looksThroughTooFar, neverSaysTheEnd
    case ignoresTheMatch, forgetsCorrelation, takesPatternsForNames
    case returnsDeletedEvents, miscountsDeletions, deletesEverything, deletesBehindTheBound
    case boundsLagBehind, boundsForgetTheNewestAfterDeletion, oldestStaysAfterRetention
    case dropsTheNewest, keepsEverything
    case mixesUpKeys, takesEmptyForNone, keepsRemovedState, cutsState
    case opensAgainAfterClose, closesOnlyOnce, showsPayloadInErrors, countsEmptyAppends
    case tearsAppends, readsLate, hidesWhatMayExpire
    case countsWhatIsDeleted, countsWhatIsLetGo, countsByTheFirstTestAlone,
      countsNothingThatMayExpire
  }

  private struct State {
    var isClosed = false
    var deleted: [StoredEvent] = []
    var appends = 0
    var late: [UInt64: Int] = [:]
  }

  private let fault: Fault
  private let base: MemoryStore
  private let state = Mutex(State())

  init(_ fault: Fault, keeping retention: MemoryStore.Retention = .megabytes(64)) {
    self.fault = fault
    base = MemoryStore(keeping: fault == .keepsEverything ? .megabytes(64) : retention)
  }

  private func moved(_ position: Position, by count: Int) -> Position {
    position.advanced(by: count)
  }

  func append(_ request: AppendRequest) async throws(StoreError) -> Positions {
    let isClosed = state.withLock { $0.isClosed }
    if isClosed, fault == .showsPayloadInErrors {
      throw StoreError(.closed, request.batch.map(\.wire).joined())
    }
    if isClosed, fault == .opensAgainAfterClose {
      return Positions(first: .start, last: .start)
    }
    var request = request
    switch fault {
    case .dropsTheLastEventOfABatch where request.batch.count > 1:
      let count = request.batch.count
      var positions = try await base.append(
        AppendRequest(EventBatch(request.batch.dropLast())))
      positions.last = positions.first.advanced(by: count - 1)
      return positions
    case .reversesABatch: request.batch = EventBatch(request.batch.reversed())
    case .changesAByte:
      request.batch = EventBatch(
        request.batch.map {
          $0.payload.isEmpty
            ? $0 : Event($0.kind, id: $0.id, source: $0.source, payload: .text("changed"))
        })
    case .storesWhatWasLeftOut where request.batch.count == 7:
      request.batch = EventBatch(Array(request.batch) + [Event("left.out", id: "left")])
    case .countsEmptyAppends where request.batch.isEmpty:
      request.batch = EventBatch([Event("made.up")])
    case .leavesHolesInAnAppend where request.batch.count > 1:
      let first = try await base.append(AppendRequest(EventBatch(request.batch.prefix(1)))).first
      _ = try await base.append(AppendRequest(EventBatch([Event("hole")])))
      let rest = AppendRequest(EventBatch(request.batch.dropFirst()))
      return Positions(first: first, last: try await base.append(rest).last)
    case .tearsAppends where request.batch.count > 1:
      var positions: [Positions] = []
      for event in request.batch {
        positions.append(try await base.append(AppendRequest(EventBatch([event]))))
        await Task.yield()
      }
      return Positions(first: positions[0].first, last: positions[positions.count - 1].last)
    default: break
    }
    let positions = try await base.append(request)
    switch fault {
    case .startsAtZero:
      return Positions(first: moved(positions.first, by: -1), last: moved(positions.last, by: -1))
    case .reusesPositionsAfterDeletion:
      let gone = state.withLock { $0.deleted.count }
      return Positions(
        first: moved(positions.first, by: -gone), last: moved(positions.last, by: -gone))
    default: return positions
    }
  }

  func read(_ request: ReadRequest) async throws(StoreError) -> Page {
    var changed = request
    switch fault {
    case .showsTheEventAtThePosition where request.after > .start:
      changed = ReadRequest(
        after: moved(request.after, by: -1), matching: request.match, limit: request.limit)
    case .ignoresTheEventLimit:
      changed.limit.events = 1_000
    case .ignoresTheByteLimit, .givesNothingOverTheByteLimit:
      changed.limit.bytes = 1 << 20
    case .ignoresTheMatch:
      changed = ReadRequest(after: request.after, limit: request.limit)
    case .takesPatternsForNames where "\(request.match)".contains("*"):
      changed = ReadRequest(after: request.after, matching: .none, limit: request.limit)
    case .forgetsCorrelation where "\(request.match)".hasPrefix("mcpsession"):
      changed = ReadRequest(after: request.after, matching: .none, limit: request.limit)
    default: break
    }
    let page = try await base.read(changed)
    var events = Array(page.events)
    var through = page.lookedThrough
    switch fault {
    case .skipsAnEvent where request.after.rawValue == 3: events = Array(events.dropFirst())
    case .repeatsAnEvent where events.count > 1: events.insert(events[0], at: 1)
    case .givesNothingOverTheByteLimit
    where (events.first?.event.withWire { $0.count } ?? 0) > request.limit.bytes:
      events = []
      through = request.after
    case .looksThroughTooFar where page.count == request.limit.events:
      through = moved(through, by: 1)
    case .neverSaysTheEnd where events.isEmpty: through = request.after
    case .returnsDeletedEvents:
      let deleted = state.withLock { $0.deleted }
      let keep = Keep(request.match)
      events += deleted.filter { event in
        guard event.position > request.after, case .keep = keep.evaluate(event.event) else {
          return false
        }
        return true
      }
      events = Array(
        events.sorted { $0.position < $1.position }.prefix(request.limit.events))
    case .dropsTheNewest where await base.bounds.oldest.rawValue > 1:
      let newest = await base.bounds.newest
      events.removeAll { $0.position == newest }
    case .hidesWhatMayExpire: events.removeAll { $0.timeToLive != nil }
    case .readsLate where !events.isEmpty:
      let isFirst = state.withLock { state in
        let count = state.late[request.after.rawValue, default: 0]
        state.late[request.after.rawValue] = count + 1
        return count == 0
      }
      if isFirst { events = [] }
    default: return page
    }
    return Page(batches: events.isEmpty ? [] : [StoredBatch(events)], lookedThrough: through)
  }

  func count(_ request: CountRequest) async throws(StoreError) -> Int {
    let count = try await base.count(request)
    switch fault {
    case .countsWhatIsDeleted:
      let keep = Keep(request.match)
      return state.withLock { state in
        state.deleted.reduce(count) {
          if case .keep = keep.evaluate($1.event) { $0 + 1 } else { $0 }
        }
      }
    case .countsWhatIsLetGo where request.match == .all:
      return Int(await base.bounds.newest.rawValue)
    case .countsByTheFirstTestAlone:
      let tests = "\(request.match)".split(separator: " and ")
      guard tests.count > 1, let first = try? Match(parsing: String(tests[0])) else { return count }
      return try await base.count(CountRequest(matching: first))
    case .countsNothingThatMayExpire:
      let page = try await base.read(
        ReadRequest(after: .start, matching: request.match, limit: ReadLimit(events: 10_000)))
      return page.events.count { $0.timeToLive == nil }
    default: return count
    }
  }

  var bounds: Bounds {
    get async {
      var bounds = await base.bounds
      switch fault {
      case .boundsLagBehind where bounds.newest > .start:
        bounds.newest = moved(bounds.newest, by: -1)
      case .boundsForgetTheNewestAfterDeletion where bounds.oldest > bounds.newest:
        bounds.newest = .start
      case .oldestStaysAfterRetention: bounds.oldest = Position(rawValue: 1)
      default: break
      }
      return bounds
    }
  }

  func delete(_ request: DeleteRequest) async throws(StoreError) -> Int {
    switch fault {
    case .returnsDeletedEvents, .reusesPositionsAfterDeletion, .countsWhatIsDeleted:
      let gone = try await base.read(
        ReadRequest(after: .start, matching: request.match, limit: ReadLimit(events: 10_000)))
      state.withLock { $0.deleted += gone.events }
    case .deletesEverything: return try await base.delete(DeleteRequest(matching: .all))
    case .deletesBehindTheBound:
      return try await base.delete(DeleteRequest(matching: request.match))
    default: break
    }
    let count = try await base.delete(request)
    return fault == .miscountsDeletions ? count + 1 : count
  }

  private func known(_ key: StateKey) -> StateKey {
    guard fault == .mixesUpKeys else { return key }
    return StateKey(rawValue: String(key.rawValue.prefix(100)))
  }

  func value(for key: StateKey) async throws(StoreError) -> [UInt8]? {
    let value = try await base.value(for: known(key))
    if fault == .takesEmptyForNone, value == [] { return nil }
    if fault == .cutsState { return value.map { Array($0.prefix(65_535)) } }
    return value
  }

  func setValue(_ value: [UInt8]?, for key: StateKey) async throws(StoreError) {
    if fault == .keepsRemovedState, value == nil { return }
    try await base.setValue(value, for: known(key))
  }

  func close() async throws(StoreError) {
    let wasClosed = state.withLock { state in
      defer { state.isClosed = true }
      return state.isClosed
    }
    if wasClosed, fault == .closesOnlyOnce { throw StoreError.closed }
    try await base.close()
  }
}

@Suite struct LawsCatchBrokenStoresTests {
  private static let laws = StoreLaws.all(supporting: [.deletion, .state, .retention])

  private func check(_ law: StoreLaw, on fault: BrokenStore.Fault) async throws {
    try await law.check(
      StoreFixture { BrokenStore(fault) }.bounded { BrokenStore(fault, keeping: .events($0)) })
  }

  /// Otherwise what is caught below might not be the fault.
  @Test(arguments: laws)
  func withoutAFaultTheSameStoreObeys(_ law: StoreLaw) async throws {
    try await check(law, on: .none)
  }

  @Test(arguments: BrokenStore.Fault.allCases.filter { $0 != .none })
  fileprivate func aBrokenStoreIsCaught(_ fault: BrokenStore.Fault) async {
    for law in Self.laws {
      do {
        try await check(law, on: fault)
      } catch {
        #expect(error is LawViolation)
        return
      }
    }
    Issue.record("no law catches a store that \(fault.rawValue)")
  }
}
