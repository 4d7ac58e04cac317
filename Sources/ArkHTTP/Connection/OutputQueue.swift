/// What a peer has not taken yet. Empty, and without memory, for a peer that keeps up.
struct OutputQueue {
  private var segments: [OutputSegment] = []
  private var first = 0

  /// The vectors of one system call.
  static let vectorLimit = 64

  var isEmpty: Bool { segments.isEmpty }

  enum Outcome {
    case written
    case blocked
    case failed
  }

  /// Sends a turn's output and keeps what is not taken. The queue must be empty.
  mutating func send(
    _ batch: OutputBatch, to transport: any HTTPTransport, vectors: UnsafeMutablePointer<HTTPVector>
  ) -> (Outcome, Int) {
    if let simple = batch.simple {
      vectors[0] = HTTPVector(base: simple.baseAddress, count: simple.count)
      let taken = transport.write(UnsafeBufferPointer(start: vectors, count: 1))
      if taken == simple.count { return (.written, taken) }
      if taken < 0 { return (.failed, 0) }
      segments = [.array(Array(simple[taken...]), offset: 0)]
      return (.blocked, taken)
    }
    batch.seal()
    var sender = VectorSender(transport: transport, vectors: vectors)
    var index = 0
    while index < batch.segments.count, sender.goesOn {
      sender.add(batch.segments[index], batch)
      index += 1
    }
    sender.flush()
    if sender.hasFailed { return (.failed, sender.taken) }
    var skip = sender.taken
    for segment in batch.segments {
      let count = segment.count
      if skip >= count {
        skip -= count
        continue
      }
      segments.append(segment.droppingFirst(skip, batch))
      skip = 0
    }
    return (segments.isEmpty ? .written : .blocked, sender.taken)
  }

  /// Sends what waits.
  mutating func send(
    to transport: any HTTPTransport, vectors: UnsafeMutablePointer<HTTPVector>
  ) -> (Outcome, Int) {
    var sender = VectorSender(transport: transport, vectors: vectors)
    var index = first
    while index < segments.count, sender.goesOn {
      sender.add(segments[index], nil)
      index += 1
    }
    sender.flush()
    if sender.hasFailed { return (.failed, sender.taken) }
    var skip = sender.taken
    while first < segments.count {
      let count = segments[first].count
      if skip < count {
        if skip > 0 { segments[first] = segments[first].droppingFirst(skip, nil) }
        return (.blocked, sender.taken)
      }
      skip -= count
      segments[first] = .array([], offset: 0)
      first += 1
    }
    removeAll()
    return (.written, sender.taken)
  }

  mutating func removeAll() {
    segments = []
    first = 0
  }
}

extension OutputSegment {
  /// The rest of a segment, out of the batch's memory.
  fileprivate func droppingFirst(_ skip: Int, _ batch: OutputBatch?) -> OutputSegment {
    switch self {
    case .scratch(let start, let count):
      .array(batch.map { Array($0.scratch(start + skip, count - skip)) } ?? [], offset: 0)
    case .shared(let chunk): .shared(chunk.slice(skip..<chunk.count))
    case .array(let bytes, let offset): .array(bytes, offset: offset + skip)
    }
  }
}

/// Gathers segments into vectors and sends them, as few calls as possible.
private struct VectorSender {
  let transport: any HTTPTransport
  let vectors: UnsafeMutablePointer<HTTPVector>
  private var filled = 0
  private var offered = 0
  private(set) var taken = 0
  private(set) var goesOn = true
  private(set) var hasFailed = false

  init(transport: any HTTPTransport, vectors: UnsafeMutablePointer<HTTPVector>) {
    self.transport = transport
    self.vectors = vectors
  }

  mutating func add(_ segment: OutputSegment, _ batch: OutputBatch?) {
    switch segment {
    case .scratch(let start, let count):
      if let batch { add(batch.scratch(start, count)) }
    case .shared(let chunk): add(chunk.bytes)
    case .array(let bytes, let offset):
      // An array's bytes have an address only inside this call, so they are sent in it.
      bytes.withUnsafeBytes {
        add(UnsafeRawBufferPointer(rebasing: $0[offset...]))
        flush()
      }
    }
    if filled == OutputQueue.vectorLimit { flush() }
  }

  private mutating func add(_ bytes: UnsafeRawBufferPointer) {
    guard !bytes.isEmpty else { return }
    vectors[filled] = HTTPVector(base: bytes.baseAddress, count: bytes.count)
    filled += 1
    offered += bytes.count
  }

  mutating func flush() {
    guard filled > 0, goesOn else { return }
    let count = transport.write(UnsafeBufferPointer(start: vectors, count: filled))
    if count < 0 {
      hasFailed = true
      goesOn = false
    } else {
      taken += count
      goesOn = count == offered
    }
    filled = 0
    offered = 0
  }
}
