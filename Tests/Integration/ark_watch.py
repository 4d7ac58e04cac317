"""Watching (sections 2.1, 2.3 and 2.4 of the contract of Ark's clients), to the byte."""
import concurrent.futures
import json
import re
import signal

from ark_clients import (
    JSON, LINES, MOMENT, UUID, Stream, ark, attribute, compact, complete, contents, emit, export, get, operation, path, say,
    span, stream, token)
from harness import Skip, equal, event, expect

CONNECTED = b": connected\n\n"
WATCHES = [("messages",), ("events",), ("events", "uid-1"), ("traces",), ("traces", f"{1:032x}"), ("stream",)]


def fill(broker, number):
    """One item of everything, of session s, query q and uid-1, trace 1."""
    say(broker, "c", "q", f"m{number}")
    emit(broker, operation(f"R{number}", queryName="q", sessionId="s"))
    export(broker, span(number, 1, [attribute("ark.session.id", "s")]))
    stream(broker, "q", {"n": number})


def number_of(frame):
    """Which one an item of `fill` is."""
    if "message" in frame and "sequence" in frame:
        return int(frame["message"]["content"][1:])
    return int(re.search(r"\d+", frame.get("reason") or frame.get("name") or str(frame["n"])).group())


def frame(value):
    return f"data: {compact(value)}\n\n".encode()


# MARK: Framing

def test_a_stream_has_the_headers_of_2_1(context):
    """2.1."""
    broker = ark(context)
    for segments in (*WATCHES, ("stream", "q")):
        parameters = {} if segments == ("stream", "q") else {"watch": "true"}
        found = Stream(broker, *segments, headers={"Origin": "http://dashboard"}, **parameters).headers
        equal((found["Content-Type"], found["Cache-Control"], found["Access-Control-Allow-Origin"]),
              ("text/event-stream", "no-cache", "*"), path(*segments))
        expect(UUID.fullmatch(found["X-Request-ID"]), found["X-Request-ID"])
        equal(found["Connection"], "keep-alive", f"{segments}: the connection")
    reader = Stream(broker, "stream", "q", headers={"X-Request-ID": "mine-7"})
    equal(reader.headers["X-Request-ID"], "mine-7", "the request's id")


def test_connected_stands_first(context):
    """2.3, first bytes."""
    broker = ark(context)
    fill(broker, 1)
    for segments in WATCHES:
        watcher = Stream(broker, *segments, watch="true").until(b"\n\n")
        equal(watcher.body, CONNECTED, path(*segments))


def test_frames_are_bare(context):
    """2.1: `data: `, one line of compact JSON, two line feeds; no event, no id, no retry."""
    broker = ark(context)
    watchers = {segments: Stream.watch(broker, *segments) for segments in WATCHES}
    fill(broker, 1)
    for segments, watcher in watchers.items():
        watcher.take(1)
        found = re.fullmatch(rb": connected\n\ndata: ([^\n]+)\n\n", watcher.body)
        expect(found, f"{segments}: {watcher.body!r}")
        equal(compact(json.loads(found.group(1))).encode(), found.group(1), f"{segments}: the JSON")


def test_a_watch_of_a_line_feed_is_one_line(context):
    """2.1, one-line JSON, whatever a text holds."""
    broker = ark(context)
    watcher = Stream.watch(broker, "messages")
    say(broker, "c\u2028d", "q", "a\nb\r\nc\u2028d\u0085e\u0000")
    equal(watcher.take_json(1)[0]["message"]["content"], "a\nb\r\nc\u2028d\u0085e\u0000", "the content")


# MARK: The fixtures of 2.4

def test_golden_a_query_s_stream(context):
    """2.4, two chunks posted, then completed."""
    broker = ark(context)
    expected = (b'data: {"id":"a","choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'
                b'data: {"id":"a","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
                b'data: [DONE]\n\n')
    live = Stream(broker, "stream", "q")
    lines = (b'{ "id" : "a", "choices" : [ {"index":0, "delta":{"content":"Hi"}} ] }\n'
             b'{"id":"a","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n')
    equal(broker.post("/stream/q", lines, {"Content-Type": "application/x-ndjson"}).status, 200, "uploading")
    complete(broker, "q")
    equal(live.rest(), expected, "live")
    equal(Stream(broker, "stream", "q", from_beginning="true").rest(), expected, "replayed")


