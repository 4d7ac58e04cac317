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

/// The same where half of a surrogate pair is refused.
private func validateStrictly(_ bytes: [UInt8]) -> JSONError? {
  withExactBytes(bytes) { bytes in
    do throws(JSONError) {
      var reader = JSONReader(bytes, takingLoneSurrogates: false)
      try reader.skipValue()
      try reader.finish()
      return nil
    } catch {
      return error
    }
  }
}

/// The text of a string, spelled anew; nil when the bytes are something else.
private func respelled(_ bytes: [UInt8]) -> [UInt8]? {
  withExactBytes(bytes) { bytes in
    var reader = JSONReader(bytes)
    guard let string = try? reader.readString() else { return nil }
    require(string.withUnescapedBytes(JSONReader.isUTF8), "unescaped text is not UTF-8")
    var writer = ByteWriter()
    writer.appendJSON(string)
    return writer.array()
  }
}

/// Validating and minifying agree; minified text is valid, no longer, on one line, and stays as it is.
/// What refuses half of a surrogate pair refuses nothing else, and nothing of a text that is spelled anew.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJSON(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: start, count: count))
  let error = validate(input)
  let first = minified(input)
  require(error == first.error, "validate: \(error as Any), minify: \(first.error as Any)")
  let strictError = validateStrictly(input)
  if let error {
    require(strictError != nil, "taken strictly, otherwise not: \(error)")
    require((0...count).contains(error.offset), "error at \(error.offset) of \(count)")
    require(first.text.isEmpty, "bytes left behind by a text that is refused")
    return 0
  }
  if let strictError {
    require(strictError.code == .loneSurrogate, "otherwise taken: \(strictError)")
    require(input[strictError.offset...].starts(with: [0x5C, 0x75]), "not at an escape")
  }
  if let text = respelled(first.text) {
    require(validateStrictly(text) == nil, "spelled anew it is not taken")
  }
  require(first.text.count <= count, "longer than before")
  require(!first.text.contains(where: { $0 < 0x20 }), "more than one line")
  require(validate(first.text) == nil, "minified text is not valid")
  let second = minified(first.text)
  require(second.error == nil && second.text == first.text, "minified text is not stable")
  return 0
}
