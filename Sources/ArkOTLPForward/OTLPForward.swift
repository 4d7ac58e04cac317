public import ArkBroker
import ArkOTLP

/// A sink that sends events to another receiver of OTLP/HTTP: a Collector, a backend, another broker.
///
/// ```swift
/// let forward = try OTLPForward(to: "http://collector:4318")
/// let broker = Broker {
///   OTLPReceiver(on: http)
///   FileStore(at: "/var/lib/ark-broker", keeping: .days(7))
///   forward
/// }
/// ```
///
/// Its place in the log is kept by the store under ``name``, so it goes on where it stopped, after a restart too if the store outlives one. A request that the receiver could not take (429, 502, 503, 504, no connection, no answer) is sent again until it can, with pauses that grow, or as long as `Retry-After` says. Delivery is at least once: after a crash, what had been sent and not yet noted by the store is sent again. A request that the receiver refuses is reported to the broker's log, counted in ``statistics``, and not sent again: the OTLP specification forbids it, and it would block everything behind it.
///
/// One request is under way at a time. What comes in meanwhile goes into the next, so requests grow with the load. A receiver that is slow or gone delays this sink and nothing else; list two forwards to keep two signals or two receivers apart.
///
/// Do not forward in a circle. A broker refuses what it has sent itself (508, see ``OTLPForward/loopHeader``), but cannot see that another broker sends its events back.
public struct OTLPForward: EventSink {
  /// Marks each request with the broker that sent it. ``OTLPReceiver`` of the same broker answers with 508.
  public static let loopHeader = ForwardingMark.header

  /// The name under which the store keeps its place: unique among the sinks of a broker, the same after a restart.
  public let name: String
  /// Which events are sent.
  public let match: Match
  /// Where it begins the first time. Later on it goes on where it was.
  public let start: Start

  private let options: OTLPForwardOptions
  private let endpoint: ForwardEndpoint
  private let counters = ForwardCounters()
  private let transport: any ForwardTransport
  private let clock: ForwardClock

  /// Creates a sink.
  /// - Parameters:
  ///   - url: the base URL of the receiver, `http` or `https`; `/v1/traces` and so on are added to its path.
  ///   - name: under which the store keeps its place. Default: made of the URL and the match, so that a forward to another place, or of other events, begins anew.
  ///   - match: which events. Default: those that came in over OTLP; ``ArkBroker/Match/all`` sends every event, those of other kinds as log records.
  ///   - start: where to begin the first time. Default: with the oldest event that is kept.
  ///   - options: how to send.
  /// - Throws: when the URL or a header cannot be used.
  public init(
    to url: String, name: String? = nil, matching match: Match = OTLPForward.receivedOverOTLP,
    from start: Start = .beginning, options: OTLPForwardOptions = OTLPForwardOptions()
  ) throws(OTLPForwardError) {
    try self.init(
      to: url, name: name, matching: match, from: start, options: options, clock: .system,
      transport: SchemeTransport(timeout: options.timeout))
  }

  /// The same, with a way of sending and a clock for tests.
  package init(
    to url: String, name: String? = nil, matching match: Match = OTLPForward.receivedOverOTLP,
    from start: Start = .beginning, options: OTLPForwardOptions = OTLPForwardOptions(),
    clock: ForwardClock, transport: any ForwardTransport
  ) throws(OTLPForwardError) {
    endpoint = try ForwardEndpoint(url, options)
    self.match = match
    self.start = start
    self.options = options
    self.clock = clock
    self.transport = transport
    self.name =
      name
      ?? OTLPForward.name(
        "\(endpoint.name)" + (match == OTLPForward.receivedOverOTLP ? "" : " \(match)"))
  }

  /// Keys of a store have 255 bytes at most: of what is longer, the end is a hash.
  private static func name(_ text: String) -> String {
    let limit = 200
    guard text.utf8.count > limit else { return "otlp-forward \(text)" }
    var hash = KeyedHash(seed: (0x6f74_6c70_2d66_6f72, 0x7761_7264_2d6e_616d))
    Array(text.utf8).withUnsafeBytes { hash.combine($0) }
    let digits = String(hash.finish().0, radix: 16)
    return "otlp-forward \(String(decoding: text.utf8.prefix(limit), as: UTF8.self)) \(digits)"
  }

  /// What an OTLP receiver brings in: events of kind `span`, `log` and `metric`, and those below.
  public static let receivedOverOTLP: Match = OTLPSignal.allCases
    .map { .kind("\($0.kind)") || .kind("\($0.kind).*") }.reduce(.none, ||)

  /// What has been sent since the process started.
  public var statistics: OTLPForwardStatistics { counters.statistics }

  /// Sends until the log ends or the task is cancelled.
  public func run(reading outlet: Outlet) async throws {
    let delivery = Delivery(
      transport: transport, clock: clock, endpoint: endpoint, options: options,
      counters: counters, mark: outlet.brokerID,
      report: { outlet.report($0, "\(name): \($1)") })
    let encoder = OTLPEncoder(options.encoding, limits: options.limits)
    let cursor = try await outlet.cursor(
      named: name, matching: match, from: start,
      limit: ReadLimit(events: options.limits.records, bytes: options.limits.bytes))
    while let page = try await cursor.next() {
      if let gap = page.gap {
        outlet.report(
          .warning,
          "\(name): the log has lost \(gap.first) to \(gap.last) before they were sent")
      }
      for request in encoder.requests(for: page.batches, of: options.signals) {
        try await delivery.deliver(request)
      }
      try await cursor.commit(through: page.lookedThrough)
    }
  }
}