def test_numbers_come_back_as_they_were_written(context):
    """2.4, the note on re-serialisation: upstream makes 1 of 1.0, and of integers above 2^53 loses digits."""
    broker = ark(context)
    numbers = '{"a":1.0,"b":9007199254740993,"c":-0.0,"d":1E+2,"e":0.10000000000000000555}'
    readers = [Stream(broker, "stream", "q"), *(Stream.watch(broker, name) for name in ("stream", "messages", "events"))]
    for where, body, headers in (
            ("/stream/q", numbers + "\n", LINES),
            ("/messages", f'{{"conversation_id":"c","query_id":"q","messages":[{numbers}]}}', JSON),
            ("/events", f'{{"data":{{"queryId":"uid-1","n":{numbers}}}}}', JSON)):
        expect(broker.post(where, body, headers).status in (200, 201), where)
    complete(broker, "q")
    readers.append(Stream(broker, "stream", "q", from_beginning="true"))
    for reader in readers:
        expect(numbers in reader.take(1)[0], reader.body)
    for name in ("stream", "messages", "events"):
        body = broker.request("GET", path(name)).body
        expect(numbers.encode() in body, f"{name}: {body!r}")


def test_golden_an_executor_s_error(context):
    """2.4, executor reported an error."""
    broker = ark(context)
    reader = Stream(broker, "stream", "q")
    stream(broker, "q", {"error": {"message": "boom", "type": "server_error", "code": "execution_failed"},
                         "ark": {"query": "u"}})
    equal(reader.rest(), b'data: {"error":{"message":"boom","type":"server_error","code":"execution_failed"},'
                         b'"ark":{"query":"u"}}\n\ndata: [DONE]\n\n', "the stream")


def test_golden_nothing_arrives(context):
    """2.4, newest text."""
    reader = Stream(ark(context), "stream", "q", wait_for_query="1")
    equal(reader.rest(), b'data: {"error":{"message":"Streaming query response timed out","type":"timeout_error",'
                         b'"code":"timeout"}}\n\ndata: [DONE]\n\n', "the stream")


def test_golden_a_watch_with_one_item(context):
    """2.4, watch stream, one item."""
    broker = ark(context)
    watcher = Stream.watch(broker, "messages")
    say(broker, "c1", "q1", "Hi")
    watcher.take(1)
    [item] = get(broker, "messages")["items"]
    expect(MOMENT.fullmatch(item["timestamp"]), item)
    equal(watcher.body, (
        f': connected\n\ndata: {{"timestamp":"{item["timestamp"]}","conversation_id":"c1","query_id":"q1",'
        f'"message":{{"role":"user","content":"Hi"}},"sequence":{item["sequence"]}}}\n\n').encode(), "the stream")


def test_golden_events_spans_and_chunks(context):
    """2.3, the data frames of /events, /events/{uid} and /stream: the raw event, the bare chunk, "[DONE]" as JSON."""
    broker = ark(context)
    watchers = {segments: Stream.watch(broker, *segments) for segments in (("events",), ("events", "uid-1"), ("stream",))}
    emit(broker, operation("A", x="é"))
    stream(broker, "q", token("é"))
    complete(broker, "q")
    watchers["events",].take(1)
    watchers["events", "uid-1"].take(1)
    watchers["stream",].take(2)
    equal(watchers["events",].body, CONNECTED + frame(operation("A", x="é")), "/events")
    equal(watchers["events", "uid-1"].body, CONNECTED + frame(operation("A", x="é")), "/events/{uid}")
    equal(watchers["stream",].body, CONNECTED + frame(token("é")) + b'data: "[DONE]"\n\n', "/stream")


def test_golden_heartbeats(context):
    """2.3 and 2.4, `: heartbeat` after 30 s of silence, and nothing else; also on a query's stream (appendix)."""
    if not context.full:
        raise Skip("takes 30 s; --full")
    broker = ark(context)
    readers = [Stream(broker, *segments, watch="true", timeout=40) for segments in WATCHES]
    chunks = Stream(broker, "stream", "q", timeout=40)
    for reader in readers:
        equal(reader.until(b"heartbeat\n\n").body, CONNECTED + b": heartbeat\n\n", "a watch")
    equal(chunks.until(b"heartbeat\n\n").body, b": heartbeat\n\n", "a query's stream")


# MARK: Replay

def test_without_a_cursor_nothing_is_replayed(context):
    """2.3, replay first when: never without one."""
    broker = ark(context)
    fill(broker, 1)
    watchers = {segments: Stream.watch(broker, *segments) for segments in WATCHES}
    fill(broker, 2)
    for segments, watcher in watchers.items():
        equal([number_of(value) for value in watcher.take_json(1)], [2], path(*segments))


