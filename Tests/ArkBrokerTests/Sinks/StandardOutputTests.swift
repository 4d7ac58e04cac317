import ArkBrokerTesting
import Foundation
import Testing

@testable import ArkBroker

@Suite struct StandardOutputTests {
  // MARK: Bytes

  @Test func jsonIsTheWireFormsOneToALine() async throws {
    let pipe = try TestPipe()
    let broker = Broker { MemoryStore(keeping: .megabytes(64)) }
    var expected = ""
    for number in 0..<700 {
      let event = Event(
        .toolCallStarted, session: "s-\(number % 5)", payload: .text("\(number)\n\u{1b}[31m"))
      try await broker.publish(event)
      if number % 5 == 3 { expected += event.wire + "\n" }
    }
    let text = try await pipe.output(
      of: .init(
        format: .json, matching: .session("s-3"), from: .beginning, descriptor: pipe.writer,
        environment: { _ in nil }), in: broker)
    #expect(text == expected)
  }

  @Test func anEmptyPartOfTheLogWritesNothing() async throws {
    let pipe = try TestPipe()
    let broker = Broker { MemoryStore(keeping: .megabytes(64)) }
    try await broker.publish(Event("a.b"))
    let text = try await pipe.output(
      of: .init(
        format: .json, matching: .kind("x"), from: .beginning, descriptor: pipe.writer,
        environment: { _ in nil }), in: broker)
    #expect(text.isEmpty)
  }

  @Test func aPageIsOneWrite() async throws {
    // A datagram socket keeps writes apart.
    var ends: [Int32] = [0, 0]
    try #require(socketpair(AF_UNIX, TestPipe.datagram, 0, &ends) == 0)
    defer { for end in ends { close(end) } }
    let broker = Broker { MemoryStore(keeping: .megabytes(64)) }
    let batch = EventBatch((0..<100).map { Event("a.b", id: "\($0)") })
    try await broker.publish(batch)
    let sink = StandardOutput(
      format: .json, matching: .all, from: .beginning, descriptor: ends[1],
      environment: { _ in nil })
    await broker.core.stop()
    try await sink.run(reading: broker.outlet)
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = recv(ends[0], &bytes, bytes.count, Int32(MSG_DONTWAIT))
    #expect(count == batch.byteCount + 100)
    #expect(recv(ends[0], &bytes, bytes.count, Int32(MSG_DONTWAIT)) == -1)
  }

  @Test(arguments: [false, true])
  func aSlowReaderGetsEverything(_ isNonBlocking: Bool) async throws {
    let pipe = try TestPipe()
    // As a program that shares the descriptor may have left it.
    if isNonBlocking { _ = fcntl(pipe.writer, F_SETFL, O_NONBLOCK) }
    let broker = Broker { MemoryStore(keeping: .megabytes(64)) }
    let batch = EventBatch(
      (0..<600).map {
        Event("a.b", id: "\($0)", payload: .text(String(repeating: "x", count: 2_000)))
      })
    try await broker.publish(batch)
    let text = try await pipe.output(
      of: .init(
        format: .json, matching: .all, from: .beginning, descriptor: pipe.writer,
        environment: { _ in nil }), in: broker)
    #expect(text == batch.map { $0.wire + "\n" }.joined())
  }

  // MARK: Ends

