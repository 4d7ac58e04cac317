"""Deleting (sections 1.5, 1.6, 1.7, 1.8 and 7.4 of the contract of Ark's clients), on disk as well as in memory."""
import functools
import itertools
import json

from ark_clients import (
    Stream, ark, complete, contents, delete, emit, export, get, operation, path, refused, say, span, stream)
from harness import equal, expect

# A span that has been deleted is known if it comes again.
NEW = itertools.count(1)
# What a purge of each sort says.
PURGES = {"messages": "Memory purged", "stream": "Stream data purged", "traces": "Trace data purged",
          "events": "Event data purged", "sessions": "Sessions purged"}


def both(test, *options):
    """Runs a test with a broker whose events are in memory, and with one whose are on disk."""
    @functools.wraps(test)
    def with_both(context):
        test(ark(context, *options))
        test(context.broker(*options))
    return with_both


def purging(test):
    """The same with brokers that may be purged."""
    return both(test, "--allow-purge")


def success(message):
    return {"status": "success", "message": message}


def filled(broker):
    """Messages of two queries in two conversations."""
    for conversation in ("c1", "c2"):
        for query in ("q1", "q2"):
            say(broker, conversation, query, f"{conversation} {query}")
    return broker


def left(broker):
    return contents(get(broker, "messages")["items"])


@both
def test_a_conversation_is_deleted(broker):
    """1.5, DELETE /conversations/{id}: idempotent; 8, delete a conversation, then 404."""
    filled(broker)
    for _ in range(2):
        equal(delete(broker, "conversations", "c1"), success("Conversation c1 deleted"), "the answer")
        equal(left(broker), ["c2 q1", "c2 q2"], "what is left")
    refused(broker.request("GET", "/conversations/c1"), 404, "NOT_FOUND", "the conversation")
    equal(get(broker, "conversations"), {"conversations": ["c2"]}, "the list")
    equal(get(broker, "memory-status"), {"total_conversations": 1, "total_messages": 2, "conversations": {
        "c2": {"message_count": 2, "query_count": 2}}}, "the status")


@both
def test_an_unknown_conversation_is_deleted(broker):
    """1.5, also for unknown ids."""
    equal(delete(broker, "conversations", "none"), success("Conversation none deleted"), "the answer")
    equal(delete(broker, "conversations", "a/b \"c\""), success("Conversation a/b \"c\" deleted"), "the answer")


@both
def test_a_query_s_messages_in_one_conversation_are_deleted(broker):
    """1.5, DELETE /conversations/{id}/queries/{qid}/messages."""
    filled(broker)
    for _ in range(2):
        equal(delete(broker, "conversations", "c1", "queries", "q1", "messages"),
              success("Query q1 messages deleted from conversation c1"), "the answer")
        equal(left(broker), ["c1 q2", "c2 q1", "c2 q2"], "what is left")
    equal(delete(broker, "conversations", "x", "queries", "y", "messages"),
          success("Query y messages deleted from conversation x"), "the answer for unknown ids")


@both
def test_a_query_s_messages_in_all_conversations_are_deleted(broker):
    """1.5 and 7.4, DELETE /queries/{qid}/messages: twice in a row, unknown ids, other queries untouched."""
    filled(broker)
    for _ in range(2):
        equal(delete(broker, "queries", "q1", "messages"), success("Query q1 messages deleted"), "the answer")
        equal(left(broker), ["c1 q2", "c2 q2"], "what is left")
    equal(delete(broker, "queries", "none", "messages"), success("Query none messages deleted"), "an unknown query")


@both
def test_all_conversations_are_deleted(broker):
    """1.5, DELETE /conversations: clears messages only, in every generation."""
    filled(broker)
    emit(broker, operation())
    for _ in range(2):
        equal(delete(broker, "conversations"), success("All conversations deleted"), "the answer")
        equal(left(broker), [], "what is left")
    equal(get(broker, "conversations"), {"conversations": []}, "the conversations")
    equal(get(broker, "events")["total"], 1, "events")


@both
def test_a_query_s_events_are_deleted(broker):
    """1.8 and 7.4, DELETE /events/{uid}: twice in a row, unknown ids, other queries untouched."""
    for uid in ("u1", "u2", "u1"):
        emit(broker, operation(f"R-{uid}", uid))
    for _ in range(2):
        equal(delete(broker, "events", "u1"), success("Query u1 events deleted"), "the answer")
        equal([item["reason"] for item in get(broker, "events")["items"]], ["R-u2"], "what is left")
        equal(get(broker, "events", "u1"), {"items": [], "total": 0, "hasMore": False}, "the query's events")
    equal(delete(broker, "events", "none"), success("Query none events deleted"), "an unknown query")


