/// What a broker is made of: sources, filters, one store, sinks and services. Made by `PipelineBuilder`.
public struct Pipeline: Sendable {
  let sources: [any EventSource]
  let filters: [any Filter]
  let store: any Store
  let sinks: [any EventSink]
  let services: [any BrokerService]
}

extension Pipeline {
  /// Sources, one after the other.
  public struct Sources: Upstream {
    let sources: [any EventSource]
    let filters: [any Filter] = []
  }

  /// Filters, in the order in which they apply.
  public struct Filters: Upstream {
    let sources: [any EventSource] = []
    let filters: [any Filter]
  }

  /// Sources with filters behind them.
  public struct Inbound: Upstream {
    let sources: [any EventSource]
    let filters: [any Filter]
  }

  /// A store with everything before it, and sinks and services behind it.
  public struct Outbound: Sendable {
    var sources: [any EventSource] = []
    var filters: [any Filter] = []
    let store: any Store
    var sinks: [any EventSink] = []
    var services: [any BrokerService] = []
  }

  /// Sinks and services.
  public struct Sinks: Sendable {
    let sinks: [any EventSink]
    let services: [any BrokerService]
  }
}

/// What comes before the store.
public protocol PipelineUpstream: Sendable {}

protocol Upstream: PipelineUpstream {
  var sources: [any EventSource] { get }
  var filters: [any Filter] { get }
}
