import Synchronization

/// The way into the log: one group of batches at a time goes through de-duplication into the store, then to the tail, then the publishers are told.
///
/// Publishers that arrive while a group is under way share the next one (group commit). With a store that never waits, the publisher's own thread does the work and
/// nothing is handed over.
final class Appender: Sendable {
  private struct Queue {
    var waiting: [Publication] = []
    var waitingBytes = 0
    /// Somebody is appending and will look here again before leaving.
    var isBusy = false
    var isStopped = false
    var idle: [UnsafeContinuation<Void, Never>] = []
  }

  private let log: Log
  private let limits: Broker.Limits
  private let queue = Mutex(Queue())
  /// Only whoever set `isBusy` touches it; the lock shows that to the compiler.
  private let recent: Mutex<RecentIDs>
  let counters = Counters()

  /// - Parameter recent: the ids of the newest events in the log.
  init(log: Log, limits: Broker.Limits, recent: consuming RecentIDs) {
    self.log = log
    self.limits = limits
    self.recent = Mutex(recent)
  }

  /// Numbers of events that came in.
  final class Counters: Sendable {
    let events = Atomic<Int>(0)
    let bytes = Atomic<Int>(0)
    let duplicates = Atomic<Int>(0)
    let dropped = Atomic<Int>(0)
    let refused = Atomic<Int>(0)
  }

  /// Takes a batch and tells the publisher when it is stored, or not: at once, on this thread, or later on its own or another.
  /// - Parameter isPatient: wait in line however long it is. Else a full line is an error.
  func append(_ publication: Publication, isPatient: Bool) {
    let batch = publication.batch
    if let error = refusal(of: batch) {
      counters.refused.wrappingAdd(batch.count, ordering: .relaxed)
      return publication.completion(.failure(error))
    }
    enum Turn { case mine, later, full, stopped }
    let turn: Turn = queue.withLock { queue in
      if queue.isStopped { return .stopped }
      if queue.isBusy {
        if !isPatient, queue.waitingBytes > limits.waitingBytes { return .full }
        queue.waiting.append(publication)
        queue.waitingBytes += batch.byteCount
        return .later
      }
      queue.isBusy = true
      return .mine
    }
    switch turn {
    case .later: return
    case .full:
      counters.refused.wrappingAdd(batch.count, ordering: .relaxed)
      publication.completion(
        .failure(
          PublishError(.overloaded, "the store is behind; publish the same events again later")))
    case .stopped:
      publication.completion(.failure(.stopped))
    case .mine:
      if let immediate = log.immediate {
        appendImmediately(CollectionOfOne(publication), to: immediate)
        var group = nextGroup()
        for _ in 1..<Appender.turnsPerPublisher where !group.isEmpty {
          appendImmediately(group, to: immediate)
          group = nextGroup()
        }
        // Nobody works for the others for ever.
        if !group.isEmpty { Task { [group] in await self.drain(group) } }
      } else if let queued = log.queued {
        enqueue([[publication]], to: queued)
      } else {
        Task { await drain([publication]) }
      }
    }
  }

  private static let turnsPerPublisher = 16

  private func drain(_ first: [Publication]) async {
    var group = first
    while !group.isEmpty {
      await append(group)
      group = nextGroup()
    }
  }

  /// Refuses what comes from now on, and returns when what had come is done.
  func stop() async {
    await withUnsafeContinuation { continuation in
      let isIdle = queue.withLock { queue in
        queue.isStopped = true
        if queue.isBusy { queue.idle.append(continuation) }
        return !queue.isBusy
      }
      if isIdle { continuation.resume() }
    }
  }

  private func refusal(of batch: EventBatch) -> PublishError? {
    for ordinal in 0..<batch.count {
      let size = Int(batch.storage.record(batch.selection[ordinal]).length)
      guard size > limits.eventBytes else { continue }
      return PublishError(
        .tooLarge,
        "event \(ordinal) takes \(size) bytes; the limit is \(limits.eventBytes) (Broker.Limits.eventBytes)"
      )
    }
    return nil
  }

