"""Time limits (sections 1.5, 1.8, 2.2, 4.6 and 6.1 of the contract of Ark's clients) take effect: with limits of a
second or less, and with the word of the broker alone that time is up."""
from ark_chunks import DONE, TIMED_OUT
from ark_clients import Stream, ark, contents, delete, emit, get, operation, path, refused, say, stream
from harness import equal, expect, until


SHORT_SESSIONS = {f"{name}_VISIBILITY_TTL_SECONDS": "1" for name in ("MESSAGE", "EVENT", "SESSIONS")}


def reasons(broker, *segments, **parameters):
    return [item["reason"] for item in get(broker, *segments, **parameters)["items"]]


def happen(broker, query):
    emit(broker, operation("QueryExecutionStart", f"uid-{query}", queryName=query, sessionId=f"s-{query}"))


def test_a_stream_ends_after_a_chunk_and_then_silence(context):
    """2.2, G3: re-armed to STREAM_IDLE_TIMEOUT_MS on every chunk, whatever the wait for the first one."""
    broker = ark(context, environment={"STREAM_IDLE_TIMEOUT_MS": "300"})
    reader = Stream(broker, "stream", "q", wait_for_query="60")
    stream(broker, "q", {"n": 1}, {"n": 2})
    expected = b'data: {"n":1}\n\ndata: {"n":2}\n\n' + TIMED_OUT + DONE
    equal(reader.rest(), expected, "live")
    equal(Stream(broker, "stream", "q", from_beginning="true").rest(), expected, "replayed")


def test_a_stream_ends_when_nothing_ever_comes(context):
    """2.2, G3: always armed; without `wait-for-query` for STREAM_IDLE_TIMEOUT_MS. Chunks of others are none."""
    broker = ark(context, environment={"STREAM_IDLE_TIMEOUT_MS": "300"})
    reader = Stream(broker, "stream", "q")
    stream(broker, "other", {"n": 1})
    equal(reader.rest(), TIMED_OUT + DONE, "the stream")


def test_chunks_have_a_time_to_live(context):
    """6.1, CHUNK_TTL_SECONDS: of chunks, and of nothing else."""
    broker = ark(context, environment={"CHUNK_TTL_SECONDS": "1", "STREAM_IDLE_TIMEOUT_MS": "300"})
    say(broker, "c", "q", "stays")
    equal(stream(broker, "q", {"n": 1})["chunks_received"], 1, "the upload")
    until(lambda: get(broker, "stream") == {"items": [], "total": 0, "hasMore": False}, "the chunk is gone")
    equal(Stream(broker, "stream", "q", from_beginning="true").rest(), TIMED_OUT + DONE, "the stream")
    equal(contents(get(broker, "messages")["items"]), ["stays"], "messages")


def test_messages_have_a_time_to_live(context):
    """6.1, MESSAGE_VISIBILITY_TTL_SECONDS: of those that come without a ttl_seconds (1.5)."""
    broker = ark(context, environment={"MESSAGE_VISIBILITY_TTL_SECONDS": "1"})
    emit(broker, operation("stays"))
    say(broker, "c", "q", "stays", ttl_seconds=3600)
    say(broker, "c", "q", "goes")
    until(lambda: contents(get(broker, "messages")["items"]) == ["stays"], "the message is gone")
    equal(get(broker, "messages", limit=1)["total"], 1, "the total")
    equal(contents(get(broker, "conversations", "c")["messages"]), ["stays"], "the conversation")
    equal(get(broker, "memory-status")["conversations"], {"c": {"message_count": 1, "query_count": 1}}, "the status")
    equal(reasons(broker, "events"), ["stays"], "events")


def test_a_conversation_goes_with_its_last_message(context):
    """1.5, only conversations that have messages; a message that says for how long."""
    broker = ark(context)
    say(broker, "stays", "q", "Hi")
    say(broker, "goes", "q", "Hi", ttl_seconds=1)
    until(lambda: get(broker, "conversations") == {"conversations": ["stays"]}, "the conversation is gone")
    refused(broker.request("GET", path("conversations", "goes")), 404, "NOT_FOUND", "the conversation")
    equal(Stream.watch(broker, "messages", cursor=0).take_json(1)[0]["conversation_id"], "stays", "a watch")


def test_events_have_a_time_to_live(context):
    """6.1, EVENT_VISIBILITY_TTL_SECONDS: of those that come without a ttl_seconds (1.8)."""
    broker = ark(context, environment={"EVENT_VISIBILITY_TTL_SECONDS": "1"})
    say(broker, "c", "q", "stays")
    emit(broker, operation("stays") | {"ttl_seconds": 3600})
    emit(broker, operation("goes"))
    until(lambda: reasons(broker, "events") == ["stays"], "the event is gone")
    equal(reasons(broker, "events", "uid-1"), ["stays"], "the query's events")
    equal(get(broker, "events", limit=1)["total"], 1, "the total")
    equal(contents(get(broker, "messages")["items"]), ["stays"], "messages")


def test_an_event_says_for_how_long_it_is_kept(context):
    """1.8, top-level ttl_seconds: taken out of what is stored, and used as expiry. 4.6, the session stays."""
    broker = ark(context)
    emit(broker, operation("goes", queryName="q", sessionId="s") | {"ttl_seconds": 1})
    emit(broker, operation("stays", queryName="q", sessionId="s"))
    until(lambda: reasons(broker, "events") == ["stays"], "the event is gone")
    equal(get(broker, "events", session_id="s")["total"], 1, "the total of its session")
    equal(list(get(broker, "sessions", "s")["queries"]), ["q"], "the session")


def test_sessions_have_a_time_to_live(context):
    """4.6, expiry: SESSIONS_VISIBILITY_TTL_SECONDS after the last that happened, invisible to reads."""
    broker = ark(context, environment=SHORT_SESSIONS)
    happen(broker, "q1")
    until(lambda: get(broker, "sessions") == {"sessions": {}}, "the session is gone")
    page = get(broker, "sessions", limit=10)
    equal((page["items"], page["total"]), ([], 0), "the page")
    refused(broker.request("GET", path("sessions", "s-q1")), 404, "NOT_FOUND", "the session")

    def shown():
        happen(broker, "q1")
        return list(get(broker, "sessions")["sessions"]) == ["s-q1"]

    until(shown, "what happens in it again shows it again")


def test_a_deletion_does_not_make_a_session_last(context):
    """4.6, expiry is pushed forward by every event and message, not by deletes; and nobody is told of it."""
    broker = ark(context, environment=SHORT_SESSIONS)
    names = [f"q{number}" for number in range(200)]
    for name in names:
        emit(broker, operation("QueryExecutionStart", f"uid-{name}", queryName=name, sessionId="s"))
    watcher = Stream.watch(broker, "sessions")
    left = list(names)

    def gone():
        delete(broker, "sessions", "queries", left.pop())
        return get(broker, "sessions") == {"sessions": {}}

    # Where each deletion made it last a second longer, it would be there until its last query is deleted.
    until(gone, "the session is gone")
    expect(left, "it was there until its last query was deleted")
    happen(broker, "other")
    frames = [watcher.take_json(1)[0]]
    while frames[-1]["sessionId"] != "s-other":
        frames += watcher.take_json(1)
    equal([frame for frame in frames if set(frame) != {"sessionId", "session"} or not frame["session"]["queries"]], [],
          "frames that are no session as it stands")
