/// Finds the route of a request: a trie of segments in flat tables, searched without allocating.
///
/// All loops search it at once, so a search counts no references: the tables are memory of its own, written by `init` alone.
final class Router: @unchecked Sendable {
  enum Match {
    case route(MountedRoute, isHead: Bool)
    /// The path exists; another method may do. `route` is one of the path's, for its error format.
    case otherMethod(allow: String, route: MountedRoute)
    case notFound
    case badPath
  }

  private struct Edge {
    var textStart: Int32
    var textCount: Int32
    var child: Int32
  }

  private struct Node {
    var edgeStart: Int32 = 0
    var edgeCount: Int32 = 0
    var parameterChild: Int32 = -1
    var routeStart: Int32 = 0
    var routeCount: Int32 = 0
  }

  private let nodes: UnsafeBufferPointer<Node>
  private let edges: UnsafeBufferPointer<Edge>
  private let texts: UnsafeBufferPointer<UInt8>
  private let routes: UnsafeBufferPointer<MountedRoute>
  /// The Allow field of each node, made once.
  private let allows: UnsafeBufferPointer<String>
  private let isLoose: Bool

  /// Builds the tables; throws when two routes have the same method and path.
  /// - Parameter isLoose: paths are also found in other letter case and with one more slash at their
  ///   end, when no route has exactly that path.
  init(_ mounted: [HTTPRoute], isLoose: Bool = false) throws(HTTPServerError) {
    let root = Branch()
    for route in mounted {
      let entry = try MountedRoute(route)
      var branch = root
      for segment in entry.pattern.segments { branch = branch.child(segment) }
      if let other = branch.routes.first(where: { $0.route.method == route.method }) {
        throw HTTPServerError(
          .duplicateRoute,
          "Two routes answer \(route.method) \(route.path): the other is "
            + "\(other.route.method) \(other.route.path). Mount one of them at another path.")
      }
      branch.routes.append(entry)
    }
    var tables = Tables()
    tables.add(root)
    self.isLoose = isLoose
    nodes = Router.copy(tables.nodes)
    edges = Router.copy(tables.edges)
    texts = Router.copy(tables.texts)
    routes = Router.copy(tables.routes)
    allows = Router.copy(tables.allows)
  }

  deinit {
    nodes.deallocate()
    edges.deallocate()
    texts.deallocate()
    UnsafeMutableBufferPointer(mutating: routes).deinitialize().deallocate()
    UnsafeMutableBufferPointer(mutating: allows).deinitialize().deallocate()
  }

  private static func copy<Element>(_ elements: [Element]) -> UnsafeBufferPointer<Element> {
    let memory = UnsafeMutableBufferPointer<Element>.allocate(capacity: elements.count)
    _ = memory.initialize(fromContentsOf: elements)
    return UnsafeBufferPointer(memory)
  }

  private final class Branch {
    var literals: [(text: [UInt8], branch: Branch)] = []
    var parameter: Branch?
    var routes: [MountedRoute] = []

    func child(_ segment: RoutePattern.Segment) -> Branch {
      switch segment {
      case .literal(let text):
        if let found = literals.first(where: { $0.text == text }) { return found.branch }
        let branch = Branch()
        literals.append((text: text, branch: branch))
        return branch
      case .parameter:
        let branch = parameter ?? Branch()
        parameter = branch
        return branch
      }
    }
  }

  /// What the tables are made of while branches are flattened into them.
  private struct Tables {
    var nodes: [Node] = []
    var edges: [Edge] = []
    var texts: [UInt8] = []
    var routes: [MountedRoute] = []
    var allows: [String] = []

    @discardableResult
    mutating func add(_ branch: Branch) -> Int32 {
      let index = nodes.count
      nodes.append(Node())
      allows.append(Tables.allow(branch.routes))
      nodes[index].routeStart = Int32(routes.count)
      nodes[index].routeCount = Int32(branch.routes.count)
      routes.append(contentsOf: branch.routes)
      let children = branch.literals.map { (text: $0.text, child: add($0.branch)) }
      nodes[index].edgeStart = Int32(edges.count)
      nodes[index].edgeCount = Int32(children.count)
      for (text, child) in children {
        edges.append(
          Edge(textStart: Int32(texts.count), textCount: Int32(text.count), child: child))
        texts.append(contentsOf: text)
      }
      if let parameter = branch.parameter { nodes[index].parameterChild = add(parameter) }
      return Int32(index)
    }

