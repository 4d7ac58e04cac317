"""The session view (sections 1.9, 4.6 and 7.8 of the contract of Ark's clients)."""
import concurrent.futures
import json
import re

from ark_clients import (
    JSON, MOMENT, Stream, ark, compact, complete, delete, emit, export, get, operation, path, refused, say, span,
    stream)
from harness import equal, expect, until

# A reason and more data for each phase that comes in.
PHASES = {
    "running": ("ToolCallStart", {}), "done": ("QueryExecutionComplete", {}),
    "error": ("QueryExecutionError", {"error": "boom"}), "canceled": ("QueryExecutionCanceled", {})}
# What a query in the first phase becomes by an event of the second.
TRANSITIONS = {
    "running": {"running": "running", "done": "done", "error": "error", "canceled": "canceled"},
    "done": {"running": "done", "done": "done", "error": "error", "canceled": "canceled"},
    "error": {"running": "error", "done": "done", "error": "error", "canceled": "error"},
    "canceled": {"running": "canceled", "done": "canceled", "error": "error", "canceled": "canceled"}}
QUERY_KEYS = {"name", "namespace", "conversationId", "agent", "team", "tool", "targetType", "phase", "error", "createdAt",
              "completedAt", "lastActivity"}


def happen(broker, session, query, reason="QueryExecutionStart", **data):
    """Something that the controller or an executor says of a query."""
    emit(broker, operation(reason, f"uid-of-{query}", sessionId=session, queryName=query, **data))


def reach(broker, session, query, phase, **data):
    reason, more = PHASES[phase]
    happen(broker, session, query, reason, **more, **data)


def shown(watcher, condition):
    """The first frame of a watch that meets a condition: the same state may be shown more than once."""
    while True:
        [frame] = watcher.take_json(1)
        if condition(frame["session"]):
            return frame


def session_of(broker, name):
    return get(broker, "sessions", name)


def query_of(broker, session, query):
    return session_of(broker, session)["queries"][query]


def ids(page):
    return [item["sessionId"] for item in page["items"]]


# MARK: What events make of it

def test_the_first_event_makes_a_session_and_a_query(context):
    """4.6 and 8: running, target agent; the keys of both; the broker's clock."""
    broker = ark(context)
    happen(broker, "session-abc", "q1", queryNamespace="default")
    entry = session_of(broker, "session-abc")
    equal(set(entry), {"sessionId", "name", "queries", "status", "errorCount", "participants", "conversations",
                       "createdAt", "lastActivity"}, "the keys of a session")
    equal((entry["sessionId"], entry["name"], entry["status"], entry["errorCount"], entry["participants"],
           entry["conversations"]), ("session-abc", "abc", "active", 0, [], []), "the session")
    query = entry["queries"]["q1"]
    equal(set(query), {"name", "namespace", "targetType", "phase", "createdAt", "lastActivity"}, "the keys of a query")
    equal((query["name"], query["namespace"], query["targetType"], query["phase"]),
          ("q1", "default", "agent", "running"), "the query")
    for moment in (entry["createdAt"], entry["lastActivity"], query["createdAt"], query["lastActivity"]):
        expect(MOMENT.fullmatch(moment) and not moment.startswith("2026-08-20T10:15:30"), moment)


def test_the_name_is_the_id_without_its_prefix(context):
    """4.6 and 8."""
    broker = ark(context)
    for session, name in (("session-a", "a"), ("chat-planner-ab12cd", "chat-planner-ab12cd"), ("session-", ""),
                          ("session-session-a", "session-a"), ("my-session-a", "my-session-a")):
        happen(broker, session, "q")
        equal(session_of(broker, session)["name"], name, session)


def test_a_completion_makes_it_done(context):
    """4.6 and 8: done and completedAt, the session idle."""
    broker = ark(context)
    happen(broker, "s", "q")
    expect("completedAt" not in query_of(broker, "s", "q"), "completedAt of a running query")
    happen(broker, "s", "q", "QueryExecutionComplete", targetType="agent", agent="planner")
    query = query_of(broker, "s", "q")
    equal((query["phase"], query["agent"]), ("done", "planner"), "the query")
    expect(MOMENT.fullmatch(query["completedAt"]), query)
    expect("error" not in query, query)
    equal(session_of(broker, "s")["status"], "idle", "the session")


