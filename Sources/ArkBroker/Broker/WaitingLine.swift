/// The publications that wait for their turn.
///
/// A publisher copies its events into the group they will be stored with, on its own thread: that has them in its cache, and frees their memory where it was
/// allocated. Whoever appends the group finds it ready.
struct WaitingLine: ~Copyable {
  /// A batch of more bytes is not copied while others wait to get in line.
  private static let copiedBytes = 64 << 10

  private let groupBytes: Int
  /// Groups to which nothing is added any more, oldest first.
  private var full: [PublicationGroup] = []
  private var publications: [Publication] = []
  /// The batches of `publications`, but for what is in `builder`.
  private var batches: [EventBatch] = []
  private var builder: EventBatchBuilder?
  private var gatheredBytes = 0
  /// How much the last group came to: the next will be like it.
  private var expected = (events: 1, bytes: 1024)
  /// How many bytes the wire forms of all that wait take.
  private(set) var byteCount = 0

  /// - Parameter groupBytes: a group of so many bytes is full.
  init(groupBytes: Int) { self.groupBytes = groupBytes }

  var isEmpty: Bool { publications.isEmpty && full.isEmpty }

  mutating func add(_ batch: EventBatch, _ publication: Publication) {
    let size = batch.byteCount
    byteCount += size
    gatheredBytes += size
    publications.append(publication)
    if size > WaitingLine.copiedBytes {
      endCopying()
      batches.append(batch)
    } else {
      copy(batch)
    }
    if gatheredBytes >= groupBytes { full.append(gathered()) }
  }

  /// The oldest group; nil when nobody waits.
  mutating func next() -> PublicationGroup? {
    guard !isEmpty else { return nil }
    let group = full.isEmpty ? gathered() : full.removeFirst()
    byteCount -= group.batch.byteCount
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
    batches.append(builder.finish().trimmed())
  }

  private mutating func gathered() -> PublicationGroup {
    endCopying()
    defer {
      publications = []
      batches = []
      gatheredBytes = 0
    }
    return PublicationGroup(batch: .joining(batches), publications: publications)
  }
}
