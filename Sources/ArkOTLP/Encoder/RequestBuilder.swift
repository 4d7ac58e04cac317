import ArkBroker

/// Gathers records of one signal into requests, those that follow each other under the resource and scope that they share.
final class RequestBuilder {
  /// What an envelope takes besides its contents, at most, in either encoding.
  private static let envelopeBytes = 48

  private struct Scope {
    /// In `heads`.
    let head: Range<Int>
    /// In `records`.
    var records: Range<Int>
  }

  private struct Resource {
    let head: Range<Int>
    /// In `scopes`.
    var scopes: Range<Int>
  }

  private let signal: OTLPSignal
  private let encoding: OTLPEncoding
  private let limits: OTLPEncoder.Limits

  private var resource: EnvelopeHead
  private var scope: EnvelopeHead

  private var heads = ByteWriter()
  private var records = ByteWriter()
  private var resources: [Resource] = []
  private var scopes: [Scope] = []
  /// The resource and scope that the last record is under.
  private var generation: (resource: Int, scope: Int) = (0, 0)
  private var count = 0
  /// What the body will take, at most.
  private var byteCount = RequestBuilder.envelopeBytes
  private var requests: [OTLPRequest] = []

  init(_ signal: OTLPSignal, _ encoder: OTLPEncoder) {
    self.signal = signal
    encoding = encoder.encoding
    limits = encoder.limits
    resource = EnvelopeHead(Schema.resource, "\"resource\":", encoder.encoding)
    scope = EnvelopeHead(Schema.scope, "\"scope\":", encoder.encoding)
  }

  /// The members of the next record that say what it belongs to, as they stand in its payload; empty for none.
  /// - Throws: `JSONError` when they are not what they should be.
  func setEnvelopes(
    resource: UnsafeRawBufferPointer, scope: UnsafeRawBufferPointer
  ) throws(JSONError) {
    try self.resource.set(resource)
    try self.scope.set(scope)
  }

  /// Adds a record, encoded, to this request or, when there is no room, to the next.
  func add(_ record: UnsafeRawBufferPointer) {
    if count > 0, count >= limits.records || byteCount + added(by: record) > limits.bytes {
      endRequest()
    }
    byteCount += added(by: record)
    if isNewResource {
      resources.append(
        Resource(head: append(resource.bytes), scopes: scopes.count..<scopes.count))
    }
    if isNewScope {
      scopes.append(
        Scope(head: append(scope.bytes), records: records.count..<records.count))
      let first = resources[resources.count - 1].scopes.lowerBound
      resources[resources.count - 1].scopes = first..<scopes.count
    }
    generation = (resource.generation, scope.generation)
    records.append(record)
    let first = scopes[scopes.count - 1].records.lowerBound
    scopes[scopes.count - 1].records = first..<records.count
    count += 1
  }

  /// All requests, the last one too.
  func finish() -> [OTLPRequest] {
    endRequest()
    return requests
  }

  private var isNewResource: Bool { count == 0 || generation.resource != resource.generation }
  private var isNewScope: Bool { isNewResource || generation.scope != scope.generation }

  private func added(by record: UnsafeRawBufferPointer) -> Int {
    var bytes = record.count
    if isNewResource { bytes += resource.bytes.count + RequestBuilder.envelopeBytes }
    if isNewScope { bytes += scope.bytes.count + RequestBuilder.envelopeBytes }
    return bytes
  }

  private func append(_ head: UnsafeRawBufferPointer) -> Range<Int> {
    let start = heads.count
    heads.append(head)
    return start..<heads.count
  }

  // MARK: Bodies

  private func endRequest() {
    guard count > 0 else { return }
    var body = ByteWriter(capacity: byteCount)
    switch encoding {
    case .json: writeJSON(to: &body)
    case .protobuf: writeProtobuf(to: &body)
    }
    assert(count == 1 || body.count <= limits.bytes)
    requests.append(
      OTLPRequest(signal: signal, encoding: encoding, body: body.array(), count: count))
    heads.removeAll()
    records.removeAll()
    resources.removeAll(keepingCapacity: true)
    scopes.removeAll(keepingCapacity: true)
    count = 0
    byteCount = RequestBuilder.envelopeBytes
  }

  /// A head's members end with a comma, a record begins with one.
  private func writeJSON(to body: inout ByteWriter) {
    let names = signal.schema.listNames
    body.append("{\"")
    body.append(names.resources)
    body.append("\":[")
    for (number, resource) in resources.enumerated() {
      body.append(number == 0 ? "{" : ",{")
      body.append(heads.bytes[resource.head])
      body.append("\"")
      body.append(names.scopes)
      body.append("\":[")
      for (number, scope) in scopes[resource.scopes].enumerated() {
        body.append(number == 0 ? "{" : ",{")
        body.append(heads.bytes[scope.head])
        body.append("\"")
        body.append(names.records)
        body.append("\":[")
        body.append(records.bytes[scope.records].dropFirst())
        body.append("]}")
      }
      body.append("]}")
    }
    body.append("]}")
  }

  /// The numbers are those of `SignalSchema`: 1 is the list of a request, 2 that of an envelope.
  private func writeProtobuf(to body: inout ByteWriter) {
    for resource in resources {
      let scopes = self.scopes[resource.scopes]
      var size = resource.head.count
      for scope in scopes {
        let count = scope.head.count + scope.records.count
        size += 1 + ByteWriter.varintCount(UInt64(count)) + count
      }
      body.append(1 << 3 | 2)
      body.append(varint: UInt64(size))
      body.append(heads.bytes[resource.head])
      for scope in scopes {
        body.append(2 << 3 | 2)
        body.append(varint: UInt64(scope.head.count + scope.records.count))
        body.append(heads.bytes[scope.head])
        body.append(records.bytes[scope.records])
      }
    }
  }
}

extension SignalSchema {
  /// The names of the lists: 1 is that of a request, 2 that of an envelope.
  fileprivate var listNames:
    (
      resources: UnsafeRawBufferPointer, scopes: UnsafeRawBufferPointer,
      records: UnsafeRawBufferPointer
    )
  {
    func name(_ number: UInt32, of message: MessageType) -> UnsafeRawBufferPointer {
      message.field(number).unsafelyUnwrapped.pointee.name
    }
    return (name(1, of: request), name(2, of: resource), name(2, of: scope))
  }
}

extension ByteWriter {
  fileprivate mutating func append(_ bytes: Slice<UnsafeRawBufferPointer>) {
    append(UnsafeRawBufferPointer(rebasing: bytes))
  }
}
