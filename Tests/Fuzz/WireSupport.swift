import ArkBroker

/// An event's wire form is a CloudEvent that decodes to the same wire form.
func requireWireIsStable(_ event: Event) {
  let wire = event.withWire { Array($0) }
  var builder = EventBatchBuilder()
  do throws(EventError) {
    try builder.append(wire: wire)
  } catch {
    fatalError("the wire form is refused: \(error)")
  }
  let again = builder.finish()[0].withWire { Array($0) }
  require(again == wire, "the wire form changes when it is decoded")
}
