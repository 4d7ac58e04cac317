/// How a request body is compressed (RFC 9110, section 8.4.1).
package enum HTTPContentCoding: Sendable {
  case identity
  case gzip
  case deflate

  /// The coding that a head declares; nil when it is unknown or more than one.
  static func declared(by head: HTTPRequestHead) -> HTTPContentCoding? {
    let facts = head.facts
    guard let place = facts.contentEncoding else { return .identity }
    guard !facts.hasSeveralEncodings else { return nil }
    return head.withBytes(of: place) { name in
      switch name.count {
      case 0: .identity
      case 4 where name.equalsIgnoringCase("gzip"): .gzip
      case 6 where name.equalsIgnoringCase("x-gzip"): .gzip
      case 7 where name.equalsIgnoringCase("deflate"): .deflate
      case 8 where name.equalsIgnoringCase("identity"): .identity
      default: nil
      }
    }
  }
}
