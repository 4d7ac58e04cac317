/// What is in a simulated file: as processes see it, and as it is on the medium.
struct SimulatedContent: Sendable {
  let blockSize: Int
  /// What a read gives: the page cache over the medium.
  private(set) var seen = SparseBytes()
  /// What is there after a power cut, come what may.
  private(set) var medium = SparseBytes()
  /// How many blocks the file takes up.
  private(set) var allocated = 0

  /// A byte a block that was ever written: the flags below.
  private var flags: [UInt8] = []
  private static let dirty: UInt8 = 1
  private static let occupied: UInt8 = 2
  /// The blocks changed since the last sync.
  private var dirtyBlocks: [Int] = []
  /// The sizes that the file has had since the last sync: the medium may have any of them.
  private var sizes: [Int] = []
  /// The blocks before this one take up room, written or not.
  private var reserved = 0

  init(blockSize: Int) { self.blockSize = blockSize }

  // MARK: Room

  private func blocks(_ size: Int) -> Int { (size + blockSize - 1) / blockSize }

  private func isOccupied(_ block: Int) -> Bool {
    block < reserved || block < flags.count && flags[block] & SimulatedContent.occupied != 0
  }

  /// How many bytes can be written when there are `free` blocks on the disk.
  func fitting(_ count: Int, at offset: Int, free: Int) -> Int {
    var free = free
    for block in offset / blockSize..<blocks(offset + count) where !isOccupied(block) {
      if free == 0 { return max(0, block * blockSize - offset) }
      free -= 1
    }
    return count
  }

  /// How many more blocks the file would take up with a reservation.
  func missing(upTo size: Int) -> Int {
    let end = blocks(size)
    guard end > reserved else { return 0 }
    let written = reserved..<min(end, max(reserved, flags.count))
    return end - reserved - written.count(where: isOccupied)
  }

  // MARK: Changes

  mutating func write(_ source: UnsafeBufferPointer<UInt8>, at offset: Int) {
    let end = offset + source.count
    if end > seen.size { grow(to: end) }
    seen.write(source, at: offset)
    for block in offset / blockSize..<blocks(end) {
      if !isOccupied(block) {
        allocated += 1
        extendFlags(to: block)
        flags[block] |= SimulatedContent.occupied
      }
      touch(block)
    }
  }

  mutating func resize(to size: Int) {
    if size > seen.size { return grow(to: size) }
    guard size < seen.size else { return }
    seen.resize(to: size)
    sizes.append(size)
    // The rest of the last block is overwritten with zeros, where it is.
    if size % blockSize != 0 { touch(size / blockSize) }
    let kept = blocks(size)
    for block in kept..<max(kept, flags.count) where flags[block] & SimulatedContent.occupied != 0 {
      flags[block] &= ~SimulatedContent.occupied
      if block >= reserved { allocated -= 1 }
    }
    allocated -= max(0, reserved - kept)
    reserved = min(reserved, kept)
  }

  mutating func reserve(upTo size: Int) {
    allocated += missing(upTo: size)
    reserved = max(reserved, blocks(size))
    if size > seen.size { grow(to: size) }
  }

  private mutating func grow(to size: Int) {
    // After a cut that was not synced the medium still has the old bytes where zeros are seen now.
    let stale = (seen.size..<size).clamped(to: 0..<max(seen.size, medium.bytes.count))
    if !stale.isEmpty {
      for block in stale.lowerBound / blockSize..<blocks(stale.upperBound) { touch(block) }
    }
    seen.resize(to: size)
    sizes.append(size)
  }

  private mutating func touch(_ block: Int) {
    extendFlags(to: block)
    guard flags[block] & SimulatedContent.dirty == 0 else { return }
    flags[block] |= SimulatedContent.dirty
    dirtyBlocks.append(block)
  }

  private mutating func extendFlags(to block: Int) {
    while flags.count <= block { flags.append(0) }
  }

  /// Damages both what is seen and what is on the medium.
  mutating func flipBit(_ bit: Int, at offset: Int) {
    seen.flipBit(bit, at: offset)
    medium.flipBit(bit, at: offset)
  }

  // MARK: Durability

  /// Writes what changed to the medium.
  mutating func sync() {
    if medium.size != seen.size { medium.resize(to: seen.size) }
    for block in dirtyBlocks { medium.copy(range(of: block), from: seen) }
    clean()
    sizes.removeAll(keepingCapacity: true)
  }

  /// What Linux does when a sync fails: the pages count as clean and stay in the page cache, so
  /// that no later sync writes them, unless they are written to again. The size belongs to the
  /// metadata, which a later sync does write.
  mutating func loseWrites() { clean() }

  private mutating func clean() {
    for block in dirtyBlocks { flags[block] &= ~SimulatedContent.dirty }
    dirtyBlocks.removeAll(keepingCapacity: true)
  }

  private func range(of block: Int) -> Range<Int> {
    block * blockSize..<(block + 1) * blockSize
  }

  // MARK: Power cuts

  /// What became of a block that was not synced.
  enum Fate: CaseIterable {
    case kept
    case lost
    /// The first half is new, the rest old.
    case torn
  }

  /// The file as it is when the power comes back and nothing was written that was not synced.
  func afterLosingAll() -> SimulatedContent { settled(size: medium.size) { _ in .lost } }

  /// The file as it may be when the power comes back.
  func afterPowerCut(using random: inout some RandomNumberGenerator) -> SimulatedContent {
    guard !dirtyBlocks.isEmpty || !sizes.isEmpty else { return afterLosingAll() }
    let size = survivingSize(using: &random)
    // With many blocks all of them would hardly ever have the same fate, which is the usual one.
    switch Int.random(in: 0..<6, using: &random) {
    case 0: return settled(size: size) { _ in .kept }
    case 1: return settled(size: size) { _ in .lost }
    default: return settled(size: size) { _ in Fate.allCases.randomElement(using: &random)! }
    }
  }

  private func survivingSize(using random: inout some RandomNumberGenerator) -> Int {
    let happened = Int.random(in: 0...sizes.count, using: &random)
    let size = happened == 0 ? medium.size : sizes[happened - 1]
    guard happened < sizes.count else { return size }
    // Growth reaches the medium block by block.
    let between = size / blockSize + 1..<max(size / blockSize + 1, blocks(sizes[happened]))
    guard Bool.random(using: &random), let block = between.randomElement(using: &random) else {
      return size
    }
    return block * blockSize
  }

  private func settled(size: Int, _ fate: (Int) -> Fate) -> SimulatedContent {
    var result = medium
    if result.size != size { result.resize(to: size) }
    for block in dirtyBlocks {
      let range = range(of: block)
      switch fate(block) {
      case .kept: result.copy(range, from: seen)
      case .lost: break
      case .torn: result.copy(range.prefix(blockSize / 2), from: seen)
      }
    }
    var settled = SimulatedContent(blockSize: blockSize)
    settled.seen = result
    settled.medium = result
    settled.reserved = min(reserved, blocks(size))
    settled.flags = flags.prefix(blocks(size)).map { $0 & SimulatedContent.occupied }
    settled.allocated = (0..<blocks(size)).count(where: settled.isOccupied)
    return settled
  }
}