def test_the_phase_comes_from_the_reason(context):
    """4.6, first match: Complete with an error, Canceled, Error, anything else."""
    broker = ark(context)
    cases = [
        ("QueryExecutionComplete", {}, "done"), ("QueryExecutionComplete", {"error": "boom"}, "error"),
        ("QueryExecutionCanceled", {}, "canceled"), ("AgentExecutionCanceled", {}, "canceled"),
        ("QueryExecutionError", {"error": "boom"}, "error"), ("ToolCallError", {"error": "boom"}, "error"),
        ("SomeErrorHandled", {}, "error"), ("CanceledError", {}, "canceled"), ("ToolCallComplete", {}, "running"),
        ("AgentExecutionComplete", {}, "running"), ("QueryExecutionStart", {}, "running"), ("", {}, "running"),
        ("Anything", {}, "running"), ("queryexecutioncomplete", {}, "running")]
    for number, (reason, data, phase) in enumerate(cases):
        happen(broker, "s", f"q{number}", reason, **data)
    queries = session_of(broker, "s")["queries"]
    equal([(case[0], queries[f"q{number}"]["phase"]) for number, case in enumerate(cases)],
          [(case[0], case[2]) for case in cases], "the phases")
    equal(queries["q1"]["error"], "boom", "the error of a completion")


def test_a_reason_may_be_missing(context):
    """4.6, anything else (incl. empty): running."""
    broker = ark(context)
    emit(broker, {"data": {"queryId": "u", "sessionId": "s", "queryName": "q"}})
    equal(query_of(broker, "s", "q")["phase"], "running", "the phase")


def test_phases_change_as_the_table_says(context):
    """4.6, the transition table; 8, error not downgraded to canceled, cleared by a later completion."""
    broker = ark(context)
    for before, row in TRANSITIONS.items():
        for event, after in row.items():
            name = f"{before}-{event}"
            reach(broker, name, "q", before)
            reach(broker, name, "q", event)
            entry = session_of(broker, name)
            query = entry["queries"]["q"]
            equal(query["phase"], after, name)
            equal("completedAt" in query, after != "running", f"{name}: completedAt")
            equal(query.get("error"), "boom" if after == "error" else None, f"{name}: error")
            equal((entry["errorCount"], entry["status"]), (
                int(after == "error"), {"running": "active", "error": "error"}.get(after, "idle")), f"{name}: the session")


def test_a_new_query_takes_the_phase_that_comes_in(context):
    """4.6, a new row; non-running gets completedAt."""
    broker = ark(context)
    for phase in PHASES:
        reach(broker, phase, "q", phase)
        query = query_of(broker, phase, "q")
        equal((query["phase"], "completedAt" in query), (phase, phase != "running"), phase)


def test_the_last_error_is_kept(context):
    """4.6, error → error (refresh)."""
    broker = ark(context)
    happen(broker, "s", "q", "ToolCallError", error="first")
    happen(broker, "s", "q", "QueryExecutionError", error="second")
    equal(query_of(broker, "s", "q")["error"], "second", "the error")


def test_metadata_is_kept_as_first_written(context):
    """4.6, first-write-wins; namespace only at creation; targetType only away from agent."""
    broker = ark(context)
    happen(broker, "s", "q", agent="default/planner")
    happen(broker, "s", "q", "ToolCallStart", agent="other", team="t1", toolName="get_weather", conversationId="c1",
           queryNamespace="late", targetType="team")
    happen(broker, "s", "q", "ToolCallStart", team="t2", tool="x", conversationId="c2", targetType="tool")
    happen(broker, "s", "q", "QueryExecutionComplete", agent="planner", targetType="agent")
    query = query_of(broker, "s", "q")
    equal((query["agent"], query["team"], query["tool"], query["conversationId"], query["targetType"]),
          ("default/planner", "t1", "get_weather", "c1", "team"), "the query")
    expect("namespace" not in query, query)


def test_tool_wins_over_tool_name(context):
    """4.6, `tool` (falls back to `toolName`)."""
    broker = ark(context)
    happen(broker, "s", "q", "ToolCallStart", tool="a", toolName="b")
    equal(query_of(broker, "s", "q")["tool"], "a", "the tool")


def test_a_query_has_only_keys_of_the_contract(context):
    """4.6, QueryEntry; 1.1, what is undefined is left out."""
    broker = ark(context)
    happen(broker, "s", "q", "ToolCallError", agent="a", team="t", toolName="x", toolType="mcp", conversationId="c",
           queryNamespace="n", targetType="team", error="e", durationMs="1.00", parameters="{}")
    equal(set(query_of(broker, "s", "q")), QUERY_KEYS, "the keys")


def test_events_without_a_session_or_a_query_are_no_part_of_it(context):
    """1.8 and 8: stored, ignored here and not notified."""
    broker = ark(context)
    watcher = Stream.watch(broker, "sessions")
    emit(broker, operation(sessionId="s"))
    emit(broker, operation(queryName="q"))
    emit(broker, operation(sessionId="", queryName="q"))
    emit(broker, operation(sessionId="s", queryName=""))
    equal(get(broker, "sessions"), {"sessions": {}}, "the sessions")
    equal(get(broker, "events")["total"], 4, "events")
    happen(broker, "last", "q")
    equal(watcher.take_json(1)[0]["sessionId"], "last", "the first frame")


