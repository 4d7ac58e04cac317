/// The rules that say where a request ends (RFC 9112, section 6) and whether the connection stays.
struct Framing {
  private var hosts = 0
  private var length: Int?
  private var hasTransferEncoding = false
  private var codings = 0
  private var chunkedCodings = 0
  private var lastIsChunked = false
  private var saysClose = false
  private var saysKeepAlive = false

  mutating func noteHost(_ value: UnsafeRawBufferPointer) throws(HTTPError) {
    hosts += 1
    for byte in value {
      switch byte {
      case 0x21, 0x24...0x2B, 0x2D, 0x2E, 0x30...0x3B, 0x3D, 0x41...0x5B, 0x5D, 0x5F, 0x61...0x7A,
        0x7E:
        continue
      default:
        throw .badRequest("The Host field is not a host name or address with an optional port.")
      }
    }
    guard !value.isEmpty else { throw .badRequest("The Host field is empty.") }
  }

  mutating func noteLength(_ value: UnsafeRawBufferPointer) throws(HTTPError) {
    guard length == nil else {
      throw .badRequest("The request has more than one Content-Length; send exactly one.")
    }
    guard !value.isEmpty else { throw .badRequest("The Content-Length is empty.") }
    var total = 0
    for byte in value {
      let digit = Int(byte &- 0x30)
      guard digit < 10 else { throw .badRequest("The Content-Length is not a decimal number.") }
      let (product, overflow) = total.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(digit)
      guard !overflow, !carry else {
        throw .badRequest("The Content-Length is too large a number.")
      }
      total = sum
    }
    length = total
  }

  mutating func noteTransferEncoding(_ value: UnsafeRawBufferPointer) {
    hasTransferEncoding = true
    value.forEachListElement { coding in
      codings += 1
      lastIsChunked = coding.equalsIgnoringCase("chunked")
      if lastIsChunked { chunkedCodings += 1 }
    }
  }

  mutating func noteConnection(_ value: UnsafeRawBufferPointer) {
    value.forEachListElement { option in
      if option.equalsIgnoringCase("close") {
        saysClose = true
      } else if option.equalsIgnoringCase("keep-alive") {
        saysKeepAlive = true
      }
    }
  }

  func settle(_ facts: inout RequestFacts) throws(HTTPError) {
    if facts.minorVersion == 1 {
      guard hosts == 1 else {
        throw .badRequest("An HTTP/1.1 request needs exactly one Host field.")
      }
    } else {
      guard hosts <= 1 else { throw .badRequest("The request has more than one Host field.") }
    }
    facts.keepsAlive = !saysClose && (facts.minorVersion == 1 || saysKeepAlive)
    facts.contentLength = length
    guard hasTransferEncoding else { return }
    guard length == nil else {
      throw .badRequest("The request has both Content-Length and Transfer-Encoding; send one.")
    }
    guard facts.minorVersion == 1 else {
      throw .badRequest("HTTP/1.0 has no Transfer-Encoding; send a Content-Length.")
    }
    guard lastIsChunked, chunkedCodings == 1 else {
      throw .badRequest("The Transfer-Encoding must end with chunked, named once.")
    }
    guard codings == 1 else {
      throw HTTPError(
        .notImplemented, .notImplemented, "The only Transfer-Encoding known here is chunked.")
    }
    facts.isChunked = true
  }
}
