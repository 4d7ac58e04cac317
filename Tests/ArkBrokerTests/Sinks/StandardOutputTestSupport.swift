import Foundation
import Testing

@testable import ArkBroker

/// A pipe whose two ends are closed with it.
final class TestPipe: @unchecked Sendable {
  private(set) var reader: Int32
  private(set) var writer: Int32

  init() throws {
    var ends: [Int32] = [0, 0]
    try #require(Foundation.pipe(&ends) == 0)
    (reader, writer) = (ends[0], ends[1])
  }

  deinit {
    closeReader()
    closeWriter()
  }

  func closeReader() {
    if reader >= 0 { close(reader) }
    reader = -1
  }

  func closeWriter() {
    if writer >= 0 { close(writer) }
    writer = -1
  }

  /// Runs a sink over what is in the broker, which then ends, and answers all it wrote.
  func output(of sink: StandardOutput, in broker: Broker) async throws -> String {
    await broker.core.stop()
    async let text = rest(closingWriter: false)
    try await sink.run(reading: broker.outlet)
    closeWriter()
    return await text
  }

  /// What is still in the pipe.
  func rest() async -> String { await rest(closingWriter: true) }

  private func rest(closingWriter: Bool) async -> String {
    if closingWriter { closeWriter() }
    return await onThread { [reader] in
      var text: [UInt8] = []
      var room = [UInt8](repeating: 0, count: 4_096)
      while true {
        let count = read(reader, &room, room.count)
        guard count > 0 else { return String(decoding: text, as: UTF8.self) }
        text += room[..<count]
      }
    }
  }

  /// Returns when there is something to read.
  func untilReadable() async {
    await onThread { [reader] in
      var entry = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
      poll(&entry, 1, -1)
    }
  }

  /// What blocks must not do so on a thread that runs tasks.
  private func onThread<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result
  {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { continuation.resume(returning: body()) }
    }
  }

  #if canImport(Glibc)
    static let datagram = Int32(SOCK_DGRAM.rawValue)
    static func isDefault(_ action: sigaction) -> Bool {
      unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 0
    }
  #else
    static let datagram = SOCK_DGRAM
    static func isDefault(_ action: sigaction) -> Bool {
      unsafeBitCast(action.__sigaction_u.__sa_handler, to: Int.self) == 0
    }
  #endif
}

/// A pseudo-terminal.
final class TestTerminal {
  let master: Int32
  let slave: Int32

  init(columns: UInt16) throws {
    #if os(Linux)
      // The functions for this are hidden by the C library's headers: ioctl_tty(2).
      master = open("/dev/ptmx", O_RDWR | O_NOCTTY)
      var isLocked: CInt = 0
      let setLock: UInt = 0x4004_5431
      let openPeer: UInt = 0x5441
      try #require(master >= 0 && ioctl(master, setLock, &isLocked) == 0)
      slave = ioctl(master, openPeer, O_RDWR | O_NOCTTY)
    #else
      master = posix_openpt(O_RDWR | O_NOCTTY)
      try #require(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0)
      slave = open(try #require(ptsname(master)), O_RDWR | O_NOCTTY)
    #endif
    try #require(slave >= 0)
    var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    try #require(ioctl(slave, UInt(TIOCSWINSZ), &size) == 0)
  }

  deinit {
    close(slave)
    close(master)
  }

  /// What has been written up to the end of a line.
  func line() -> String {
    var text: [UInt8] = []
    var byte: UInt8 = 0
    while read(master, &byte, 1) == 1, byte != UInt8(ascii: "\r") { text.append(byte) }
    return String(decoding: text, as: UTF8.self)
  }
}