def test_only_events_and_messages_make_sessions(context):
    """0.1, derived from events and messages: chunks and spans are not."""
    broker = ark(context)
    stream(broker, "q", {"ark": {"session": "s", "query": "q"}})
    complete(broker, "q")
    export(broker, span(1, attributes=[{"key": "ark.session.id", "value": {"stringValue": "s"}}]))
    say(broker, "c", "q", "Hi")
    equal(get(broker, "sessions"), {"sessions": {}}, "the sessions")


# MARK: The session of its queries

def test_errors_are_counted_and_the_latest_query_decides(context):
    """4.6, recompute 1 and 2."""
    broker = ark(context)
    reach(broker, "s", "q1", "error")
    equal((session_of(broker, "s")["status"], session_of(broker, "s")["errorCount"]), ("error", 1), "one error")
    reach(broker, "s", "q2", "running")
    equal(session_of(broker, "s")["status"], "active", "one is running")
    until(lambda: query_of(broker, "s", "q2")["lastActivity"] != query_of(broker, "s", "q1")["lastActivity"] or
          reach(broker, "s", "q2", "running"), "the clock ticks")
    reach(broker, "s", "q2", "done")
    entry = session_of(broker, "s")
    equal((entry["status"], entry["errorCount"]), ("idle", 1), "a later healthy one")
    reach(broker, "s", "q1", "done")
    entry = session_of(broker, "s")
    equal((entry["status"], entry["errorCount"], "error" in entry["queries"]["q1"]), ("idle", 0, False), "cleared")


def test_conversations_group_the_queries(context):
    """4.6, recompute 3: first-seen order, participants, name, counts of queries, times."""
    broker = ark(context)
    happen(broker, "s", "q1", conversationId="c1", agent="default/planner")
    happen(broker, "s", "q2", conversationId="c2", team="research", agent="x", targetType="team")
    happen(broker, "s", "q3", conversationId="c1", agent="default/writer")
    happen(broker, "s", "q4", conversationId="c3", toolName="search", targetType="tool")
    happen(broker, "s", "q5", conversationId="c4")
    happen(broker, "s", "q6")
    entry = session_of(broker, "s")
    first = entry["conversations"][0]
    equal(set(first), {"conversationId", "name", "participants", "messageCount", "duration", "startTime",
                       "participantType", "errorCount"}, "the keys")
    equal([(c["conversationId"], c["name"], c["participants"], c["messageCount"], c["participantType"])
           for c in entry["conversations"]],
          [("c1", "default/planner", ["default/planner", "default/writer"], 2, "agent"),
           ("c2", "research", ["research"], 1, "team"), ("c3", "search", ["search"], 1, "tool"),
           ("c4", "c4", [], 1, "agent")], "the conversations")
    equal(first["startTime"], entry["queries"]["q1"]["createdAt"], "the start")
    equal({c["duration"] for c in entry["conversations"]}, {"ongoing"}, "the durations")


def test_participants_are_one_for_each_name_of_a_conversation(context):
    """4.6, recompute 4: `id`, `name` (same value), `type`."""
    broker = ark(context)
    for number, agent in enumerate(("a", "b", "a")):
        happen(broker, "s", f"q{number}", conversationId=f"c{number}", agent=agent)
    happen(broker, "s", "q9", conversationId="c9", team="t", targetType="team")
    equal(session_of(broker, "s")["participants"], [
        {"id": "a", "name": "a", "type": "agent"}, {"id": "b", "name": "b", "type": "agent"},
        {"id": "t", "name": "t", "type": "team"}], "the participants")


def test_a_conversation_that_is_over_has_a_duration(context):
    """4.6: "<s>s" floored, or "ongoing"; its errors are counted."""
    broker = ark(context)
    happen(broker, "s", "q1", conversationId="c1")
    happen(broker, "s", "q2", conversationId="c2")
    reach(broker, "s", "q2", "error")
    first, second = session_of(broker, "s")["conversations"]
    equal((first["duration"], first["errorCount"]), ("ongoing", 0), "the running one")
    equal(second["errorCount"], 1, "the one that is over")
    expect(re.fullmatch(r"\d+s", second["duration"]), second["duration"])


def test_messages_attach_the_conversation_once(context):
    """4.6, applyMessage; 7.6, POST /messages links the query to the conversation; 8, unknown query ignored."""
    broker = ark(context)
    happen(broker, "s", "q", agent="a")
    say(broker, "c1", "q", "Hi")
    say(broker, "c2", "q", "Hi")
    say(broker, "c3", "unknown", "Hi")
    entry = session_of(broker, "s")
    equal((list(entry["queries"]), entry["queries"]["q"]["conversationId"]), (["q"], "c1"), "the query")
    equal([(c["conversationId"], c["name"]) for c in entry["conversations"]], [("c1", "a")], "the conversations")
    equal([participant["id"] for participant in entry["participants"]], ["a"], "the participants")


