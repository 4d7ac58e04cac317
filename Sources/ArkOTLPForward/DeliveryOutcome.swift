import ArkBroker
import ArkOTLP

/// What an answer means, by the OTLP specification, "OTLP/HTTP Response".
enum DeliveryOutcome: Equatable {
  /// Taken, apart from so many records, with what the receiver has to say.
  case delivered(rejected: Int, message: String)
  /// Never to be sent again.
  case refused(reason: String)
  /// To be sent again, after as long as the receiver asked for.
  case retry(after: Duration?, reason: String)

  init(
    _ result: Result<ForwardResponse, ForwardFailure>, of export: OTLPRequest, now: Timestamp
  ) {
    switch result {
    case .failure(let failure):
      self =
        failure.code == .tooLarge
        ? .refused(reason: failure.message) : .retry(after: nil, reason: failure.message)
    case .success(let response):
      self = DeliveryOutcome(response, of: export, now: now)
    }
  }

  private init(_ response: ForwardResponse, of export: OTLPRequest, now: Timestamp) {
    let isJSON = response.contentType?.lowercased().hasPrefix("application/json") ?? false
    let answer = ExportAnswer(
      response.body, isJSON ? .json : .protobuf,
      isSuccess: (200..<300).contains(response.status))
    switch response.status {
    case 200..<300:
      self = .delivered(rejected: answer.rejected, message: answer.message)
    case 429, 502, 503, 504:
      self = .retry(
        after: response.retryAfter.flatMap { RetryAfter.duration($0, now: now) },
        reason: DeliveryOutcome.reason(response, answer))
    case 508:
      self = .refused(reason: "it is this broker itself; forward to another one")
    default:
      self = .refused(reason: DeliveryOutcome.reason(response, answer))
    }
  }

  private static func reason(_ response: ForwardResponse, _ answer: ExportAnswer) -> String {
    "HTTP \(response.status)" + (answer.message.isEmpty ? "" : ": \(answer.message)")
      + ((300..<400).contains(response.status)
        ? " (redirections are not followed: give the URL that it leads to)" : "")
  }
}
