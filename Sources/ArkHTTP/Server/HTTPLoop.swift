/// A thread that serves connections, and runs short jobs between them.
public protocol HTTPLoop: AnyObject, Sendable {
  /// Whether the caller runs on this loop.
  var isCurrent: Bool { get }

  /// Runs a job on the loop, after those given before. The job must not block.
  func execute(_ job: @escaping @Sendable () -> Void)
}
