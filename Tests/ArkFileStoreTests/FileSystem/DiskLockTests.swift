#if os(Linux)
  import Foundation
  import Testing

  @testable import ArkFileStore

  @Suite struct DiskLockTests {
    /// A program that starts another has, until that one's `exec`, a second process with all its descriptors.
    @Test func aLockEndsEvenWhenAChildStillHasItsDescriptor() throws {
      let directory = TemporaryDirectory()
      let path = directory.path + "/LOCK"
      var lock: (any FileLock)? = try DiskFileSystem().lock(path, holder: "first")
      _ = lock
      let original = try #require(try descriptor(of: path))
      let copy = dup(original)
      defer { close(copy) }
      lock = nil
      lock = try DiskFileSystem().lock(path, holder: "second")
      // The lock's, and not the descriptor's that has been there all the time.
      #expect(throws: FileError.self) { _ = try DiskFileSystem().lock(path, holder: "third") }
      _ = lock
    }

    private func descriptor(of path: String) throws -> Int32? {
      let files = FileManager.default
      let numbers = try files.contentsOfDirectory(atPath: "/proc/self/fd").compactMap(Int32.init)
      return numbers.first {
        (try? files.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) == path
      }
    }
  }
#endif
