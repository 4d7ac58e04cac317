import ArkBroker
import Synchronization

/// Decoders between requests, so that each finds its buffers again.
final class DecoderPool: Sendable {
  // Unchecked: whoever took a lease out of the pool is the only one who has it.
  private final class Lease: @unchecked Sendable {
    var decoder: TracesJSONDecoder

    init(limits: OTLPLimits) { decoder = TracesJSONDecoder(limits: limits) }
  }

  /// More than this many at work at once is rare; the rest are made and dropped.
  private static let keptCount = 4

  private let limits: OTLPLimits
  private let idle = Mutex<[Lease]>([])

  init(limits: OTLPLimits) {
    self.limits = limits
  }

  func decode(_ request: [UInt8]) throws(OTLPError) -> TracesJSONDecoder.Outcome {
    let lease = idle.withLock { $0.popLast() } ?? Lease(limits: limits)
    defer {
      idle.withLock { if $0.count < DecoderPool.keptCount { $0.append(lease) } }
    }
    return try request.withUnsafeBufferPointer {
      (bytes) throws(OTLPError) -> TracesJSONDecoder.Outcome in
      try lease.decoder.decode(UnsafeRawBufferPointer(bytes), receivedAt: .now())
    }
  }
}
