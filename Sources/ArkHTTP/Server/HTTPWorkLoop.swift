import ArkBroker
import Synchronization

/// A loop without its source of readiness: the mailbox, the connections that are due, and memory that
/// connections borrow for the length of a turn.
///
/// Only the mailbox is touched by other threads, under its lock; everything else is the loop's own.
package class HTTPWorkLoop: WorkThread, @unchecked Sendable {
  enum Letter {
    case job(@Sendable () -> Void)
    case resume(HTTPStream)
    case response(HTTPConnection, HTTPExchange, HTTPResponse)
  }

  private struct Mailbox {
    var letters: [Letter] = []
    var isSleeping = false
    var isClosed = false
  }

  private let mailbox = Mutex(Mailbox())
  private var reading: [Letter] = []
  private let thread = Atomic<UInt>(0)

  /// Monotonic time in nanoseconds, read once a turn.
  package final var now: UInt64
  private final var due: [HTTPConnection] = []
  final let batch = OutputBatch()
  final let vectors: UnsafeMutablePointer<HTTPVector>
  final var random: RandomNumbers
  final var date = HTTPDate()
  final var spareInflater: Inflater?
  /// Where bodies are inflated to, block by block.
  final lazy var inflateScratch = UnsafeMutableRawBufferPointer.allocate(
    byteCount: 64 << 10, alignment: 16)

  package init(startingAt now: UInt64) {
    vectors = .allocate(capacity: OutputQueue.vectorLimit)
    self.now = now
    random = RandomNumbers(seed: Platform.randomSeed())
  }

  deinit {
    vectors.deallocate()
    inflateScratch.deallocate()
  }

  // MARK: Any thread

  package final var isCurrent: Bool {
    thread.load(ordering: .relaxed) == Platform.threadIdentity()
  }

  package final func execute(_ job: @escaping @Sendable () -> Void) {
    post(.job(job))
  }

  /// As `execute`, for what must not get lost.
  /// - Returns: false when the loop has ended: the job will not run.
  final func executeUnlessEnded(_ job: @escaping @Sendable () -> Void) -> Bool {
    post(.job(job))
  }

  @discardableResult
  final func post(_ letter: Letter) -> Bool {
    let (isTaken, wakes) = mailbox.withLock { mailbox in
      if mailbox.isClosed { return (false, false) }
      mailbox.letters.append(letter)
      defer { mailbox.isSleeping = false }
      return (true, mailbox.isSleeping)
    }
    if wakes { wake() }
    if !isTaken, case .response(_, _, let response) = letter { response.discard() }
    return isTaken
  }

  /// Takes no more letters, so that nothing is kept alive by a loop that has ended; false when there
  /// are some that must be read first.
  final func closeMailbox() -> Bool {
    mailbox.withLock { mailbox in
      mailbox.isClosed = mailbox.letters.isEmpty
      return mailbox.isClosed
    }
  }

  final func resume(_ stream: HTTPStream) {
    if isCurrent { resumeHere(stream) } else { post(.resume(stream)) }
  }

  /// Interrupts the wait for readiness; called once for each time the loop went to sleep.
  package func wake() {}

  // MARK: The loop's own thread

  /// Says which thread the loop is.
  package final func bindToCurrentThread() {
    thread.store(Platform.threadIdentity(), ordering: .relaxed)
  }

  /// Says that no thread is the loop.
  package final func unbind() {
    thread.store(0, ordering: .relaxed)
  }

  /// Gives a connection a turn after the events at hand.
  final func schedule(_ connection: HTTPConnection) {
    guard !connection.isDue else { return }
    connection.isDue = true
    due.append(connection)
  }

  private func resumeHere(_ stream: HTTPStream) {
    if stream.isOpen { schedule(stream.connection) }
  }

  package final var hasDueConnections: Bool { !due.isEmpty }

  /// Whether the loop may sleep: no letters. From now on, a letter wakes it.
  final func prepareToSleep() -> Bool {
    mailbox.withLock { mailbox in
      mailbox.isSleeping = mailbox.letters.isEmpty
      return mailbox.isSleeping
    }
  }

  final func noteAwake() {
    mailbox.withLock { $0.isSleeping = false }
  }

  /// Handles the letters that are there; true when there were some.
  @discardableResult
  package final func readMail() -> Bool {
    mailbox.withLock { swap(&$0.letters, &reading) }
    guard !reading.isEmpty else { return false }
    var letters: [Letter] = []
    swap(&letters, &reading)
    for letter in letters {
      switch letter {
      case .job(let job): job()
      case .resume(let stream): resumeHere(stream)
      case .response(let connection, let exchange, let response):
        connection.respond(exchange, response)
      }
    }
    letters.removeAll(keepingCapacity: letters.capacity <= 4096)
    reading = letters
    return true
  }

  /// Gives each connection that is due its turn; those that become due meanwhile wait.
  package final func runDueConnections() {
    guard !due.isEmpty else { return }
    var connections: [HTTPConnection] = []
    swap(&connections, &due)
    for connection in connections {
      connection.isDue = false
      connection.takeTurn()
    }
    if due.isEmpty {
      connections.removeAll(keepingCapacity: connections.capacity <= 4096)
      swap(&connections, &due)
    }
  }
}
