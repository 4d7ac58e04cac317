import ArkBroker
import Synchronization

/// Decoders between requests, so that each finds its buffers again.
final class DecoderPool: Sendable {
  // Unchecked: whoever took a lease out of the pool is the only one who has it.
  private final class Lease: @unchecked Sendable {
    var decoder: ExportDecoder

    init(limits: OTLPLimits, _ mapping: AttributeIndex, _ memory: TraceMemory) {
      decoder = ExportDecoder(limits: limits, mapping, memory)
    }
  }

  /// More than this many at work at once is rare; the rest are made and dropped.
  private static let keptCount = 4

  private let limits: OTLPLimits
  private let mapping: AttributeIndex
  private let memory = TraceMemory()
  private let idle = Mutex<[Lease]>([])

  init(limits: OTLPLimits, _ mapping: AttributeIndex) {
    self.limits = limits
    self.mapping = mapping
  }

  func decode(
    _ request: [UInt8], _ signal: OTLPSignal, _ encoding: OTLPEncoding
  ) throws(OTLPError) -> ExportDecoder.Outcome {
    let lease = idle.withLock { $0.popLast() } ?? Lease(limits: limits, mapping, memory)
    defer {
      // Now, because it may be long until its next request.
      lease.decoder.reset()
      idle.withLock { if $0.count < DecoderPool.keptCount { $0.append(lease) } }
    }
    return try request.withUnsafeBufferPointer {
      (bytes) throws(OTLPError) -> ExportDecoder.Outcome in
      try lease.decoder.decode(UnsafeRawBufferPointer(bytes), signal, encoding, receivedAt: .now())
    }
  }
}
