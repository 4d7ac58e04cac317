import Testing

@testable import ark_broker

/// What a command line and variables add up to.
func configuration(_ arguments: String..., variables: [String: String] = [:]) throws
  -> Configuration
{
  try configuration(arguments, variables)
}

/// Why they do not.
func refusal(_ arguments: String..., variables: [String: String] = [:]) throws -> String {
  let error = #expect(throws: UsageError.self) { try configuration(arguments, variables) }
  return try #require(error).message
}

private func configuration(_ arguments: [String], _ variables: [String: String]) throws
  -> Configuration
{
  guard
    case .serve(let configuration) = try Invocation.parse(arguments, environment: variables)
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
