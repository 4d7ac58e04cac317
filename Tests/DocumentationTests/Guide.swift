import Foundation

/// A page of the documentation.
struct Guide: Sendable, CustomStringConvertible {
  let url: URL
  let text: String

  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// Every page that people read in the repository.
  static let all: [Guide] = {
    let folder = root.appending(path: "Documentation")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    let pages = names.filter { $0.hasSuffix(".md") }.sorted().map { "Documentation/\($0)" }
    return (["README.md", "CHANGELOG.md"] + pages).compactMap { try? Guide($0) }
  }()

  init(_ path: String) throws { try self.init(url: Guide.root.appending(path: path)) }

  init(url: URL) throws {
    self.url = url
    text = try String(contentsOf: url, encoding: .utf8)
  }

  var description: String { url.lastPathComponent }

  /// The text of all source files in a folder.
  static func sources(under path: String, types: Set<String> = ["swift"]) throws -> String {
    let folder = root.appending(path: path)
    let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String }
    return try (names ?? []).filter { types.contains(($0 as NSString).pathExtension) }.map {
      try String(contentsOf: folder.appending(path: $0), encoding: .utf8)
    }.joined(separator: "\n")
  }

  // MARK: Programs

  private static let opening = "<!-- "
  private static let closing = " -->"

  /// The files that the page shows: those of a comment in front of a block of code.
  var embeddedPaths: [String] {
    text.components(separatedBy: "\n").compactMap(Guide.embeddedPath(in:))
  }

  private static func embeddedPath(in line: String) -> String? {
    guard line.hasPrefix(opening), line.hasSuffix("main.swift" + closing) else { return nil }
    return String(line.dropFirst(opening.count).dropLast(closing.count))
  }

  /// The page with the programs that `file` gives, and the tables under the comments that name them.
  func embedding(tables: [String: [String]], _ file: (String) throws -> String) throws -> String {
    var lines: [String] = []
    var rest = text.components(separatedBy: "\n")[...]
    while let line = rest.popFirst() {
      lines.append(line)
      if let table = tables[line] {
        rest = rest.drop { $0.hasPrefix("|") }
        lines += table
        continue
      }
      guard let path = Guide.embeddedPath(in: line), let fence = rest.popFirst() else { continue }
      let end = rest.firstIndex(of: "```") ?? rest.endIndex
      rest = rest[end...]
      let program = try file(path).trimmingCharacters(in: .newlines)
      lines += [fence] + program.components(separatedBy: "\n")
    }
    return lines.joined(separator: "\n")
  }

  // MARK: Parts

  /// The lines of the first block of code of this language, behind a line if one is given.
  func block(_ language: String, after marker: String? = nil) -> [String] {
    var lines = text.components(separatedBy: "\n")[...]
    if let marker { lines = lines.drop { $0 != marker } }
    return Array(lines.drop { $0 != "```\(language)" }.dropFirst().prefix { $0 != "```" })
  }

  /// Where its links lead.
  var links: [String] {
    var isCode = false
    return text.components(separatedBy: "\n").flatMap { line -> [String] in
      if line.hasPrefix("```") { isCode.toggle() }
      return isCode ? [] : line.matches(of: /\]\(([^)\s]+)\)/).map { String($0.1) }
    }
  }

  /// The names of its headings as links spell them.
  var anchors: Set<String> {
    Set(
      text.components(separatedBy: "\n").filter { $0.hasPrefix("#") }.map { line in
        line.drop { $0 == "#" }.dropFirst().lowercased()
          .replacing(/[^a-z0-9 _-]/, with: "").replacing(" ", with: "-")
      })
  }
}
