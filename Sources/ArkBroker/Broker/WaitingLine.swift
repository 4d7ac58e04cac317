/// The publications that wait for their turn.
///
/// A publisher copies its events into the group they will be stored with, on its own thread: that has them in its cache, and frees their memory where it was
/// allocated. Whoever appends the group finds it ready.
struct WaitingLine: ~Copyable {
  /// What will be stored together.
  struct Group: Sendable {
    fileprivate(set) var publications: [Publication] = []
    /// Their events, in a few batches.
    fileprivate(set) var batches: [EventBatch] = []
    fileprivate(set) var byteCount = 0

    /// In one batch, that takes not much more memory than its events: may copy all, so it is made when nobody has to wait for that.
    func joined() -> PublicationGroup {
      PublicationGroup(batch: EventBatch.joining(batches).trimmed(), publications: publications)
    }
  }

  /// A batch of more bytes is not copied while others wait to get in line.
  private static let copiedBytes = 64 << 10

  private let groupBytes: Int
  /// Groups to which nothing is added any more, oldest first.
  private var full: [Group] = []
  /// The group that grows, but for what is in `builder`.
  private var growing = Group()
  private var builder: EventBatchBuilder?
  /// How much the last group came to: the next will be like it.
  private var expected = (events: 1, bytes: 1024)
  /// How many bytes the wire forms of all that wait take.
  private(set) var byteCount = 0

  /// - Parameter groupBytes: a group of so many bytes is full.
  init(groupBytes: Int) { self.groupBytes = groupBytes }

  var isEmpty: Bool { growing.publications.isEmpty && full.isEmpty }

  mutating func add(_ batch: EventBatch, _ publication: Publication) {
    let size = batch.byteCount
    byteCount += size
    growing.byteCount += size
    growing.publications.append(publication)
    if size > WaitingLine.copiedBytes {
      endCopying()
      growing.batches.append(batch)
    } else {
      copy(batch)
    }
    if growing.byteCount >= groupBytes { full.append(takeGrowing()) }
  }

  /// The oldest group; nil when nobody waits.
  mutating func next() -> Group? {
    guard !isEmpty else { return nil }
    let group = full.isEmpty ? takeGrowing() : full.removeFirst()
    byteCount -= group.byteCount
    return group
  }

  private mutating func copy(_ batch: EventBatch) {
    if builder == nil {
      builder = EventBatchBuilder(reservingEvents: expected.events, bytes: expected.bytes)
    }
    for ordinal in 0..<batch.count {
      builder?.copy(batch.storage, index: batch.selection[ordinal])
    }
  }

  private mutating func endCopying() {
    guard let builder = self.builder.take() else { return }
    expected = (builder.count, builder.byteCount)
    growing.batches.append(builder.finish())
  }

  private mutating func takeGrowing() -> Group {
    endCopying()
    defer { growing = Group() }
    return growing
  }
}
