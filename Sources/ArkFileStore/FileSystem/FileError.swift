import ArkBroker

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A call of the operating system that failed.
package struct FileError: Error, Sendable, CustomStringConvertible {
  /// The call, such as `fdatasync`.
  package var call: String
  package var path: String
  /// The error number.
  package var number: Int32
  /// Where in the file, for reads and writes.
  package var offset: Int?
  /// Who holds the lock that was asked for.
  package var holder: String?

  package init(
    _ call: String, _ path: String, _ number: Int32, at offset: Int? = nil, holder: String? = nil
  ) {
    self.call = call
    self.path = path
    self.number = number
    self.offset = offset
    self.holder = holder
  }

  package var isLocked: Bool { holder != nil }
  /// There is no room, or no more for this user.
  package var isFull: Bool { number == ENOSPC || number == EDQUOT }
  package var isMissing: Bool { number == ENOENT }
  /// The medium does not give back what was written.
  package var isUnreadable: Bool { number == EIO }

  package var description: String {
    "\(call) \(path)\(offset.map { " at byte \($0)" } ?? ""): \(String(cString: strerror(number)))"
  }
}

/// Does something with files, for callers of the store.
func filing<Result>(_ body: () throws(FileError) -> Result) throws(StoreError) -> Result {
  do throws(FileError) {
    return try body()
  } catch {
    throw StoreError(error)
  }
}

extension StoreError {
  init(_ error: FileError) {
    if let holder = error.holder {
      self.init(
        .locked,
        "\(error.path) is held by \(holder.isEmpty ? "another process" : holder); stop it or use another directory"
      )
    } else if error.isFull {
      self.init(.full, "\(error); free some space, or keep less")
    } else {
      self.init(.failed, error.description)
    }
  }
}
