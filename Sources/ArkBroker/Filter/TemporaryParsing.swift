public struct MatchError: Error {}
extension Match { public init(parsing: String) throws(MatchError) { throw MatchError() } }
