package import ArkBroker

/// A number that a component adds to `/metrics`.
package struct Gauge: Sendable {
  let name: String
  let help: String
  let value: Int

  /// - Parameter name: as Prometheus takes it.
  package init(_ name: String, _ help: String, _ value: Int) {
    self.name = name
    self.help = help
    self.value = value
  }
}

/// What a component has to say each time that somebody asks; what it does not know is left out.
package typealias GaugeSource = @Sendable (Broker) async -> [Gauge]
