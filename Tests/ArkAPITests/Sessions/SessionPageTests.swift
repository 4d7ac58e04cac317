import ArkBroker
import Testing

@testable import ArkAPI

/// 1.9 and 3: lists of sessions.
@Suite struct SessionPageTests {
  /// Three sessions: error, idle, active.
  let sessions = Sessions([
    posted(
      "QueryExecutionError", at: 3, session: "session-Beta", query: "a", ["agent": "x/Planner"]),
    posted("QueryExecutionComplete", at: 1, session: "alpha", query: "b", ["conversationId": "1"]),
    posted("QueryExecutionComplete", at: 1, session: "alpha", query: "c", ["conversationId": "2"]),
    posted(
      "LLMCallStart", at: 2, session: "gamma", query: "d", ["team": "Crew", "tool": "ÉCLAIR"]),
    posted("LLMCallStart", at: 2, session: "gamma", query: "e", ["conversationId": "1"]),
  ])

  func found(_ search: Sessions.Search) -> [String] {
    sessions.page(search, now: start).sessions.map(\.name)
  }

  @Test func theOrderIsThatOfTheFirstEvents() {
    #expect(found(.init()) == ["Beta", "alpha", "gamma"])
  }

  @Test(arguments: [
    (Sessions.Search.Order.date, true, ["alpha", "gamma", "Beta"]),
    (.date, false, ["Beta", "gamma", "alpha"]), (.name, true, ["Beta", "alpha", "gamma"]),
    (.name, false, ["gamma", "alpha", "Beta"]),
    (.conversations, true, ["Beta", "gamma", "alpha"]),
    (.conversations, false, ["alpha", "gamma", "Beta"]),
  ]) func sessionsAreOrdered(
    _ order: Sessions.Search.Order, _ isAscending: Bool, _ names: [String]
  ) {
    #expect(found(.init(order: order, isAscending: isAscending)) == names)
  }

  @Test func amongEqualsTheFirstComesFirstEitherWay() {
    let sessions = Sessions((0..<50).map { posted("LLMCallStart", session: "s-\($0)") })
    for isAscending in [true, false] {
      for order in [Sessions.Search.Order.date, .conversations] {
        let search = Sessions.Search(order: order, isAscending: isAscending)
        let ids = sessions.page(search, offset: 3, limit: 4, now: start).sessions.map(\.id)
        #expect(ids == ["s-3", "s-4", "s-5", "s-6"])
      }
    }
  }

  @Test func statusCountsAreThoseOfTheSessionsFound() {
    let all = sessions.page(now: start)
    #expect(all.statusCounts == [.active: 1, .idle: 1, .error: 1] && all.total == 3)
    let idle = sessions.page(.init(status: .idle), now: start)
    #expect(idle.sessions.map(\.id) == ["alpha"] && idle.total == 1)
    #expect(idle.statusCounts == [.active: 0, .idle: 1, .error: 0])
  }

  @Test func datesAreInclusive() {
    #expect(found(.init(earliest: second(2))) == ["Beta", "gamma"])
    #expect(found(.init(latest: second(2))) == ["alpha", "gamma"])
    #expect(found(.init(earliest: second(1.5), latest: second(2.5))) == ["gamma"])
    let sessions = Sessions([posted("LLMCallStart", at: 1.0005)])
    // What was read as 1.000 is found as 1.000.
    #expect(sessions.page(.init(latest: second(1)), now: start).total == 1)
    #expect(sessions.page(.init(earliest: second(1.001)), now: start).total == 0)
  }

  @Test(arguments: [
    ("PLANNER", ["Beta"]), ("x/plan", ["Beta"]), ("crew", ["gamma"]), ("éclair", ["gamma"]),
    ("SESSION-B", ["Beta"]), ("alpha", ["alpha"]), ("a", ["Beta", "alpha", "gamma"]),
    ("nothing", []), ("alphaa", []), ("", ["Beta", "alpha", "gamma"]), ("agent", []),
  ]) func aTextIsLookedForInWhateverCase(_ text: String, _ names: [String]) {
    #expect(found(.init(text: text)) == names)
  }

  @Test func testsAreCombined() {
    #expect(found(.init(status: .error, text: "planner", order: .date)) == ["Beta"])
    #expect(found(.init(status: .idle, text: "planner")) == [])
  }

  @Test(arguments: [nil] + Sessions.Search.Order.allCases)
  func pagesFollowEachOther(_ order: Sessions.Search.Order?) {
    let sessions = Sessions(
      (0..<25).map { posted("LLMCallStart", at: Double($0 * 7 % 25), session: "s-\($0)") })
    let search = Sessions.Search(order: order)
    let whole = sessions.page(search, limit: 1000, now: start)
    #expect(whole.sessions.count == 25 && whole.nextOffset == nil)
    for limit in [1, 4, 5, 24, 25] {
      var ids: [String] = []
      var offset: Int? = 0
      while let from = offset {
        let page = sessions.page(search, offset: from, limit: limit, now: start)
        #expect(page.total == 25 && page.sessions.count <= limit)
        ids += page.sessions.map(\.id)
        offset = page.nextOffset
      }
      #expect(ids == whole.sessions.map(\.id), "\(limit)")
    }
  }

  @Test func offsetsAndLimitsOutOfRangeFindNothing() {
    for order in [nil, Sessions.Search.Order.date] {
      let search = Sessions.Search(order: order)
      let behind = sessions.page(search, offset: 10, now: start)
      #expect(behind.sessions.isEmpty && behind.total == 3 && behind.nextOffset == nil)
      #expect(sessions.page(search, offset: -1, limit: 1, now: start).sessions.count == 1)
      #expect(sessions.page(search, limit: -1, now: start).nextOffset == 0)
      #expect(sessions.page(search, offset: .max, limit: .max, now: start).sessions.isEmpty)
    }
  }
}
