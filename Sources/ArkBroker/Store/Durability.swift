/// How safe an acknowledged event is.
public enum Durability: Int, Comparable, Sendable {
  /// Handed to the operating system: it outlives the process, but not a crash of the kernel or a power cut in the next seconds.
  ///
  /// What such a crash takes takes its positions with it. Those that readers may have seen are not given again, as in a store that promises no more than this; a store that
  /// promises `.synced` shows events only then, and may give others the positions that a publisher alone was told.
  case written
  /// On the medium (`fdatasync`): it outlives a power cut.
  case synced

  /// Whether `a` promises less.
  public static func < (a: Durability, b: Durability) -> Bool { a.rawValue < b.rawValue }
}