  /// What has come in meanwhile, up to a size; nothing, and the turn is over.
  private func nextGroup() -> [Publication] {
    let (group, idle): ([Publication], [UnsafeContinuation<Void, Never>]) = queue.withLock {
      queue in
      guard !queue.waiting.isEmpty else {
        queue.isBusy = false
        defer { queue.idle = [] }
        return ([], queue.idle)
      }
      var bytes = 0
      var count = 0
      while count < queue.waiting.count, bytes < limits.groupBytes {
        bytes += queue.waiting[count].batch.byteCount
        count += 1
      }
      queue.waitingBytes -= bytes
      if count == queue.waiting.count {
        defer { queue.waiting = [] }
        return (queue.waiting, [])
      }
      let group = Array(queue.waiting[..<count])
      queue.waiting.removeFirst(count)
      return (group, [])
    }
    for continuation in idle { continuation.resume() }
    return group
  }

  // MARK: One group

  private func appendImmediately(
    _ group: some RandomAccessCollection<Publication>, to store: any ImmediateStore
  ) {
    let (batch, plan) = prepare(group)
    let deletions = log.tail.deletions
    do {
      let positions: Positions? =
        batch.isEmpty ? nil : try store.appendImmediately(batch)
      finish(group, plan, batch, positions, deletions)
    } catch {
      forget(plan)
      if group.count > 1, error.code == .tooLarge {
        for publication in group { appendImmediately(CollectionOfOne(publication), to: store) }
      } else {
        refuse(group, error)
      }
    }
  }

  /// Hands groups to the store's thread, one at a time: it goes on with the next one when one is stored.
  private func enqueue(_ groups: [[Publication]], to store: any QueuedStore) {
    var groups = groups
    while true {
      if groups.isEmpty { groups = [nextGroup()] }
      let group = groups.removeFirst()
      guard !group.isEmpty else { return }
      let (batch, plan) = prepare(group)
      let deletions = log.tail.deletions
      guard !batch.isEmpty else {
        finish(group, plan, batch, nil, deletions)
        continue
      }
      // Where nothing is repeated, a publisher that asks for less than the store promises need not wait for the rest.
      let contented =
        plan.duplicates.isEmpty ? group.filter { $0.durability == .written } : []
      let early = Once()
      let acknowledgeEarly: @Sendable (Positions) -> Void = { [self] positions in
        early.set()
        acknowledge(group, plan, positions.first, []) { $0.durability == .written }
      }
      store.append(
        request(for: group, batch), onWritten: contented.isEmpty ? nil : acknowledgeEarly
      ) { [self, groups] result in
        var groups = groups
        let isWaiting = { (publication: Publication) in
          publication.durability != .written || !early.isSet
        }
        switch result {
        case .success(let positions):
          finish(group, plan, batch, positions, deletions, telling: isWaiting)
        case .failure(let error):
          forget(plan)
          if group.count > 1, error.code == .tooLarge {
            groups = group.map { [$0] } + groups
          } else {
            refuse(group.filter(isWaiting), error)
          }
        }
        enqueue(groups, to: store)
      }
      return
    }
  }

  /// Something that happens at most once.
  private final class Once: Sendable {
    private let state = Atomic<Bool>(false)
    var isSet: Bool { state.load(ordering: .acquiring) }
    func set() { state.store(true, ordering: .releasing) }
  }

  /// The group is as safe as the most demanding publisher wants it.
  private func request(for group: [Publication], _ batch: EventBatch) -> AppendRequest {
    var durability: Durability?
    if group.allSatisfy({ $0.durability != nil }) {
      durability = group.lazy.compactMap(\.durability).max()
    } else if group.contains(where: { $0.durability == .synced }) {
      durability = .synced
    }
    return AppendRequest(batch, durability: durability)
  }

  private func append(_ group: [Publication]) async {
    let (batch, plan) = prepare(group)
    let deletions = log.tail.deletions
    do throws(StoreError) {
      let positions: Positions? =
        batch.isEmpty ? nil : try await log.store.append(request(for: group, batch))
      finish(group, plan, batch, positions, deletions)
    } catch {
      forget(plan)
      if group.count > 1, error.code == .tooLarge {
        for publication in group { await append([publication]) }
      } else {
        refuse(group, error)
      }
    }
  }

  /// What de-duplication says of a group.
  private struct Plan {
    /// Where the position of the first new event is to be noted; the places of the others follow. Nil when none is new.
    var firstPlace: Int?
    /// The duplicates with the position of what they repeat, in order. Nil: that is an event of the same group.
    var duplicates: [(event: Int, hash: EventIDHash, position: Position?)] = []
  }

