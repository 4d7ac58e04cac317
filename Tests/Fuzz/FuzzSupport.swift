/// Stops with `message` unless `condition` holds; the fuzzer then keeps the input that did it.
///
/// Not `assert` nor `precondition`: these must say what was wrong in an optimized build too.
func require(_ condition: Bool, _ message: @autoclosure () -> String) {
  if !condition { fatalError(message()) }
}

/// Calls `body` with a copy of the bytes in an allocation of exactly their size, so that the address
/// sanitizer sees a read past the end.
func withExactBytes<Result>(
  _ bytes: some Collection<UInt8>, _ body: (UnsafeRawBufferPointer) -> Result
) -> Result {
  let room = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
  defer { room.deallocate() }
  room.copyBytes(from: bytes)
  return body(UnsafeRawBufferPointer(room))
}
