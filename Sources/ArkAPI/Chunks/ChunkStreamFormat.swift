import ArkBroker
import ArkHTTP

/// The stream of one query's chunks: ends with `data: [DONE]` when the query is complete, has failed, or has been silent for too long.
// Unchecked: belongs to the connection's loop.
final class ChunkStreamFormat: CursorStreamFormat, @unchecked Sendable {
  private let idleTimeout: Duration
  private let heartbeat: Duration
  private let sendsIDs: Bool
  /// Events up to here were there before the reader came.
  private let replayed: Position
  private var deadline: ContinuousClock.Instant

  /// - Parameter firstWait: for the first chunk.
  init(_ options: ArkAPI.Options, replayed: Position, firstWait: Duration?) {
    idleTimeout = options.streamIdleTimeout
    heartbeat = options.heartbeat
    sendsIDs = options.sendsEventIDs
    self.replayed = replayed
    deadline = .now + (firstWait ?? options.streamIdleTimeout)
  }

  var idleInterval: Duration { min(heartbeat, max(.zero, deadline - .now)) }

  /// Headers go out at once; clients expect no comment in front.
  func begin(_ out: inout HTTPBodyBuffer) {}

  func append(_ page: Page, after: Position, to out: inout HTTPBodyBuffer) -> Bool {
    var text = ByteWriter(capacity: page.batches.reduce(256) { $0 + $1.batch.byteCount })
    defer { out.append(copying: text.bytes) }
    Frames.append(page.gap, to: &text)
    for event in page.events {
      if event.kind == .llmChunkCompleted {
        text.append(ChunkStreamFormat.done)
        return false
      }
      // Of a JSON text, such as "[DONE]", clients can make nothing.
      let isObject = event.event.withPayload { JSONValue.isObject($0) }
      guard isObject else { continue }
      deadline = .now + idleTimeout
      if sendsIDs { Frames.append(id: event.position, to: &text) }
      text.append("data: ")
      text.appendPayload(of: event.event)
      text.append("\n\n")
      if event.position > replayed, event.event.withPayload(ChunkStreamFormat.isError) {
        text.append(ChunkStreamFormat.done)
        return false
      }
    }
    return true
  }

  func idle(_ out: inout HTTPBodyBuffer) -> Bool {
    guard deadline <= .now else {
      Frames.appendHeartbeat(to: &out)
      return true
    }
    var text = ByteWriter(capacity: 256)
    text.append(
      "data: {\"error\":{\"message\":\"Streaming query response timed out\",\"type\":\"timeout_error\",\"code\":\"timeout\"}}\n\n"
    )
    text.append(ChunkStreamFormat.done)
    out.append(copying: text.bytes)
    return false
  }

  private static let done: StaticString = "data: [DONE]\n\n"
  private static let envelope: [StaticString] = ["error"]
  private static let names: [StaticString] = ["message", "type"]

  /// Whether a chunk says that the query has failed: `error` with a message and a type.
  static func isError(_ chunk: UnsafeRawBufferPointer) -> Bool {
    guard let error = try? ObjectMembers(envelope, of: chunk)[0], JSONValue.isObject(error),
      let members = try? ObjectMembers(names, of: error)
    else { return false }
    return members.text(0) != nil && members.text(1) != nil
  }
}
