import Testing

@testable import ArkFileStore

extension FileSystem {
  /// A new file with this in it, durable but for its entry in the directory.
  @discardableResult
  func make(_ path: String, _ bytes: [UInt8] = []) throws(FileError) -> any File {
    let file = try open(path, .create)
    try file.writeAll(bytes, at: 0)
    try file.sync()
    return file
  }
}

extension File {
  func contents() throws(FileError) -> [UInt8] { try bytes(at: 0, count: try size()) }
}

/// The number of the error that a call ends with, or 0.
func errorNumber(_ body: () throws(FileError) -> Void) -> Int32 {
  do throws(FileError) {
    try body()
    return 0
  } catch {
    return error.number
  }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// So many bytes, none of them zero and each different from its neighbours.
func pattern(_ count: Int, from first: Int = 0) -> [UInt8] {
  (0..<count).map { UInt8((first + $0) % 251 + 1) }
}
