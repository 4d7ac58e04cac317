import ArkBroker

private func minified(_ bytes: [UInt8]) -> (text: [UInt8], error: JSONError?) {
  withExactBytes(bytes) { bytes in
    var writer = ByteWriter()
    do throws(JSONError) {
      try JSONReader.minify(bytes, into: &writer)
      return (writer.array(), nil)
    } catch {
      return (writer.array(), error)
    }
  }
}

private func validate(_ bytes: [UInt8]) -> JSONError? {
  withExactBytes(bytes) { bytes in
    do throws(JSONError) {
      try JSONReader.validate(bytes)
      return nil
    } catch {
      return error
    }
  }
}

/// Validating and minifying agree; minified text is valid, no longer, on one line, and stays as it is.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJSON(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: start, count: count))
  let error = validate(input)
  let first = minified(input)
  require(error == first.error, "validate: \(error as Any), minify: \(first.error as Any)")
  if let error {
    require((0...count).contains(error.offset), "error at \(error.offset) of \(count)")
    require(first.text.isEmpty, "bytes left behind by a text that is refused")
    return 0
  }
  require(first.text.count <= count, "longer than before")
  require(!first.text.contains(where: { $0 < 0x20 }), "more than one line")
  require(validate(first.text) == nil, "minified text is not valid")
  let second = minified(first.text)
  require(second.error == nil && second.text == first.text, "minified text is not stable")
  return 0
}
