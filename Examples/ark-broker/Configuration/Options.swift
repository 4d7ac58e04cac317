import ArkBroker
import ArkFileStore

/// What a broker that is to serve is told, with the defaults. `Settings` says where each value may come from.
struct Options: Hashable, Sendable {
  static let version = "0.1.0"

  var host = "127.0.0.1"
  var port = 8080
  var drainTimeout = Broker.Limits().drainTimeout
  /// The directory of the store.
  var dataDirectory = "./ark-data"
  /// Nil: for ever.
  var keepDays: Int?
  /// Nil: as many as fit.
  var keepBytes: Int?
  /// Bytes of the disk.
  var minFree = FileStore.Settings().minimumFreeBytes
  var durability = FileStore.Settings().durability
  var compresses = FileStore.Settings().compresses
  /// Memory for events, in mebibytes, when they are kept there and not on disk.
  var memory: Int?
  /// Nil: nothing is logged.
  var logLevel: LogRecord.Level? = .info
  var api = API()

  /// What the routes for existing Ark clients are told.
  struct API: Hashable, Sendable {
    /// Whether one request may delete all messages, chunks, spans, events or sessions.
    var allowsPurge = false
    /// How long a stream of chunks waits for the next one.
    var streamIdleTimeout = Duration.seconds(300)
    /// How long what comes without a time to live of its own is shown.
    var messageTTL = Duration.seconds(2_592_000)
    var eventTTL = Duration.seconds(2_592_000)
    /// Counted from a session's last activity. At least as long as the two above.
    var sessionTTL = Duration.seconds(2_592_000)
    /// Nil: as long as the store keeps them.
    var chunkTTL: Duration?
    /// Whether streams have `id:` lines.
    var hasEventIDs = false
  }
}

extension Options {
  /// The least that a store on disk can be bounded to: its smallest segment.
  static let minimumKeepBytes = 1 << 20

  /// What a store on disk keeps.
  var retention: FileStore.Retention {
    FileStore.Retention(age: keepDays.map { .seconds($0 * 86_400) }, bytes: keepBytes)
  }

  /// How a store on disk works.
  var storeSettings: FileStore.Settings {
    var settings = FileStore.Settings()
    settings.durability = durability
    settings.compresses = compresses
    settings.minimumFreeBytes = minFree
    if let keepBytes {
      // Whole segments go, so there should be several.
      settings.segmentBytes = min(
        settings.segmentBytes, max(Options.minimumKeepBytes, keepBytes / 8))
    }
    return settings
  }
}
