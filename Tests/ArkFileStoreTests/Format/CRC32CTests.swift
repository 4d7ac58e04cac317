import ArkBrokerTesting
import CSystem
import Testing

@testable import ArkFileStore

/// Both ways to the checksum give the same: a store may move to a processor without the instruction.
@Suite struct CRC32CTests {
  /// RFC 3720, appendix B.4, and the check value of catalogues of checksums.
  private static let vectors: [(bytes: [UInt8], checksum: UInt32)] = [
    ([], 0),
    (bytes("123456789"), 0xe306_9283),
    ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
    ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43),
    (Array(0..<32), 0x46dd_794e),
    ((0..<32).reversed(), 0x113f_db5c),
    (readCommand, 0xd996_3a56),
  ]

  /// An iSCSI SCSI Read (10) command.
  private static let readCommand: [UInt8] =
    [0x01, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0, 0, 0, 0x04, 0]
    + [0, 0, 0, 0x14, 0, 0, 0, 0x18, 0x28, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0, 0]

  @Test(arguments: vectors.indices) func theChecksumIsThatOfTheRFC(number: Int) {
    let (bytes, checksum) = Self.vectors[number]
    #expect(CRC32C.of(bytes) == checksum)
    bytes.withUnsafeBytes { #expect(~CRC32C.byTable(.max, $0) == checksum) }
  }

  @Test(.enabled(if: ark_crc32c_has_instruction() != 0))
  func theTablesAgreeWithTheInstruction() {
    var random = EventGenerator(seed: 32)
    let bytes = (0..<4096).map { _ in UInt8.random(in: 0...255, using: &random) }
    // Every alignment with every rest of a step of eight, and then lengths of many steps.
    let short = (0..<16).flatMap { start in (0..<40).map { start..<start + $0 } }
    let long = (0..<200).map { _ in
      let start = Int.random(in: 0..<64, using: &random)
      return start..<Int.random(in: start...bytes.count, using: &random)
    }
    bytes.withUnsafeBytes { bytes in
      for range in short + long {
        let state = UInt32.random(in: 0 ... .max, using: &random)
        let part = UnsafeRawBufferPointer(rebasing: bytes[range])
        let byInstruction = ark_crc32c_by_instruction(state, part.baseAddress!, part.count)
        #expect(CRC32C.byTable(state, part) == byInstruction, "bytes \(range) from \(state)")
      }
    }
  }
}
