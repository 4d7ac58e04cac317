import ArkBroker

/// Cuts an upload of chunks into lines, as its bytes arrive, and lays them out as events.
///
/// A line that is no JSON is passed over; the last one need not end with a line feed.
struct ChunkLines {
  /// The longest line that is taken.
  static let maximumLine = 10 << 20

  private let query: String
  private let timeToLive: Duration?
  private var rest: [UInt8] = []
  /// Within a line that is too long, whose rest is passed over.
  private var isSkipping = false
  /// Lines that were taken.
  private(set) var count = 0
  /// Lines that were not.
  private(set) var refused = 0

  init(query: String, timeToLive: Duration?) {
    self.query = query
    self.timeToLive = timeToLive
  }

  /// The events of the lines that are complete now.
  mutating func take(_ bytes: [UInt8]) -> EventBatch {
    var builder = EventBatchBuilder(reservingEvents: 4, bytes: bytes.count + rest.count + 1024)
    var start = 0
    while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
      if isSkipping {
        isSkipping = false
      } else if rest.count + end - start > ChunkLines.maximumLine {
        rest.removeAll()
        refused += 1
      } else if rest.isEmpty {
        append(bytes[start..<end], to: &builder)
      } else {
        rest += bytes[start..<end]
        append(rest[...], to: &builder)
        rest.removeAll()
      }
      start = end + 1
    }
    guard !isSkipping else { return builder.finish() }
    if rest.count + bytes.count - start > ChunkLines.maximumLine {
      rest.removeAll()
      isSkipping = true
      refused += 1
    } else {
      rest += bytes[start...]
    }
    return builder.finish()
  }

  /// The event of the last line, if it had no line feed.
  mutating func finish() -> EventBatch {
    var builder = EventBatchBuilder(bytes: rest.count + 1024)
    append(rest[...], to: &builder)
    rest.removeAll()
    return builder.finish()
  }

  private mutating func append(_ line: ArraySlice<UInt8>, to builder: inout EventBatchBuilder) {
    guard line.contains(where: { $0 > 0x20 }) else { return }
    let isTaken = line.withUnsafeBytes { line in
      (try? ChunkLines.append(line, of: query, timeToLive: timeToLive, to: &builder)) != nil
    }
    if isTaken { count += 1 } else { refused += 1 }
  }

  /// Lays out one chunk.
  static func append(
    _ chunk: UnsafeRawBufferPointer, of query: String, timeToLive: Duration?,
    _ arrival: Arrival = Arrival(), to builder: inout EventBatchBuilder
  ) throws {
    var text = ByteWriter(capacity: chunk.count)
    try JSONReader.minify(chunk, into: &text)
    try builder.append(
      .llmChunk, id: arrival.id, source: OwnEvents.source, time: arrival.time,
      correlation: correlation(of: text.bytes, query: query, arrival), timeToLive: timeToLive,
      payload: Payload(text: text.array(), isBase64: false))
  }

  private static let envelope: [StaticString] = ["ark"]
  private static let names: [StaticString] = ["query", "session", "agent", "team"]

  /// What the chunk says of itself under `ark`, as far as it can be an id.
  private static func correlation(
    of chunk: UnsafeRawBufferPointer, query: String, _ arrival: Arrival
  ) -> Correlation {
    var correlation = Correlation(queryName: query)
    guard JSONValue.isObject(chunk),
      let ark = try? ObjectMembers(ChunkLines.envelope, of: chunk)[0], JSONValue.isObject(ark),
      let members = try? ObjectMembers(ChunkLines.names, of: ark)
    else { return correlation }
    func id(_ place: Int) -> String? {
      arrival.isFiled || members.canBeAttribute(place) ? members.text(place) : nil
    }
    // Executors put the query's uid here, or its name once more.
    if let uid = id(0), uid != query { correlation.query = uid }
    correlation.session = id(1)
    correlation.agent = id(2)
    correlation.team = id(3)
    return correlation
  }
}
