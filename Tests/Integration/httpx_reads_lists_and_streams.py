"""httpx and httpx-sse, with which ark-api and the Python SDK talk to a broker: lists page by page, uploads, streams,
watches, and going on where a stream broke off."""
import asyncio
import concurrent.futures
import json
import queue

from api_describes_itself import packages
from ark_clients import (
    EXECUTOR, LINES, ark, attribute, compact, contents, emit, export, operation, say, span, stream, text, token)
from harness import equal, event, expect


def client(context, broker):
    packages(context)
    import httpx
    # Its default timeout, 5 s, is that of ark-api for what is no stream.
    made = httpx.Client(base_url=f"http://127.0.0.1:{broker.port}")
    context.cleanups.append(made.close)
    return made


def pages(http, where, **parameters):
    """The items of all pages of a list."""
    items, cursor = [], {}
    while True:
        page = http.get(where, params={**parameters, **cursor}).raise_for_status().json()
        equal(set(page) - {"nextCursor", "statusCounts"}, {"items", "total", "hasMore"}, f"the page of {where}")
        equal("nextCursor" in page, page["hasMore"], f"nextCursor of {where}")
        expect(0 < len(page["items"]) <= parameters["limit"], f"{where}: {len(page['items'])} items")
        items += page["items"]
        if not page["hasMore"]:
            equal(len(items), page["total"], f"the items of {where}")
            return items
        cursor = {"cursor": page["nextCursor"]}


def events_of(http, where, count=None, headers=None, **parameters):
    """What httpx-sse makes of a stream: so many events, or all until it ends."""
    from httpx_sse import connect_sse
    events = []
    names = {"from_beginning": "from-beginning", "wait_for_query": "wait-for-query"}
    with connect_sse(http, "GET", where, params={names.get(k, k): v for k, v in parameters.items()},
                     headers=headers or {}, timeout=20) as source:
        source.response.raise_for_status()
        for event in source.iter_sse():
            # It makes an event of `retry:` alone, which the standard does not.
            if event.data:
                events.append(event)
            if len(events) == count:
                break
    return events


