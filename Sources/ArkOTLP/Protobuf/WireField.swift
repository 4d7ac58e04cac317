/// One field of a message that was found and not yet read.
struct WireField {
  /// How many may be waiting to be read: one message of a request that is all fields of no length must not take many times its memory.
  static let limit = 1 << 20

  let field: UnsafePointer<MessageField>
  /// What is in it: the bytes of a delimited field, else the value.
  let start: UnsafeRawPointer
  let count: Int
  let value: UInt64
  /// A list of numbers that came as one delimited field.
  let isPacked: Bool

  var number: UInt8 { field.pointee.number }
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }
}