@both
def test_events_are_deleted_by_the_uid_alone(broker):
    """Appendix: keep DELETE strictly on the UID, though GET takes a name."""
    emit(broker, operation("A", "u1", queryName="chat"))
    delete(broker, "events", "chat")
    equal(get(broker, "events")["total"], 1, "what is left")


@both
def test_deleting_events_leaves_chunks_and_spans(broker):
    """1.8, only events."""
    stream(broker, "q", {"ark": {"query": "u1"}})
    export(broker, span(1, 1, [{"key": "query.uid", "value": {"stringValue": "u1"}}]))
    emit(broker, operation("A", "u1"))
    say(broker, "c", "u1", "a")
    delete(broker, "events", "u1")
    equal((get(broker, "stream")["total"], get(broker, "traces")["total"], get(broker, "messages")["total"],
           get(broker, "events")["total"]), (1, 1, 1, 0), "what is left")


@both
def test_a_finalizer_s_deletes_leave_nothing_of_the_query(broker):
    """7.4, messages and events of a deleted Query are gone, those of others untouched (sessions have their own test)."""
    for name, uid in (("q1", "u1"), ("q2", "u2")):
        say(broker, "shared", name, name)
        emit(broker, operation(name, uid, queryName=name, sessionId="s"))
    delete(broker, "queries", "q1", "messages")
    delete(broker, "events", "u1")
    equal(left(broker), ["q2"], "messages")
    equal([item["reason"] for item in get(broker, "events")["items"]], ["q2"], "events")
    equal([item["reason"] for item in get(broker, "events", session_id="s")["items"]], ["q2"], "events of the session")


def test_what_only_older_services_delete_is_not_found(context):
    """7.4, Ark's older session routes take 404 for an answer, and nothing else but success."""
    broker = ark(context)
    say(broker, "c", "q", "kept")
    emit(broker, operation("QueryExecutionStart", "u", queryName="q", sessionId="s"))
    for where in (path("sessions", "s"), path("sessions", "s", "queries", "q", "messages")):
        refused(broker.request("DELETE", where), 404, "NOT_FOUND", where)
    equal(left(broker), ["kept"], "messages")
    equal(list(get(broker, "sessions")["sessions"]), ["s"], "sessions")


@both
def test_sessions_have_what_was_posted_however_soon_it_is_deleted(broker):
    """4.6, an event or message is told to its session when it is posted; 7.4, `removed`."""
    ways = (("queries", "q0", "messages"), ("conversations", "c"), ("conversations", "c", "queries", "q2", "messages"),
            ("conversations",))
    for number, where in enumerate(ways):
        # What is said of a query that was deleted is passed over: each is another.
        query, uid = f"q{number}", f"u{number}"
        emit(broker, operation("QueryExecutionStart", uid, queryName=query, sessionId="s"))
        say(broker, "c", query, "Hi")
        delete(broker, *where)
        equal([found["conversationId"] for found in get(broker, "sessions", "s")["conversations"]], ["c"], f"{where}")
        emit(broker, operation("QueryExecutionComplete", uid, queryName=query, sessionId="s"))
        delete(broker, "events", uid)
        equal(get(broker, "sessions", "s")["queries"][query]["phase"], "done", "the phase")
        equal(delete(broker, "sessions", "queries", query)["removed"], 1, "removed")


@both
def test_what_comes_after_a_delete_stays(broker):
    """1.5 and 1.8, a delete is about what was there; 3, the sequence goes on."""
    filled(broker)
    last = get(broker, "messages")["items"][-1]["sequence"]
    delete(broker, "conversations", "c1")
    delete(broker, "queries", "q1", "messages")
    delete(broker, "events", "uid-1")
    say(broker, "c1", "q1", "new")
    emit(broker, operation("new"))
    equal(left(broker), ["c2 q2", "new"], "messages")
    expect(get(broker, "messages")["items"][-1]["sequence"] > last, "the sequence")
    equal([item["reason"] for item in get(broker, "events", "uid-1")["items"]], ["new"], "events")