def test_an_empty_post_of_messages_attaches_the_conversation(context):
    """1.5 and 8, also when `messages` is empty."""
    broker = ark(context)
    happen(broker, "s", "q")
    say(broker, "c1", "q")
    equal(query_of(broker, "s", "q")["conversationId"], "c1", "the conversation")


def test_a_conversation_of_the_events_stays(context):
    """4.6, sets conversationId if empty."""
    broker = ark(context)
    happen(broker, "s", "q", conversationId="c1")
    say(broker, "c2", "q", "Hi")
    equal(query_of(broker, "s", "q")["conversationId"], "c1", "the conversation")


def test_a_message_moves_the_session_and_not_the_query(context):
    """4.6, newer, and 8: a message must not win the status election."""
    broker = ark(context)
    reach(broker, "s", "q1", "error")
    before = session_of(broker, "s")

    def moved():
        say(broker, "c", "q1", "Hi")
        return session_of(broker, "s")["lastActivity"] > before["lastActivity"]
    until(moved, "the session moves")
    after = session_of(broker, "s")
    equal(after["queries"]["q1"]["lastActivity"], before["queries"]["q1"]["lastActivity"], "the query")
    equal(after["status"], "error", "the status")


def test_messages_of_a_name_in_two_sessions_go_to_one(context):
    """4.6, same query name in two sessions: allowed, messages go to one owner."""
    broker = ark(context)
    happen(broker, "s1", "q")
    happen(broker, "s2", "q")
    say(broker, "c", "q", "Hi")
    attached = [name for name in ("s1", "s2") if "conversationId" in query_of(broker, name, "q")]
    equal(len(attached), 1, f"owners: {attached}")


# MARK: Reading

def test_the_whole_store_is_a_map(context):
    """1.9, neither limit nor cursor given (or empty string): filters are ignored."""
    broker = ark(context)
    equal(broker.request("GET", "/sessions").body, b'{"sessions":{}}', "an empty store")
    happen(broker, "s1", "q")
    happen(broker, "s2", "q")
    for query in ("", "?limit=", "?cursor=", "?limit=&cursor=", "?status=error", "?search=nothing", "?memory=m"):
        body = broker.request("GET", f"/sessions{query}").json()
        equal((list(body), sorted(body["sessions"])), (["sessions"], ["s1", "s2"]), query)
    equal(body["sessions"]["s1"], session_of(broker, "s1"), "an entry")


def test_a_session_alone_and_an_unknown_one(context):
    """1.9, GET /sessions/{id}; 8, get, unknown."""
    broker = ark(context)
    happen(broker, "a/b c", "q")
    equal(session_of(broker, "a/b c")["sessionId"], "a/b c", "the session")
    response = broker.request("GET", "/sessions/none")
    equal(refused(response, 404, "NOT_FOUND", "none"), "Session not found", "the message")


def test_a_page_has_counts_of_statuses(context):
    """1.9, the envelope and statusCounts."""
    broker = ark(context)
    equal(get(broker, "sessions", limit=1), {
        "items": [], "total": 0, "hasMore": False, "statusCounts": {"active": 0, "idle": 0, "error": 0}}, "empty")
    for phase in PHASES:
        reach(broker, phase, "q", phase)
    page = get(broker, "sessions", limit=10)
    equal(set(page), {"items", "total", "hasMore", "statusCounts"}, "the keys")
    equal((page["total"], page["hasMore"], page["statusCounts"]), (4, False, {"active": 1, "idle": 2, "error": 1}),
          "the page")
    equal(page["items"][0], session_of(broker, page["items"][0]["sessionId"]), "an item")


def test_the_status_filters_and_the_counts_follow(context):
    """1.9, computed after the status filter: other statuses read 0."""
    broker = ark(context)
    for phase in PHASES:
        reach(broker, phase, "q", phase)
    for status, names in (("active", {"running"}), ("idle", {"done", "canceled"}), ("error", {"error"})):
        page = get(broker, "sessions", limit=10, status=status)
        equal((set(ids(page)), page["total"]), (names, len(names)), status)
        equal(page["statusCounts"], {"active": 0, "idle": 0, "error": 0} | {status: len(names)}, f"{status}: the counts")


def test_pages_go_by_offset(context):
    """1.9 and 3, `cursor`/`nextCursor` = array offset."""
    broker = ark(context)
    for number in range(7):
        happen(broker, f"s{number}", "q")
    seen, cursor = [], 0
    while True:
        page = get(broker, "sessions", limit=3, cursor=cursor)
        equal(page["total"], 7, "the total")
        seen += ids(page)
        if not page["hasMore"]:
            expect("nextCursor" not in page, page)
            break
        equal(page["nextCursor"], cursor + 3, "nextCursor")
        cursor = page["nextCursor"]
    equal(sorted(seen), [f"s{number}" for number in range(7)], "the sessions")
    equal(ids(get(broker, "sessions", cursor=5)), seen[5:], "a cursor alone")
    equal(get(broker, "sessions", limit=3, cursor=100)["items"], [], "a cursor behind the end")
    equal(get(broker, "sessions", limit=3, cursor=0)["nextCursor"], 3, "the offset of the next page")


