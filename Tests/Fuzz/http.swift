import ArkHTTP

/// What a parser made of some bytes, less the way that they were cut.
private struct Parsed: Equatable {
  enum Step: Equatable {
    case head(String)
    case body([UInt8])
    case end
    case failure(Int)
  }

  var steps: [Step] = []
  var isBetweenRequests = true

  mutating func note(_ event: HTTPRequestParser.Event) {
    switch event {
    case .needMore: break
    case .head(let head):
      let fields = head.headers.map { "\($0.name)=\($0.value)" }
      steps.append(.head("\(head.method) \(head.target) \(fields)"))
    case .body(let bytes):
      if case .body(let earlier) = steps.last {
        steps[steps.count - 1] = .body(earlier + bytes)
      } else {
        steps.append(.body(Array(bytes)))
      }
    case .end: steps.append(.end)
    case .failure(let error): steps.append(.failure(error.status.code))
    }
  }
}

private func parse(_ pieces: [ArraySlice<UInt8>], _ limits: HTTPLimits) -> Parsed {
  var parser = HTTPRequestParser(limits: limits)
  var parsed = Parsed()
  for piece in pieces {
    withExactBytes(piece) { parser.feed($0) { parsed.note($0) } }
  }
  parsed.isBetweenRequests = parser.isBetweenRequests
  return parsed
}

/// Requests are the same wherever their bytes were cut. The first byte chooses the cuts.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzHTTP(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard count > 1 else { return 0 }
  let input = Array(UnsafeBufferPointer(start: start, count: count))
  let (choice, bytes) = (Int(input[0]), input.dropFirst())
  var limits = HTTPLimits()
  if choice & 1 == 1 {
    // Small enough for short inputs to reach.
    limits.headerBytes = 64
    limits.headerCount = 4
    limits.targetBytes = 16
  }
  let whole = parse([bytes], limits)

  let cut = bytes.startIndex + bytes.count * (choice >> 1) / 128
  let halves = parse([bytes[..<cut], bytes[cut...]], limits)
  require(halves == whole, "cut at \(cut - bytes.startIndex): \(halves), whole: \(whole)")

  if bytes.count <= 1024 {
    let single = parse(bytes.indices.map { bytes[$0...$0] }, limits)
    require(single == whole, "byte by byte: \(single), whole: \(whole)")
  }
  return 0
}