@both
def test_a_pipelined_delete_does_not_overtake_what_it_deletes(broker):
    """RFC 9112, section 9.3.2: requests that change something take effect in their order."""
    body = json.dumps({"conversation_id": "c", "query_id": "q", "messages": [{"role": "user"}]})
    post = f"POST /messages HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    with broker.socket() as connection:
        for _ in range(20):
            connection.sendall(f"{post}DELETE /conversations/c HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            answers = b""
            while not answers.endswith(b'"Conversation c deleted"}'):
                received = connection.recv(1 << 16)
                expect(received, f"the connection ended behind {answers!r}")
                answers += received
            equal(get(broker, "messages")["total"], 0, "what is left")


@both
def test_what_is_deleted_is_not_replayed_to_watchers(broker):
    """2.3 and 7.4; a watcher goes on over a delete."""
    filled(broker)
    live = Stream.watch(broker, "messages", cursor=0)
    live.take(4)
    delete(broker, "conversations", "c1")
    replaying = Stream.watch(broker, "messages", cursor=0)
    say(broker, "c1", "q1", "new")
    equal(contents(live.take_json(1)), ["new"], "who was there")
    equal(contents(replaying.take_json(3)), ["c2 q1", "c2 q2", "new"], "who came later")


@both
def test_pages_over_what_is_deleted_are_full(broker):
    """3, deleting with a filter does not renumber."""
    for number in range(20):
        say(broker, f"c{number % 2}", "q", str(number))
    before = {item["message"]["content"]: item["sequence"] for item in get(broker, "messages")["items"]}
    delete(broker, "conversations", "c0")
    first = get(broker, "messages", limit=4)
    second = get(broker, "messages", limit=100, cursor=first["nextCursor"])
    equal((first["total"], second["total"]), (10, 10), "the totals")
    found = {item["message"]["content"]: item["sequence"] for item in first["items"] + second["items"]}
    equal(found, {str(number): before[str(number)] for number in range(1, 20, 2)}, "the items")


def test_deletes_outlive_a_restart(context):
    """7.4, gone is gone."""
    store = context.new_directory()
    broker = filled(context.broker("--data", store))
    emit(broker, operation("A", "u1"))
    emit(broker, operation("B", "u2"))
    delete(broker, "queries", "q1", "messages")
    delete(broker, "events", "u1")
    broker.kill()
    broker = context.broker("--data", store)
    equal(left(broker), ["c1 q2", "c2 q2"], "messages")
    equal([item["reason"] for item in get(broker, "events")["items"]], ["B"], "events")
    delete(broker, "queries", "q1", "messages")


def test_purges_are_refused_unless_they_are_allowed(context):
    """0.2 and 1.3, the routes that newer brokers have no more: behind a switch."""
    broker = filled(ark(context))
    stream(broker, "q", {"a": 1})
    emit(broker, operation())
    export(broker, span(1, 1))
    for name in ("messages", "stream", "traces", "events"):
        expect("allow-purge" in refused(broker.request("DELETE", path(name)), 403, "FORBIDDEN", name), name)
        expect(get(broker, name)["total"] > 0, f"{name} are gone")


# MARK: Purges

def something_of_everything(broker, query):
    """Two messages, two chunks with their marker, a span, two events, which make a session."""
    emit(broker, operation("QueryExecutionStart", f"uid-{query}", queryName=query, sessionId=f"s-{query}"))
    say(broker, f"c-{query}", query, "Hi", "Ho")
    stream(broker, query, {"n": 1}, {"n": 2})
    complete(broker, query)
    export(broker, span(next(NEW), int(query[1:])))
    emit(broker, operation("QueryExecutionComplete", f"uid-{query}", queryName=query, sessionId=f"s-{query}"))


def totals(broker):
    return {name: get(broker, name, limit=1)["total"] for name in PURGES}


def purge(broker, name):
    response = broker.request("DELETE", path(name))
    equal((response.status, response.headers["Content-Type"], response.body),
          (200, "application/json; charset=utf-8", f'{{"status":"success","message":"{PURGES[name]}"}}'.encode()),
          f"DELETE /{name}")


@purging
def test_a_purge_takes_everything_of_its_sort_and_nothing_else(broker):
    """1.5 to 1.9, DELETE /messages, /stream, /traces, /events, /sessions: the bodies; twice in a row."""
    something_of_everything(broker, "q1")
    something_of_everything(broker, "q2")
    expected = {"messages": 4, "stream": 6, "traces": 2, "events": 4, "sessions": 2}
    equal(totals(broker), expected, "before")
    for name in PURGES:
        for _ in range(2):
            purge(broker, name)
            equal(totals(broker), expected := expected | {name: 0}, f"behind DELETE /{name}")


@purging
def test_a_purge_leaves_nothing_to_read(broker):
    """1.5 to 1.9, whatever shows the same items."""
    something_of_everything(broker, "q1")
    for name in PURGES:
        purge(broker, name)
    equal(get(broker, "conversations"), {"conversations": []}, "conversations")
    equal(get(broker, "memory-status"), {"total_conversations": 0, "total_messages": 0, "conversations": {}}, "status")
    equal(get(broker, "events", "uid-q1")["items"], [], "the query's events")
    equal(get(broker, "sessions"), {"sessions": {}}, "all sessions")
    for where, message in ((path("conversations", "c-q1"), "Conversation not found"),
                           (path("traces", f"{1:032x}"), "Trace not found"), (path("sessions", "s-q1"), "Session not found")):
        equal(refused(broker.request("GET", where), 404, "NOT_FOUND", where), message, where)
    # The word that it was complete is gone with its chunks.
    stream(broker, "q1", {"n": 3})
    equal(complete(broker, "q1"), "completed", "the stream")
    equal(Stream(broker, "stream", "q1", from_beginning="true").rest(), b'data: {"n":3}\n\ndata: [DONE]\n\n', "the stream")


@purging
def test_what_comes_after_a_purge_is_there(broker):
    """3, keep sequences monotonic for ever; 4.6, a late event recreates the row."""
    something_of_everything(broker, "q1")
    before = get(broker, "messages")["items"][-1]["sequence"]
    chunk = get(broker, "stream")["items"][-1]["sequenceNumber"]
    for name in PURGES:
        purge(broker, name)
    # The same names, and others.
    something_of_everything(broker, "q1")
    something_of_everything(broker, "q2")
    equal(totals(broker), {"messages": 4, "stream": 6, "traces": 2, "events": 4, "sessions": 2}, "the totals")
    expect(all(item["sequence"] > before for item in get(broker, "messages", cursor=0)["items"]), "messages")
    expect(all(item["sequenceNumber"] > chunk for item in get(broker, "stream")["items"]), "chunks")
    equal(contents(get(broker, "messages", cursor=before)["items"]), ["Hi", "Ho"] * 2, "messages behind the old ones")
    equal([trace["traceId"] for trace in get(broker, "traces")["items"]], [f"{2:032x}", f"{1:032x}"], "traces")
    equal(get(broker, "sessions", "s-q1")["queries"]["q1"]["phase"], "done", "the session")


@purging
def test_watchers_go_on_over_a_purge(broker):
    """3, a purge must not starve watchers that hold an older cursor."""
    something_of_everything(broker, "q1")
    last = get(broker, "messages")["items"][-1]["sequence"]
    live = Stream.watch(broker, "messages")
    spans = Stream.watch(broker, "traces")
    for name in PURGES:
        purge(broker, name)
    later = Stream.watch(broker, "messages", cursor=last)
    something_of_everything(broker, "q2")
    for watcher in (live, later):
        equal(contents(watcher.take_json(2)), ["Hi", "Ho"], "messages")
    equal(spans.take_json(1)[0]["traceId"], f"{2:032x}", "spans")


def test_a_purge_outlives_a_restart(context):
    """1.5 to 1.9, gone is gone; 3, the sequence goes on."""
    store = context.new_directory()
    broker = context.broker("--data", store, "--allow-purge")
    something_of_everything(broker, "q1")
    last = get(broker, "stream")["items"][-1]["sequenceNumber"]
    for name in PURGES:
        purge(broker, name)
    broker.kill()
    broker = context.broker("--data", store)
    equal(totals(broker), dict.fromkeys(PURGES, 0), "behind a crash")
    broker.signal()
    broker.wait()
    broker = context.broker("--data", store)
    equal(totals(broker), dict.fromkeys(PURGES, 0), "behind a restart")
    something_of_everything(broker, "q1")
    equal(totals(broker), {"messages": 2, "stream": 3, "traces": 1, "events": 2, "sessions": 1}, "what came then")
    expect(get(broker, "stream")["items"][0]["sequenceNumber"] > last, "the sequence")
