import ArkBroker
import ArkFileStore
import ArkOTLP
import Foundation

/// What a compressed store makes of spans as instrumented programs export them.
///
/// The exports are stored over and over. That makes them no smaller than they are: deflate looks back 32 KiB, and they take more.
enum Compression {
  private static let storedBytes = 256 << 20

  /// - Parameters:
  ///   - path: a directory, which is filled and left so.
  ///   - files: bodies of `POST /v1/traces`, in JSON or protobuf.
  static func run(in path: String, files: [String]) async throws {
    removeDirectory(path)
    var decoder = ExportDecoder()
    var exports: [EventBatch] = []
    for file in files {
      let body = try Data(contentsOf: URL(fileURLWithPath: file))
      let encoding: OTLPEncoding = body.first == UInt8(ascii: "{") ? .json : .protobuf
      exports.append(
        try body.withUnsafeBytes {
          try decoder.decode($0, .traces, encoding, receivedAt: .now()).events
        })
    }
    let once = exports.reduce(0) { $0 + $1.byteCount }
    precondition(once > 32 << 10, "\(once) bytes would be found again within deflate's window")

    var settings = FileStore.Settings()
    settings.durability = .written
    settings.compresses = true
    // The newest segment is not compressed: it should be a small part of all.
    settings.segmentBytes = 4 << 20
    let store = FileStore(at: path, keeping: .everything, settings: settings)
    try await store.open()
    var bytes = 0
    while bytes < storedBytes {
      for export in exports { _ = try await store.append(AppendRequest(export)) }
      bytes += once
    }
    try await store.maintain()
    let stored = Double(sizeOfDirectory(path))

    let start = ContinuousClock.now
    var read = 0
    var request = ReadRequest(after: .start, limit: ReadLimit(events: 4096, bytes: 1 << 20))
    while case let page = try await store.read(request), !page.isEmpty {
      for batch in page.batches { read += batch.batch.byteCount }
      request.after = page.lookedThrough
    }
    let rate = Double(read) / (ContinuousClock.now - start).seconds / 1e6
    precondition(read == bytes, "\(read) bytes were read, not \(bytes)")
    try await store.close()
    print(
      "compress spans=\(exports.reduce(0) { $0 + $1.count }) bytes=\(once) of_wire=\(stored / Double(bytes)) megabytes_per_second=\(Int(rate))"
    )
  }
}
