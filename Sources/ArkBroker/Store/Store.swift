/// Where the log lives.
///
/// A store keeps events in the order in which it took them and hands them back by position. It never waits for new events (the broker does that) and never pushes.
/// Obligations, each with a law in `ArkBrokerTesting` that a conformance should be run against:
///
/// - Positions start at 1 and only grow. They are never reused: not after a deletion, not when `append` failed, not after a restart.
/// - `append` is all or nothing, and when it returns the events are as safe as the store's documentation promises. Until then no reader sees them.
/// - `read` returns events in ascending position, byte for byte as they were appended.
/// - Calls come from any thread, several at once.
/// - Error messages never show a payload.
///
/// The parameters are structs, so that a field can be added without breaking a conformance.
public protocol Store: Sendable {
  /// Makes the store ready. A broker calls it before anything else, and again when it failed; on an open store it does nothing. Default: nothing to do.
  /// - Throws: `StoreError`: `.locked` when somebody else has it, `.damaged`, `.failed`, `.closed`.
  func open() async throws(StoreError)

  /// Takes a batch in, durably when it returns, under consecutive positions.
  /// - Throws: `StoreError`: `.full` when there is no room (try again later), `.tooLarge`, `.closed`, `.failed`.
  func append(_ request: AppendRequest) async throws(StoreError) -> Positions

  /// Reads events behind a position. Returns at once: with at least one event if there is a matching one in what it looked at, and how far it looked.
  ///
  /// An answer without events whose `lookedThrough` is the newest position means that there are none. A store may look at only a part of the log in one call, as long as
  /// `lookedThrough` grows.
  /// - Throws: `StoreError`: `.closed`, `.failed`.
  func read(_ request: ReadRequest) async throws(StoreError) -> Page

  /// How many events there are that match: as many as reading gives. Default: reads them.
  ///
  /// A store that can tell from an index answers faster.
  /// - Throws: `StoreError`: `.closed`, `.failed`.
  func count(_ request: CountRequest) async throws(StoreError) -> Int

  /// The oldest position kept and the newest one given.
  var bounds: Bounds { get async }

  /// Hides the matching events at once and for good, up to `request.through` if it is given. Their positions become gaps.
  /// - Returns: how many events are gone.
  /// - Throws: `StoreError`: `.closed`, `.failed`, `.full`.
  func delete(_ request: DeleteRequest) async throws(StoreError) -> Int

  /// The small state kept under a key, or nil.
  /// - Throws: `StoreError`: `.closed`, `.failed`.
  func value(for key: StateKey) async throws(StoreError) -> [UInt8]?

  /// Keeps small state under a key; nil removes it. It is seen at once, and there again after the store was closed. A crash may bring back an older value, but none from before a
  /// deletion, and never half of one.
  /// - Throws: `StoreError`: `.closed`, `.failed`, `.full`.
  func setValue(_ value: [UInt8]?, for key: StateKey) async throws(StoreError)

  /// Makes everything safe and lets go of resources. After that every call throws `.closed`. Closing again does nothing.
  /// - Throws: `StoreError`: `.failed`.
  func close() async throws(StoreError)
}

extension Store {
  /// Nothing to do.
  public func open() async throws(StoreError) {}
}

/// A store with threads of its own: calls back there, so that who goes on with the next batch or page need not change threads more often than that.
package protocol QueuedStore: Store {
  /// Takes a batch as `append` does. Batches are stored in the order of the calls.
  /// - Parameters:
  ///   - onWritten: called when the events have been handed to the operating system and have yet to be made as safe as the store promises; not called when that is
  ///     nothing more. `completion` comes later, from the same thread.
  ///   - completion: called once, on any thread.
  func append(
    _ request: AppendRequest, onWritten: (@Sendable (Positions) -> Void)?,
    then completion: @escaping @Sendable (Result<Positions, StoreError>) -> Void)
  /// Runs something on a thread on which `readNow` may be called with this request.
  func onReadingThread(for request: ReadRequest, _ body: @escaping @Sendable () -> Void)
  /// Reads as `read` does, and blocks meanwhile.
  func readNow(_ request: ReadRequest) throws(StoreError) -> Page
  var boundsNow: Bounds { get }
  /// How safe events are when the store acknowledges them, unless it is asked for more.
  var durability: Durability { get }
  /// Size of what is kept, in bytes.
  var footprint: Int { get }
}

/// A store whose calls never wait, so that a caller which must not suspend can use it.
package protocol ImmediateStore: Store {
  func appendImmediately(_ batch: EventBatch) throws(StoreError) -> Positions
  func readImmediately(_ request: ReadRequest) throws(StoreError) -> Page
  var immediateBounds: Bounds { get }
  /// Memory in use for events, in bytes.
  var footprint: Int { get }
}
