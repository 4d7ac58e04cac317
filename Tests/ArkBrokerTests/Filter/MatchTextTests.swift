import Testing

@testable import ArkBroker

/// The text form of matches: `Match(parsing:)` and `description`.
@Suite struct MatchTextTests {
  @Test func theExampleOfTheGrammarMeansWhatItSays() throws {
    let match = try Match(
      parsing: #"""
        kind = tool.* and (session = s-1 or not agent = "weather agent")
          and time >= 2026-11-24T00:00:00Z
        """#)
    let time = try #require(Timestamp("2026-11-24T00:00:00Z"))
    let expected: Match =
      .kind("tool.*") && (.session("s-1") || !.agent("weather agent")) && .since(time)
    #expect(match == expected)
    #expect(
      match.description
        == #"kind = tool.* and (session = s-1 or not agent = "weather agent") and time >= 2026-11-24T00:00:00Z"#
    )
  }

  @Test(
    arguments: [
      ("session=s-1", .session("s-1")),
      ("session == s-1", .session("s-1")),
      ("SESSION = s-1", .session("s-1")),
      ("queryName = q", .queryName("q")),
      ("session != s-1", !.session("s-1")),
      ("!session=s-1", !.session("s-1")),
      ("not not session = s-1", .session("s-1")),
      ("! ! ! session = s-1", !.session("s-1")),
      ("session in (a, b)", .session("a") || .session("b")),
      ("session in(a)", .session("a")),
      ("session not in (a, b)", !(.session("a") || .session("b"))),
      ("not session in (a, b)", !(.session("a") || .session("b"))),
      ("kind in (tool.*, llm.chunk)", .kind("tool.*") || .kind(.llmChunk)),
      ("id = 1 && source = /x || subject = y", (.id("1") && .source("/x")) || .subject("y")),
      ("id = 1 OR source = /x AND subject = y", .id("1") || (.source("/x") && .subject("y"))),
      ("not id = 1 and id = 2", !.id("1") && .id("2")),
      ("not (id = 1 and id = 2)", !(.id("1") && .id("2"))),
      ("((id = 1))", .id("1")),
      ("all", .all),
      ("None", .none),
      ("session = all", .session("all")),
      ("session = s-1 and all", .session("s-1")),
      ("session = s-1 or all", .all),
      ("not none", .all),
      (#"session = "and""#, .session("and")),
      (#"session = """#, .session("")),
      (#"session = "a\"b\\c\/d\n\u00e9\ud83d\udc1d\*""#, .session("a\"b\\c/d\n\u{e9}\u{1f41d}*")),
      ("session = a*b", .session("a*b")),
      ("kind = a*b", .kind("a*b")),
      (#"kind = "a*b""#, .kind("a*b")),
      (#"kind = "a\*b""#, .kind(Kind(rawValue: "a*b"))),
      ("agent = ägypten", .agent("ägypten")),
      ("trace = 4BF92F3577B34DA6A3CE929D0E0E4736", .trace("4bf92f3577b34da6a3ce929d0e0e4736")),
      ("attribute(\"url.path\") = \"/health\"", .attribute("url.path", is: "/health")),
      (
        "attribute(url.path) in (/a, /b)",
        .attribute("url.path", is: "/a") || .attribute("url.path", is: "/b")
      ),
      (
        "time < 1970-01-01T00:00:00.000000005Z",
        .until(Timestamp(nanosecondsSinceEpoch: 5))
      ),
      ("time >= \"1970-01-01T01:00:00+01:00\"", .since(Timestamp(nanosecondsSinceEpoch: 0))),
    ] as [(String, Match)])
  func parses(_ text: String, _ match: Match) throws {
    #expect(try Match(parsing: text) == match)
  }

  @Test(
    arguments: [
      (.session("a") || .session("b"), "session in (a, b)"),
      (.session("a") || .session("b") || .agent("c"), "session in (a, b) or agent = c"),
      (.kind("t*") && (.session("a") || .session("b")), "kind = t* and session in (a, b)"),
      (.kind("t*") && (.session("a") || .agent("b")), "kind = t* and (session = a or agent = b)"),
      (!(.session("a") && .agent("b")), "not (session = a and agent = b)"),
      (!(.session("a") || .session("b")), "not session in (a, b)"),
      ((.session("a") && .agent("b")) || .team("c"), "session = a and agent = b or team = c"),
      (.kind(Kind(rawValue: "a*b")), #"kind = "a\*b""#),
      (.kind("a b*"), #"kind = "a b*""#),
      (.kind(""), #"kind = """#),
      (.session("not"), #"session = "not""#),
      (.session("\u{1b}[0m\u{e9}"), "session = \"\\u001b[0m\u{e9}\""),
      (.attribute("a", is: "b c"), #"attribute("a") = "b c""#),
      (!.until(Timestamp(nanosecondsSinceEpoch: 0)), "not time < 1970-01-01T00:00:00Z"),
      (.all, "all"), (.none, "none"),
    ] as [(Match, String)])
  func prints(_ match: Match, _ text: String) throws {
    #expect(match.description == text)
    #expect(try Match(parsing: text) == match)
  }

  @Test(
    arguments: [
      ("", .syntax, 0, "expected a name such as session, \"not\" or \"(\" at character 0"),
      ("session = ", .syntax, 10, "expected a value after \"session =\" at character 10"),
      (
        "session = and kind = x", .syntax, 10,
        "expected a value after \"session =\" at character 10"
      ),
      ("session in (a, ", .syntax, 15, "expected a value after \"session in (…,\" at character 15"),
      ("session in ()", .syntax, 12, "expected a value after \"session in (\" at character 12"),
      (
        "session in (a b)", .syntax, 14,
        "expected \",\" or \")\" after a value at character 14; put a value that has spaces in double quotes"
      ),
      (
        "sesion = a", .unknownName, 0,
        "unknown name \"sesion\" at character 0: did you mean session?"
      ),
      (
        "id = 1 and QueryNmae = a", .unknownName, 11,
        "unknown name \"QueryNmae\" at character 11: did you mean queryname?"
      ),
      (
        "colour = red", .unknownName, 0,
        "unknown name \"colour\" at character 0: a name is kind, id, source, subject, time, attribute(\"…\") or a correlation id such as session"
      ),
      (
        "session > a", .syntax, 8,
        "expected \"=\", \"!=\" or \"in\" after \"session\" at character 8"
      ),
      (
        "session not a", .syntax, 8,
        "expected \"=\", \"!=\" or \"in\" after \"session\" at character 8"
      ),
      (
        "session = weather agent", .syntax, 18,
        "expected \"and\", \"or\" or the end at character 18; put a value that has spaces in double quotes"
      ),
      ("(session = a", .syntax, 12, "expected \"and\", \"or\" or \")\" at character 12"),
      ("session = a)", .syntax, 11, "expected \"and\", \"or\" or the end at character 11"),
      (
        "session = a & agent = b", .syntax, 12,
        "expected \"and\", \"or\" or the end at character 12"
      ),
      (
        "session = 'a'", .syntax, 10,
        "expected a value after \"session =\" at character 10; use double quotes"
      ),
      (
        "session = \"a", .syntax, 10,
        "expected a quote that ends the string which begins at character 10"
      ),
      (
        "session = \"a\\", .syntax, 10,
        "expected a quote that ends the string which begins at character 10"
      ),
      (
        "session = \"a\\q\"", .invalidValue, 12,
        "expected a JSON escape such as \\\" or \\u00e9, or \\*, at character 12"
      ),
      (
        "session = \"\\ud800\"", .invalidValue, 11,
        "expected a JSON escape such as \\\" or \\u00e9, or \\*, at character 11"
      ),
      (
        "session = \"a\nb\"", .invalidValue, 12,
        "expected a control character to be escaped, like \\n or \\u001b, at character 12"
      ),
      ("time = 5", .syntax, 5, "expected \">=\" or \"<\" after \"time\" at character 5"),
      (
        "time >= yesterday", .invalidValue, 8,
        "expected a time like 2026-11-24T00:00:00Z after \"time >=\" at character 8"
      ),
      ("attribute = a", .syntax, 10, "expected \"(\" after \"attribute\" at character 10"),
      (
        "attribute() = a", .syntax, 10,
        "expected an attribute's name after \"attribute(\" at character 10"
      ),
      ("attribute(a = b", .syntax, 12, "expected \")\" after the attribute's name at character 12"),
      // Characters are counted, and the offset is in bytes.
      (
        "agent = \"é🐝\" und", .syntax, 17,
        "expected \"and\", \"or\" or the end at character 13; put a value that has spaces in double quotes"
      ),
    ] as [(String, MatchError.Code, Int, String)])
  func refuses(_ text: String, _ code: MatchError.Code, _ offset: Int, _ message: String) throws {
    let error = #expect(throws: MatchError.self) { try Match(parsing: text) }
    #expect(error == MatchError(code, at: offset, message))
  }

  @Test func whatIsUnknownAndLongIsNotRepeated() throws {
    let error = #expect(throws: MatchError.self) {
      try Match(parsing: String(repeating: "x", count: 33) + " = a")
    }
    #expect(error?.message.contains("xx") == false)
  }

  @Test func theLimitsHold() throws {
    func code(_ text: String) -> MatchError.Code? {
      do throws(MatchError) {
        _ = try Match(parsing: text)
        return nil
      } catch {
        return error.code
      }
    }
    let longest = "session = " + String(repeating: "x", count: Match.maximumTextBytes - 10)
    #expect(code(longest) == nil)
    #expect(code(longest + "x") == .tooLarge)

    func nested(_ depth: Int) -> String {
      String(repeating: "(", count: depth) + "all" + String(repeating: ")", count: depth)
    }
    #expect(code(nested(Match.maximumTextDepth)) == nil)
    #expect(code(nested(Match.maximumTextDepth + 1)) == .tooLarge)

    func list(_ count: Int) -> String {
      "id in (" + (0..<count).map(String.init).joined(separator: ",") + ")"
    }
    #expect(code(list(Match.maximumTextTests)) == nil)
    #expect(code(list(Match.maximumTextTests + 1)) == .tooLarge)
    #expect(
      code((0...Match.maximumTextTests).map { "id=\($0)" }.joined(separator: " or ")) == .tooLarge)
  }

  @Test func textsThatUnicodeHoldsEqualAreDifferentMatches() {
    let composed = Match.session("\u{e9}")
    let decomposed = Match.session("e\u{301}")
    #expect(composed != decomposed)
    #expect(Set([composed, decomposed, .session("\u{e9}")]).count == 2)
    let either: Match = composed || decomposed
    #expect(either.indexKeys?.count == 2)
    let same: Match = composed || composed
    #expect(same.indexKeys?.count == 1)
  }

  @Test func aStarWithACombiningMarkIsStillAStar() {
    #expect(KindPattern("a*\u{301}").matches("ax\u{301}"))
    #expect(!KindPattern("a*\u{301}").matches("ax"))
  }
}
