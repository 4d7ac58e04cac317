public import ArkOTLP

/// How ``OTLPForward`` sends.
public struct OTLPForwardOptions: Sendable {
  /// Which signals are sent. Default: all. Events of other kinds, where the match takes them, count as logs.
  public var signals: Set<OTLPSignal>
  /// Where a signal goes instead of the base URL and its path; used as it is.
  public var urls: [OTLPSignal: String]
  /// Default: protobuf, which every receiver knows.
  public var encoding: OTLPEncoding
  /// Whether bodies are sent with `Content-Encoding: gzip`. Default true.
  public var compresses: Bool
  /// Sent with each request, such as `Authorization`. Never shown in logs or errors.
  public var headers: [String: String]
  /// How much goes into one request.
  public var limits: OTLPEncoder.Limits
  /// How long a request may take, from connecting to the end of the answer. Default 10 s.
  public var timeout: Duration
  /// The pause before the second attempt, less a random part of up to a half; it doubles with each further one. Default 0.5 s.
  public var initialPause: Duration
  /// What pauses grow to. Default 30 s.
  public var maximumPause: Duration
  /// The longest that `Retry-After` is heeded; whatever it says beyond is cut to this. Default 5 minutes.
  public var maximumRetryAfter: Duration

  /// Creates options.
  public init(
    signals: Set<OTLPSignal> = Set(OTLPSignal.allCases), urls: [OTLPSignal: String] = [:],
    encoding: OTLPEncoding = .protobuf, compresses: Bool = true, headers: [String: String] = [:],
    limits: OTLPEncoder.Limits = OTLPEncoder.Limits(), timeout: Duration = .seconds(10),
    initialPause: Duration = .milliseconds(500), maximumPause: Duration = .seconds(30),
    maximumRetryAfter: Duration = .seconds(300)
  ) {
    self.signals = signals
    self.urls = urls
    self.encoding = encoding
    self.compresses = compresses
    self.headers = headers
    self.limits = limits
    self.timeout = timeout
    self.initialPause = initialPause
    self.maximumPause = maximumPause
    self.maximumRetryAfter = maximumRetryAfter
  }
}
