import Synchronization

/// The way into the log: one group of batches at a time goes through de-duplication into the store, then to the tail, then the publishers are told.
///
/// Publishers that arrive while a group is under way share the next one (group commit). With a store that never waits, the publisher's own thread does the work and
/// nothing is handed over.
final class Appender: Sendable {
  private struct Queue: ~Copyable {
    var waiting: WaitingLine
    /// Somebody is appending and will look here again before leaving.
    var isBusy = false
    var isStopped = false
    var idle: [UnsafeContinuation<Void, Never>] = []
  }

  private let log: Log
  private let limits: Broker.Limits
  private let queue: Mutex<Queue>
  /// Only whoever set `isBusy` touches it; the lock shows that to the compiler.
  private let recent: Mutex<RecentIDs>
  let counters = Counters()

  /// - Parameter recent: the ids of the newest events in the log.
  init(log: Log, limits: Broker.Limits, recent: consuming RecentIDs) {
    self.log = log
    self.limits = limits
    queue = Mutex(Queue(waiting: WaitingLine(groupBytes: limits.groupBytes)))
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
  func append(_ batch: EventBatch, for publication: Publication, isPatient: Bool) {
    if let error = refusal(of: batch) {
      counters.refused.wrappingAdd(batch.count, ordering: .relaxed)
      return publication.completion(.failure(error))
    }
    enum Turn { case mine, later, full, stopped }
    let turn: Turn = queue.withLock { queue in
      if queue.isStopped { return .stopped }
      if queue.isBusy {
        if !isPatient, queue.waiting.byteCount > limits.waitingBytes { return .full }
        queue.waiting.add(batch, publication)
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
        appendImmediately(batch, of: CollectionOfOne(publication), to: immediate)
        appendWaiting(to: immediate)
      } else {
        enqueue([PublicationGroup(batch: batch, publications: [publication])])
      }
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

  /// What has come in meanwhile; nil, and the turn is over.
  private func nextGroup() -> PublicationGroup? {
    var idle: [UnsafeContinuation<Void, Never>] = []
    let group: WaitingLine.Group? = queue.withLock { queue in
      if let group = queue.waiting.next() { return group }
      queue.isBusy = false
      swap(&idle, &queue.idle)
      return nil
    }
    for continuation in idle { continuation.resume() }
    return group?.joined()
  }

  // MARK: One group

  private static let turnsPerPublisher = 16

  /// Appends what has come in meanwhile.
  private func appendWaiting(to store: any ImmediateStore) {
    for _ in 0..<Appender.turnsPerPublisher {
      guard let group = nextGroup() else { return }
      appendImmediately(group.batch, of: group.publications, to: store)
    }
    // Nobody works for the others for ever.
    Task { appendWaiting(to: store) }
  }

  private func appendImmediately(
    _ all: EventBatch, of publications: some Collection<Publication>, to store: any ImmediateStore
  ) {
    let (batch, plan) = prepare(all)
    do {
      let positions: Positions? =
        batch.isEmpty ? nil : try store.appendImmediately(batch)
      finish(publications, plan, batch, positions)
    } catch {
      forget(plan)
      if publications.count > 1, error.code == .tooLarge {
        let group = PublicationGroup(batch: all, publications: Array(publications))
        for part in group.parts {
          appendImmediately(part.batch, of: part.publications, to: store)
        }
      } else {
        refuse(publications, error)
      }
    }
  }

  /// Hands groups to the store, one at a time: whoever answers for one goes on with the next.
  private func enqueue(_ first: [PublicationGroup]) {
    var groups = first
    for _ in 0..<Appender.turnsPerPublisher {
      guard let group = groups.isEmpty ? nextGroup() : groups.removeFirst() else { return }
      let publications = group.publications
      let (batch, plan) = prepare(group.batch)
      guard mustAsk(for: publications, batch) else {
        finish(publications, plan, batch, nil)
        continue
      }
      // Where nothing is repeated, a publisher that asks for less than the store promises need not wait for the rest.
      let hasContented =
        plan.duplicates.isEmpty && publications.contains { $0.durability == .written }
      let early = Once()
      let acknowledgeEarly: @Sendable (Positions) -> Void = { [self] positions in
        early.set()
        acknowledge(publications, plan, positions.first, []) { $0.durability == .written }
      }
      /// - Returns: what is to be tried again in parts.
      @Sendable func settle(_ result: Result<Positions, StoreError>) -> [PublicationGroup] {
        let isWaiting = { (publication: Publication) in
          publication.durability != .written || !early.isSet
        }
        switch result {
        case .success(let positions):
          finish(publications, plan, batch, positions, telling: isWaiting)
        case .failure(let error):
          forget(plan)
          if publications.count > 1, error.code == .tooLarge { return group.parts }
          refuse(publications.filter(isWaiting), error)
        }
        return []
      }
      let answer = EarlyAnswer<Result<Positions, StoreError>>()
      submit(
        request(for: publications, batch), onWritten: hasContented ? acknowledgeEarly : nil
      ) { [self, groups] result in
        if answer.give(result) { enqueue(settle(result) + groups) }
      }
      guard let result = answer.take() else { return }
      groups = settle(result) + groups
    }
    // Nobody works for the others for ever.
    Task { [groups] in enqueue(groups) }
  }

  private func submit(
    _ request: AppendRequest, onWritten: (@Sendable (Positions) -> Void)?,
    then completion: @escaping @Sendable (Result<Positions, StoreError>) -> Void
  ) {
    if let queued = log.queued {
      return queued.append(request, onWritten: onWritten, then: completion)
    }
    Task { [store = log.store] in
      do throws(StoreError) {
        completion(.success(try await store.append(request)))
      } catch {
        completion(.failure(error))
      }
    }
  }

  /// Something that happens at most once.
  private final class Once: Sendable {
    private let state = Atomic<Bool>(false)
    var isSet: Bool { state.load(ordering: .acquiring) }
    func set() { state.store(true, ordering: .releasing) }
  }

  /// Whether the store has something to do. What is only repeated may be less safe than those who repeat it want it: then the store is asked for that alone.
  private func mustAsk(for publications: [Publication], _ batch: EventBatch) -> Bool {
    // A store that does not say what it promises knows best whether that is enough.
    let promise = log.queued?.durability ?? .synced
    return !batch.isEmpty || publications.contains { $0.durability ?? promise != .written }
  }

  /// The group is as safe as the most demanding publisher wants it.
  private func request(for publications: [Publication], _ batch: EventBatch) -> AppendRequest {
    var durability: Durability?
    if publications.allSatisfy({ $0.durability != nil }) {
      durability = publications.lazy.compactMap(\.durability).max()
    } else if publications.contains(where: { $0.durability == .synced }) {
      durability = .synced
    }
    return AppendRequest(batch, durability: durability)
  }

  /// What de-duplication says of a group.
  private struct Plan {
    /// Where the position of the first new event is to be noted; the places of the others follow. Nil when none is new.
    var firstPlace: Int?
    /// The duplicates with the position of what they repeat, in order. Nil: that is an event of the same group.
    var duplicates: [(event: Int, hash: EventIDHash, position: Position?)] = []
  }

  /// - Returns: the events that are new, in one batch.
  private func prepare(_ group: EventBatch) -> (EventBatch, Plan) {
    let batch = group.compacted()
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
    _ publications: some Collection<Publication>, _ plan: Plan, _ batch: EventBatch,
    _ positions: Positions?, telling isTold: (Publication) -> Bool = { _ in true }
  ) {
    // A store that was asked for no more than safety has given none.
    let positions = batch.isEmpty ? nil : positions
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
    if let positions { log.tail.append(StoredBatch(batch, first: positions.first)) }
    acknowledge(publications, plan, first, repeated, where: isTold)
  }

  /// Tells each publisher where its events are.
  private func acknowledge(
    _ publications: some Collection<Publication>, _ plan: Plan, _ first: Position,
    _ repeated: [Position], where isTold: (Publication) -> Bool
  ) {
    var announcements = Announcements()
    var next = first
    var start = 0
    var duplicate = 0
    for publication in publications {
      let end = start + publication.count
      var receipt = Receipt(dropped: publication.dropped)
      while duplicate < plan.duplicates.count, plan.duplicates[duplicate].event < end {
        let position = repeated[duplicate]
        receipt.first = min(receipt.first ?? position, position)
        receipt.last = max(receipt.last ?? position, position)
        receipt.duplicates += 1
        duplicate += 1
      }
      receipt.stored = publication.count - receipt.duplicates
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

  private func refuse(_ publications: some Collection<Publication>, _ error: StoreError) {
    var announcements = Announcements()
    for publication in publications {
      counters.refused.wrappingAdd(publication.count, ordering: .relaxed)
      announcements.add(publication, .failure(PublishError(error)))
    }
    announcements.send()
  }
}

extension PublishError {
  /// What a broker that has stopped answers.
  static let stopped = PublishError(.stopped, "the broker has stopped")
}
