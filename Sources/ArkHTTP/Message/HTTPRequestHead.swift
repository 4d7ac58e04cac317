/// A run of bytes inside a request head.
struct ByteRange: Sendable {
  var start: UInt32
  var count: UInt32

  init(_ start: Int, _ count: Int) {
    self.start = UInt32(truncatingIfNeeded: start)
    self.count = UInt32(truncatingIfNeeded: count)
  }

  static let empty = ByteRange(0, 0)
}

/// Where one field's name and value stand.
struct FieldPlace: Sendable {
  var name: ByteRange
  var value: ByteRange
}

/// What the parser found out about a head, apart from its bytes.
struct RequestFacts: Sendable {
  var method = HTTPMethod.get
  var minorVersion = 1
  var target = ByteRange.empty
  var path = ByteRange.empty
  /// The query without its question mark; nil and empty are the same to us.
  var query = ByteRange.empty
  var fieldCount = 0
  var byteCount = 0
  /// The number of body bytes to come, or nil when the length was not given.
  var contentLength: Int?
  var isChunked = false
  var keepsAlive = true
  var expectsContinue = false
  var failsExpectation = false
  var requestID: ByteRange?
  var contentEncoding: ByteRange?
  /// More than one Content-Encoding field: at least two codings.
  var hasSeveralEncodings = false

  /// Whether the message is framed as one with a body, even an empty one.
  var declaresBody: Bool { isChunked || contentLength != nil }
}

/// The head of a request: its bytes and a table of where things are, in one allocation.
///
///     | facts | field places, 16 bytes each | head bytes as received |
///
/// Never changed after the parser has handed it out, so it is safe to share.
package struct HTTPRequestHead: @unchecked Sendable {
  private let storage: ManagedBuffer<RequestFacts, UInt64>

  init(copying bytes: UnsafeRawBufferPointer, fieldCount: Int) {
    let words = fieldCount * 2 + (bytes.count + 7) / 8
    storage = HeadStorage.create(minimumCapacity: words) { _ in
      var facts = RequestFacts()
      facts.byteCount = bytes.count
      facts.fieldCount = fieldCount
      return facts
    }
    storage.withUnsafeMutablePointerToElements { elements in
      if let base = bytes.baseAddress {
        UnsafeMutableRawPointer(elements + fieldCount * 2)
          .copyMemory(from: base, byteCount: bytes.count)
      }
    }
  }

  /// What the parser found out.
  var facts: RequestFacts {
    @inline(__always) get { storage.withUnsafeMutablePointerToHeader { $0.pointee } }
  }

  /// Sets the facts; only before the head is handed out.
  func setFacts(_ facts: RequestFacts) {
    storage.withUnsafeMutablePointerToHeader { $0.pointee = facts }
  }

  /// The method.
  package var method: HTTPMethod {
    @inline(__always) get { storage.withUnsafeMutablePointerToHeader { $0.pointee.method } }
  }

  var fieldCount: Int {
    @inline(__always) get { storage.withUnsafeMutablePointerToHeader { $0.pointee.fieldCount } }
  }

  /// Sets a field's place; only before the head is handed out.
  @inline(__always)
  func setField(_ index: Int, _ place: FieldPlace) {
    storage.withUnsafeMutablePointerToElements {
      UnsafeMutableRawPointer($0).storeBytes(
        of: place, toByteOffset: index * 16, as: FieldPlace.self)
    }
  }

  @inline(__always)
  func field(_ index: Int) -> FieldPlace {
    storage.withUnsafeMutablePointerToElements {
      UnsafeRawPointer($0).load(fromByteOffset: index * 16, as: FieldPlace.self)
    }
  }

  /// The head's bytes, from the method to the empty line.
  @inline(__always)
  func withBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
    storage.withUnsafeMutablePointers { facts, elements in
      body(
        UnsafeRawBufferPointer(
          start: UnsafeRawPointer(elements + facts.pointee.fieldCount * 2),
          count: facts.pointee.byteCount))
    }
  }

  @inline(__always)
  func withBytes<R>(of range: ByteRange, _ body: (UnsafeRawBufferPointer) -> R) -> R {
    withBytes { bytes in body(bytes.part(Int(range.start), Int(range.count))) }
  }

  /// The request target exactly as sent.
  package var target: String { text(facts.target) }

  /// The header fields.
  package var headers: HTTPRequestHeaders { HTTPRequestHeaders(head: self) }

  func text(_ range: ByteRange) -> String {
    withBytes(of: range) { $0.text }
  }
}

private final class HeadStorage: ManagedBuffer<RequestFacts, UInt64> {}
