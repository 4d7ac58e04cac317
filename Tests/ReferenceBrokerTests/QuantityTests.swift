import Testing

@testable import ark_broker

/// Sizes as people write them.
@Suite struct QuantityTests {
  @Test func sizesArePrintedAsTheyAreRead() {
    for text in ["0", "1", "1023", "1K", "1025", "64M", "1536M", "10G", "3T"] {
      #expect(ByteCount(text)?.exact == text)
    }
  }
}
