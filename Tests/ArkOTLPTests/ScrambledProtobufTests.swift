import ArkBroker
import Foundation
import Testing

@testable import ArkOTLP

private typealias Text = ProtobufText

/// The same message on the wire in other ways that mean the same.
private struct Scrambler {
  var state: UInt64

  mutating func random(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(truncatingIfNeeded: (state >> 33) % UInt64(bound))
  }

  private struct Field {
    let number: UInt32
    let field: UnsafePointer<MessageField>?
    var bytes: [UInt8]
    /// Fields of one group stay in order: a list's, a oneof's.
    var group: Int { field?.pointee.isOneofMember == true ? -1 : Int(number) }
  }

  /// A message in another order, with fields that nobody knows, earlier values that lose, and messages in parts.
  mutating func scramble(
    _ message: UnsafeRawBufferPointer, _ type: MessageType, _ whole: ProtobufReader
  ) throws -> [UInt8] {
    var reader = ProtobufReader(message, of: whole)
    var fields: [Field] = []
    while !reader.isAtEnd {
      let start = reader.place
      let (number, wireType) = try reader.readTag()
      let contents = reader
      try reader.skip(number, wireType)
      var field = Field(
        number: number, field: type.field(number),
        bytes: [UInt8](UnsafeRawBufferPointer(start: start, count: reader.place - start)))
      guard let known = field.field else {
        fields.append(field)
        continue
      }
      let inner = known.pointee.type == .keyValue ? Schema.keyValue : known.pointee.message?.pointee
      if let inner, wireType == .delimited {
        var value = contents
        let scrambled = try scramble(try value.readDelimited(), inner, whole)
        field.bytes = Text.field(UInt64(number), scrambled)
        if !known.pointee.isRepeated, !known.pointee.isOneofMember, random(2) == 0 {
          // In two parts: some of its fields in each.
          let cut = try split(scrambled)
          fields.append(field)
          fields[fields.count - 1].bytes = Text.field(UInt64(number), cut.0)
          field.bytes = Text.field(UInt64(number), cut.1)
        }
      } else if !known.pointee.isRepeated, !known.pointee.isOneofMember, random(3) == 0,
        let loser = loser(known.pointee)
      {
        fields.append(Field(number: number, field: known, bytes: loser))
      } else if known.pointee.isRepeated, wireType != .delimited, random(2) == 0 {
        var value = contents
        let raw = value.place
        try value.skip(number, wireType)
        field.bytes = Text.field(
          UInt64(number),
          [UInt8](UnsafeRawBufferPointer(start: raw, count: value.place - raw)))
      }
      fields.append(field)
    }
    for _ in 0..<random(3) {
      let place = random(fields.count + 1)
      fields.insert(Field(number: 99, field: nil, bytes: unknown()), at: place)
    }
    // Neighbours change places unless they belong together.
    if fields.count > 1 {
      for _ in 0..<fields.count * 2 {
        let place = random(fields.count - 1)
        if fields[place].group != fields[place + 1].group { fields.swapAt(place, place + 1) }
      }
    }
    return fields.flatMap(\.bytes)
  }

  /// Whole fields in front, whole fields behind.
  private mutating func split(_ message: [UInt8]) throws -> ([UInt8], [UInt8]) {
    try message.withUnsafeBytes { bytes in
      var reader = ProtobufReader(bytes)
      var cuts = [0]
      while !reader.isAtEnd {
        let (number, type) = try reader.readTag()
        try reader.skip(number, type)
        cuts.append(reader.place - reader.base)
      }
      let cut = cuts[random(cuts.count)]
      return (Array(message[..<cut]), Array(message[cut...]))
    }
  }

  private func loser(_ field: MessageField) -> [UInt8]? {
    let number = UInt64(field.number)
    switch field.type.wireType {
    case .varint: return Text.field(number, varint: 77)
    case .eightBytes: return Text.field(number, eightBytes: 77)
    case .fourBytes: return Text.field(number, fourBytes: 77)
    default:
      return field.type == .string || field.type == .traceID || field.type == .spanID
        ? Text.field(number, "loses") : nil
    }
  }

  private mutating func unknown() -> [UInt8] {
    switch random(5) {
    case 0: Text.field(99, varint: UInt64(random(1 << 20)))
    case 1: Text.field(100, eightBytes: 1)
    case 2: Text.field(101, fourBytes: 1)
    case 3: Text.field(5000, "unknown")
    default: Text.tag(103, 3) + Text.field(1, "x") + Text.tag(103, 4)
    }
  }
}

@Suite(.enabled(if: Fixtures.areThere, Fixtures.missing)) struct ScrambledProtobufTests {
  @Test(arguments: FixtureBodiesTests.pairs)
  func everyWayToSayItMakesTheSameEvents(_ pair: FixtureBodiesTests.Pair) throws {
    let seed: UInt64 = 0x5C4A
    let body = try Fixtures.bytes("pairs/\(pair.name).pb")
    let expected = try decode(body, pair.signal, .protobuf).events.map(\.wire)
    var scrambler = Scrambler(state: seed)
    for round in 0..<20 {
      let scrambled = try body.withUnsafeBytes { bytes in
        try scrambler.scramble(bytes, pair.signal.schema.request, ProtobufReader(bytes))
      }
      #expect(scrambled != body)
      // Log records and metrics get their ids from where they are: the order of records is kept.
      let events = try decode(scrambled, pair.signal, .protobuf).events.map(\.wire)
      try #require(events == expected, "seed \(seed), round \(round)")
    }
  }
}