    private static func allow(_ routes: [MountedRoute]) -> String {
      var names = routes.map(\.route.method.name)
      if names.contains("GET"), !names.contains("HEAD") { names.append("HEAD") }
      if !names.contains("OPTIONS") { names.append("OPTIONS") }
      return names.sorted().joined(separator: ", ")
    }
  }

  /// Finds the route of a request.
  func match(_ head: HTTPRequestHead) -> Match {
    let path = head.facts.path
    return head.withBytes(of: path) { bytes -> Match in
      // An absolute-form target may have no path, which means the root.
      if !bytes.isEmpty, bytes[0] != ASCII.slash { return .notFound }
      let isEncoded = bytes.firstIndex(of: ASCII.percent, from: 0) != nil
      if isEncoded, PercentCoding.decodeStrictly(bytes) == nil { return .badPath }
      if let found = search(bytes, isEncoded: isEncoded) { return pick(found, head.method) }
      let trimmed =
        bytes.count > 1 && bytes.last == ASCII.slash ? bytes.part(0, bytes.count - 1) : bytes
      guard isLoose, let found = search(trimmed, isEncoded: isEncoded, ignoringCase: true) else {
        return .notFound
      }
      return pick(found, head.method)
    }
  }

  private func search(
    _ path: UnsafeRawBufferPointer, isEncoded: Bool, ignoringCase: Bool = false
  ) -> Int? {
    Search(
      nodes: nodes, edges: edges, texts: UnsafeRawBufferPointer(texts), path: path,
      isEncoded: isEncoded, ignoresCase: ignoringCase
    ).find(0, from: min(1, path.count))
  }

  private func pick(_ index: Int, _ method: HTTPMethod) -> Match {
    let node = nodes[index]
    let range = Int(node.routeStart)..<Int(node.routeStart + node.routeCount)
    for place in range where routes[place].route.method == method {
      return .route(routes[place], isHead: method == .head)
    }
    if method == .head {
      for place in range where routes[place].route.method == .get {
        return .route(routes[place], isHead: true)
      }
    }
    return .otherMethod(allow: allows[index], route: routes[range.lowerBound])
  }

  private struct Search {
    let nodes: UnsafeBufferPointer<Node>
    let edges: UnsafeBufferPointer<Edge>
    let texts: UnsafeRawBufferPointer
    let path: UnsafeRawBufferPointer
    let isEncoded: Bool
    let ignoresCase: Bool

    /// The node with routes that the rest of the path leads to. Goes no deeper than the patterns do.
    func find(_ index: Int, from start: Int) -> Int? {
      let node = nodes[index]
      let end = path.firstIndex(of: ASCII.slash, from: start) ?? path.count
      let segment = path.part(start, end - start)
      let edge = isEncoded ? decodedEdge(node, segment) : edge(node, segment)
      if let edge, let found = descend(edge, end) { return found }
      if node.parameterChild >= 0, !segment.isEmpty {
        return descend(Int(node.parameterChild), end)
      }
      return nil
    }

    private func descend(_ child: Int, _ end: Int) -> Int? {
      if end < path.count { return find(child, from: end + 1) }
      return nodes[child].routeCount > 0 ? child : nil
    }

    @inline(__always)
    private func edge(_ node: Node, _ segment: UnsafeRawBufferPointer) -> Int? {
      for place in Int(node.edgeStart)..<Int(node.edgeStart + node.edgeCount) {
        let edge = edges[place]
        guard Int(edge.textCount) == segment.count else { continue }
        let text = texts.part(Int(edge.textStart), segment.count)
        if text.equals(segment)
          || ignoresCase && text.equalsIgnoringCase(segment.bindMemory(to: UInt8.self))
        {
          return Int(edge.child)
        }
      }
      return nil
    }

    private func decodedEdge(_ node: Node, _ segment: UnsafeRawBufferPointer) -> Int? {
      PercentCoding.decodeStrictly(segment)?.withUnsafeBytes { edge(node, $0) }
    }
  }
}
