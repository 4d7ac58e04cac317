import Foundation
import Testing

/// The shared fixtures: beside the package, or where ARK_SHARED says.
enum Fixtures {
  static let folder: String? = {
    if let shared = ProcessInfo.processInfo.environment["ARK_SHARED"] {
      return exists(shared + "/fixtures")
    }
    var place = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    while place.path != "/" {
      if let found = exists(place.path + "/shared/fixtures") { return found }
      place.deleteLastPathComponent()
    }
    return nil
  }()

  static func bytes(_ name: String) throws -> [UInt8] {
    let folder = try #require(folder)
    let file = try #require(fopen(folder + "/" + name, "r"))
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 65536)
    while case let count = fread(&block, 1, block.count, file), count > 0 {
      bytes.append(contentsOf: block[..<count])
    }
    return bytes
  }

  private static func exists(_ path: String) -> String? {
    FileManager.default.fileExists(atPath: path) ? path : nil
  }
}
