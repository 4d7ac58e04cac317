/// When the events of a batch expire: the time they were stored at and their time to live.
///
/// Costs a look at each record when the batch is stored, and after that nothing while no event has a time to live.
struct BatchExpiry: Sendable {
  /// When they were stored, nanoseconds since 1970.
  private let stored: Int64
  /// When the first of them expires, likewise; `max` when none does.
  let first: Int64

  /// - Parameter now: asked only when some event has a time to live.
  init(_ batch: StoredBatch, now: () -> Int64) {
    var shortest = UInt32.max
    let selection = batch.selection
    for ordinal in 0..<selection.count {
      let time = batch.storage.record(selection[ordinal]).timeToLive
      // An event without a limit has 0, which so becomes the longest.
      shortest = min(shortest, time &- 1)
    }
    guard shortest < .max else {
      stored = 0
      first = .max
      return
    }
    stored = now()
    first = BatchExpiry.expiry(of: shortest + 1, stored: stored)
  }

  private static func expiry(of seconds: UInt32, stored: Int64) -> Int64 {
    seconds == 0 ? .max : stored &+ Int64(seconds) * 1_000_000_000
  }

  /// The events that have not expired.
  func hidingExpired(of batch: StoredBatch, at now: Int64) -> StoredBatch {
    guard first <= now else { return batch }
    return batch.choosing(
      batch.selection.keeping {
        BatchExpiry.expiry(of: batch.storage.record($0).timeToLive, stored: stored) > now
      })
  }
}
