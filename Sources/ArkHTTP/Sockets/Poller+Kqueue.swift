#if canImport(Darwin)
  import Darwin

  /// Waits for readiness with kqueue, edge-triggered, and can be woken through a pipe.
  ///
  /// Belongs to one loop; `wake` alone is for any thread, and only writes to a descriptor.
  final class Poller: @unchecked Sendable {
    private let queue: Int32
    private var pipeEnds: (Int32, Int32)
    private let events: UnsafeMutablePointer<kevent>
    private static let eventLimit = 512
    private static let alarmToken = UInt64.max

    init() throws(HTTPServerError) {
      queue = kqueue()
      var ends: [Int32] = [-1, -1]
      let result = pipe(&ends)
      pipeEnds = (ends[0], ends[1])
      events = .allocate(capacity: Self.eventLimit)
      guard queue >= 0, result == 0 else { throw SocketCall.failure("create a poller") }
      for end in ends {
        _ = fcntl(end, F_SETFL, O_NONBLOCK)
        _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      }
      guard add(pipeEnds.0, EVFILT_READ, token: Self.alarmToken) else {
        throw SocketCall.failure("create a poller")
      }
    }

    deinit {
      close(queue)
      close(pipeEnds.0)
      close(pipeEnds.1)
      events.deallocate()
    }

    /// Reports a connection's readiness in both directions, once for each change.
    func add(connection: Int32, token: UInt64) -> Bool {
      add(connection, EVFILT_READ, token: token) && add(connection, EVFILT_WRITE, token: token)
    }

    /// Reports when connections can be accepted.
    func add(listener: Int32, token: UInt64) -> Bool {
      add(listener, EVFILT_READ, token: token)
    }

    private func add(_ descriptor: Int32, _ filter: Int32, token: UInt64) -> Bool {
      var change = kevent(
        ident: UInt(descriptor), filter: Int16(filter), flags: UInt16(EV_ADD | EV_CLEAR),
        fflags: 0, data: 0, udata: UnsafeMutableRawPointer(bitPattern: UInt(token)))
      return kevent(queue, &change, 1, nil, 0, nil) == 0
    }

    /// Waits, and calls `body` with each event; -1 milliseconds is for ever.
    /// - Parameter onAwake: called after the wait, before the events.
    func wait(milliseconds: Int32, _ onAwake: () -> Void, _ body: (PollEvent) -> Void) {
      var time = timespec(
        tv_sec: Int(milliseconds) / 1000, tv_nsec: Int(milliseconds) % 1000 * 1_000_000)
      let count = kevent(
        queue, nil, 0, events, Int32(Self.eventLimit), milliseconds < 0 ? nil : &time)
      onAwake()
      guard count > 0 else { return }
      for index in 0..<Int(count) {
        let event = events[index]
        let token = UInt64(UInt(bitPattern: event.udata))
        if token == Self.alarmToken {
          drainAlarm()
          continue
        }
        let hasEnded = event.flags & UInt16(EV_EOF) != 0
        let isRead = Int32(event.filter) == EVFILT_READ
        body(
          PollEvent(
            token: token, isReadable: isRead, isWritable: !isRead, isHungUp: isRead && hasEnded,
            hasFailed: hasEnded && (!isRead || event.fflags != 0)))
      }
    }

    private func drainAlarm() {
      var bytes = (UInt64(0), UInt64(0))
      while read(pipeEnds.0, &bytes, 16) == 16 {}
    }

    /// Ends a wait from any thread.
    func wake() {
      var one: UInt8 = 1
      _ = write(pipeEnds.1, &one, 1)
    }
  }
#endif
