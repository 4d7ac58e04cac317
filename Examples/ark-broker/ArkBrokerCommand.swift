import ArkBroker
import CSystem

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The reference broker: everything the library has, behind one HTTP server.
@main
enum ArkBrokerCommand {
  static func main() async {
    // A reader of our output that goes away is an error of the write, not the end of the process.
    signal(SIGPIPE, SIG_IGN)
    let arguments = Array(CommandLine.arguments.dropFirst())
    do throws(UsageError) {
      if let first = arguments.first, let command = Commands.named(first) {
        exit(try await command.run(arguments.dropFirst()))
      }
      switch try Invocation.parse(arguments, environment: Invocation.environment()) {
      case .help: print(Help.text)
      case .version: print("ark-broker \(Options.version)")
      case .serve(let configuration):
        // Off the main actor at once: a hop to it costs more than most requests.
        let status = await Task.detached { await serve(configuration) }.value
        exit(status)
      }
    } catch {
      let command = error.command.isEmpty ? "ark-broker" : "ark-broker \(error.command)"
      JSONLog.put("\(command): \(error.message)\nTry '\(command) --help'.\n")
      exit(64)
    }
  }

  private static func serve(_ configuration: Configuration) async -> Int32 {
    let options = configuration.options
    // A few large requests must not make a process large for good.
    ark_allocator_keep(4 << 20)
    let log = JSONLog(level: options.logLevel)
    for warning in configuration.warnings {
      log.write(.warning, warning.message, ["variable": warning.variable])
    }
    let service = ReferenceBroker(options: options, log: log)
    let running = Task { try await service.run() }
    let signals = TerminationSignals { isFirst in
      // The second one does not wait for anything.
      guard isFirst else { _exit(130) }
      log.write(
        .info,
        "stopping: draining for at most \(TimeSpan(options.drainTimeout)), "
          + "a second signal stops at once")
      running.cancel()
    }
    defer { signals.stop() }
    let listening = Task { try await service.started() }
    Task {
      // A run that has ended never serves.
      _ = await running.result
      listening.cancel()
    }
    do {
      let address = try await listening.value
      if !service.isOpen { log.write(.info, "opening the store, listening on http://\(address)") }
      try await service.open()
      log.write(.info, "serving on http://\(address)", ["address": "\(address)"])
    } catch is CancellationError {
      // How the run ended is looked at below.
    } catch {
      // The run ends by itself, but not before the store has been opened. Nothing was served, so
      // there is nothing to drain.
      log.write(.error, "\(error)")
      running.cancel()
      return 1
    }
    do {
      try await running.value
      log.write(.info, "stopped")
      return 0
    } catch {
      log.write(.error, "\(error)")
      return 1
    }
  }
}
