import ArkBroker
import ArkOTLP
import Foundation
import Synchronization
import Testing

@testable import ArkOTLPForward

/// A receiver that answers as it was told, and takes everything once it has been told nothing more.
final class ScriptedReceiver: ForwardTransport {
  typealias Answer = Result<ForwardResponse, ForwardFailure>

  private struct State {
    var answers: [Answer]
    var requests: [ForwardRequest] = []
    var isLeft = false
    var held: CheckedContinuation<Void, Never>?
  }

  private let state: Mutex<State>
  /// Never answers, until the task is cancelled.
  private let isSilent: Bool

  init(_ answers: [Answer] = [], isSilent: Bool = false) {
    state = Mutex(State(answers: answers))
    self.isSilent = isSilent
  }

  var requests: [ForwardRequest] { state.withLock { $0.requests } }
  /// Whether a request that got no answer has come to an end.
  var isLeft: Bool { state.withLock { $0.isLeft } }

  func send(_ request: ForwardRequest) async -> Answer {
    let answer = state.withLock { state in
      state.requests.append(request)
      return state.answers.isEmpty
        ? .success(ForwardResponse(status: 200)) : state.answers.removeFirst()
    }
    guard isSilent else { return answer }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isCancelled = state.withLock { state in
          // Read once: it may become true at any time, and only one side resumes.
          let isCancelled = Task.isCancelled
          if !isCancelled { state.held = continuation }
          return isCancelled
        }
        if isCancelled { continuation.resume() }
      }
    } onCancel: {
      state.withLock { state in
        defer { state.held = nil }
        return state.held
      }?.resume()
    }
    state.withLock { $0.isLeft = true }
    return .failure(ForwardFailure(.cancelled, "cancelled"))
  }

  /// The ids of the spans that came, request by request.
  func spans() throws -> [[String]] { try requests.map { try spanIDs(of: $0) } }
}

extension Result<ForwardResponse, ForwardFailure> {
  static func status(
    _ status: Int, retryAfter: String? = nil, json: String = ""
  ) -> Self {
    .success(
      ForwardResponse(
        status: status, contentType: "application/json; charset=utf-8", retryAfter: retryAfter,
        body: Array(json.utf8)))
  }

  static var noConnection: Self { .failure(ForwardFailure(.connection, "the connection was lost")) }
}

/// A clock on which every pause is over at once.
final class PausesTaken: Sendable {
  private let pauses = Mutex<[Duration]>([])
  var all: [Duration] { pauses.withLock { $0 } }

  /// - Parameter random: what chance says, always.
  func clock(random: Double = 0) -> ForwardClock {
    ForwardClock(
      now: { Timestamp(nanosecondsSinceEpoch: 784_111_777_000_000_000) },
      sleep: { pause in
        try Task.checkCancellation()
        self.pauses.withLock { $0.append(pause) }
      },
      random: { random })
  }
}

/// What a broker has said.
final class LogLines: Sendable {
  private let lines = Mutex<[LogRecord]>([])
  var all: [LogRecord] { lines.withLock { $0 } }
  func add(_ record: LogRecord) { lines.withLock { $0.append(record) } }
  func count(_ text: String) -> Int { all.count { $0.message.contains(text) } }
}

/// The event that a span becomes.
func span(_ number: Int, kind: Kind = .span, session: String? = nil) -> Event {
  let digits = String(number, radix: 16)
  let id = String(repeating: "0", count: 16 - digits.count) + digits
  return Event(
    kind, id: id, source: "/otlp/service", session: session,
    payload: try! .json(
      #"{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"\#(id)","name":"n"}"#))
}

/// The ids of the spans or log records in a request.
func spanIDs(of request: ForwardRequest) throws -> [String] {
  var decoder = ExportDecoder()
  var body = request.body
  if request.headers.contains(where: { $0.name == "Content-Encoding" && $0.value == "gzip" }) {
    body = try gunzip(body)
  }
  let isJSON = request.headers.contains { $0.value == "application/json" }
  let signal = try #require(OTLPSignal.allCases.first { request.url.path.hasSuffix($0.path) })
  let events = try body.withUnsafeBytes {
    try decoder.decode($0, signal, isJSON ? .json : .protobuf, receivedAt: .now()).events
  }
  return events.map { $0[.span] ?? $0.id }
}