def test_a_cursor_replays_what_is_behind_it(context):
    """2.3, `cursor` given: items with sequence > cursor (0 = all)."""
    broker = ark(context)
    for number in (1, 2, 3):
        fill(broker, number)
    first = broker.request("GET", "/messages?limit=1").json()["nextCursor"]
    for segments in WATCHES[:-1]:
        watcher = Stream.watch(broker, *segments, cursor=0)
        equal([number_of(value) for value in watcher.take_json(3)], [1, 2, 3], f"{segments} from 0")
    watcher = Stream.watch(broker, "messages", cursor=first)
    fill(broker, 4)
    equal([number_of(value) for value in watcher.take_json(3)], [2, 3, 4], "messages from a cursor")


def test_the_list_s_next_cursor_resumes_a_watch(context):
    """7.8, cursor=<nextCursor> then watch delivers each later item once."""
    broker = ark(context)
    for number in range(1, 7):
        fill(broker, number)
    watchers = []
    for segments in (("messages",), ("events",), ("events", "uid-1"), ("stream",)):
        page = get(broker, *segments, limit=2)
        equal(len(page["items"]), 2, f"{segments}: the page")
        watchers.append((segments, Stream.watch(broker, *segments, cursor=page["nextCursor"])))
    fill(broker, 7)
    for segments, watcher in watchers:
        equal([number_of(value) for value in watcher.take_json(5)], [3, 4, 5, 6, 7], path(*segments))


def test_the_next_cursor_of_traces_resumes_a_watch(context):
    """7.8 and 1.7: the list goes down, the watch upward from the first span of the last trace listed."""
    broker = ark(context)
    for number in range(1, 7):
        export(broker, span(number, number))
    page = get(broker, "traces", limit=2)
    equal([trace["spans"][0]["name"] for trace in page["items"]], ["span-6", "span-5"], "the page")
    watcher = Stream.watch(broker, "traces", cursor=page["nextCursor"])
    # Of a trace that is listed, and of one that is not.
    export(broker, span(7, 5))
    export(broker, span(8, 8))
    equal([number_of(value) for value in watcher.take_json(3)], [6, 7, 8], "the spans")


def test_chunks_are_replayed_only_when_that_is_asked_for(context):
    """2.3, /stream: never; 7.8, a cursor and then a watch give each later item once."""
    broker = ark(context)
    fill(broker, 1)
    watcher = Stream.watch(broker, "stream")
    fill(broker, 2)
    equal(watcher.take(1), ['{"n":2}'], "the frame")
    equal(Stream.watch(broker, "stream", cursor=0).take(2), ['{"n":1}', '{"n":2}'], "the frames")


def test_from_the_beginning_replays_a_query_s_events_and_a_trace(context):
    """2.3, `from-beginning=true` (all) else `cursor`."""
    broker = ark(context)
    fill(broker, 1)
    fill(broker, 2)
    last = get(broker, "messages", limit=1)["nextCursor"]
    for segments in (("events", "uid-1"), ("traces", f"{1:032x}")):
        for parameters in ({}, {"cursor": last + 100}):
            watcher = Stream.watch(broker, *segments, from_beginning="true", **parameters)
            equal([number_of(value) for value in watcher.take_json(2)], [1, 2], f"{segments} {parameters}")
        watcher = Stream.watch(broker, *segments, from_beginning="false")
        fill(broker, 3)
        equal([number_of(value) for value in watcher.take_json(1)], [3], f"{segments} not from the beginning")
        broker = ark(context)
        fill(broker, 1)
        fill(broker, 2)


def test_from_the_beginning_works_on_messages(context):
    """Appendix, support everywhere."""
    from_the_beginning(context, "messages")


def test_from_the_beginning_works_on_events(context):
    """Appendix, support everywhere."""
    from_the_beginning(context, "events")


def test_from_the_beginning_works_on_traces(context):
    """Appendix, support everywhere."""
    from_the_beginning(context, "traces")


def test_from_the_beginning_works_on_all_chunks(context):
    """Appendix, support everywhere."""
    from_the_beginning(context, "stream")


def from_the_beginning(context, name):
    broker = ark(context)
    fill(broker, 1)
    watcher = Stream.watch(broker, name, from_beginning="true")
    fill(broker, 2)
    for number in (1, 2):
        equal(number_of(watcher.take_json(1)[0]), number, f"{name}: which item comes")


