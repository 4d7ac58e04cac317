"""Operation events (sections 1.8, 4.5 and 7.1 of the contract of Ark's clients)."""
import concurrent.futures
import json
import time

from ark_clients import JSON, Stream, ark, emit, get, operation, path, refused
from harness import equal, expect

OPERATIONS = [
    "QueryExecution", "ApprovalResumption", "TargetExecution", "AgentExecution", "TeamExecution", "TeamTurn",
    "TeamMember", "LLMCall", "ToolCall", "MemoryAddMessages", "MemoryGetMessages", "A2AExecution"]
REASONS = [operation + ending for operation in OPERATIONS for ending in ("Start", "Complete", "Error")]
# An event as the Go emitter writes it, from the contract.
EMITTED = {
    "timestamp": "2026-08-20T10:15:30.123456789Z", "eventType": "Normal", "reason": "ToolCallComplete",
    "message": "Tool execution completed successfully (timestamp: 2026-08-20T10:15:30.123401122Z)",
    "data": {
        "conversationId": "4c7c", "durationMs": "812.44", "message": "Tool execution completed successfully",
        "parameters": '{"city":"Paris"}', "queryId": "0d6c0c2e", "queryName": "chat-query-1",
        "queryNamespace": "default", "sessionId": "chat-planner-ab12cd",
        "timestamp": "2026-08-20T10:15:30.123401122Z", "toolId": "call_abc", "toolName": "get_weather",
        "toolType": "mcp"}}


def reasons(items):
    return [item["reason"] for item in items]


def test_posting_answers_201(context):
    """1.8, POST /events: the Go emitter treats anything but 201 as failure."""
    response = ark(context).post("/events", operation(), JSON)
    equal((response.status, response.body), (201, b'{"status":"success"}'), "the answer")
    equal(response.headers["Content-Type"], "application/json; charset=utf-8", "the type")


def test_an_event_comes_back_as_posted_without_its_time_to_live(context):
    """1.8, every other key is kept, `ttl_seconds` is removed; 4.5, the envelope."""
    broker = ark(context)
    emit(broker, {**EMITTED, "ttl_seconds": 2592000})
    for page in (get(broker, "events"), get(broker, "events", "0d6c0c2e")):
        equal(page, {"items": [EMITTED], "total": 1, "hasMore": False}, "the page")


def test_items_have_no_sequence_number_inside(context):
    """1.8, raw event objects."""
    broker = ark(context)
    emit(broker, {"data": {"queryId": "u"}})
    equal(broker.request("GET", "/events").body,
          b'{"items":[{"data":{"queryId":"u"}}],"total":1,"hasMore":false}', "the list")


def test_every_reason_is_taken(context):
    """7.1, 201 for every reason in 4.5; the set is open."""
    broker = ark(context)
    known = [*REASONS, "QueryExecutionCanceled", "ToolCallCanceled"]
    open_set = ["SomethingNew", "SomethingNewStart", "Start", "Error", "", "with space", "dotted.and-dashed_1",
                "ünïcode✓", "x" * 300, "a\u2028b", '"']
    for reason in known + open_set:
        emit(broker, operation(reason))
    equal(reasons(get(broker, "events", limit=1000)["items"]), known + open_set, "what is stored")
    equal(reasons(get(broker, "events", "uid-1", limit=1000)["items"]), known + open_set, "what the query has")


def test_a_reason_need_not_be_there_nor_a_text(context):
    """1.8, only `data.queryId` is required."""
    broker = ark(context)
    posted = [{"data": {"queryId": "u"}}] + [{"reason": r, "data": {"queryId": "u"}} for r in (1, None, [], {}, True)]
    for event in posted:
        emit(broker, event)
    equal(get(broker, "events", "u")["items"], posted, "what is stored")


def test_unknown_keys_are_kept(context):
    """7.1, unknown `data` keys, and 1.8, every other key."""
    broker = ark(context)
    event = operation("X", other={"deep": [1, None, "é"]}, number=1.5, flag=False) | {"extra": [1, {"a": "b"}]}
    emit(broker, event)
    equal(get(broker, "events")["items"], [event], "what is stored")


def test_a_query_id_is_required(context):
    """1.8, `data` an object containing a non-empty string `queryId`; 4.5, the warnings with empty data."""
    broker = ark(context)
    for data, issue in ((None, "data: "), ([], "data: "), ("x", "data: "), (1, "data: "), ({}, "data.queryId: "),
                        ({"queryId": ""}, "data.queryId: "), ({"queryId": 1}, "data.queryId: "),
                        ({"queryId": None}, "data.queryId: "), ({"queryName": "q"}, "data.queryId: ")):
        message = refused(broker.post("/events", {"reason": "X", "data": data}, JSON), 400, "VALIDATION_ERROR", data)
        expect(message.startswith(issue), message)
    message = refused(broker.post("/events", {"reason": "X"}, JSON), 400, "VALIDATION_ERROR", "no data")
    expect(message.startswith("data: "), message)
    for body in ([], [operation()], "x", None):
        message = refused(broker.post("/events", json.dumps(body), JSON), 400, "VALIDATION_ERROR", body)
        expect(message.startswith("body: "), message)
    equal(broker.post("/events", '{"data":', JSON).status, 400, "malformed JSON")
    equal(get(broker, "events")["total"], 0, "what is stored")


def test_a_session_and_a_name_may_be_missing(context):
    """1.8, not an error: the event is stored."""
    broker = ark(context)
    emit(broker, operation("A"))
    emit(broker, operation("B", sessionId="s"))
    emit(broker, operation("C", queryName="q"))
    equal(reasons(get(broker, "events")["items"]), ["A", "B", "C"], "what is stored")


