import Testing

@testable import ArkBroker

/// Vectors as published: FIPS 180 for the hash, RFC 4231 for the keyed one.
@Suite struct SHA256Tests {
  private static func hexadecimal(_ state: SHA256.State) -> String {
    var writer = ByteWriter()
    SHA256.withDigest(state) { writer.append(hexadecimal: $0) }
    return String(decoding: writer.array(), as: UTF8.self)
  }

  private static func hash(_ text: String) -> String {
    hexadecimal(withExactBytes(Array(text.utf8)) { SHA256.hash($0) })
  }

  @Test(arguments: [
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
    ),
    (
      String(repeating: "a", count: 1_000_000),
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    ),
  ])
  func hashesAsPublished(_ text: String, _ expected: String) {
    #expect(Self.hash(text) == expected)
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let key: [UInt8]
    let message: [UInt8]
    let code: String
    var testDescription: String { "\(key.count), \(message.count)" }

    init(_ key: [UInt8], _ message: [UInt8], _ code: String) {
      self.key = key
      self.message = message
      self.code = code
    }

    init(_ key: [UInt8], _ message: String, _ code: String) {
      self.init(key, Array(message.utf8), code)
    }
  }

  static let cases = [
    Case(
      [UInt8](repeating: 0x0b, count: 20), "Hi There",
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    Case(
      Array("Jefe".utf8), "what do ya want for nothing?",
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    Case(
      [UInt8](repeating: 0xaa, count: 20), [UInt8](repeating: 0xdd, count: 50),
      "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
    Case(
      Array(1...25), [UInt8](repeating: 0xcd, count: 50),
      "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
    // Published cut to 128 bits, as Redact cuts it.
    Case(
      [UInt8](repeating: 0x0c, count: 20), "Test With Truncation",
      "a3b6167473100ee06e0c796c2955552b"),
    Case(
      [UInt8](repeating: 0xaa, count: 131),
      "Test Using Larger Than Block-Size Key - Hash Key First",
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
    Case(
      [UInt8](repeating: 0xaa, count: 131),
      "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.",
      "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
  ]

  @Test(arguments: cases) func authenticatesAsPublished(_ vector: Case) {
    let code = Self.hexadecimal(
      withExactBytes(vector.message) { HMAC(key: vector.key).code(of: $0) })
    #expect(code.count == 64 && code.hasPrefix(vector.code))
  }

  /// Every length around the block boundaries, beside what `sha256sum` says of all of them together.
  @Test func padsEveryLengthRightly() {
    let hashes = (0...130).map { Self.hash(String(repeating: "x", count: $0)) }
    #expect(Set(hashes).count == 131)
    #expect(Self.hash(hashes.joined()) == Self.allLengths)
  }

  private static let allLengths =
    "87aca1c44bc7ba8897768170211f0a02063de70801131ff86c7edb9ce32c6a50"

  @Test func aKeyOfOneBlockIsUsedAsItIs() {
    let key = [UInt8](repeating: 7, count: 64)
    let longer = key + [0]
    func code(_ key: [UInt8]) -> SHA256.State {
      withExactBytes([1]) { HMAC(key: key).code(of: $0) }
    }
    #expect(code(Array(key.dropLast()) + [0]) == code(Array(key.dropLast())))
    #expect(code(longer) != code(key))
  }
}
