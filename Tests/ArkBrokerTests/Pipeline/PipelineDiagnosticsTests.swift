import Foundation
import Testing

/// What the compiler says about pipelines: right ones compile, wrong ones are refused in words of ours.
@Suite struct PipelineDiagnosticsTests {
  private static let declarations = """
    import ArkBroker
    struct Ticks: EventSource { func run(into inlet: Inlet) async throws {} }
    struct Archive: EventSink { func run(reading outlet: Outlet) async throws {} }
    struct Reconciler: BrokerService { func run(in broker: Broker) async throws {} }
    let store = MemoryStore(keeping: .megabytes(1))
    let isTrue = CommandLine.argc > 0
    """

  private static let noStore =
    "a pipeline needs a store: add MemoryStore(keeping:) or another one"
  private static let sinkFirst = "a pipeline needs a store before its first sink or service"
  private static let oneStore = "a pipeline has exactly one store"
  private static let sourceLate = "a source must be listed before the store"
  private static let filterLate = "a filter must be listed before the store"
  private static let sourceAfterFilter =
    "a source must be listed before the filters: they apply to every source"
  private static let optionalStore =
    "a pipeline always has a store: give `if` an `else` with another one"

  /// Each with the one thing that the compiler has to say about it; nil: nothing.
  private static let snippets: [(pipeline: String, message: String?)] = [
    ("", noStore),
    ("Ticks()", noStore),
    ("Drop(.all)", noStore),
    ("Ticks(); Drop(.all)", noStore),
    ("Archive()", sinkFirst),
    ("Reconciler()", sinkFirst),
    ("Ticks(); Archive()", sinkFirst),
    ("Archive(); store", sinkFirst),
    ("Reconciler(); store", sinkFirst),
    ("Ticks(); Archive(); store", sinkFirst),
    ("Drop(.all); Archive(); store", sinkFirst),
    ("Archive(); Ticks(); store", sinkFirst),
    ("if isTrue { Archive() }; store", sinkFirst),
    ("store; store", oneStore),
    ("Ticks(); store; Archive(); store", oneStore),
    ("for _ in 0..<2 { store }", oneStore),
    ("store; Ticks()", sourceLate),
    ("store; Archive(); Ticks()", sourceLate),
    ("store; if isTrue { Ticks() }", sourceLate),
    ("store; Drop(.all)", filterLate),
    ("store; Archive(); Keep(.all)", filterLate),
    ("Drop(.all); Ticks(); store", sourceAfterFilter),
    ("Ticks(); Drop(.all); Ticks(); store", sourceAfterFilter),
    ("if isTrue { store }", optionalStore),
    ("Ticks(); if isTrue { store }; Archive()", optionalStore),

    ("store", nil),
    ("Ticks(); Drop(.all); store; Archive(); Reconciler()", nil),
    ("Ticks(); Ticks(); Keep(.all); Sample(0.5); store; Archive(); Archive()", nil),
    ("Drop(.all); store; Reconciler(); Archive()", nil),
    ("if isTrue { store } else { MemoryStore(keeping: .events(5)) }", nil),
    ("Ticks(); if isTrue { store } else { MemoryStore(keeping: .events(5)) }; Archive()", nil),
    ("store; for _ in 0..<3 { Archive() }", nil),
    ("store; for _ in 0..<3 { Archive(); Reconciler() }", nil),
    ("for _ in 0..<3 { Ticks() }; for _ in 0..<3 { Drop(.all) }; store", nil),
    ("store; if isTrue { Archive() }", nil),
    ("store; if isTrue { Archive() } else { Reconciler() }", nil),
    ("if isTrue { Ticks() }; if isTrue { Drop(.all) }; store; if isTrue { Archive() }", nil),
    ("if isTrue { Ticks(); Drop(.all) }; store", nil),
    ("Ticks(); if isTrue { Ticks(); Drop(.all) }; store", nil),
    (
      """
      Ticks(); Drop(.kind("span") && .attribute("url.path", is: "/health")); store
      StandardOutput(format: .json, matching: .kind("tool.call.*") || .kind("query.failed"))
      Reconciler()
      if isTrue { StandardOutput(format: .text) }
      """, nil
    ),
  ]

  @Test(
    .enabled(
      if: compiler != nil && modules != nil,
      "there is no swiftc on the PATH, or no compiled ArkBroker module beside the tests"))
  func theCompilerTakesRightPipelinesAndExplainsWrongOnes() throws {
    let compiler = try #require(Self.compiler)
    let modules = try #require(Self.modules)
    // One file and one run: a function for each snippet, on one line.
    var source = Self.declarations.split(separator: "\n").map(String.init)
    var lines: [Int] = []
    for (number, snippet) in Self.snippets.enumerated() {
      let pipeline = snippet.pipeline.replacing("\n", with: "; ")
      source.append("func snippet\(number)() { _ = Broker { \(pipeline) } }")
      lines.append(source.count)
    }
    let output = try Self.typecheck(source, with: compiler, modules: modules)
    // `main.swift:12:30: error: …`
    let diagnostics = output.split(separator: "\n").compactMap { line -> (Int, Substring)? in
      guard let found = line.wholeMatch(of: /.*main\.swift:(\d+):\d+: (?:error|warning): (.*)/),
        let number = Int(found.1)
      else { return nil }
      return (number, found.2)
    }
    for (snippet, line) in zip(Self.snippets, lines) {
      let messages = Set(diagnostics.filter { $0.0 == line }.map(\.1))
      guard let expected = snippet.message else {
        #expect(messages.isEmpty, "{ \(snippet.pipeline) }")
        continue
      }
      #expect(!messages.isEmpty, "{ \(snippet.pipeline) } compiles")
      for message in messages {
        #expect(message.hasSuffix("is unavailable: \(expected)"), "{ \(snippet.pipeline) }")
      }
    }
    let elsewhere = diagnostics.filter { !lines.contains($0.0) }
    #expect(elsewhere.isEmpty, "\(output)")
  }

  // MARK: The compiler

  private static func typecheck(_ source: [String], with compiler: URL, modules: URL) throws
    -> String
  {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "pipeline-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "main.swift")
    try (source.joined(separator: "\n") + "\n").write(to: file, atomically: true, encoding: .utf8)

    // ArkBroker is built on CSystem, whose module map the package manager makes beside the modules.
    let moduleMap = modules.deletingLastPathComponent()
      .appending(path: "CSystem.build/module.modulemap")
    let process = Process()
    process.executableURL = compiler
    process.arguments = [
      "-typecheck", "-swift-version", "6", "-I", modules.path(), "-Xcc",
      "-fmodule-map-file=\(moduleMap.path())", "-module-cache-path",
      folder.appending(path: "cache").path(), file.path(),
    ]
    let output = Pipe()
    process.standardError = output
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: text, as: UTF8.self)
  }

  private static var compiler: URL? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return path.split(separator: ":").map { URL(filePath: "\($0)/swiftc") }
      .first { FileManager.default.isExecutableFile(atPath: $0.path()) }
  }

  /// The folder with the module that was compiled for this test: `Modules`, beside or above the test's executable or bundle.
  private static var modules: URL? {
    for argument in ProcessInfo.processInfo.arguments where argument.contains("/") {
      var folder = URL(filePath: argument)
      while folder.path() != "/", !folder.path().isEmpty {
        folder.deleteLastPathComponent()
        let modules = folder.appending(path: "Modules")
        let module = modules.appending(path: "ArkBroker.swiftmodule")
        if FileManager.default.fileExists(atPath: module.path()) { return modules }
        if folder.pathComponents.count <= 1 { break }
      }
    }
    return nil
  }
}
