import ArkBroker

// The numbers of a record in canonical form, whichever encoding they came in. A default is not written where its presence means nothing.
extension ExportDecoder {
  /// 64 bits: a decimal string.
  @inline(__always)
  mutating func write(
    _ value: UInt64, _ field: UnsafePointer<MessageField>, _ message: inout CanonicalWriter.Message
  ) {
    guard value != 0 || field.pointee.keepsDefault else { return }
    note(field.pointee.role, value)
    writer.place(field, &message)
    writer.append(value)
  }

  @inline(__always)
  mutating func write(
    _ value: Int64, _ field: UnsafePointer<MessageField>, _ message: inout CanonicalWriter.Message
  ) {
    guard value != 0 || field.pointee.keepsDefault else { return }
    writer.place(field, &message)
    writer.append(value)
  }

  @inline(__always)
  mutating func write(
    _ value: UInt32, _ field: UnsafePointer<MessageField>, _ message: inout CanonicalWriter.Message
  ) {
    guard value != 0 || field.pointee.keepsDefault else { return }
    if field.pointee.role == .flags { facts.flags = value }
    writer.place(field, &message)
    writer.out.append(decimal: UInt64(value))
  }

  @inline(__always)
  mutating func write(
    _ value: Int32, _ field: UnsafePointer<MessageField>, _ message: inout CanonicalWriter.Message
  ) {
    guard value != 0 || field.pointee.keepsDefault else { return }
    writer.place(field, &message)
    writer.out.append(decimal: Int64(value))
  }

  @inline(__always)
  mutating func write(
    _ value: Bool, _ field: UnsafePointer<MessageField>, _ message: inout CanonicalWriter.Message
  ) {
    guard value || field.pointee.keepsDefault else { return }
    writer.place(field, &message)
    writer.out.appendJSON(value)
  }

  /// Minus zero is no default.
  @inline(__always)
  mutating func write(
    _ value: Double, _ field: UnsafePointer<MessageField>, _ message: inout CanonicalWriter.Message
  ) {
    guard value.bitPattern != 0 || field.pointee.keepsDefault else { return }
    writer.place(field, &message)
    writer.out.appendJSON(value)
  }
}