def test_without_a_sort_sessions_come_in_the_order_of_their_first_events(context):
    """1.9, default order, as of the broker in memory; `order` is only used with `sort`."""
    broker = ark(context)
    for session in ("b", "c", "a"):
        happen(broker, session, f"q-{session}")
    happen(broker, "b", "q-b", "QueryExecutionComplete")
    for parameters in ({}, {"order": "asc"}, {"order": "desc"}):
        equal(ids(get(broker, "sessions", limit=10, **parameters)), ["b", "c", "a"], parameters)
        equal(ids(get(broker, "sessions", cursor=1, **parameters)), ["c", "a"], parameters)


def test_sorting(context):
    """1.9, sort and order, desc by default; conversations counts distinct ids."""
    broker = ark(context)
    for name, conversations in (("session-b", 1), ("session-c", 3), ("a", 2)):
        before = get(broker, "sessions")["sessions"]
        for number in range(3):
            happen(broker, name, f"{name}-{number}", conversationId=f"{name}-{min(number, conversations - 1)}")
        # So that no two have the same moment.
        until(lambda: happen(broker, name, f"{name}-0", conversationId="other") or all(
            session_of(broker, name)["lastActivity"] > entry["lastActivity"] for entry in before.values()), "a tick")
    for sort, order, expected in (
            ("name", "asc", ["a", "session-b", "session-c"]), ("name", "desc", ["session-c", "session-b", "a"]),
            ("name", None, ["session-c", "session-b", "a"]), ("date", "asc", ["session-b", "session-c", "a"]),
            ("date", None, ["a", "session-c", "session-b"]), ("conversations", "asc", ["session-b", "a", "session-c"]),
            ("conversations", "desc", ["session-c", "a", "session-b"])):
        parameters = {"sort": sort} | ({"order": order} if order else {})
        equal(ids(get(broker, "sessions", limit=10, **parameters)), expected, parameters)
    equal(ids(get(broker, "sessions", limit=2, sort="name", order="asc", cursor=1)), ["session-b", "session-c"], "a page")


def test_an_unknown_sort_is_no_error(context):
    """Appendix: accept unknown sort without 400 (an earlier dashboard sorted by tokens)."""
    broker = ark(context)
    happen(broker, "s", "q")
    equal(ids(get(broker, "sessions", limit=10, sort="tokens")), ["s"], "the page")


def test_other_enumerations_are_checked(context):
    """1.9, enum violations → 400."""
    broker = ark(context)
    for query in ("status=x", "order=up", "watch=maybe"):
        message = refused(broker.request("GET", f"/sessions?limit=1&{query}"), 400, "VALIDATION_ERROR", query)
        expect(message.startswith(query.split("=")[0] + ": "), message)
    for query in ("limit=0", "limit=x", "limit=1001", "limit=1&cursor=-1", "cursor=x"):
        equal(broker.request("GET", f"/sessions?{query}").status, 400, query)


def test_the_search_is_in_ids_names_agents_teams_and_tools(context):
    """1.9, case-insensitive substring."""
    broker = ark(context)
    happen(broker, "session-Alpha", "q1", agent="default/Planner")
    happen(broker, "beta", "q2", team="Research")
    happen(broker, "gamma", "q3", toolName="Get_Weather")
    for search, expected in (("ALPH", ["session-Alpha"]), ("session-", ["session-Alpha"]), ("plan", ["session-Alpha"]),
                             ("RESEARCH", ["beta"]), ("weather", ["gamma"]), ("a", ["session-Alpha", "beta", "gamma"]),
                             ("q1", []), ("nothing", [])):
        page = get(broker, "sessions", limit=10, search=search)
        equal((sorted(ids(page)), page["total"]), (sorted(expected), len(expected)), search)


def test_dates_bound_the_last_activity(context):
    """1.9, any date string, inclusive."""
    broker = ark(context)
    happen(broker, "s", "q")
    moment = session_of(broker, "s")["lastActivity"]
    for parameters, expected in (
            ({"dateFrom": moment}, ["s"]), ({"dateTo": moment}, ["s"]), ({"dateFrom": moment, "dateTo": moment}, ["s"]),
            ({"dateFrom": "2020-01-01"}, ["s"]), ({"dateTo": "2020-01-01"}, []), ({"dateFrom": "2999-01-01"}, []),
            ({"dateTo": "2999-12-31T23:59:59Z"}, ["s"]), ({"dateTo": "2999-12-31T23:59:59.999+02:00"}, ["s"])):
        equal(ids(get(broker, "sessions", limit=10, **parameters)), expected, parameters)


