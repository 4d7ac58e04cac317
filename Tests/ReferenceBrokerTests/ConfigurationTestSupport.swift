import Foundation
import Testing

@testable import ark_broker

/// A file of settings that is gone when nobody has it any more.
final class SettingsFile {
  let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).json").path

  init(_ text: String) throws { try Data(text.utf8).write(to: URL(filePath: path)) }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// What a command line, variables and a file add up to.
func configuration(
  _ arguments: String..., variables: [String: String] = [:], file: SettingsFile? = nil
) throws -> Configuration {
  try configuration(arguments, variables, file)
}

/// Why they do not. The file is called `FILE`.
func refusal(
  _ arguments: String..., variables: [String: String] = [:], file text: String? = nil
) throws -> String {
  let file = try text.map(SettingsFile.init)
  let error = #expect(throws: UsageError.self) {
    try configuration(arguments, variables, file)
  }
  let message = try #require(error).message
  return file.map { message.replacing($0.path, with: "FILE") } ?? message
}

private func configuration(
  _ arguments: [String], _ variables: [String: String], _ file: SettingsFile?
) throws -> Configuration {
  let fileArguments = file.map { ["--config", $0.path] } ?? []
  guard
    case .serve(let configuration) = try Invocation.parse(
      fileArguments + arguments, environment: variables)
  else { throw UsageError(message: "no broker is asked for") }
  return configuration
}

extension Setting: CustomTestStringConvertible {
  /// What a test case is called.
  public var testDescription: String { key }
}

extension Configuration {
  func text(_ key: String) throws -> String {
    try #require(Settings.all.first { $0.key == key }).text(options)
  }

  func origin(_ key: String) throws -> Origin {
    origin(of: try #require(Settings.all.first { $0.key == key }))
  }
}
