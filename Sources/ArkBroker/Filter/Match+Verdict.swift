extension Match {
  /// Whether it takes the events of a kind and source, as far as that can be told without a look at them: all of them, none, or (nil) it depends.
  /// - Parameter times: when they happened, in nanoseconds since 1970.
  package func verdict(kind: Kind, source: String, times: ClosedRange<Int64>) -> Bool? {
    node.verdict(kind, ExactText(source), times)
  }
}

extension Match.Node {
  fileprivate func verdict(
    _ kind: Kind, _ source: ExactText, _ times: ClosedRange<Int64>
  ) -> Bool? {
    switch self {
    case .all: return true
    case .none: return false
    case .kind(let pattern): return pattern.matches(kind)
    case .field(.source, let text): return text == source
    case .field, .attribute: return nil
    case .since(let time):
      let since = time.nanosecondsSinceEpoch
      return since <= times.lowerBound ? true : since > times.upperBound ? false : nil
    case .until(let time):
      let until = time.nanosecondsSinceEpoch
      return until > times.upperBound ? true : until <= times.lowerBound ? false : nil
    case .and(let nodes): return Match.Node.verdict(nodes, false, kind, source, times)
    case .or(let nodes): return Match.Node.verdict(nodes, true, kind, source, times)
    case .not(let node): return node.verdict(kind, source, times).map(!)
    }
  }

  /// - Parameter decisive: the verdict on one operand that is the verdict on all.
  private static func verdict(
    _ nodes: [Match.Node], _ decisive: Bool, _ kind: Kind, _ source: ExactText,
    _ times: ClosedRange<Int64>
  ) -> Bool? {
    var isSure = true
    for node in nodes {
      switch node.verdict(kind, source, times) {
      case decisive: return decisive
      case nil: isSure = false
      default: break
      }
    }
    return isSure ? !decisive : nil
  }
}