def test_whatever_stands_in_data_is_taken(context):
    """1.8, any JSON object: ids may be empty, long, of other types, in any script; control characters stand anywhere else."""
    broker = ark(context)
    names = ["queryName", "queryNamespace", "sessionId", "conversationId", "agent", "team", "teamName", "toolId"]
    posted = [operation(f"R{n}", **{name: value for name in names})
              for n, value in enumerate(("", None, 1, [], {}, "ünï ✓ 😀", 'a"\\b', "x" * 4000))]
    posted.append(operation("controls", input='a\n\t"\\\u0000b'))
    for event in posted:
        emit(broker, event)
    equal(get(broker, "events")["items"], posted, "what is stored")
    for name in names:
        message = refused(broker.post("/events", operation(**{name: "a\n"}), JSON), 400, "VALIDATION_ERROR", name)
        expect(message.startswith(f"data.{name}: "), message)
    emit(broker, operation("R", "ünï/✓ ?"))
    equal(reasons(get(broker, "events", "ünï/✓ ?")["items"]), ["R"], "the query's events")


def test_half_of_a_surrogate_pair_is_taken(context):
    """1.8, any JSON object: clients whose texts are UTF-16 or cut through an emoji send it, and upstream takes it."""
    broker = ark(context)
    body = '{"reason":"ToolCallComplete","data":{"queryId":"u","parameters":"cut \\ud83d"}}'
    response = broker.post("/events", body, JSON)
    equal(response.status, 201, f"posting {body}: {response.body!r}")
    equal(reasons(get(broker, "events", "u")["items"]), ["ToolCallComplete"], "what is stored")


def test_the_list_is_filtered_by_session(context):
    """1.8, session_id matches data.sessionId; 8, test/session-filter: matches, no filter, no match."""
    broker = ark(context)
    for number in range(4):
        emit(broker, operation(f"R{number}", f"u{number}", sessionId=f"s{number % 2}"))
    equal(reasons(get(broker, "events", session_id="s1")["items"]), ["R1", "R3"], "one session")
    equal(get(broker, "events", session_id="s1")["total"], 2, "its total")
    equal(reasons(get(broker, "events")["items"]), ["R0", "R1", "R2", "R3"], "no filter")
    equal(get(broker, "events", session_id="s"), {"items": [], "total": 0, "hasMore": False}, "no match")


def test_a_query_has_its_events_and_an_unknown_one_an_empty_page(context):
    """1.8, GET /events/{uid}: not 404."""
    broker = ark(context)
    for number in range(4):
        emit(broker, operation(f"R{number}", f"u{number % 2}"))
    page = get(broker, "events", "u1")
    equal((reasons(page["items"]), page["total"]), (["R1", "R3"], 2), "one query")
    equal(get(broker, "events", "none"), {"items": [], "total": 0, "hasMore": False}, "an unknown one")


def test_a_query_is_found_by_its_name_too(context):
    """Appendix: for GET, match data.queryId or data.queryName."""
    broker = ark(context)
    emit(broker, operation("A", "u1", queryName="chat"))
    emit(broker, operation("B", "u2", queryName="other"))
    emit(broker, operation("C", "chat", queryName="third"))
    equal(reasons(get(broker, "events", "chat")["items"]), ["A", "C"], "by name and by uid")


def test_from_beginning_has_no_effect_on_lists(context):
    """1.8, accepted on /events, SSE only on /events/{uid}."""
    broker = ark(context)
    emit(broker, operation("A"))
    emit(broker, operation("B"))
    cursor = get(broker, "events", limit=1)["nextCursor"]
    for segments in (("events",), ("events", "uid-1")):
        equal(reasons(get(broker, *segments, from_beginning="true", cursor=cursor)["items"]), ["B"], segments)


def test_messages_chunks_and_feed_events_are_no_operation_events(context):
    """1.8, GET /events has what was posted there."""
    from ark_clients import say, stream
    from harness import event
    broker = ark(context)
    say(broker, "c", "q", "a")
    say(broker, "c", "q")
    stream(broker, "q", {"ark": {"query": "uid-1"}})
    broker.publish(event(1, type="ark.tool.call.started", arkquery="uid-1"))
    emit(broker, operation("A"))
    equal(reasons(get(broker, "events")["items"]), ["A"], "the list")
    equal(reasons(get(broker, "events", "uid-1")["items"]), ["A"], "the query's list")


def test_sixty_four_posts_at_once_are_answered_in_time(context):
    """7.1, at most 64 in flight, each within 5 s; on disk."""
    broker = context.broker()
    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(64) as clients:
        responses = list(clients.map(lambda n: broker.post("/events", operation(f"R{n}"), JSON), range(640)))
    took = time.monotonic() - start
    equal({response.status for response in responses}, {201}, "the answers")
    expect(took < 5 * 10, f"{took:.1f} s for ten rounds")
    equal(get(broker, "events", limit=1)["total"], 640, "what is stored")


def test_every_event_of_a_query_reaches_its_watcher(context):
    """4.5, as one query's events come."""
    broker = ark(context)
    watcher = Stream.watch(broker, "events", "uid-1")
    for reason in REASONS:
        emit(broker, operation(reason, sessionId="s", queryName="q"))
    equal(reasons(watcher.take_json(len(REASONS))), REASONS, "the frames")


def test_a_time_to_live_is_a_number(context):
    """1.8, G2+."""
    broker = ark(context)
    for number in (1, 2592000, 0.5):
        emit(broker, operation() | {"ttl_seconds": number})
    expect(all("ttl_seconds" not in item for item in get(broker, "events")["items"]), "ttl_seconds is in an item")
    response = broker.post("/events", operation() | {"ttl_seconds": "x"}, JSON)
    expect(refused(response, 400, "VALIDATION_ERROR", path("events")).startswith("ttl_seconds: "), response.body)
