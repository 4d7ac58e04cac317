#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Threads that may block, so that no thread of the cooperative pool has to: there are only as many of those as processors.
// Unchecked: everything that changes is guarded by `mutex`.
final class Worker: @unchecked Sendable {
  typealias Job = @Sendable () -> Void

  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let niceness: Int32
  private let interval: Int?
  private let onTick: Job
  private var jobs: [Job] = []
  private var next = 0
  private var isFinished = false
  private var threads: [pthread_t] = []

  /// - Parameters:
  ///   - threads: how many.
  ///   - niceness: how far they stand back when processors are short (setpriority(2); on Linux it is a thread's own).
  ///   - interval: after so many seconds without a job, `onTick` is called.
  init(
    threads count: Int = 1, niceness: Int32 = 0, every interval: Int? = nil,
    onTick: @escaping Job = {}
  ) {
    self.niceness = niceness
    self.interval = interval
    self.onTick = onTick
    mutex.initialize(to: pthread_mutex_t())
    condition.initialize(to: pthread_cond_t())
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    #if !canImport(Darwin)
      // Whoever sets the clock does not keep the ticks away.
      pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    #endif
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
    for _ in 0..<count { start() }
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Runs a job on one of the threads; with one thread, in the order of the calls.
  /// - Returns: false after `finish()`: then it is not run.
  @discardableResult
  func perform(_ job: @escaping Job) -> Bool {
    pthread_mutex_lock(mutex)
    let isTaken = !isFinished
    if isTaken { jobs.append(job) }
    pthread_mutex_unlock(mutex)
    // Without the lock, which whoever wakes takes first.
    if isTaken { pthread_cond_signal(condition) }
    return isTaken
  }

  /// Whether this is one of the threads.
  var isCurrent: Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return threads.contains { pthread_equal($0, pthread_self()) != 0 }
  }

  /// Runs what is left and ends the threads. On one of them, what is left is run later.
  func finish() {
    pthread_mutex_lock(mutex)
    isFinished = true
    pthread_cond_broadcast(condition)
    let threads = threads
    self.threads = []
    pthread_mutex_unlock(mutex)
    for thread in threads {
      // A thread that waited for itself would do so for ever.
      if pthread_equal(thread, pthread_self()) != 0 {
        pthread_detach(thread)
      } else {
        pthread_join(thread, nil)
      }
    }
  }

  private func start() {
    let box = Unmanaged.passRetained(self)
    #if canImport(Darwin)
      var thread: pthread_t?
      let result = pthread_create(&thread, nil, { workerMain($0) }, box.toOpaque())
      precondition(result == 0, "pthread_create failed: \(result)")
      threads.append(thread!)
    #else
      var thread = pthread_t()
      let result = pthread_create(&thread, nil, { workerMain($0!) }, box.toOpaque())
      precondition(result == 0, "pthread_create failed: \(result)")
      threads.append(thread)
    #endif
  }

  fileprivate func run() {
    #if !canImport(Darwin)
      if niceness > 0 { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness) }
    #endif
    while let job = nextJob() { job() }
  }

  private func nextJob() -> Job? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if next < jobs.count {
        let job = jobs[next]
        next += 1
        if next == jobs.count {
          jobs.removeAll(keepingCapacity: true)
          next = 0
        } else if next >= 64, next * 2 >= jobs.count {
          // Those that have been run go also when there is always another.
          jobs.removeFirst(next)
          next = 0
        }
        return job
      }
      if isFinished { return nil }
      guard let interval else {
        pthread_cond_wait(condition, mutex)
        continue
      }
      if wait(seconds: interval) == ETIMEDOUT { return onTick }
    }
  }

  private func wait(seconds: Int) -> Int32 {
    #if canImport(Darwin)
      var time = timespec(tv_sec: seconds, tv_nsec: 0)
      return pthread_cond_timedwait_relative_np(condition, mutex, &time)
    #else
      var until = timespec()
      clock_gettime(CLOCK_MONOTONIC, &until)
      until.tv_sec += seconds
      return pthread_cond_timedwait(condition, mutex, &until)
    #endif
  }
}

private func workerMain(_ box: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
  Unmanaged<Worker>.fromOpaque(box).takeRetainedValue().run()
  return nil
}
