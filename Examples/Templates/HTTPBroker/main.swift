import ArkBroker
import ArkHTTP
import ArkOTLP

let http = HTTPServer(port: 8080)

let broker = Broker {  // the order is the way of the data
  OTLPReceiver(on: http)  // sources
  CloudEventsReceiver(on: http)
  Drop(.kind("span") && .attribute("url.path", is: "/health"))  // filters
  MemoryStore(keeping: .megabytes(64))  // one store
  ServerSentEvents(on: http)  // sinks
  Operations(on: http)  // services
}
try await broker.run()  // serves until its task is cancelled, then drains
