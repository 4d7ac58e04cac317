import ArkBroker
import ArkHTTP

extension APIEndpoint {
  /// What the TypeScript broker calls readiness; `Operations` has the other probes.
  var probeRoutes: [HTTPRoute] {
    [
      .task(.get, "/readyz", options: APIEndpoint.options) { [self] _ in
        let isOpen = (try? broker())?.isOpen == true
        return isOpen
          ? .probe("OK") : .probe("Service Unavailable", status: .serviceUnavailable)
      }
    ]
  }
}
