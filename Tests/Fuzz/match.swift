import ArkBroker

/// A match that was parsed prints as a text that parses to the same match and prints the same again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzMatch(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  let match: Match
  do throws(MatchError) {
    match = try Match(parsing: text)
  } catch {
    require((0...text.utf8.count).contains(error.offset), "error at \(error.offset)")
    return 0
  }
  let printed = match.description
  do throws(MatchError) {
    let again = try Match(parsing: printed)
    require(again == match, "another match: \(printed)")
    require(again.description == printed, "prints differently: \(printed)")
  } catch {
    // A text may grow past the limits by its quotes and escapes, and only then be refused.
    require(error.code == .tooLarge, "\(error): \(printed)")
  }
  return 0
}