  #if compiler(>=6.2)
    /// In a process of its own: here, libcurl changes what becomes of the signal while other tests send with URLSession.
    @Test func aClosedPipeEndsItCleanly() async {
      await #expect(processExitsWith: .success) {
        try await StandardOutputTests.writeIntoAClosedPipe()
      }
    }
  #endif

  private static func writeIntoAClosedPipe() async throws {
    // Only then does it say something: the signal would end the program.
    signal(SIGPIPE, SIG_DFL)

    let pipe = try TestPipe()
    pipe.closeReader()
    let (reports, continuation) = AsyncStream.makeStream(of: LogRecord.self)
    let broker = Broker(onLog: { continuation.yield($0) }) { MemoryStore(keeping: .megabytes(64)) }
    let sink = StandardOutput(
      format: .text, matching: .all, from: .beginning, descriptor: pipe.writer,
      environment: { _ in nil })
    try await broker.publish(Event("a.b"))
    try await sink.run(reading: broker.outlet)
    continuation.finish()
    let levels = await reports.reduce(into: []) { $0.append($1.level) }
    try #require(levels == [.info])

    var action = sigaction()
    sigaction(SIGPIPE, nil, &action)
    try #require(TestPipe.isDefault(action))
    var pending = sigset_t()
    sigpending(&pending)
    try #require(sigismember(&pending, SIGPIPE) == 0)
  }

  @Test func aReaderThatNeverReadsDoesNotHoldUpTheEnd() async throws {
    let pipe = try TestPipe()
    let broker = Broker { MemoryStore(keeping: .megabytes(64)) }
    // More than a pipe takes.
    let payload = Payload.text(String(repeating: "x", count: 4 << 20))
    try await broker.publish(Event("a.b", payload: payload))
    let sink = StandardOutput(
      format: .json, matching: .all, from: .beginning, descriptor: pipe.writer,
      environment: { _ in nil })
    let running = Task { try await sink.run(reading: broker.outlet) }
    await pipe.untilReadable()
    // Now the write has begun, and cannot end.
    running.cancel()
    try await running.value
  }

  /// Whoever ends a sink may close its descriptor, and the number is soon that of another file.
  @Test(arguments: [true, false])
  func whatWasAbandonedIsNotWrittenToAnotherFile(isBlocking: Bool) async throws {
    let (pipe, other) = (try TestPipe(), try TestPipe())
    if !isBlocking { try #require(fcntl(pipe.writer, F_SETFL, O_NONBLOCK) == 0) }
    var thread: OutputThread? = try OutputThread(descriptor: pipe.writer)
    weak let remains = thread
    // More than a pipe takes.
    thread?.withBuffer { $0.append(utf8: String(repeating: "x", count: 4 << 20)) }
    let writing = Task { [thread] in await thread?.write() }
    await pipe.untilReadable()
    writing.cancel()
    #expect(await writing.value == .abandoned)
    thread = nil
    try #require(dup2(other.writer, pipe.writer) == pipe.writer)
    pipe.closeReader()
    try await eventually("the thread ends") { remains == nil }
    pipe.closeWriter()
    #expect(await other.rest() == "")
  }

  @Test func aDescriptorThatCannotBeWrittenIsAnErrorThatSaysWhy() async throws {
    let broker = Broker { MemoryStore(keeping: .megabytes(64)) }
    try await broker.publish(Event("a.b", payload: .text("secret")))
    let sink = StandardOutput(
      format: .json, matching: .all, from: .beginning, descriptor: -1, environment: { _ in nil })
    let error = await #expect(throws: OutputError.self) {
      try await sink.run(reading: broker.outlet)
    }
    #expect(error?.code == EBADF)
    #expect(
      error.map(String.init(describing:))
        == "cannot write to file descriptor -1: Bad file descriptor")
  }

  @Test(.enabled(if: access("/dev/full", W_OK) == 0, "there is no /dev/full"))
  func aFullDiskIsTriedAgainAndNothingIsLost() async throws {
    let descriptor = open("/dev/full", O_WRONLY)
    defer { close(descriptor) }
    let (reports, continuation) = AsyncStream.makeStream(of: LogRecord.self)
    let broker = Broker(onLog: { continuation.yield($0) }) { MemoryStore(keeping: .megabytes(64)) }
    let event = Event("a.b")
    try await broker.publish(event)
    let sink = StandardOutput(
      format: .json, matching: .all, from: .beginning, descriptor: descriptor,
      environment: { _ in nil })
    let running = Task { try await sink.run(reading: broker.outlet) }
    var iterator = reports.makeAsyncIterator()
    let report = await iterator.next()
    #expect(report?.level == .warning)
    #expect(
      report?.message
        == "cannot write to file descriptor \(descriptor): No space left on device; trying again")

    // Room comes back: the same descriptor now leads to a pipe.
    let pipe = try TestPipe()
    try #require(dup2(pipe.writer, descriptor) == descriptor)
    await broker.core.stop()
    try await running.value
    // Lets go of the pipe's writing end, yet keeps the number: a file that another test opens must not get it before the `defer` closes it.
    try #require(dup2(pipe.reader, descriptor) == descriptor)
    #expect(await pipe.rest() == event.wire + "\n")
  }

  // MARK: Text

  private static func time(_ text: String) -> Timestamp { Timestamp(text)! }

  private func lines(_ events: [Event], width: Int = 120, isColoured: Bool = false) -> [String] {
    var writer = ByteWriter()
    var lines = EventLines(isColoured: isColoured)
    var page = Page(batches: [], lookedThrough: .start)
    page.batches = [StoredBatch(EventBatch(events), first: Position(rawValue: 1))]
    lines.append(page, to: &writer, width: width)
    let text = String(decoding: writer.bytes, as: UTF8.self)
    #expect(text.hasSuffix("\n"))
    return text.dropLast().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  @Test func textHasColumns() throws {
    let started = try Payload.json(
      #"{"reason":"ToolCallStart","message":"outer","data":{"toolName":"get_weather","message":"Tool call started"}}"#
    )
    let events = [
      Event(
        .toolCallStarted, time: Self.time("2026-11-24T12:03:04.1239Z"), query: "q-1",
        session: "s-1", payload: started),
      Event(
        .llmChunk, time: Self.time("1969-12-31T23:59:59.999Z"),
        payload: try .json(#"{"model":"gpt-4o","choices":[{"delta":{"content":"Hel\nlo"}}]}"#)),
      Event(
        "a-kind.that.is.longer.than.its.column", time: Self.time("2026-11-24T00:00:00Z"),
        queryName: "named", session: "session-with-a-long-name"),
      Event(.message, time: Self.time("2026-11-24T00:00:00Z"), query: "q", session: "s-2"),
    ]
    #expect(
      lines(events) == [
        "12:03:04.123  tool.call.started    s-1     q-1     get_weather: Tool call started",
        "23:59:59.999  llm.chunk            -       -       gpt-4o: Hel lo",
        "00:00:00.000  a-kind.that.is.longer.t…  session-with-a…  named",
        "00:00:00.000  message                   s-2              q",
      ])
  }

  @Test func textIsCutToTheWidth() throws {
    let event = Event(
      .message, time: Self.time("2026-11-24T00:00:00Z"), session: "s-1",
      payload: .text(String(repeating: "word ", count: 100)))
    for width in [0, 1, 12, 13, 14, 15, 16, 30, 41, 58, 59, 60, 61, 80, 120, 300] {
      let line = lines([event], width: width)[0]
      #expect(line.count <= max(width, 12), "\(width): \(line)")
      if width >= 60 { #expect(line.count == width && line.hasSuffix("…"), "\(width): \(line)") }
    }
  }

  @Test func wideCharactersCountTwice() throws {
    let event = Event(.message, payload: .text(String(repeating: "日", count: 200)))
    let line = lines([event], width: 80)[0]
    let columns = line.unicodeScalars.reduce(0) { $0 + DisplayText.width($1.value) }
    #expect((79...80).contains(columns))
    #expect(line.hasSuffix("日…"))
  }

  @Test func whatIsInAnEventCannotDriveTheTerminal() throws {
    var generator = MatchGenerator(seed: matchSeed &+ 20)
    for _ in 0..<300 {
      let scalars = (0..<40).map { _ in
        let range: ClosedRange<UInt32> =
          generator.chance(60) ? 0...0x9f : generator.chance(50) ? 0x2000...0x2070 : 0xa0...0xd7ff
        return Unicode.Scalar(UInt32.random(in: range, using: &generator.random))!
      }
      let text = String(String.UnicodeScalarView(scalars))
      let line = lines([
        Event(
          Kind(rawValue: text), query: text, session: text,
          payload: generator.chance(50)
            ? .text(text) : try .json("{\"x\":\(ModelEvent.quoted(text))}"))
      ])
      #expect(line.count == 1, "seed \(matchSeed): \(text.debugDescription)")
      for scalar in line[0].unicodeScalars {
        let isHarmless: Bool =
          switch scalar.value {
          case 0..<0x20, 0x7f..<0xa0, 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069: false
          default: true
          }
        #expect(isHarmless, "seed \(matchSeed): \(scalar.value) in \(text.debugDescription)")
      }
      let columns = line[0].unicodeScalars.reduce(0) { $0 + DisplayText.width($1.value) }
      #expect(columns <= 120, "seed \(matchSeed): \(text.debugDescription)")
    }
    let marks = lines([Event("a", payload: .text("e" + String(repeating: "\u{301}", count: 9_999)))]
    )
    #expect(marks[0].unicodeScalars.count < 150)
    #expect(lines([Event("a", payload: .text("\u{1b}[2J"))])[0].hasSuffix("  ␛[2J"))
  }

  @Test func colourSaysHowItWent() {
    func line(_ kind: Kind) -> String { lines([Event(kind)], isColoured: true)[0] }
    #expect(line(.toolCallFailed).contains("\u{1b}[31mtool.call.failed"))
    #expect(line(.toolCallCompleted).contains("\u{1b}[32mtool.call.completed"))
    #expect(line(.queryCanceled).contains("\u{1b}[33mquery.canceled"))
    #expect(line(.agentStarted).contains("\u{1b}[36magent.started"))
    #expect(line(.message).contains("  message  "))
    #expect(line(.message).hasSuffix("\u{1b}[2m-\u{1b}[0m"))
    #expect(!lines([Event(.toolCallFailed)])[0].contains("\u{1b}"))
  }

  @Test(arguments: [
    (#"{"data":{"toolName":"t","error":"bad","message":"m"},"message":"o"}"#, "t: bad"),
    (#"{"error":{"type":"x","message":"bad"},"message":"m"}"#, "bad"),
    (#"{"role":"user","content":"Hi"}"#, "user: Hi"),
    (#"{"role":"user","content":[{"type":"text","text":"Hi"}]}"#, "user: Hi"),
    (#"{"model":"m","choices":[{"message":{"role":"assistant","content":"Hi"}}]}"#, "m: Hi"),
    (
      #"{"traceId":"x","name":"chat gpt","attributes":[],"status":{"code":2,"message":"late"}}"#,
      "chat gpt: late"
    ),
    (#"{"name":"chat gpt","status":{}}"#, "chat gpt"),
    (#"{"severityText":"WARN","body":{"stringValue":"low"}}"#, "WARN: low"),
    (#"{"data":{"agent":"a","parameters":"{}"}}"#, "a: {}"),
    (#"{"message":"","reason":"Done"}"#, "Done"),
    (#"{"message":null,"error":false,"n":1}"#, #"{"message":null,"error":false,"n":1}"#),
    (#"{"unknown":{"message":"hidden"}}"#, #"{"unknown":{"message":"hidden"}}"#),
    (#"[1,2]"#, "[1,2]"), (#""text""#, "text"), ("5", "5"), ("{}", "{}"),
  ])
  func theSummarySays(_ json: String, _ summary: String) throws {
    let line = lines([Event("k", payload: try .json(json))])[0]
    #expect(line.hasSuffix("-       -       " + summary))
  }

  @Test func bytesAreNotShown() throws {
    let payload = Payload(text: Array(#""aGk=""#.utf8), isBase64: true)
    #expect(lines([Event("k", payload: payload)])[0].hasSuffix("  (bytes)"))
  }

  // MARK: Terminals

  @Test func colourNeedsATerminalThatWantsIt() throws {
    let terminal = try TestTerminal(columns: 77)
    func colour(_ descriptor: Int32, _ variables: [String: String]) -> Bool {
      Terminal(descriptor: descriptor, environment: { variables[$0] }).hasColour
    }
    #expect(colour(terminal.slave, ["TERM": "xterm"]))
    #expect(colour(terminal.slave, [:]))
    #expect(colour(terminal.slave, ["NO_COLOR": ""]))
    #expect(!colour(terminal.slave, ["NO_COLOR": "1"]))
    #expect(!colour(terminal.slave, ["TERM": "dumb"]))
    let pipe = try TestPipe()
    #expect(!colour(pipe.writer, ["TERM": "xterm"]))
    #expect(Terminal(descriptor: terminal.slave, environment: { _ in nil }).width == 77)
    #expect(Terminal(descriptor: pipe.writer, environment: { _ in nil }).width == 120)
  }

  @Test func aTerminalGetsColourAndItsWidth() async throws {
    let terminal = try TestTerminal(columns: 70)
    let broker = Broker { MemoryStore(keeping: .megabytes(64)) }
    try await broker.publish(
      Event(.queryFailed, payload: .text(String(repeating: "word ", count: 100))))
    await broker.core.stop()
    let sink = StandardOutput(
      format: .text, matching: .all, from: .beginning, descriptor: terminal.slave,
      environment: { _ in nil })
    try await sink.run(reading: broker.outlet)
    let text = terminal.line()
    #expect(text.contains("\u{1b}[31mquery.failed"))
    let plain = text.replacing(/\u{1b}\[\d+m/, with: "")
    #expect(plain.count == 70 && plain.hasSuffix("…"), "\(plain)")
  }
}
