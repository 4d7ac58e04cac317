import Foundation

/// Reads the conformance files of the CloudEvents project, as far as they go: not Gherkin and YAML at large.
enum CloudEventsFixtures {
  /// One example of a scenario outline: a request and what must become of it.
  struct Scenario: CustomStringConvertible {
    var name: String
    var request: [UInt8]
    var attributes: [String: String]
    var data: String

    var description: String { name }
  }

  /// The scenarios of a feature file, once for each of its examples.
  static func scenarios(_ text: String) -> [Scenario] {
    text.components(separatedBy: "Scenario Outline:").dropFirst().flatMap { outline in
      // Only the examples stand behind the word; it is followed by one column of values.
      let parts = outline.components(separatedBy: "Examples:")
      let values = cells(parts[1]).dropFirst().map { $0[0] }
      return values.map { value in
        let filled = parts[0].replacingOccurrences(of: "<contentType>", with: value)
        let quoted = filled.components(separatedBy: "\"\"\"")
        let table = cells(quoted[2]).dropFirst().map { ($0[0], $0[1]) }
        return Scenario(
          name: String(filled.prefix { $0 != "\n" }).trimmingCharacters(in: .whitespaces),
          request: request(dedented(quoted[1])),
          attributes: Dictionary(uniqueKeysWithValues: table), data: dedented(quoted[3]))
      }
    }
  }

  /// A document of a YAML file: its top-level scalars, and those below `ContextAttributes` and `Extensions`.
  struct Document {
    var mode = "binary"
    var attributes: [String: String] = [:]
    var extensions: [String: String] = [:]
    var data = ""
  }

  static func documents(_ text: String) -> [Document] {
    text.components(separatedBy: "\n---\n").map { text in
      var document = Document()
      var section = ""
      var lines = text.components(separatedBy: "\n")[...]
      while let line = lines.popFirst() {
        let depth = indent(of: line)
        let parts = line.trimmingCharacters(in: .whitespaces).split(
          separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !line.hasPrefix("#") else { continue }
        let key = parts[0].trimmingCharacters(in: .whitespaces)
        var value = parts[1].trimmingCharacters(in: CharacterSet(charactersIn: " \""))
        if value == "|" {
          var block: [String] = []
          while let next = lines.first, indent(of: next) > depth || next.isEmpty {
            block.append(next)
            lines.removeFirst()
          }
          value = dedented(block.joined(separator: "\n")) + "\n"
        }
        if value.isEmpty {
          section = key
        } else if key == "Data" {
          document.data = value
        } else if key == "Mode" {
          document.mode = value
        } else if section == "ContextAttributes" {
          document.attributes[key] = value
        } else if section == "Extensions" {
          // The line end is the block's, not the value's: a String may not hold one.
          document.extensions[key] = value.trimmingCharacters(in: .newlines)
        }
      }
      return document
    }
  }

  private static func cells(_ table: String) -> [[String]] {
    table.components(separatedBy: "\n").filter { $0.contains("|") }.map { line in
      line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        .filter { !$0.isEmpty }
    }
  }

  private static func indent(of line: String) -> Int { line.prefix { $0 == " " }.count }

  private static func dedented(_ block: String) -> String {
    let lines = block.components(separatedBy: "\n")
    let depth = lines.filter { !$0.allSatisfy { $0 == " " } }.map(indent).min() ?? 0
    return lines.map { String($0.dropFirst(depth)) }.joined(separator: "\n")
      .trimmingCharacters(in: .newlines.union(.whitespaces))
  }

  /// The head with the line ends of HTTP, the body as it stands: its length is given in the file.
  private static func request(_ text: String) -> [UInt8] {
    let end = text.range(of: "\n\n")!
    let head = text[..<end.lowerBound].replacingOccurrences(of: "\n", with: "\r\n")
    return Array((head + "\r\n\r\n" + text[end.upperBound...]).utf8)
  }
}
