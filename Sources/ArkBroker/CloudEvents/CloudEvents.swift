/// Reading CloudEvents 1.0 in every form that HTTP carries them: structured, batched, one a line, and binary.
///
/// Extension attributes that `Correlation.Key.all` names become correlation; others are kept as they are. Nothing is kept of a text in which any event is bad.
/// What a feed says of gaps in its log (source `/ark/feed`, type `ark.feed.gap`) is no event and is passed over.
public enum CloudEvents {
  /// What is wrong with one event of several.
  public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
    /// Which event, counted from 0; those that are passed over count.
    public var index: Int
    /// What is wrong with it.
    public var error: EventError

    package init(index: Int, error: EventError) {
      self.index = index
      self.error = error
    }

    /// The index, the attribute and what is wrong.
    public var description: String { "event \(index): \(error)" }
  }

  /// One event in structured mode; none when it is word of a gap (JSON event format, section 3).
  /// - Parameters:
  ///   - text: a JSON object.
  ///   - now: the time of an event that has none. Default: now.
  /// - Throws: `Failure` with index 0.
  public static func structured(_ text: [UInt8], now: Timestamp = .now()) throws(Failure)
    -> EventBatch
  {
    try read(text) { (bytes) throws(Failure) in try structured(bytes, now: now) }
  }

  /// Several events in batched mode (JSON event format, section 4).
  /// - Parameters:
  ///   - text: a JSON array of objects.
  ///   - now: the time of an event that has none. Default: now.
  /// - Throws: `Failure` that names the first bad event; then none is taken.
  public static func batch(_ text: [UInt8], now: Timestamp = .now()) throws(Failure) -> EventBatch {
    try read(text) { (bytes) throws(Failure) in try batch(bytes, now: now) }
  }

  /// Several events, one JSON object a line. Empty lines are passed over.
  /// - Parameters:
  ///   - text: newline-delimited JSON.
  ///   - now: the time of an event that has none. Default: now.
  /// - Throws: `Failure` that names the first bad event, not counting empty lines; then none is taken.
  public static func lines(_ text: [UInt8], now: Timestamp = .now()) throws(Failure) -> EventBatch {
    try read(text) { (bytes) throws(Failure) in try lines(bytes, now: now) }
  }

  private static func read(
    _ text: [UInt8], _ body: (UnsafeRawBufferPointer) throws(Failure) -> EventBatch
  ) throws(Failure) -> EventBatch {
    try text.withUnsafeBufferPointer { (text) throws(Failure) in
      try body(UnsafeRawBufferPointer(text))
    }
  }
}

extension CloudEvents {
  package static func structured(_ text: UnsafeRawBufferPointer, now: Timestamp) throws(Failure)
    -> EventBatch
  {
    var builder = EventBatchBuilder(bytes: text.count + 512)
    do throws(EventError) {
      var reader = JSONReader(text)
      reader.skipByteOrderMark()
      try StructuredEvent.append(from: &reader, now: now, to: &builder)
      try StructuredEvent.finish(&reader)
    } catch {
      throw Failure(index: 0, error: error)
    }
    return builder.finish()
  }

  package static func batch(_ text: UnsafeRawBufferPointer, now: Timestamp) throws(Failure)
    -> EventBatch
  {
    var builder = EventBatchBuilder(reservingEvents: 8, bytes: text.count + 1024)
    var index = 0
    do throws(EventError) {
      var reader = JSONReader(text)
      reader.skipByteOrderMark()
      do throws(JSONError) {
        try reader.beginArray()
      } catch {
        throw EventError(.notJSON, "a batch is a JSON array of events: \(error)")
      }
      while try StructuredEvent.nextElement(&reader) {
        try StructuredEvent.append(from: &reader, now: now, to: &builder)
        index += 1
      }
      try StructuredEvent.finish(&reader)
    } catch {
      throw Failure(index: index, error: error)
    }
    return builder.finish()
  }

  package static func lines(_ text: UnsafeRawBufferPointer, now: Timestamp) throws(Failure)
    -> EventBatch
  {
    var builder = EventBatchBuilder(reservingEvents: 8, bytes: text.count + 1024)
    var index = 0
    var rest = text[...]
    while !rest.isEmpty {
      let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
      let line = UnsafeRawBufferPointer(rebasing: rest[..<end])
      rest = rest[end...].dropFirst()
      guard line.contains(where: { $0 > 0x20 }) else { continue }
      do throws(EventError) {
        var reader = JSONReader(line)
        try StructuredEvent.append(from: &reader, now: now, to: &builder)
        try StructuredEvent.finish(&reader)
      } catch {
        throw Failure(index: index, error: error)
      }
      index += 1
    }
    return builder.finish()
  }
}

extension EventBatchBuilder {
  /// Appends the event with this wire form, or any other CloudEvent in structured mode: what a store does with the bytes that it kept.
  ///
  /// A wire form that `Event.withWire` lent comes back byte for byte.
  /// - Throws: `EventError` when it is not a CloudEvent.
  public mutating func append(wire text: [UInt8]) throws(EventError) {
    _ = try text.withUnsafeBufferPointer { (text) throws(EventError) in
      try StructuredEvent.append(own: UnsafeRawBufferPointer(text), takesGaps: true, to: &self)
    }
  }
}

extension EventBatchBuilder {
  /// Appends the event of a line that a feed or an export wrote. Word of a gap is passed over.
  /// - Throws: `EventError` when the line is not a CloudEvent.
  package mutating func append(line: UnsafeRawBufferPointer) throws(EventError) -> EventLine {
    try StructuredEvent.append(own: line, takesGaps: false, to: &self)
  }
}
