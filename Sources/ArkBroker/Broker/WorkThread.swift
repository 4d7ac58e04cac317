/// A thread on which many live who publish or wait at the live edge: they are told together, with one job.
package protocol WorkThread: AnyObject, Sendable {
  /// Whether the caller runs on it.
  var isCurrent: Bool { get }
  /// Runs a job on it.
  func execute(_ job: @escaping @Sendable () -> Void)
}
