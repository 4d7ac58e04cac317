import ArkAPI
import ArkBroker
import ArkFileStore
import ArkHTTP
import ArkOTLP

/// Imports files of other Ark brokers, all together in the order in which their items came: as they would stand in the log if they had come here.
struct ArkImport {
  /// One of the files, and the item of it that comes next.
  private struct Source {
    var file: ArkFile
    var next: (item: FiledItem, time: Timestamp)?
    var counts: [FiledItem.Sort: Int] = [:]
    var refused = 0
    var problem: String?

    /// What was found in it.
    var summary: String {
      let sorts = FiledItem.Sort.allCases.compactMap { sort in
        counts[sort].map { counted($0, sort.rawValue) }
      }
      let found = sorts.isEmpty ? "nothing in it" : sorts.joined(separator: ", ")
      return "\(file.file.path): \(file.form): \(found)"
        + (refused > 0 ? "; \(counted(refused, "item")) left out" : "")
    }
  }

  /// Of so many of a file's items that are wrong each is told.
  private static let toldItems = 10

  private var sources: [Source]
  private let bar: ProgressBar
  private let options = ArkAPI.Options()
  private var decoder = SpanDecoder()

  init(_ paths: [String], _ bar: ProgressBar) throws(LineFileError) {
    self.bar = bar
    sources = []
    for path in paths { sources.append(Source(file: try ArkFile(path))) }
    for place in sources.indices { advance(place) }
  }

  /// - Returns: whether everything was as it should be.
  mutating func run(into target: any ImportTarget) async throws -> Bool {
    var pending = ImportBatch()
    while let place = earliest {
      if let next = sources[place].next { take(next.item, next.time, of: place, into: &pending) }
      advance(place)
      if pending.isFull {
        try await pending.flush(to: target)
        let files = sources.map(\.file.file)
        bar.show(files.reduce(0) { $0 + $1.offset }, of: files.reduce(0) { $0 + $1.size })
      }
    }
    try await pending.flush(to: target)
    bar.clear()
    for source in sources { JSONLog.put(source.summary + "\n") }
    return sources.allSatisfy { $0.refused == 0 && $0.problem == nil }
  }

  /// The source of what came first; of what came at once, of what makes sessions, because messages only join them.
  private var earliest: Int? {
    var earliest: (place: Int, order: (Timestamp, Int))?
    for (place, source) in sources.enumerated() {
      guard let next = source.next else { continue }
      let order = (next.time, next.item.sort == .event ? 0 : 1)
      if let earliest, earliest.order <= order { continue }
      earliest = (place, order)
    }
    return earliest?.place
  }

  private mutating func take(
    _ item: FiledItem, _ time: Timestamp, of place: Int, into pending: inout ImportBatch
  ) {
    do {
      let events =
        switch item.content {
        case .events(let events): events
        case .export(let request): try decoder.decode(request, at: time)
        }
      guard events.byteCount <= Broker.Limits().eventBytes || item.sort == .session else {
        throw LineFileError(
          message: "the event takes more than \(Broker.Limits().eventBytes) bytes")
      }
      pending.append(events)
      sources[place].counts[item.sort, default: 0] += 1
    } catch {
      refuse(place, "\(sources[place].file.file.path): \(StoreCommands.text(error))")
    }
  }

  /// Goes to the next item that can be used.
  private mutating func advance(_ place: Int) {
    while true {
      do {
        sources[place].next = try sources[place].file.next(options)
        return
      } catch let error as ArkFile.BadItem {
        guard !error.isUnfinished else {
          tell("\(error.place): is unfinished, as a crash leaves the last line; it is left out")
          continue
        }
        refuse(place, "\(error.place): \(error.message)")
      } catch {
        sources[place].next = nil
        sources[place].problem = StoreCommands.text(error)
        tell(StoreCommands.text(error) + "; what is behind it is not imported")
        return
      }
    }
  }

  private mutating func refuse(_ place: Int, _ message: String) {
    sources[place].refused += 1
    if sources[place].refused <= ArkImport.toldItems { tell("\(message); it is left out") }
    if sources[place].refused == ArkImport.toldItems { tell("… further ones are counted only") }
  }

  private func tell(_ message: String) {
    bar.clear()
    JSONLog.put("ark-broker import: \(message)\n")
  }
}

/// Makes events of spans, as the receiver does.
private final class SpanDecoder {
  private var decoder = ExportDecoder.remembering()

  func decode(_ request: [UInt8], at time: Timestamp) throws -> EventBatch {
    let outcome = try request.withUnsafeBytes { request in
      try decoder.decode(request, .traces, .json, receivedAt: time)
    }
    guard outcome.rejected == 0 else { throw LineFileError(message: outcome.message) }
    return outcome.events
  }
}
