extension Match {
  /// Times outside of which the match takes no event, in nanoseconds since 1970; nil when it may take events of any time.
  package var times: ClosedRange<Int64>? {
    let range = node.times
    return range == Int64.min...Int64.max ? nil : range
  }
}

extension Match.Node {
  fileprivate var times: ClosedRange<Int64> {
    let always = Int64.min...Int64.max
    switch self {
    case .since(let time): return time.nanosecondsSinceEpoch...Int64.max
    case .until(let time):
      return Int64.min...max(Int64.min, time.nanosecondsSinceEpoch &- 1)
    case .and(let nodes):
      return nodes.reduce(always) { range, node in
        let other = node.times
        let low = max(range.lowerBound, other.lowerBound)
        // Times that exclude each other: no event is taken, so any short range will do.
        return low...max(low, min(range.upperBound, other.upperBound))
      }
    case .or(let nodes):
      guard let first = nodes.first else { return always }
      return nodes.dropFirst().reduce(first.times) { range, node in
        let other = node.times
        return min(range.lowerBound, other.lowerBound)...max(range.upperBound, other.upperBound)
      }
    case .all, .none, .field, .kind, .attribute, .not: return always
    }
  }
}
