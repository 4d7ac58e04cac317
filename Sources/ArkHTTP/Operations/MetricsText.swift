import ArkBroker

/// The Prometheus text format, version 0.0.4.
struct MetricsText: ~Copyable {
  private var text = ByteWriter(capacity: 4096)

  var bytes: [UInt8] { text.array() }

  mutating func counter(_ name: String, _ help: String, _ value: Int) {
    head(name, "counter", help)
    sample(name, "", value)
  }

  mutating func gauge(_ name: String, _ help: String, _ value: Int) {
    head(name, "gauge", help)
    sample(name, "", value)
  }

  mutating func head(_ name: String, _ type: String, _ help: String) {
    text.append(utf8: "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n")
  }

  /// - Parameter labels: as they stand between the braces; none when empty.
  mutating func sample(_ name: String, _ labels: String, _ value: Int) {
    text.append(utf8: labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n")
  }

  mutating func sample(_ name: String, _ labels: String, _ value: Double) {
    text.append(utf8: labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n")
  }
}