def test_any_date_string_is_taken(context):
    """1.9, `dateFrom` and `dateTo`: what JavaScript's Date takes of ISO 8601; without a zone it is in UTC, as in a container."""
    broker = ark(context)
    happen(broker, "s", "q")
    day = session_of(broker, "s")["lastActivity"][:10]
    for before in ("2020", "2020-01", "2020-01-01", "2020-01-01T08:00", "2020-01-01T08:00Z", "2020-01-01T08:00:00",
                   "2020-01-01T08:00:00.5", "2020-01-01 08:00", "2020-01-01 08:00:00Z", "2020-01-01T08:00+02:00",
                   f"{day}T00:00", day[:7], day[:4]):
        equal(ids(get(broker, "sessions", limit=10, dateFrom=before)), ["s"], f"from {before}")
        equal(ids(get(broker, "sessions", limit=10, dateTo=before)), [], f"to {before}")
    for wrong in ("x", "20", "2020-13", "2020-01-01T", "2020-01-01T8:00", "2020-01-01T08:60", "2020-01-01T08:00X", "2020-01Z"):
        message = refused(broker.request("GET", path("sessions", limit=10, dateFrom=wrong)), 400, "VALIDATION_ERROR", wrong)
        equal(message, "dateFrom: Invalid input: expected a date", wrong)


def test_filters_work_together(context):
    """7.8, status+search+sort combinations."""
    broker = ark(context)
    for number in range(6):
        reach(broker, f"session-{number}", "q", "error" if number % 2 else "done", agent="even" if number < 4 else "late")
    page = get(broker, "sessions", limit=10, status="error", search="EVEN", sort="name", order="asc", dateFrom="2020-01-01")
    equal((ids(page), page["statusCounts"]), (["session-1", "session-3"], {"active": 0, "idle": 0, "error": 2}), "the page")


def test_the_dashboard_s_probe_has_items_and_a_total(context):
    """7.8, `limit=1`."""
    broker = ark(context)
    equal(get(broker, "sessions", limit=1)["total"], 0, "an empty store")
    happen(broker, "s1", "q")
    happen(broker, "s2", "q")
    page = get(broker, "sessions", limit=1)
    equal((len(page["items"]), page["total"]), (1, 2), "the page")


def test_a_session_as_the_dashboard_reads_it(context):
    """7.8, detail, its tool calls, and the messages of a conversation."""
    broker = ark(context)
    happen(broker, "s", "q", agent="default/planner")
    say(broker, "c", "q", "Hi")
    happen(broker, "s", "q", "ToolCallComplete", toolName="t")
    happen(broker, "s", "q", "QueryExecutionComplete", agent="planner")
    [conversation] = session_of(broker, "s")["conversations"]
    equal(conversation["messageCount"], 1, "queries of the conversation")
    expect(re.fullmatch(r"\d+s", conversation["duration"]), conversation["duration"])
    events = get(broker, "events", session_id="s", limit=1000)["items"]
    equal([e["data"]["queryName"] for e in events if e["reason"] == "ToolCallComplete"], ["q"], "tool calls")
    equal(len(get(broker, "messages", conversation_id=conversation["conversationId"])["items"]), 1, "messages")


# MARK: Writing directly

def test_a_session_is_posted(context):
    """1.9, POST /sessions: 201, the keys of 4.6, `_reason`."""
    broker = ark(context)
    response = broker.post("/sessions", {
        "sessionId": "s", "queryName": "q", "queryNamespace": "n", "conversationId": "c", "agent": "a",
        "targetType": "agent", "_reason": "QueryExecutionComplete"}, JSON)
    equal((response.status, response.body), (201, b'{"status":"success"}'), "the answer")
    query = query_of(broker, "s", "q")
    equal((query["phase"], query["namespace"], query["conversationId"], query["agent"]), ("done", "n", "c", "a"), "the query")


def test_a_session_without_a_query_is_dropped(context):
    """1.9, accepted and dropped."""
    broker = ark(context)
    equal(broker.post("/sessions", {"sessionId": "s"}, JSON).status, 201, "the answer")
    equal(get(broker, "sessions"), {"sessions": {}}, "the sessions")


def test_a_session_needs_an_id(context):
    """1.9, a body object with non-empty sessionId."""
    broker = ark(context)
    for body in ({}, {"sessionId": ""}, {"sessionId": 1}, {"queryName": "q"}):
        message = refused(broker.post("/sessions", body, JSON), 400, "VALIDATION_ERROR", body)
        expect(message.startswith("sessionId: "), message)
    for body in ("[]", "{", ""):
        equal(broker.post("/sessions", body, JSON).status, 400, body)


# MARK: Watching

