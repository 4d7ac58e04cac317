import ArkBroker

@testable import ark_broker

/// What Documentation/Configuration.md lists, from the declarations.
enum ConfigurationTables {
  /// By the comment in front of each.
  static let all = [
    "<!-- settings -->": settings,
    "<!-- retired variables -->": retiredVariables,
  ]

  private static var settings: [String] {
    let rows = Settings.all.map { setting in
      let kinds = setting.kinds.map { $0 == .bool ? "true, false" : "\($0)" }
      return [
        code(setting.key), kinds.joined(separator: ", "), code(setting.usage),
        code(setting.variable), code(setting.text(Options())), setting.meaning,
      ]
    }
    return table(["key in the file", "value there", "flag", "variable", "default", "is"], rows)
  }

  private static var retiredVariables: [String] {
    table(
      ["variable", "instead"],
      RetiredVariable.all.map { [$0.names.map(code).joined(separator: ", "), $0.advice] })
  }

  private static func code(_ text: String) -> String { "`\(text)`" }

  private static func table(_ head: [String], _ rows: [[String]]) -> [String] {
    let rule = head.map { _ in "---" }
    return [row(head), "|" + rule.joined(separator: "|") + "|"] + rows.map(row)
  }

  private static func row(_ cells: [String]) -> String {
    "| " + cells.joined(separator: " | ") + " |"
  }
}
