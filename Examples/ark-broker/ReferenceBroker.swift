import ArkAPI
import ArkBroker
import ArkFileStore
import ArkHTTP
import ArkOTLP

/// The composition: copy it as a start for a broker of your own.
struct ReferenceBroker: Sendable {
  private let http: HTTPServer
  private let broker: Broker

  init(options: Options, log: JSONLog) {
    let metrics = HTTPMetrics()
    let logsRequests = log.level == .debug
    let http = HTTPServer(
      host: options.host, port: options.port, cors: .anyOrigin,
      drainTimeout: options.drainTimeout,
      onRequest: { request in
        metrics.record(request)
        if logsRequests { log.write(request) }
      })
    self.http = http
    var limits = Broker.Limits()
    limits.drainTimeout = options.drainTimeout
    broker = Broker(limits: limits, onLog: { log.write($0.level, $0.message) }) {
      OTLPReceiver(on: http)
      CloudEventsReceiver(on: http)
      if let memory = options.memory {
        MemoryStore(keeping: .megabytes(memory))
      } else {
        FileStore(
          at: options.dataDirectory, keeping: options.retention,
          settings: options.storeSettings,
          onLog: { log.write($0.level, $0.message) })
      }
      ServerSentEvents(on: http)
      ArkAPI(on: http, options: ArkAPI.Options(options.api))
      Operations(on: http, metrics: metrics)
    }
  }

  /// Whether the store has been opened.
  var isOpen: Bool { broker.isOpen }

  /// Opens the store.
  func open() async throws { try await broker.open() }

  /// Where the broker serves, once it does.
  func started() async throws -> HTTPAddress { try await http.started() }

  /// Serves until the task is cancelled, then drains.
  func run() async throws { try await broker.run() }
}

extension ArkAPI.Options {
  fileprivate init(_ options: Options.API) {
    self.init()
    allowsPurge = options.allowsPurge
    streamIdleTimeout = options.streamIdleTimeout
    sendsEventIDs = options.hasEventIDs
    messageTimeToLive = options.messageTTL
    eventTimeToLive = options.eventTTL
    chunkTimeToLive = options.chunkTTL
    sessionTimeToLive = options.sessionTTL
    version = Options.version
  }
}