def test_nothing_is_lost_or_twice_where_replay_becomes_live(context):
    """2.3, the hand-over; appendix, de-duplicate."""
    broker = ark(context)
    total = 150
    with concurrent.futures.ThreadPoolExecutor(1) as client:
        def send():
            for number in range(total):
                fill(broker, number + 1)
        sending = client.submit(send)
        watchers = [(segments, Stream.watch(broker, *segments, cursor=0)) for _ in range(3) for segments in WATCHES[:-1]]
        sending.result()
    for segments, watcher in watchers:
        equal([number_of(value) for value in watcher.take_json(total)], list(range(1, total + 1)), path(*segments))
        watcher.close()


def test_a_cursor_resumes_after_a_restart(context):
    """2.3, the resume contract, and 8, restart-seam: the tail exactly once, and the sequence goes on."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        store = context.new_directory()
        broker = context.broker("--data", store)
        say(broker, "c", "q", "1", "2", "3", "4")
        for reason in "1234":
            emit(broker, operation("R" + reason))
        before = get(broker, "messages")["items"]
        event_cursor = get(broker, "events", limit=2)["nextCursor"]
        broker.signal(number)
        broker.wait()
        broker = context.broker("--data", store)
        equal(get(broker, "messages")["items"], before, "the list")
        watcher = Stream.watch(broker, "messages", cursor=before[1]["sequence"])
        events = Stream.watch(broker, "events", cursor=event_cursor)
        say(broker, "c", "q", "5")
        emit(broker, operation("R5"))
        items = watcher.take_json(3)
        equal(contents(items), ["3", "4", "5"], "the tail")
        expect(items[2]["sequence"] > before[3]["sequence"], f"the sequence: {items}")
        equal([item["reason"] for item in events.take_json(3)], ["R3", "R4", "R5"], "the events")


def test_chunks_and_their_completion_outlive_a_restart(context):
    """8, file reload keeps data; a reader after the restart gets all and [DONE]."""
    store = context.new_directory()
    broker = context.broker("--data", store)
    stream(broker, "q", {"a": 1})
    complete(broker, "q")
    export(broker, span(1, 1))
    broker.signal()
    broker.wait()
    broker = context.broker("--data", store)
    equal(Stream(broker, "stream", "q", from_beginning="true").rest(), b'data: {"a":1}\n\ndata: [DONE]\n\n', "the stream")
    equal(complete(broker, "q"), "already_completed", "completing once more")
    equal([item["traceId"] for item in get(broker, "traces")["items"]], [f"{1:032x}"], "the traces")


def test_a_cursor_ahead_of_everything_does_not_starve(context):
    """3 and 9 (#3562): a watcher with an old cursor goes on."""
    broker = ark(context)
    fill(broker, 1)
    for number, segments in enumerate(WATCHES, start=2):
        watcher = Stream.watch(broker, *segments, cursor=1000000)
        fill(broker, number)
        expected = {"messages": f"m{number}", "events": f"R{number}", "traces": f"span-{number}", "stream": f'"n":{number}'}
        watcher.until(expected[segments[0]].encode())


# MARK: Filters

def test_messages_are_filtered_by_conversation_and_not_by_query(context):
    """2.3, live filter, and 1.5: query_id is ignored."""
    broker = ark(context)
    say(broker, "c1", "q1", "a")
    say(broker, "c2", "q1", "b")
    watcher = Stream.watch(broker, "messages", conversation_id="c1", query_id="q1", cursor=0)
    say(broker, "c2", "q1", "c")
    say(broker, "c1", "q2", "d")
    equal(contents(watcher.take_json(2)), ["a", "d"], "the items")


def test_events_are_filtered_by_session(context):
    """2.3."""
    broker = ark(context)
    watcher = Stream.watch(broker, "events", session_id="s1", cursor=0)
    for session in ("s2", "s1", "s2", "s1"):
        emit(broker, operation(f"R-{session}", sessionId=session))
    emit(broker, operation("none"))
    emit(broker, operation("last", sessionId="s1"))
    equal([item["reason"] for item in watcher.take_json(3)], ["R-s1", "R-s1", "last"], "the events")


def test_events_are_filtered_by_query(context):
    """2.3."""
    broker = ark(context)
    watcher = Stream.watch(broker, "events", "u1", from_beginning="true")
    for uid in ("u2", "u1", "u2"):
        emit(broker, operation(f"R-{uid}", uid))
    emit(broker, operation("last", "u1"))
    equal([item["reason"] for item in watcher.take_json(2)], ["R-u1", "last"], "the events")


def test_spans_are_filtered_by_session(context):
    """2.3, one flattened span a frame."""
    broker = ark(context)
    watcher = Stream.watch(broker, "traces", session_id="a")
    export(broker, span(1, 1, [attribute("ark.session.id", "b")]))
    export(broker, span(2, 2))
    export(broker, span(3, 3, [attribute("ark.session.id", "a")]), span(4, 4, [attribute("ark.session.id", "a")]))
    found = watcher.take_json(2)
    equal([value["name"] for value in found], ["span-3", "span-4"], "the spans")
    equal(found[:1], get(broker, "traces", f"{3:032x}")["spans"], "a span")


def test_spans_are_filtered_by_trace(context):
    """2.3."""
    broker = ark(context)
    watcher = Stream.watch(broker, "traces", f"{1:032x}")
    export(broker, span(1, 2), span(2, 1), span(3, 2), span(4, 1))
    equal([value["name"] for value in watcher.take_json(2)], ["span-2", "span-4"], "the spans")


def test_a_trace_that_is_not_there_yet_can_be_watched(context):
    """2.3, and a trace id in base64."""
    broker = ark(context)
    watchers = [Stream.watch(broker, "traces", name) for name in (f"{1:032x}", "AAAAAAAAAAAAAAAAAAAAAQ==")]
    export(broker, span(1, 1))
    equal([watcher.take_json(1)[0]["name"] for watcher in watchers], ["span-1"] * 2, "the spans")


def test_what_is_published_elsewhere_is_not_in_these_watches(context):
    """2.3: other events of the broker are none of these items."""
    broker = ark(context)
    watchers = {segments: Stream.watch(broker, *segments) for segments in WATCHES}
    broker.publish(event(1), event(2, type="ark.custom.kind", arkquery="uid-1"))
    fill(broker, 1)
    for segments, watcher in watchers.items():
        equal(number_of(watcher.take_json(1)[0]), 1, path(*segments))


# MARK: Parameters

def test_a_limit_on_a_watch_is_ignored(context):
    """2.3, and one that is none is no error: replayed and live."""
    broker = ark(context)
    for number in (1, 2, 3):
        fill(broker, number)
    watchers = [(segments, limit, Stream.watch(broker, *segments, cursor=0, limit=limit))
                for segments in WATCHES for limit in ("1", "0", "x", "1001", "")]
    fill(broker, 4)
    for segments, limit, watcher in watchers:
        equal([number_of(value) for value in watcher.take_json(4)], [1, 2, 3, 4], f"{segments} {limit!r}")
        watcher.close()


def test_many_watchers_see_the_same(context):
    """8, multiple subscribers."""
    broker = ark(context)
    watchers = [Stream.watch(broker, "messages", cursor=0) for _ in range(40)]
    for number in range(20):
        say(broker, "c", "q", str(number))
    bodies = set()
    for watcher in watchers:
        watcher.take(20)
        bodies.add(watcher.body)
    equal(len(bodies), 1, "different streams")


def test_a_watcher_that_goes_away_stops_nobody(context):
    """2.1, a disconnect just removes the subscription."""
    broker = ark(context)
    gone, stays = Stream.watch(broker, "messages"), Stream.watch(broker, "messages")
    say(broker, "c", "q", "a")
    gone.take(1)
    gone.close()
    say(broker, "c", "q", "b")
    equal(contents(stays.take_json(2)), ["a", "b"], "the items")


def test_the_broker_ends_with_watchers_connected(context):
    """9, shutdown order could block the exit."""
    broker = ark(context)
    watchers = [Stream.watch(broker, *segments) for segments in WATCHES] + [Stream(broker, "stream", "q")]
    broker.signal()
    equal(broker.wait(), 0, "the exit status")
    for watcher in watchers:
        watcher.close()


def test_a_message_that_is_watched_is_the_one_that_is_listed(context):
    """1.5 and 2.3, the frame is the message item."""
    broker = ark(context)
    watcher = Stream.watch(broker, "messages")
    equal(broker.post("/messages", {"conversation_id": "c", "query_id": "q", "messages": [1, None, {"a": "é"}]},
                      JSON).status, 200, "posting")
    equal(watcher.take_json(3), get(broker, "messages")["items"], "the items")
