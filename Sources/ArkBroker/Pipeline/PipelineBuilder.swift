/// Puts a pipeline together from a list in the order of the data: sources, filters, one store, then sinks and services.
///
/// `if`, `if`–`else` and `for` may stand anywhere in the list. A wrong order does not compile, and the compiler says why in words of ours.
@resultBuilder
public enum PipelineBuilder {
  /// Takes a source.
  public static func buildExpression(_ source: some EventSource) -> Pipeline.Sources {
    Pipeline.Sources(sources: [source])
  }

  /// Takes a filter.
  public static func buildExpression(_ filter: some Filter) -> Pipeline.Filters {
    Pipeline.Filters(filters: [filter])
  }

  /// Takes the store.
  public static func buildExpression(_ store: some Store) -> Pipeline.Outbound {
    Pipeline.Outbound(store: store)
  }

  /// Takes a sink.
  public static func buildExpression(_ sink: some EventSink) -> Pipeline.Sinks {
    Pipeline.Sinks(sinks: [sink], services: [])
  }

  /// Takes a service.
  public static func buildExpression(_ service: some BrokerService) -> Pipeline.Sinks {
    Pipeline.Sinks(sinks: [], services: [service])
  }

  // MARK: The order

  /// Begins with whatever comes first.
  public static func buildPartialBlock<Part>(first: Part) -> Part { first }

  /// Sources, then a further one.
  public static func buildPartialBlock(accumulated: Pipeline.Sources, next: Pipeline.Sources)
    -> Pipeline.Sources
  { Pipeline.Sources(sources: accumulated.sources + next.sources) }

  /// Filters, then a further one, which sees what they keep.
  public static func buildPartialBlock(accumulated: Pipeline.Filters, next: Pipeline.Filters)
    -> Pipeline.Filters
  { Pipeline.Filters(filters: accumulated.filters + next.filters) }

  /// Sources, then their first filter.
  public static func buildPartialBlock(accumulated: Pipeline.Sources, next: Pipeline.Filters)
    -> Pipeline.Inbound
  { Pipeline.Inbound(sources: accumulated.sources, filters: next.filters) }

  /// Sources and filters, then a further filter.
  public static func buildPartialBlock(accumulated: Pipeline.Inbound, next: Pipeline.Filters)
    -> Pipeline.Inbound
  {
    Pipeline.Inbound(sources: accumulated.sources, filters: accumulated.filters + next.filters)
  }

  /// Sources, then some with filters behind them, as they stand inside an `if`. The filters apply to all of them.
  public static func buildPartialBlock(accumulated: Pipeline.Sources, next: Pipeline.Inbound)
    -> Pipeline.Inbound
  { Pipeline.Inbound(sources: accumulated.sources + next.sources, filters: next.filters) }

  /// Sources, then the store.
  public static func buildPartialBlock(accumulated: Pipeline.Sources, next: Pipeline.Outbound)
    -> Pipeline.Outbound
  { next.behind(accumulated) }

  /// Filters, then the store: they apply to what the host program publishes.
  public static func buildPartialBlock(accumulated: Pipeline.Filters, next: Pipeline.Outbound)
    -> Pipeline.Outbound
  { next.behind(accumulated) }

  /// Sources and filters, then the store.
  public static func buildPartialBlock(accumulated: Pipeline.Inbound, next: Pipeline.Outbound)
    -> Pipeline.Outbound
  { next.behind(accumulated) }

  /// The store, then a sink or a service.
  public static func buildPartialBlock(accumulated: Pipeline.Outbound, next: Pipeline.Sinks)
    -> Pipeline.Outbound
  {
    var accumulated = accumulated
    accumulated.sinks += next.sinks
    accumulated.services += next.services
    return accumulated
  }

  /// Several sinks and services, as they stand inside an `if` or a `for`.
  public static func buildPartialBlock(accumulated: Pipeline.Sinks, next: Pipeline.Sinks)
    -> Pipeline.Sinks
  {
    Pipeline.Sinks(
      sinks: accumulated.sinks + next.sinks, services: accumulated.services + next.services)
  }

  /// A pipeline that has its store.
  public static func buildFinalResult(_ outbound: Pipeline.Outbound) -> Pipeline {
    Pipeline(
      sources: outbound.sources, filters: outbound.filters, store: outbound.store,
      sinks: outbound.sinks, services: outbound.services)
  }

  // MARK: Conditions and loops

  /// Sources inside an `if`.
  public static func buildOptional(_ sources: Pipeline.Sources?) -> Pipeline.Sources {
    sources ?? Pipeline.Sources(sources: [])
  }

  /// Filters inside an `if`.
  public static func buildOptional(_ filters: Pipeline.Filters?) -> Pipeline.Filters {
    filters ?? Pipeline.Filters(filters: [])
  }

  /// Sources with filters behind them, inside an `if`.
  public static func buildOptional(_ inbound: Pipeline.Inbound?) -> Pipeline.Inbound {
    inbound ?? Pipeline.Inbound(sources: [], filters: [])
  }

  /// Sinks and services inside an `if`.
  public static func buildOptional(_ sinks: Pipeline.Sinks?) -> Pipeline.Sinks {
    sinks ?? Pipeline.Sinks(sinks: [], services: [])
  }