def test_golden_the_first_frame_of_a_watch(context):
    """2.4, sessions watch, to the byte but for the times."""
    broker = ark(context)
    happen(broker, "session-abc", "q1", queryNamespace="default", agent="default/planner")
    watcher = Stream.watch(broker, "sessions")
    watcher.take(1)
    query = query_of(broker, "session-abc", "q1")
    entry = session_of(broker, "session-abc")
    equal(watcher.body.decode(), (
        ': connected\n\ndata: {"sessionId":"session-abc","session":{"sessionId":"session-abc","name":"abc",'
        '"queries":{"q1":{"name":"q1","namespace":"default","agent":"default/planner","targetType":"agent",'
        f'"phase":"running","createdAt":"{query["createdAt"]}","lastActivity":"{query["lastActivity"]}"}}}},'
        f'"status":"active","errorCount":0,"createdAt":"{entry["createdAt"]}","lastActivity":"{entry["lastActivity"]}",'
        '"conversations":[],"participants":[]}}\n\n'), "the stream")


def test_a_watch_begins_with_every_session(context):
    """2.3, replay always: one frame per existing session, or only session_id."""
    broker = ark(context)
    for name in ("s1", "s2", "s3"):
        happen(broker, name, "q")
    found = Stream.watch(broker, "sessions").take_json(3)
    equal(sorted(frame["sessionId"] for frame in found), ["s1", "s2", "s3"], "the frames")
    equal(list(found[0]), ["sessionId", "session"], "the keys")
    watcher = Stream.watch(broker, "sessions", session_id="s2")
    equal([frame["sessionId"] for frame in watcher.take_json(1)], ["s2"], "one session")
    happen(broker, "s1", "q", "ToolCallStart")
    happen(broker, "s2", "q", "QueryExecutionComplete")
    equal(shown(watcher, lambda session: session["status"] == "idle")["sessionId"], "s2", "its next frame")


def test_a_watch_shows_each_change(context):
    """2.3, the session as it is at send time."""
    broker = ark(context)
    watcher = Stream.watch(broker, "sessions")
    for reason, phase in (("QueryExecutionStart", "running"), ("QueryExecutionError", "error"),
                          ("QueryExecutionComplete", "done")):
        happen(broker, "s", "q", reason)
        frame = shown(watcher, lambda session: session["queries"]["q"]["phase"] == phase)
        equal(frame["sessionId"], "s", reason)
    equal(frame["session"], session_of(broker, "s"), "the entry")


def test_a_message_that_attaches_a_conversation_is_shown(context):
    """4.6, newer: notifies watchers."""
    broker = ark(context)
    happen(broker, "s", "q")
    watcher = Stream.watch(broker, "sessions")
    watcher.take(1)
    say(broker, "c", "q", "Hi")
    frame = shown(watcher, lambda session: session["conversations"])
    equal([c["conversationId"] for c in frame["session"]["conversations"]], ["c"], "the conversations")


# MARK: Deleting

def test_a_query_is_taken_out_of_every_session(context):
    """1.9 and 4.6, deletion; 7.4 and 8: what it answers, twice in a row, unknown ones with removed 0."""
    broker = ark(context)
    happen(broker, "s1", "q1")
    happen(broker, "s2", "q1")
    happen(broker, "s2", "q2")
    response = broker.request("DELETE", "/sessions/queries/q1")
    equal((response.status, response.body), (
        200, b'{"status":"success","message":"Query q1 removed from 2 session(s)","removed":2}'), "the answer")
    sessions = get(broker, "sessions")["sessions"]
    equal({name: list(entry["queries"]) for name, entry in sessions.items()}, {"s2": ["q2"]}, "what is left")
    for name in ("q1", "none"):
        equal(delete(broker, "sessions", "queries", name), {
            "status": "success", "message": f"Query {name} removed from 0 session(s)", "removed": 0}, name)
    refused(broker.request("GET", "/sessions/s1"), 404, "NOT_FOUND", "a session without queries")


def test_a_delete_leaves_the_time_and_recomputes(context):
    """4.6 and 8: recomputes, leaves lastActivity alone, notifies survivors only."""
    broker = ark(context)
    happen(broker, "gone", "q1")
    happen(broker, "s", "q2", "QueryExecutionComplete", conversationId="c2", agent="b")
    happen(broker, "s", "q1", "QueryExecutionError", conversationId="c1", agent="a", error="x")
    before = session_of(broker, "s")
    watcher = Stream.watch(broker, "sessions")
    watcher.take(2)
    delete(broker, "sessions", "queries", "q1")
    after = session_of(broker, "s")
    equal(after["lastActivity"], before["lastActivity"], "the time")
    equal((after["status"], after["errorCount"], [c["conversationId"] for c in after["conversations"]],
           [p["id"] for p in after["participants"]]), ("idle", 0, ["c2"], ["b"]), "the session")
    [frame] = watcher.take_json(1)
    equal((frame["sessionId"], frame["session"]), ("s", after), "the frame")


