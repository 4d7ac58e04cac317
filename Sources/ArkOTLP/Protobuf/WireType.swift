/// How many bytes a value takes on the wire (protobuf.dev, "Encoding").
enum WireType: UInt8 {
  case varint = 0
  case eightBytes = 1
  case delimited = 2
  case groupStart = 3
  case groupEnd = 4
  case fourBytes = 5
}
