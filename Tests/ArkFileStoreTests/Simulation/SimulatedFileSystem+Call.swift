extension SimulatedFileSystem {
  /// A call of the file system or of one of its files.
  struct Call: Sendable, CustomStringConvertible {
    /// Raw values are the names that `DiskFileSystem` has in its errors.
    enum Kind: String, CaseIterable, Sendable {
      case open
      case read = "pread"
      case write = "pwrite"
      case sync = "fdatasync"
      case resize = "ftruncate"
      case reserve = "fallocate"
      case rename
      case remove = "unlink"
      case syncDirectory = "fsync"
      case list = "opendir"
      case freeBytes = "statvfs"
      case createDirectory = "mkdir"
      case lock = "flock"
    }

    /// Which call it is, from 1 on, over all kinds.
    var number: Int
    var kind: Kind
    var path: String
    /// Where it begins; for a resize or a reservation 0.
    var offset = 0
    /// How many bytes; for a resize or a reservation the size.
    var count = 0

    var description: String { "\(number): \(kind) \(path) \(offset)+\(count)" }
  }

  /// What goes wrong.
  enum Fault: Sendable {
    /// The call fails and does nothing.
    ///
    /// A reservation that fails with `EOPNOTSUPP` says that the file system cannot do it.
    case error(Int32)
    /// A read or write stops after so many bytes, but at least one. Others are done.
    case short(Int)
    /// A write fails after so many bytes. Others fail and do nothing.
    case partialThenError(Int, Int32)
    /// A sync fails, and what was written since the last good one never reaches the medium, though
    /// reads go on seeing it and later syncs succeed. Others fail and do nothing.
    case losingWrites(Int32)
    /// The process stops before the call: it and all that follow fail with `EIO` and do nothing.
    case crash
    /// The process stops after so many bytes of a write. Others are not done.
    case partialThenCrash(Int)
  }
}
