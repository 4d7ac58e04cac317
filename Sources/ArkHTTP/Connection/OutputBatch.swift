/// A run of bytes to be sent.
enum OutputSegment {
  /// A place in the batch's own memory.
  case scratch(start: Int, count: Int)
  /// Memory that its owner keeps.
  case shared(HTTPChunk)
  /// The bytes of an array from an offset on.
  case array([UInt8], offset: Int)

  var count: Int {
    switch self {
    case .scratch(_, let count): count
    case .shared(let chunk): chunk.count
    case .array(let bytes, let offset): bytes.count - offset
    }
  }
}

/// The output of one connection's turn. A loop has one and lends it, so an idle peer costs nothing.
final class OutputBatch {
  private var memory: UnsafeMutableRawPointer
  private var capacity: Int
  private var used = 0
  /// Where the bytes start that are not in a segment yet.
  private var mark = 0
  private(set) var segments: [OutputSegment] = []
  private(set) var count = 0

  /// Arrays up to this size are copied, which is cheaper than a vector and a reference.
  private static let copyLimit = 4096
  private static let retainedCapacity = 256 << 10

  init() {
    capacity = 16 << 10
    memory = .allocate(byteCount: capacity, alignment: 16)
  }

  deinit {
    memory.deallocate()
  }

  var isEmpty: Bool { count == 0 }

  /// The whole output when it lies in one piece of scratch memory.
  var simple: UnsafeRawBufferPointer? {
    segments.isEmpty ? UnsafeRawBufferPointer(start: memory, count: used) : nil
  }

  func scratch(_ start: Int, _ count: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: memory + start, count: count)
  }

  func removeAll() {
    used = 0
    mark = 0
    count = 0
    if !segments.isEmpty { segments.removeAll(keepingCapacity: segments.capacity <= 256) }
    if capacity > Self.retainedCapacity {
      memory.deallocate()
      capacity = 16 << 10
      memory = .allocate(byteCount: capacity, alignment: 16)
    }
  }

  /// Puts the last scratch bytes into the list of segments.
  func seal() {
    if used > mark {
      segments.append(.scratch(start: mark, count: used - mark))
      mark = used
    }
  }

  @inline(__always)
  func reserve(_ extra: Int) -> UnsafeMutableRawPointer {
    if used + extra > capacity { grow(extra) }
    return memory + used
  }

  @inline(__always)
  func commit(_ added: Int) {
    used += added
    count += added
  }

  @inline(never)
  private func grow(_ extra: Int) {
    var wanted = capacity
    while wanted < used + extra { wanted *= 2 }
    let larger = UnsafeMutableRawPointer.allocate(byteCount: wanted, alignment: 16)
    larger.copyMemory(from: memory, byteCount: used)
    memory.deallocate()
    memory = larger
    capacity = wanted
  }

  @inline(__always)
  func append(copying bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    reserve(bytes.count).copyMemory(from: base, byteCount: bytes.count)
    commit(bytes.count)
  }

  @inline(__always)
  func append(_ literal: StaticString) {
    append(
      copying: UnsafeRawBufferPointer(
        start: literal.utf8Start, count: literal.utf8CodeUnitCount))
  }

  func append(_ byte: UInt8) {
    reserve(1).storeBytes(of: byte, as: UInt8.self)
    commit(1)
  }

  func append(_ bytes: [UInt8]) {
    if bytes.count <= Self.copyLimit {
      bytes.withUnsafeBytes { append(copying: $0) }
    } else {
      seal()
      segments.append(.array(bytes, offset: 0))
      count += bytes.count
    }
  }

  func append(_ chunk: HTTPChunk) {
    guard chunk.count > 0 else { return }
    seal()
    segments.append(.shared(chunk))
    count += chunk.count
  }

  func append(decimal number: Int) {
    var digits = 1
    var rest = number
    while rest >= 10 {
      rest /= 10
      digits += 1
    }
    let target = reserve(digits)
    rest = number
    for place in stride(from: digits - 1, through: 0, by: -1) {
      target.storeBytes(of: 0x30 + UInt8(rest % 10), toByteOffset: place, as: UInt8.self)
      rest /= 10
    }
    commit(digits)
  }

  /// Appends text of a header, with control characters made spaces.
  func append(header text: String) {
    var text = text
    text.withUTF8 { utf8 in
      let bytes = UnsafeRawBufferPointer(utf8)
      let start = used
      append(copying: bytes)
      if !bytes.isFieldValue {
        let copy = UnsafeMutableRawBufferPointer(start: memory + start, count: bytes.count)
        for index in 0..<copy.count where copy[index] < 0x20 || copy[index] == 0x7F {
          copy[index] = ASCII.space
        }
      }
    }
  }

  // MARK: Chunked coding

  /// The room for a chunk's size line: eight digits and CR LF.
  private static let sizeRoom = 10

  /// Starts a chunk whose size is not known yet.
  func beginChunk() -> (segment: Int, start: Int) {
    seal()
    let start = used
    _ = reserve(Self.sizeRoom)
    commit(Self.sizeRoom)
    segments.append(.scratch(start: start, count: Self.sizeRoom))
    mark = used
    return (segment: segments.count - 1, start: start)
  }

  /// Writes the size of a chunk in front of it and its end behind it; an empty one disappears.
  func endChunk(_ chunk: (segment: Int, start: Int), count size: Int) {
    guard size > 0 else {
      segments.removeLast()
      used = chunk.start
      mark = used
      count -= Self.sizeRoom
      return
    }
    let line = UnsafeMutableRawBufferPointer(start: memory + chunk.start, count: Self.sizeRoom)
    line[8] = ASCII.carriageReturn
    line[9] = ASCII.lineFeed
    var place = 8
    var rest = size
    repeat {
      place -= 1
      let digit = UInt8(rest & 15)
      line[place] = digit < 10 ? 0x30 + digit : 0x57 + digit
      rest >>= 4
    } while rest > 0
    segments[chunk.segment] = .scratch(start: chunk.start + place, count: Self.sizeRoom - place)
    count -= place
    append("\r\n")
  }
}
