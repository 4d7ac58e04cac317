import Foundation
import Testing

@testable import ArkHTTP

@Suite struct ListeningSocketTests {
  /// A program that starts another has, until that one's `exec`, a second process with all its descriptors.
  @Test func nobodyListensAfterTheEndEvenWhenAChildStillHasTheDescriptor() throws {
    let first = try ListeningSocket.bind(host: "127.0.0.1", port: 0)
    let copy = dup(first.descriptor)
    defer { close(copy) }
    first.close()
    #expect(throws: POSIXError.self) { _ = try TestSocket(port: first.address.port) }
    // The port is free again, too.
    let second = try ListeningSocket.bind(host: "127.0.0.1", port: Int(first.address.port))
    second.close()
  }

  @Test func neitherBlocksNorIsInherited() throws {
    let socket = try ListeningSocket.bind(host: "127.0.0.1", port: 0)
    defer { socket.close() }
    #expect(fcntl(socket.descriptor, F_GETFL) & O_NONBLOCK != 0)
    #expect(fcntl(socket.descriptor, F_GETFD) & FD_CLOEXEC != 0)
  }
}
