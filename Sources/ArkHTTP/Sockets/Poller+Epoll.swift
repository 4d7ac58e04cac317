#if os(Linux)
  import CSystem
  #if canImport(Glibc)
    import Glibc
  #else
    import Musl
  #endif

  /// Waits for readiness with epoll, edge-triggered, and can be woken through an eventfd.
  ///
  /// Belongs to one loop; `wake` alone is for any thread, and only writes to a descriptor.
  final class Poller: @unchecked Sendable {
    private let poll: Int32
    private let alarm: Int32
    private let events: UnsafeMutablePointer<epoll_event>
    private static let eventLimit = 512
    private static let alarmToken = UInt64.max

    init() throws(HTTPServerError) {
      poll = epoll_create1(Int32(EPOLL_CLOEXEC))
      alarm = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
      events = .allocate(capacity: Self.eventLimit)
      // Edge-triggered, each write is an event of its own, so the counter need never be read.
      guard poll >= 0, alarm >= 0,
        add(alarm, token: Self.alarmToken, events: UInt32(EPOLLIN.rawValue))
      else { throw SocketCall.failure("create a poller") }
    }

    deinit {
      close(poll)
      close(alarm)
      events.deallocate()
    }

    /// Reports a connection's readiness in both directions, once for each change.
    func add(connection: Int32, token: UInt64) -> Bool {
      let kinds = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue
      return add(connection, token: token, events: UInt32(kinds))
    }

    /// Reports when connections can be accepted.
    func add(listener: Int32, token: UInt64) -> Bool {
      add(listener, token: token, events: UInt32(EPOLLIN.rawValue))
    }

    private func add(_ descriptor: Int32, token: UInt64, events: UInt32) -> Bool {
      var event = epoll_event()
      event.events = events | ark_epoll_edge_triggered
      event.data.u64 = token
      return epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event) == 0
    }

    /// Waits, and calls `body` with each event; -1 milliseconds is for ever.
    /// - Parameter onAwake: called after the wait, before the events.
    func wait(milliseconds: Int32, _ onAwake: () -> Void, _ body: (PollEvent) -> Void) {
      let count = epoll_wait(poll, events, Int32(Self.eventLimit), milliseconds)
      onAwake()
      guard count > 0 else { return }
      for index in 0..<Int(count) {
        let event = events[index]
        if event.data.u64 == Self.alarmToken { continue }
        let kinds = event.events
        body(
          PollEvent(
            token: event.data.u64, isReadable: kinds & UInt32(EPOLLIN.rawValue) != 0,
            isWritable: kinds & UInt32(EPOLLOUT.rawValue) != 0,
            isHungUp: kinds & UInt32(EPOLLRDHUP.rawValue) != 0,
            hasFailed: kinds & UInt32(EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0))
      }
    }

    /// Ends a wait from any thread.
    func wake() {
      var one: UInt64 = 1
      _ = write(alarm, &one, 8)
    }
  }
#endif
