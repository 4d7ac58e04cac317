import ArkBroker
import ArkHTTP

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Writes the log to standard error, one JSON object a line.
struct JSONLog: Sendable {
  /// What is written, from this level on; nil: nothing.
  let level: LogRecord.Level?

  func write(
    _ level: LogRecord.Level, _ message: String, _ fields: KeyValuePairs<String, String> = [:]
  ) {
    guard let least = self.level, level >= least else { return }
    var line =
      "{\"time\":\"\(Timestamp.now())\",\"level\":\"\(level)\",\"message\":\(quoted(message))"
    for (name, value) in fields { line += ",\"\(name)\":\(quoted(value))" }
    JSONLog.put(line + "}\n")
  }

  /// One line for each request; only when the level is debug.
  func write(_ request: HTTPRequestRecord) {
    let (seconds, attoseconds) = request.duration.components
    let microseconds = seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    JSONLog.put(
      "{\"time\":\"\(Timestamp.now())\",\"level\":\"debug\",\"message\":\"request\""
        + ",\"method\":\(quoted(request.method?.name ?? ""))"
        + ",\"route\":\(quoted(request.routePattern ?? ""))"
        + ",\"status\":\(request.status.code),\"microseconds\":\(microseconds)"
        + ",\"bytesReceived\":\(request.bytesReceived),\"bytesSent\":\(request.bytesSent)"
        + ",\"requestId\":\(quoted(request.requestID))"
        + ",\"remote\":\(quoted("\(request.remoteAddress)")),\"aborted\":\(request.isAborted)}\n"
    )
  }

  /// Writes to standard error with one call, so that lines of several threads do not mix.
  static func put(_ line: String) {
    var line = line
    line.withUTF8 { bytes in _ = write_(STDERR_FILENO, bytes.baseAddress, bytes.count) }
  }
}

/// The text as a string of JSON.
func quoted(_ text: String) -> String { Payload.text(text).description }

/// `write(2)`, which the methods above hide.
private func write_(_ descriptor: Int32, _ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}
