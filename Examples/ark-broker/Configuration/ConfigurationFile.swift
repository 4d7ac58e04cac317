import ArkBroker

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file of settings: one object of JSON with a member for each.
struct ConfigurationFile {
  /// How large it may be.
  static let maximumBytes = 1 << 20
  /// How much of it an error repeats.
  private static let shownBytes = 64

  /// A member, as it is written.
  private struct Member {
    let name: JSONString
    let value: UnsafeRawBufferPointer
    let kind: JSONKind
    let nameOffset: Int
    let valueOffset: Int
  }

  private let path: String
  private let text: UnsafeRawBufferPointer

  /// What the file says.
  /// - Parameter name: what named the file, for an error.
  static func values(at path: String, named name: String) throws(UsageError) -> [GivenValue] {
    let bytes: [UInt8]
    do throws(LineFileError) {
      bytes = try contents(of: path)
    } catch {
      throw UsageError(message: "\(name): \(error.message)")
    }
    return try values(in: bytes, of: path)
  }

  /// What a file with these bytes says.
  static func values(in bytes: [UInt8], of path: String) throws(UsageError) -> [GivenValue] {
    try bytes.withUnsafeBufferPointer { (bytes) throws(UsageError) in
      try ConfigurationFile(path: path, text: UnsafeRawBufferPointer(bytes)).values()
    }
  }

  private func values() throws(UsageError) -> [GivenValue] {
    var values: [GivenValue] = []
    var lines: [String: Int] = [:]
    for member in try members() {
      let key = member.name.string
      let (line, _) = place(at: member.nameOffset)
      guard let setting = Settings.all.first(where: { $0.key == key }) else {
        let hint = UsageError.hint(Settings.nearest(to: key))
        throw failure(at: member.nameOffset, "unknown key '\(shown(member.name.raw))'\(hint)")
      }
      if let first = lines.updateValue(line, forKey: key) {
        throw failure(at: member.nameOffset, "\(key) is given twice, first in line \(first)")
      }
      values.append(value(of: member, for: setting))
    }
    return values
  }

  private func value(of member: Member, for setting: Setting) -> GivenValue {
    let (line, column) = place(at: member.valueOffset)
    let shown =
      switch member.kind {
      case .object: "an object"
      case .array: "an array"
      default: shown(member.value)
      }
    return GivenValue(
      setting, setting.kinds.contains(member.kind) ? text(of: member) : nil, shown: shown,
      from: .file(path: path, line: line, column: column))
  }

  /// The value as a flag has it; nil for those that no flag can have.
  private func text(of member: Member) -> String? {
    switch member.kind {
    case .string:
      var reader = JSONReader(member.value)
      return (try? reader.readString())?.string
    case .number: return JSONNumber(member.value)?.int64.map { "\($0)" }
    case .bool: return String(decoding: member.value, as: UTF8.self)
    case .null: return Setting.none
    case .object, .array: return nil
    }
  }

  private func members() throws(UsageError) -> [Member] {
    var members: [Member] = []
    // Half of a surrogate pair in a path or a name would stand for another one than was meant.
    var reader = JSONReader(text, takingLoneSurrogates: false)
    do throws(JSONError) {
      reader.skipByteOrderMark()
      try reader.beginObject()
      while let name = try reader.nextKey() {
        let kind = try reader.peek()
        let offset = reader.offset
        members.append(
          Member(
            name: name, value: try reader.readRawValue(), kind: kind,
            nameOffset: reader.offset(of: name.start) - 1, valueOffset: offset))
      }
      try reader.finish()
    } catch {
      throw failure(at: error.offset, "\(error.code.message)")
    }
    return members
  }

  // MARK: Errors

  private func failure(at offset: Int, _ message: String) -> UsageError {
    let (line, column) = place(at: offset)
    return UsageError(message: "\(path):\(line):\(column): \(message)")
  }

  /// As an editor counts: lines and their characters from 1.
  private func place(at offset: Int) -> (line: Int, column: Int) {
    var (line, column) = (1, 1)
    for byte in text.prefix(offset) {
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
    return (line, column)
  }

  private func shown(_ bytes: UnsafeRawBufferPointer) -> String {
    let text = String(decoding: bytes.prefix(ConfigurationFile.shownBytes), as: UTF8.self)
    return bytes.count > ConfigurationFile.shownBytes ? text + "…" : text
  }

  // MARK: Reading

  private static func contents(of path: String) throws(LineFileError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system("open", path) }
    defer { close(descriptor) }
    // One more byte than allowed tells a file that is too large.
    var bytes = [UInt8](repeating: 0, count: maximumBytes + 1)
    var count = 0
    while count < bytes.count {
      let got = bytes.withUnsafeMutableBytes {
        read(descriptor, $0.baseAddress! + count, $0.count - count)
      }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw .system("read", path) }
      guard got > 0 else { return Array(bytes[..<count]) }
      count += got
    }
    throw LineFileError(message: "\(path) is larger than \(ByteCount(bytes: maximumBytes))")
  }
}
