package import ArkBroker

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What can be told of a store without opening it.
package enum StoreDirectory {
  /// Whether there is a store in a directory.
  package static func isStore(_ directory: String) -> Bool {
    (try? DiskFileSystem().list(directory))?.contains { SegmentName($0) != nil } ?? false
  }

  /// Who seems to have it, by the note in the lock file; nil when that process is no more, or nobody ever had it.
  ///
  /// Only for people: the lock itself is not touched, because a broker that starts in that moment would be refused.
  package static func holder(of directory: String) -> String? {
    guard let file = try? DiskFileSystem().open("\(directory)/lock", .read),
      let bytes = try? file.bytes(at: 0, count: 256)
    else { return nil }
    let note = String(decoding: bytes, as: UTF8.self)
    // In containers everybody is process 1: this one may have the number of one that is no more.
    guard let number = note.split(separator: " ").last.flatMap({ Int32($0) }), number > 0,
      number != ProcessNumber.current, kill(number, 0) == 0 || errno == EPERM
    else { return nil }
    return note
  }
}

extension StoreError {
  /// There is no store where one was to be read.
  package static func noStore(in directory: String) -> StoreError {
    StoreError(
      .failed,
      "\(directory) holds no store: there is no segment in it; is it the right directory?")
  }
}
