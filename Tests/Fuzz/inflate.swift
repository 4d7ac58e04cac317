import ArkHTTP

private let limit = 1 << 20

private enum Outcome: Equatable {
  case inflated([UInt8])
  case refused
  /// More than the limit, and not looked at further.
  case cut
}

/// What a body inflates to when it comes in pieces of `pieceCount` bytes and goes out in steps of `stepCount`.
private func inflate(
  _ body: UnsafeRawBufferPointer, _ coding: HTTPContentCoding, pieceCount: Int, stepCount: Int
) -> Outcome {
  let inflater = Inflater(coding)
  var output = [UInt8](repeating: 0, count: stepCount)
  var inflated: [UInt8] = []
  var place = 0
  do {
    while place < body.count {
      let end = min(body.count, place + pieceCount)
      var piece = UnsafeRawBufferPointer(rebasing: body[place..<end])
      place = end
      var count = stepCount
      while count == stepCount || !piece.isEmpty {
        let before = piece.count
        count = try output.withUnsafeMutableBytes { try inflater.step(&piece, into: $0) }
        require(count <= stepCount, "more than there is room for")
        require(count > 0 || piece.count < before || piece.isEmpty, "no progress")
        inflated += output[..<count]
        if inflated.count > limit { return .cut }
      }
    }
    try inflater.finish()
    return .inflated(inflated)
  } catch {
    return .refused
  }
}

/// The first byte says how the body is cut. However it is cut, it inflates to the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzInflate(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard count > 0 else { return 0 }
  let choice = Int(start[0])
  let coding: HTTPContentCoding = choice & 1 == 0 ? .gzip : .deflate
  let body = UnsafeBufferPointer(start: start + 1, count: count - 1)
  withExactBytes(body) { body in
    let whole = inflate(body, coding, pieceCount: max(1, body.count), stepCount: 64 << 10)
    let pieces = inflate(
      body, coding, pieceCount: 1 + choice >> 4, stepCount: 1 + (choice >> 1 & 7) * 37)
    // What is damaged near the limit is cut or refused, as the steps fall.
    guard whole != .cut, pieces != .cut else { return }
    require(whole == pieces, "cut otherwise it inflates to something else")
  }
  return 0
}
