/// The limits that the parser needs, small enough to keep beside every connection.
struct ParserBounds: Sendable {
  let headerBytes: Int
  let headerCount: Int
  let targetBytes: Int

  init(_ limits: HTTPLimits) {
    headerBytes = limits.headerBytes
    headerCount = limits.headerCount
    targetBytes = limits.targetBytes
  }
}
