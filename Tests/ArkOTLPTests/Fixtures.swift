import Foundation
import Testing

/// The shared fixtures: the folder `shared/fixtures` beside the package or in a folder above it, or
/// under the folder that the environment variable `ARK_SHARED` names.
enum Fixtures {
  static let folder: URL? = {
    let files = FileManager.default
    if let shared = ProcessInfo.processInfo.environment["ARK_SHARED"] {
      let folder = URL(fileURLWithPath: shared).appendingPathComponent("fixtures")
      return files.fileExists(atPath: folder.path) ? folder : nil
    }
    var place = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    while place.path != "/" {
      let folder = place.appendingPathComponent("shared/fixtures")
      if files.fileExists(atPath: folder.path) { return folder }
      place = place.deletingLastPathComponent()
    }
    return nil
  }()

  static var areThere: Bool { folder != nil }
  static let missing: Comment =
    "shared/fixtures is not there; set ARK_SHARED to the folder that holds it"

  static func bytes(_ path: String) throws -> [UInt8] {
    let folder = try #require(folder)
    return [UInt8](try Data(contentsOf: folder.appendingPathComponent(path)))
  }

  static func json(_ path: String) throws -> Any {
    try JSONSerialization.jsonObject(with: Data(try bytes(path)))
  }

  static func names(in path: String) -> [String] {
    guard let folder else { return [] }
    let names = try? FileManager.default.contentsOfDirectory(
      atPath: folder.appendingPathComponent(path).path)
    return (names ?? []).sorted()
  }
}
