/// How safe an acknowledged event is.
public enum Durability: Int, Comparable, Sendable {
  /// Handed to the operating system: it outlives the process, but not a crash of the kernel or a power cut in the next seconds.
  case written
  /// On the medium (`fdatasync`): it outlives a power cut.
  case synced

  /// Whether `a` promises less.
  public static func < (a: Durability, b: Durability) -> Bool { a.rawValue < b.rawValue }
}