  /// The first branch of `if`–`else`. Both must hold the same sort of part: two stores, say.
  public static func buildEither<Part>(first: Part) -> Part { first }

  /// The second branch of `if`–`else`.
  public static func buildEither<Part>(second: Part) -> Part { second }

  /// Sources made by a `for`.
  public static func buildArray(_ sources: [Pipeline.Sources]) -> Pipeline.Sources {
    Pipeline.Sources(sources: sources.flatMap(\.sources))
  }

  /// Filters made by a `for`.
  public static func buildArray(_ filters: [Pipeline.Filters]) -> Pipeline.Filters {
    Pipeline.Filters(filters: filters.flatMap(\.filters))
  }

  /// Sinks and services made by a `for`.
  public static func buildArray(_ sinks: [Pipeline.Sinks]) -> Pipeline.Sinks {
    Pipeline.Sinks(sinks: sinks.flatMap(\.sinks), services: sinks.flatMap(\.services))
  }
}

// MARK: - Wrong orders

extension PipelineBuilder {
  /// Does not compile: nothing is listed.
  @available(
    *, unavailable, message: "a pipeline needs a store: add MemoryStore(keeping:) or another one"
  )
  public static func buildBlock() -> Pipeline.Outbound { fatalError("unavailable") }

  /// Does not compile: there are sources or filters and no store.
  @available(
    *, unavailable, message: "a pipeline needs a store: add MemoryStore(keeping:) or another one"
  )
  public static func buildFinalResult(_ upstream: some PipelineUpstream) -> Pipeline {
    fatalError("unavailable")
  }

  /// Does not compile: there are only sinks or services.
  @available(*, unavailable, message: "a pipeline needs a store before its first sink or service")
  public static func buildFinalResult(_ sinks: Pipeline.Sinks) -> Pipeline {
    fatalError("unavailable")
  }

  /// Does not compile: a sink follows sources or filters.
  @available(*, unavailable, message: "a pipeline needs a store before its first sink or service")
  public static func buildPartialBlock(
    accumulated: some PipelineUpstream, next: Pipeline.Sinks
  ) -> Pipeline.Sinks { fatalError("unavailable") }

  /// Does not compile: a sink stands before the store.
  @available(*, unavailable, message: "a pipeline needs a store before its first sink or service")
  public static func buildPartialBlock(accumulated: Pipeline.Sinks, next: Pipeline.Outbound)
    -> Pipeline.Outbound
  { fatalError("unavailable") }

  /// Does not compile: a sink stands before sources or filters.
  @available(*, unavailable, message: "a pipeline needs a store before its first sink or service")
  public static func buildPartialBlock(
    accumulated: Pipeline.Sinks, next: some PipelineUpstream
  ) -> Pipeline.Sinks { fatalError("unavailable") }

  /// Does not compile: there are two stores.
  @available(*, unavailable, message: "a pipeline has exactly one store")
  public static func buildPartialBlock(accumulated: Pipeline.Outbound, next: Pipeline.Outbound)
    -> Pipeline.Outbound
  { fatalError("unavailable") }

  /// Does not compile: a source stands behind the store.
  @available(*, unavailable, message: "a source must be listed before the store")
  public static func buildPartialBlock(accumulated: Pipeline.Outbound, next: Pipeline.Sources)
    -> Pipeline.Outbound
  { fatalError("unavailable") }

  /// Does not compile: a filter stands behind the store.
  @available(*, unavailable, message: "a filter must be listed before the store")
  public static func buildPartialBlock(accumulated: Pipeline.Outbound, next: Pipeline.Filters)
    -> Pipeline.Outbound
  { fatalError("unavailable") }

  /// Does not compile: a source stands behind a filter.
  @available(
    *, unavailable,
    message: "a source must be listed before the filters: they apply to every source"
  )
  public static func buildPartialBlock(accumulated: Pipeline.Filters, next: Pipeline.Sources)
    -> Pipeline.Inbound
  { fatalError("unavailable") }

  /// Does not compile: a source stands between filters.
  @available(
    *, unavailable,
    message: "a source must be listed before the filters: they apply to every source"
  )
  public static func buildPartialBlock(accumulated: Pipeline.Inbound, next: Pipeline.Sources)
    -> Pipeline.Inbound
  { fatalError("unavailable") }

  /// Does not compile: the store stands in an `if` without an `else`.
  @available(
    *, unavailable, message: "a pipeline always has a store: give `if` an `else` with another one"
  )
  public static func buildOptional(_ outbound: Pipeline.Outbound?) -> Pipeline.Outbound {
    fatalError("unavailable")
  }

  /// Does not compile: the store stands in a `for`.
  @available(*, unavailable, message: "a pipeline has exactly one store")
  public static func buildArray(_ outbounds: [Pipeline.Outbound]) -> Pipeline.Outbound {
    fatalError("unavailable")
  }
}

extension Pipeline.Outbound {
  fileprivate func behind(_ upstream: some Upstream) -> Pipeline.Outbound {
    var outbound = self
    outbound.sources = upstream.sources + sources
    outbound.filters = upstream.filters + filters
    return outbound
  }
}