def test_what_was_deleted_stays_deleted(context):
    """4.6: upstream lets a late event bring the query back; here only a new query of the name does."""
    broker = ark(context)
    happen(broker, "s", "q")
    delete(broker, "sessions", "queries", "q")
    happen(broker, "s", "q", "QueryExecutionComplete")
    equal(broker.request("GET", "/sessions").json(), {"sessions": {}}, "the sessions")
    happen(broker, "s", "q", queryId="another")
    equal(query_of(broker, "s", "q")["phase"], "running", "the new query")


def test_a_name_of_several_queries_keeps_none_of_them_away(context):
    """4.6, a late event recreates the row: which of them was deleted, the name does not say."""
    broker = ark(context)
    happen(broker, "s1", "q", queryId="u1")
    happen(broker, "s2", "q", queryId="u2")
    equal(delete(broker, "sessions", "queries", "q")["removed"], 2, "removed")
    happen(broker, "s2", "q", "AgentExecutionStart", queryId="u2")
    happen(broker, "s2", "q", "QueryExecutionComplete", queryId="u2")
    equal(list(get(broker, "sessions")["sessions"]), ["s2"], "the sessions")
    equal(query_of(broker, "s2", "q")["phase"], "done", "the query that goes on")


def test_sessions_survive_the_deletion_of_messages(context):
    """1.5, DELETE /conversations clears messages only."""
    broker = ark(context)
    happen(broker, "s", "q")
    say(broker, "c", "q", "Hi")
    before = session_of(broker, "s")
    for segments in (("conversations",), ("queries", "q", "messages"), ("conversations", "c")):
        delete(broker, *segments)
    equal(session_of(broker, "s"), before, "the session")


def test_a_finalizer_s_deletes_leave_other_queries_alone(context):
    """7.4, after all three, messages, events and the session row are gone."""
    broker = context.broker()
    for name in ("q1", "q2"):
        happen(broker, "s", name, conversationId="c")
        say(broker, "c", name, name)
    for _ in range(2):
        delete(broker, "queries", "q1", "messages")
        delete(broker, "events", "uid-of-q1")
        delete(broker, "sessions", "queries", "q1")
        equal([item["query_id"] for item in get(broker, "messages")["items"]], ["q2"], "messages")
        equal([item["data"]["queryName"] for item in get(broker, "events")["items"]], ["q2"], "events")
        equal(list(session_of(broker, "s")["queries"]), ["q2"], "the session")


def test_purging_sessions_is_refused_unless_it_is_allowed(context):
    """0.2 and 1.3, behind a switch."""
    broker = ark(context)
    happen(broker, "s", "q")
    refused(broker.request("DELETE", "/sessions"), 403, "FORBIDDEN", "the purge")
    equal(session_of(broker, "s")["sessionId"], "s", "the session")


# MARK: Restarts

def test_sessions_outlive_a_restart(context):
    """4.6, persistence, and 8, status after reload still error; what was deleted stays so."""
    store = context.new_directory()
    broker = context.broker("--data", store)
    happen(broker, "s1", "q1", agent="a", conversationId="c")
    reach(broker, "s2", "q2", "error")
    reach(broker, "s2", "q3", "done")
    happen(broker, "s3", "q4")
    say(broker, "c4", "q4", "Hi")
    happen(broker, "s4", "q5")
    delete(broker, "sessions", "queries", "q5")
    before = broker.request("GET", "/sessions").body
    equal(sorted(json.loads(before)["sessions"]), ["s1", "s2", "s3"], "the sessions")
    for stop in (broker.kill, lambda: broker.signal() or broker.wait()):
        stop()
        broker = context.broker("--data", store)
        equal(compact(json.loads(broker.request("GET", "/sessions").body)), compact(json.loads(before)), "the sessions")
    happen(broker, "s1", "q1", "QueryExecutionComplete")
    equal(query_of(broker, "s1", "q1")["phase"], "done", "a later event")


def test_sessions_outlive_a_kill_after_deletes(context):
    """1.5, DELETE /conversations clears messages only, and 1.8, DELETE /events/{uid} events only; also when the process
    ends at once."""
    store = context.new_directory()
    broker = context.broker("--data", store)
    happen(broker, "s1", "q1")
    happen(broker, "s2", "q2")
    say(broker, "c", "q1", "Hi")
    delete(broker, "conversations")
    delete(broker, "events", "uid-of-q2")
    before = get(broker, "sessions")
    equal(session_of(broker, "s1")["queries"]["q1"]["conversationId"], "c", "the conversation")
    broker.kill()
    equal(get(context.broker("--data", store), "sessions"), before, "the sessions")


def test_many_writers_make_one_session(context):
    """8, alternating writers aggregate to the same totals."""
    broker = ark(context)
    with concurrent.futures.ThreadPoolExecutor(8) as clients:
        list(clients.map(lambda n: reach(broker, "s", f"q{n % 50}", "error" if n % 5 == 0 else "running"), range(200)))
    entry = session_of(broker, "s")
    equal((len(entry["queries"]), entry["errorCount"], entry["status"]), (50, 10, "active"), path("sessions", "s"))
