import Foundation
import Testing

@testable import ArkFileStore

@Suite struct StoreDirectoryTests {
  /// In two containers after each other both processes are number 1.
  @Test func thisProcessIsNotTheHolder() throws {
    let temporary = TemporaryDirectory()
    let directory = temporary.path
    #expect(StoreDirectory.holder(of: directory) == nil)
    func note(_ process: Int32) throws {
      try Data("process \(process)".utf8).write(to: URL(filePath: "\(directory)/lock"))
    }
    try note(getppid())
    #expect(StoreDirectory.holder(of: directory) == "process \(getppid())")
    try note(getpid())
    #expect(StoreDirectory.holder(of: directory) == nil)
  }
}
