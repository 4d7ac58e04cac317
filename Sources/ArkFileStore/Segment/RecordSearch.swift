import ArkBroker

/// Looks for the next sound record where the one before it cannot tell where that is.
struct RecordSearch {
  let segment: Segment
  /// Where the records end.
  let end: Int

  struct Found {
    var offset: Int
    var length: Int
    var position: Position
    var followsSync: Bool

    init(_ record: Record, at offset: Int) {
      self.offset = offset
      length = record.length
      position = record.position
      followsSync = record.flags.contains(.followsSync)
    }
  }

  /// The first sound record at `start` or behind it.
  /// - Parameter position: records up to it are left-overs.
  func next(from start: Int, after position: Position) throws(StoreError) -> Found? {
    let size = 1 << 20
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 8)
    defer { buffer.deallocate() }
    var blockStart = start
    while blockStart < end {
      let room = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(size, end - blockStart)])
      let count = try segment.read(into: room, at: blockStart)
      guard count >= Record.fixedLength else { return nil }
      let bytes = UnsafeRawPointer(room.baseAddress.unsafelyUnwrapped)
      var offset = 0
      while offset + Record.fixedLength <= count {
        if let found = try candidate(
          bytes + offset, available: count - offset, at: blockStart + offset, after: position)
        {
          return found
        }
        offset += 1
      }
      blockStart += offset
    }
    return nil
  }

  /// A sound record at this very place. Cheap tests come first: nearly no place passes them by chance.
  private func candidate(
    _ bytes: UnsafeRawPointer, available: Int, at offset: Int, after position: Position
  ) throws(StoreError) -> Found? {
    let length = Record.length(at: bytes)
    let candidate: UInt64 = bytes.number(8)
    guard length > Record.fixedLength, length <= end - offset, length <= Record.maximumLength,
      candidate > position.rawValue, candidate &- position.rawValue < 1 << 40
    else { return nil }
    if let record = Record(at: bytes, available: available) {
      guard record.isSound else { return nil }
      return Found(record, at: offset)
    }
    let whole = UnsafeMutableRawBufferPointer.allocate(byteCount: length, alignment: 8)
    defer { whole.deallocate() }
    guard try segment.read(into: whole, at: offset) == length,
      let record = Record(
        at: UnsafeRawPointer(whole.baseAddress.unsafelyUnwrapped), available: length),
      record.isSound
    else { return nil }
    return Found(record, at: offset)
  }
}
