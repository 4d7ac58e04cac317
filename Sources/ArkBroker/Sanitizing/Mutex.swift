#if ARK_THREAD_SANITIZER
  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #else
    import Darwin
  #endif

  /// Takes the place of `Synchronization.Mutex` in builds for the thread sanitizer.
  ///
  /// On Linux the contended path of `Synchronization.Mutex` runs in the standard library, which is
  /// not instrumented: the sanitizer does not see that an unlock happens before the next lock, and
  /// reports races that are none. It does intercept the pthread calls. A declaration of the module
  /// itself hides an imported one, so users of `Mutex` stay as they are; a package-wide type in a
  /// module of its own would be ambiguous. Hence one file, linked into each module that has a lock.
  struct Mutex<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
    // Safe to share: `value` is touched only while `lock` is held, or by the one who destroys it.
    // Both live on the heap because a pthread mutex must not move.
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let value: UnsafeMutablePointer<Value>

    init(_ initialValue: consuming sending Value) {
      lock = .allocate(capacity: 1)
      lock.initialize(to: pthread_mutex_t())
      let failure = pthread_mutex_init(lock, nil)
      precondition(failure == 0, "pthread_mutex_init failed: \(failure)")
      value = .allocate(capacity: 1)
      value.initialize(to: initialValue)
    }

    deinit {
      value.deinitialize(count: 1)
      value.deallocate()
      pthread_mutex_destroy(lock)
      lock.deinitialize(count: 1)
      lock.deallocate()
    }

    borrowing func withLock<Result: ~Copyable, Failure: Error>(
      _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
      pthread_mutex_lock(lock)
      defer { pthread_mutex_unlock(lock) }
      return try body(&value.pointee)
    }

    borrowing func withLockIfAvailable<Result: ~Copyable, Failure: Error>(
      _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result? {
      guard pthread_mutex_trylock(lock) == 0 else { return nil }
      defer { pthread_mutex_unlock(lock) }
      return try body(&value.pointee)
    }
  }
#endif
