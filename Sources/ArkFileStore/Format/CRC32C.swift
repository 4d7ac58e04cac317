import CSystem

/// CRC-32C, the checksum of everything the store writes (Castagnoli polynomial 0x1EDC6F41, reflected; RFC 3720, appendix B.4).
package enum CRC32C {
  private static let hasInstruction = ark_crc32c_has_instruction() != 0

  /// The checksum of some bytes.
  package static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    guard let start = bytes.baseAddress else { return 0 }
    return hasInstruction
      ? ~ark_crc32c_by_instruction(.max, start, bytes.count) : ~byTable(.max, bytes)
  }

  package static func of(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { of($0) } }

  /// Eight tables, so that a step takes eight bytes ("slicing-by-8").
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var crc = UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82f6_3b78 : crc >> 1 }
      tables[byte] = crc
    }
    for table in 1..<8 {
      for byte in 0..<256 {
        let previous = tables[(table - 1) * 256 + byte]
        tables[table * 256 + byte] = previous >> 8 ^ tables[Int(previous & 0xff)]
      }
    }
    return tables
  }()

  /// For processors without the instruction.
  static func byTable(_ state: UInt32, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
    tables.withUnsafeBufferPointer { tables in
      var crc = state
      var offset = 0
      while offset &+ 8 <= bytes.count {
        let word =
          UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
          ^ UInt64(crc)
        crc = 0
        for place in 0..<8 {
          crc ^=
            tables[(7 - place) * 256 + Int(truncatingIfNeeded: word >> UInt64(place * 8) & 0xff)]
        }
        offset &+= 8
      }
      while offset < bytes.count {
        crc = crc >> 8 ^ tables[Int((crc ^ UInt32(bytes[offset])) & 0xff)]
        offset &+= 1
      }
      return crc
    }
  }
}
