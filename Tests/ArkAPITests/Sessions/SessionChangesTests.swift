import ArkBroker
import Testing

@testable import ArkAPI

/// 2.3: what watchers of `/sessions` are told.
@Suite struct SessionChangesTests {
  @Test func everySessionIsToldOnceInTheOrderOfItsFirstChange() {
    var sessions = Sessions([
      posted("LLMCallStart", session: "b"), posted("LLMCallStart", session: "a"),
      posted("LLMCallComplete", session: "b"),
    ])
    #expect(sessions.takeChanges() == ["b", "a"])
    #expect(sessions.takeChanges() == [])
    sessions.apply(posted("LLMCallStart", session: "a"))
    #expect(sessions.takeChanges() == ["a"])
  }

  @Test func aSessionThatIsGoneIsNotTold() {
    var sessions = Sessions([
      posted("LLMCallStart", session: "a", query: "a"),
      posted("LLMCallStart", session: "b", query: "b"), deletion(of: "a"),
      // Takes the place of the other.
      posted("LLMCallStart", session: "c", query: "c"),
    ])
    #expect(Set(sessions.takeChanges()) == ["b", "c"])
  }

  @Test func moreChangesThanTheListHoldsAreAllTold() {
    var sessions = Sessions()
    let count = SessionTable.changedLimit + 10
    for number in 0..<count {
      let slot = sessions.table.insertSession(ExactText("s-\(number)"), at: start)
      sessions.table.noteChange(of: slot)
    }
    #expect(sessions.table.changed.count == SessionTable.changedLimit)
    #expect(sessions.takeChanges().count == count)
    #expect(sessions.takeChanges() == [])
  }
}
