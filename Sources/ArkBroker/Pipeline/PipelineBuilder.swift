/// Puts a pipeline together from a list in the order of the data: sources, filters, one store, then sinks and services.
///
/// `if`, `if`–`else` and `for` may stand anywhere in the list. A wrong order does not compile, and the compiler says why in words of ours.
@resultBuilder
public enum PipelineBuilder {
  public static func buildExpression(_ source: some EventSource) -> Pipeline.Sources {
    Pipeline.Sources(sources: [source])
  }

  public static func buildExpression(_ filter: some Filter) -> Pipeline.Filters {
    Pipeline.Filters(filters: [filter])
  }

  public static func buildExpression(_ store: some Store) -> Pipeline.Outbound {
    Pipeline.Outbound(store: store)
  }

  public static func buildExpression(_ sink: some EventSink) -> Pipeline.Sinks {
    Pipeline.Sinks(sinks: [sink], services: [])
  }

  public static func buildExpression(_ service: some BrokerService) -> Pipeline.Sinks {
    Pipeline.Sinks(sinks: [], services: [service])
  }

  // MARK: The order

  public static func buildPartialBlock<Part>(first: Part) -> Part { first }

  public static func buildPartialBlock(accumulated: Pipeline.Sources, next: Pipeline.Sources)
    -> Pipeline.Sources
  { Pipeline.Sources(sources: accumulated.sources + next.sources) }

  public static func buildPartialBlock(accumulated: Pipeline.Filters, next: Pipeline.Filters)
    -> Pipeline.Filters
  { Pipeline.Filters(filters: accumulated.filters + next.filters) }

  public static func buildPartialBlock(accumulated: Pipeline.Sources, next: Pipeline.Filters)
    -> Pipeline.Inbound
  { Pipeline.Inbound(sources: accumulated.sources, filters: next.filters) }

  public static func buildPartialBlock(accumulated: Pipeline.Inbound, next: Pipeline.Filters)
    -> Pipeline.Inbound
  {
    Pipeline.Inbound(sources: accumulated.sources, filters: accumulated.filters + next.filters)
  }

  public static func buildPartialBlock(accumulated: Pipeline.Sources, next: Pipeline.Outbound)
    -> Pipeline.Outbound
  { next.behind(accumulated) }

  public static func buildPartialBlock(accumulated: Pipeline.Filters, next: Pipeline.Outbound)
    -> Pipeline.Outbound
  { next.behind(accumulated) }

  public static func buildPartialBlock(accumulated: Pipeline.Inbound, next: Pipeline.Outbound)
    -> Pipeline.Outbound
  { next.behind(accumulated) }

  public static func buildPartialBlock(accumulated: Pipeline.Outbound, next: Pipeline.Sinks)
    -> Pipeline.Outbound
  {
    var accumulated = accumulated
    accumulated.sinks += next.sinks
    accumulated.services += next.services
    return accumulated
  }

  public static func buildPartialBlock(accumulated: Pipeline.Sinks, next: Pipeline.Sinks)
    -> Pipeline.Sinks
  {
    Pipeline.Sinks(
      sinks: accumulated.sinks + next.sinks, services: accumulated.services + next.services)
  }

  public static func buildFinalResult(_ outbound: Pipeline.Outbound) -> Pipeline {
    Pipeline(
      sources: outbound.sources, filters: outbound.filters, store: outbound.store,
      sinks: outbound.sinks, services: outbound.services)
  }

  // MARK: Conditions and loops

  public static func buildOptional(_ sources: Pipeline.Sources?) -> Pipeline.Sources {
    sources ?? Pipeline.Sources(sources: [])
  }

  public static func buildOptional(_ filters: Pipeline.Filters?) -> Pipeline.Filters {
    filters ?? Pipeline.Filters(filters: [])
  }

  public static func buildOptional(_ sinks: Pipeline.Sinks?) -> Pipeline.Sinks {
    sinks ?? Pipeline.Sinks(sinks: [], services: [])
  }

  public static func buildEither<Part>(first: Part) -> Part { first }

  public static func buildEither<Part>(second: Part) -> Part { second }

  public static func buildArray(_ sources: [Pipeline.Sources]) -> Pipeline.Sources {
    Pipeline.Sources(sources: sources.flatMap(\.sources))
  }

  public static func buildArray(_ filters: [Pipeline.Filters]) -> Pipeline.Filters {
    Pipeline.Filters(filters: filters.flatMap(\.filters))
  }

  public static func buildArray(_ sinks: [Pipeline.Sinks]) -> Pipeline.Sinks {
    Pipeline.Sinks(sinks: sinks.flatMap(\.sinks), services: sinks.flatMap(\.services))
  }
}

// MARK: - Wrong orders

extension PipelineBuilder {
  @available(
    *, unavailable, message: "a pipeline needs a store: add MemoryStore(keeping:) or another one"
  )
  public static func buildBlock() -> Pipeline.Outbound { fatalError("unavailable") }

  @available(
    *, unavailable, message: "a pipeline needs a store: add MemoryStore(keeping:) or another one"
  )
  public static func buildFinalResult(_ upstream: some PipelineUpstream) -> Pipeline {
    fatalError("unavailable")
  }

  @available(*, unavailable, message: "a pipeline needs a store before its first sink or service")
  public static func buildFinalResult(_ sinks: Pipeline.Sinks) -> Pipeline {
    fatalError("unavailable")
  }

  @available(*, unavailable, message: "a pipeline needs a store before its first sink or service")
  public static func buildPartialBlock(
    accumulated: some PipelineUpstream, next: Pipeline.Sinks
  ) -> Pipeline.Outbound { fatalError("unavailable") }

  @available(*, unavailable, message: "a pipeline needs a store before its first sink or service")
  public static func buildPartialBlock(accumulated: Pipeline.Sinks, next: Pipeline.Outbound)
    -> Pipeline.Outbound
  { fatalError("unavailable") }

  @available(*, unavailable, message: "a pipeline needs a store before its first sink or service")
  public static func buildPartialBlock(
    accumulated: Pipeline.Sinks, next: some PipelineUpstream
  ) -> Pipeline.Outbound { fatalError("unavailable") }

  @available(*, unavailable, message: "a pipeline has exactly one store")
  public static func buildPartialBlock(accumulated: Pipeline.Outbound, next: Pipeline.Outbound)
    -> Pipeline.Outbound
  { fatalError("unavailable") }

  @available(*, unavailable, message: "a source must be listed before the store")
  public static func buildPartialBlock(accumulated: Pipeline.Outbound, next: Pipeline.Sources)
    -> Pipeline.Outbound
  { fatalError("unavailable") }

  @available(*, unavailable, message: "a filter must be listed before the store")
  public static func buildPartialBlock(accumulated: Pipeline.Outbound, next: Pipeline.Filters)
    -> Pipeline.Outbound
  { fatalError("unavailable") }

  @available(
    *, unavailable,
    message: "a source must be listed before the filters: they apply to every source"
  )
  public static func buildPartialBlock(accumulated: Pipeline.Filters, next: Pipeline.Sources)
    -> Pipeline.Inbound
  { fatalError("unavailable") }

  @available(
    *, unavailable,
    message: "a source must be listed before the filters: they apply to every source"
  )
  public static func buildPartialBlock(accumulated: Pipeline.Inbound, next: Pipeline.Sources)
    -> Pipeline.Inbound
  { fatalError("unavailable") }

  @available(
    *, unavailable, message: "a pipeline always has a store: give `if` an `else` with another one"
  )
  public static func buildOptional(_ outbound: Pipeline.Outbound?) -> Pipeline.Outbound {
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
