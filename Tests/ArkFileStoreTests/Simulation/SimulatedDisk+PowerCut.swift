extension SimulatedDisk {
  /// Which of the directory changes that were not synced reach the medium.
  enum DirectoryOrder: CaseIterable, Sendable {
    /// Those up to some moment, over all directories: what a journal gives.
    case journaled
    /// Any, as long as those to one name come in order: all that POSIX promises.
    case perName
  }

  /// The disk when the power comes back and nothing was written that was not synced.
  func afterLosingAll() -> SimulatedDisk {
    SimulatedDisk(like: self, directories: directories.mapValues(\.medium)) { $0.afterLosingAll() }
  }

  /// The disk as it may be when the power comes back.
  func afterPowerCut(
    _ order: DirectoryOrder, using random: inout some RandomNumberGenerator
  ) -> SimulatedDisk {
    let happened: Set<Int> =
      switch order {
      case .journaled: journaled(using: &random)
      case .perName: orderedPerName(using: &random)
      }
    return SimulatedDisk(
      like: self,
      directories: directories.mapValues { $0.entries { happened.contains($0.number) } }
    ) { $0.afterPowerCut(using: &random) }
  }

  private func journaled(using random: inout some RandomNumberGenerator) -> Set<Int> {
    let numbers = directories.values.flatMap(\.pending).map(\.number).sorted()
    return Set(numbers.prefix(Int.random(in: 0...numbers.count, using: &random)))
  }

  private func orderedPerName(using random: inout some RandomNumberGenerator) -> Set<Int> {
    var happened: Set<Int> = []
    for (_, directory) in directories.sorted(by: { $0.key < $1.key }) {
      var stuck: Set<String> = []
      for change in directory.pending {
        let names = change.entries.map(\.name)
        if stuck.isDisjoint(with: names), Bool.random(using: &random) {
          happened.insert(change.number)
        } else {
          stuck.formUnion(names)
        }
      }
    }
    return happened
  }
}
