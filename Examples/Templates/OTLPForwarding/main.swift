import ArkBroker
import ArkFileStore
import ArkHTTP
import ArkOTLP
import ArkOTLPForward

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Takes OTLP in, keeps it, and sends it on. The variables are those of OpenTelemetry's exporters:
/// `OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318 OTLPForwarding`.
func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

@Sendable func log(_ message: String) {
  var line = message + "\n"
  line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
}

var options = OTLPForwardOptions()
if variable("OTEL_EXPORTER_OTLP_PROTOCOL") == "http/json" { options.encoding = .json }
options.compresses = variable("OTEL_EXPORTER_OTLP_COMPRESSION") != "none"
for header in (variable("OTEL_EXPORTER_OTLP_HEADERS") ?? "").split(separator: ",") {
  let parts = header.split(separator: "=", maxSplits: 1)
  if parts.count == 2 { options.headers[String(parts[0])] = String(parts[1]) }
}
if let timeout = variable("OTEL_EXPORTER_OTLP_TIMEOUT").flatMap(Int.init) {
  options.timeout = .milliseconds(timeout)
}
let forward = try OTLPForward(
  to: variable("OTEL_EXPORTER_OTLP_ENDPOINT") ?? "http://localhost:4318", options: options)

let http = HTTPServer(port: variable("PORT").flatMap(Int.init) ?? 8080)
let broker = Broker(onLog: { log("\($0.level): \($0.message)") }) {
  OTLPReceiver(on: http)
  FileStore(at: variable("DATA_DIR") ?? "./ark-data", keeping: .days(7))
  forward
  ServerSentEvents(on: http)
  Operations(on: http)
}
Task { log("serving on http://\(try await http.started())") }
try await broker.run()