  /// - Returns: the events that are new, in one batch.
  private func prepare(_ group: some Collection<Publication>) -> (EventBatch, Plan) {
    let batch = EventBatch.joining(group.lazy.map(\.batch))
    var plan = Plan()
    recent.withLock { recent in
      recent.reserve(batch.count)
      for index in 0..<batch.count { recent.fetch(batch.storage.record(index).idHash) }
      for index in 0..<batch.count {
        let hash = batch.storage.record(index).idHash
        switch recent.note(hash) {
        case .new(let place): plan.firstPlace = plan.firstPlace ?? place
        case .known(let position): plan.duplicates.append((index, hash, position))
        }
      }
    }
    guard !plan.duplicates.isEmpty else { return (batch, plan) }
    var duplicates = plan.duplicates.lazy.map(\.event).makeIterator()
    var next = duplicates.next()
    let selection = Selection.range(0..<batch.count).keeping { event in
      guard event == next else { return true }
      next = duplicates.next()
      return false
    }
    return (EventBatch(storage: batch.storage, selection: selection).compacted(), plan)
  }

  private func finish(
    _ group: some Collection<Publication>, _ plan: Plan, _ batch: EventBatch,
    _ positions: Positions?, _ deletions: Int,
    telling isTold: (Publication) -> Bool = { _ in true }
  ) {
    let first = positions?.first ?? .start
    var repeated: [Position] = []
    recent.withLock { recent in
      if let place = plan.firstPlace {
        for number in 0..<batch.count {
          recent.fill(place + number, with: first.advanced(by: number))
        }
      }
      for duplicate in plan.duplicates {
        // An original of the same group comes earlier in it, so it is filled in by now.
        if let position = duplicate.position {
          repeated.append(position)
        } else if case .known(let position?) = recent.note(duplicate.hash) {
          repeated.append(position)
        }
      }
    }
    counters.events.wrappingAdd(batch.count, ordering: .relaxed)
    counters.bytes.wrappingAdd(batch.byteCount, ordering: .relaxed)
    if !repeated.isEmpty {
      counters.duplicates.wrappingAdd(repeated.count, ordering: .relaxed)
    }
    if let positions {
      log.tail.append(StoredBatch(batch, first: positions.first), after: deletions)
    }
    acknowledge(group, plan, first, repeated, where: isTold)
  }

  /// Tells each publisher where its events are.
  private func acknowledge(
    _ group: some Collection<Publication>, _ plan: Plan, _ first: Position,
    _ repeated: [Position], where isTold: (Publication) -> Bool
  ) {
    var announcements = Announcements()
    var next = first
    var start = 0
    var duplicate = 0
    for publication in group {
      let end = start + publication.batch.count
      var receipt = Receipt(dropped: publication.dropped)
      while duplicate < plan.duplicates.count, plan.duplicates[duplicate].event < end {
        let position = repeated[duplicate]
        receipt.first = min(receipt.first ?? position, position)
        receipt.last = max(receipt.last ?? position, position)
        receipt.duplicates += 1
        duplicate += 1
      }
      receipt.stored = publication.batch.count - receipt.duplicates
      if receipt.stored > 0 {
        receipt.first = min(receipt.first ?? next, next)
        next = next.advanced(by: receipt.stored)
        let last = next.advanced(by: -1)
        receipt.last = max(receipt.last ?? last, last)
      }
      if isTold(publication) { announcements.add(publication, .success(receipt)) }
      start = end
    }
    announcements.send()
  }

  /// Forgets the ids of a group that was not stored.
  private func forget(_ plan: Plan) {
    guard let first = plan.firstPlace else { return }
    recent.withLock { $0.forget(from: first) }
  }

  private func refuse(_ group: some Collection<Publication>, _ error: StoreError) {
    var announcements = Announcements()
    for publication in group {
      counters.refused.wrappingAdd(publication.batch.count, ordering: .relaxed)
      announcements.add(publication, .failure(PublishError(error)))
    }
    announcements.send()
  }
}

extension PublishError {
  /// What a broker that has stopped answers.
  static let stopped = PublishError(.stopped, "the broker has stopped")
}
