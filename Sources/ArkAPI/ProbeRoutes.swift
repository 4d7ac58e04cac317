import ArkBroker
import ArkHTTP

extension APIEndpoint {
  /// What upstream calls readiness; `Operations` has the other probes.
  var probeRoutes: [HTTPRoute] {
    [
      route(.get, "/readyz") { _, broker in
        guard broker.isOpen else {
          throw HTTPError.unavailable("The broker is starting.", retryAfter: 1)
        }
        return .text("OK")
      }
    ]
  }
}