def test_messages_go_there_and_back(context):
    http = client(context, ark(context))
    conversation = http.post("/conversations").raise_for_status().json()["conversation_id"]
    messages = [text("Grüezi ✓ 😀"), {"role": "assistant", "content": None, "tool_calls": [
        {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a":"é"}'}}]},
        {"role": "tool", "tool_call_id": "call_1", "content": "line\nfeed"}]
    answer = http.post("/messages", json={
        "conversation_id": conversation, "query_id": "q", "messages": messages, "ttl_seconds": 3600})
    equal((answer.status_code, answer.content), (200, b""), "posting")
    items = http.get("/messages", params={"conversation_id": conversation}).raise_for_status().json()["items"]
    equal([item["message"] for item in items], messages, "the messages")
    equal({(item["conversation_id"], item["query_id"]) for item in items}, {(conversation, "q")}, "whose they are")
    answer = http.get("/conversations/none")
    equal((answer.status_code, answer.json()["error"]["code"]), (404, "NOT_FOUND"), "what is not there")


def test_lists_are_read_page_by_page(context):
    """Each item once, in order, whatever the size of a page."""
    broker = ark(context)
    http = client(context, broker)
    total = 25
    for number in range(total):
        say(broker, f"c{number % 2}", "q", str(number))
        emit(broker, operation(f"R{number}", sessionId=f"s-{number:02}", queryName=f"q-{number}"))
        export(broker, span(number + 1, number + 1, [attribute("ark.session.id", "s")]))
        stream(broker, "q", {"n": number})
    for limit in (1, 7, 24, 25, 1000):
        equal(contents(pages(http, "/messages", limit=limit)), [str(n) for n in range(total)], "messages")
        equal(contents(pages(http, "/messages", limit=limit, conversation_id="c1")),
              [str(n) for n in range(1, total, 2)], "messages of one conversation")
        equal([item["reason"] for item in pages(http, "/events", limit=limit)], [f"R{n}" for n in range(total)], "events")
        equal([item["traceId"] for item in pages(http, "/traces", limit=limit, session_id="s")],
              [f"{n:032x}" for n in range(total, 0, -1)], "traces")
        equal([item["data"]["chunk"]["n"] for item in pages(http, "/stream", limit=limit)], list(range(total)), "chunks")
        equal([item["sessionId"] for item in pages(http, "/sessions", limit=limit, sort="name", order="asc")],
              [f"s-{n:02}" for n in range(total)], "sessions")
    whole = http.get("/messages", headers=EXECUTOR).raise_for_status().json()
    equal((len(whole["items"]), whole["hasMore"]), (total, False), "what the memory client of the executors gets")


def test_a_query_is_read_while_its_chunks_are_posted(context):
    """A generator is posted as one request in chunked transfer; it goes on when the reader has what came before."""
    broker = ark(context)
    http = client(context, broker)
    came = queue.Queue()
    sent = [token(f"{number} é") for number in range(50)]

    def lines():
        for chunk in sent:
            # Two pieces a line, the second of which begins within a character.
            line = compact(chunk).encode() + b"\n"
            place = line.index("é".encode()) + 1
            yield line[:place]
            yield line[place:]
            equal(json.loads(came.get(timeout=20)), chunk, "a chunk")

    def read():
        from httpx_sse import connect_sse
        with connect_sse(http, "GET", "/stream/q", params={"from-beginning": "true", "wait-for-query": "30s"},
                         timeout=20) as source:
            for event in source.iter_sse():
                equal((event.event, event.id, event.retry), ("message", "", None), "a frame")
                came.put(event.data)

    with concurrent.futures.ThreadPoolExecutor(1) as reader:
        reading = reader.submit(read)
        answer = http.post("/stream/q", content=lines(), headers=LINES, timeout=60).raise_for_status().json()
        equal(answer, {"status": "stream_processed", "query": "q", "chunks_received": len(sent)}, "the upload's answer")
        http.post("/stream/q/complete", json={}).raise_for_status()
        equal(came.get(timeout=20), "[DONE]", "the end")
        reading.result()
    expect(came.empty(), "something came behind the end")
    again = events_of(http, "/stream/q", from_beginning="true", wait_for_query="30")
    equal([event.data for event in again], [*map(compact, sent), "[DONE]"], "the stream once more")


def test_watches_are_read_side_by_side(context):
    """One asynchronous client with a watch of each list; comments are none of its events."""
    broker = ark(context)
    packages(context)
    import httpx
    from httpx_sse import aconnect_sse
    total = 20

    async def watch(http, where, **parameters):
        values = []
        async with aconnect_sse(http, "GET", where, params={"watch": "true", **parameters}) as source:
            source.response.raise_for_status()
            async for event in source.aiter_sse():
                values.append(event.json())
                if len(values) == total:
                    return values

    async def publish(http):
        for number in range(total):
            for where, body in (("/messages", {"conversation_id": "c", "query_id": "q", "messages": [text(str(number))]}),
                                ("/events", operation(f"R{number}", sessionId="s")),
                                ("/stream/q", {"n": number})):
                (await http.post(where, json=body)).raise_for_status()

    async def all_of_it():
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{broker.port}", timeout=20) as http:
            *watched, _ = await asyncio.gather(
                watch(http, "/messages", cursor=0, conversation_id="c"), watch(http, "/events", cursor=0, session_id="s"),
                watch(http, "/events/uid-1", **{"from-beginning": "true"}), watch(http, "/stream", cursor=0), publish(http))
            return watched

    messages, events, of_query, chunks = asyncio.run(all_of_it())
    equal(contents(messages), [str(n) for n in range(total)], "messages")
    equal([item["reason"] for item in events], [f"R{n}" for n in range(total)], "events")
    equal(of_query, events, "events of the query")
    equal(chunks, [{"n": n} for n in range(total)], "chunks")


def test_the_list_and_then_a_watch_of_sessions(context):
    """7.8, what the dashboard does; a watch tells how each session stands first."""
    broker = ark(context)
    http = client(context, broker)
    emit(broker, operation("QueryExecutionStart", sessionId="s", queryName="q"))
    [listed] = pages(http, "/sessions", limit=100)
    [event] = events_of(http, "/sessions", 1, watch="true", session_id="s")
    equal(event.json(), {"sessionId": "s", "session": listed}, "the first frame")


def test_last_event_id_resumes_where_frames_have_ids(context):
    """Without gap or repetition, and whatever the address of the stream says otherwise."""
    broker = context.broker("--memory", "64", "--event-ids")
    http = client(context, broker)

    def fill(numbers):
        for n in numbers:
            say(broker, "c", "q", str(n))
            emit(broker, operation(f"R{n}", sessionId="s"))
            export(broker, span(n + 1, 1, [attribute("ark.session.id", "s")]))
            stream(broker, "q", {"n": n})

    fill(range(5))
    streams = (("/messages", {"watch": "true", "cursor": 0}, lambda item: item["message"]["content"]),
               ("/messages", {"watch": "true", "from_beginning": "true"}, lambda item: item["message"]["content"]),
               ("/events", {"watch": "true", "cursor": 0, "session_id": "s"}, lambda item: item["reason"][1:]),
               ("/events/uid-1", {"watch": "true", "from_beginning": "true"}, lambda item: item["reason"][1:]),
               ("/traces", {"watch": "true", "cursor": 0, "session_id": "s"}, lambda item: int(item["spanId"], 16) - 1),
               (f"/traces/{1:032x}", {"watch": "true", "from_beginning": "true"}, lambda item: int(item["spanId"], 16) - 1),
               ("/stream", {"watch": "true", "cursor": 0}, lambda item: item["n"]),
               ("/stream/q", {"from_beginning": "true"}, lambda item: item["n"]))
    last = []
    for where, parameters, number in streams:
        events = events_of(http, where, 3, **parameters)
        equal([int(number(event.json())) for event in events], [0, 1, 2], f"the first frames of {where}")
        last.append(events[-1].id)
    fill(range(5, 10))
    for (where, parameters, number), identifier in zip(streams, last):
        # Also where nothing is said of a beginning: the first time that was now.
        for rest in (parameters, {name: value for name, value in parameters.items() if name in ("watch", "session_id")}):
            events = events_of(http, where, 7, headers={"Last-Event-ID": identifier}, **rest)
            equal([int(number(event.json())) for event in events], list(range(3, 10)), f"the rest of {where} {rest}")
    # What is no position of this log is passed over.
    for identifier in ("", "x", "-1", "9223372036854775807", "99999999999999999999"):
        [first] = events_of(http, "/messages", 1, headers={"Last-Event-ID": identifier}, watch="true", cursor=0)
        equal(first.json()["message"]["content"], "0", f"behind {identifier!r}")


def test_last_event_id_resumes_the_feed(context):
    broker = ark(context)
    http = client(context, broker)
    broker.publish(*(event(number) for number in range(5)))
    first = events_of(http, "/feed", 3, after="beginning")
    broker.publish(*(event(number) for number in range(5, 10)))
    rest = events_of(http, "/feed", 7, headers={"Last-Event-ID": first[-1].id}, after="beginning")
    equal([found.json()["id"] for found in first + rest], [f"e-{number}" for number in range(10)], "the events")
