"""Files of the TypeScript ark-broker and of ark-cluster-memory (section 6.2 of the contract of Ark's clients): imported, and
read through the routes as their own broker would have given them."""
import base64
import datetime
import gzip
import json
import pathlib
import re
import subprocess
import sys

from ark_clients import JSON, LINES, Stream, attribute, compact, get, operation, path, text, token
from commands import command
from harness import equal, event, expect

# Sessions are shown for 30 days.
BEGIN = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) - datetime.timedelta(hours=1)


def moment(second):
    return (BEGIN + datetime.timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%S.250Z")


def wrapper(number, data, second=None):
    return {"sequenceNumber": number, "timestamp": moment(number if second is None else second), "data": data}


def message(conversation, query, content):
    return {"conversationId": conversation, "queryId": query, "message": text(content)}


MESSAGES = [wrapper(3, message("c-1", "q-1", "Grüße"), 3), wrapper(4, message("c-1", "q-1", "an\nswer"), 12),
            wrapper(7, message("c-2", "q-2", "other"), 23)]
CHUNKS = [wrapper(1, {"queryId": "q-1", "chunk": token("Hi", ark={"session": "s-1", "query": "uid-1"})}, 5),
          wrapper(2, {"queryId": "q-2", "chunk": token("other")}, 6),
          wrapper(3, {"queryId": "q-1", "chunk": token(" there")}, 6),
          wrapper(4, {"queryId": "q-1", "chunk": "[DONE]", "complete": True}, 7)]
EVENTS = [wrapper(1, operation("QueryExecutionStart", "uid-1", queryName="q-1", sessionId="s-1"), 1),
          wrapper(2, operation("AgentExecutionStart", "uid-1", queryName="q-1", sessionId="s-1", agent="default/a"), 2),
          wrapper(3, operation("QueryExecutionComplete", "uid-1", queryName="q-1", sessionId="s-1"), 11),
          wrapper(4, operation("QueryExecutionError", "uid-2", queryName="q-2", sessionId="s-1", error="boom"), 21)]


def flat_span(number, trace=1, **more):
    """As the broker keeps a span that came as JSON."""
    return {"traceId": f"{trace:032x}", "spanId": f"{number:016x}", "name": f"span-{number}", "kind": 1,
            "startTimeUnixNano": "1767225600000000000", "endTimeUnixNano": "1767225601000000000",
            "attributes": [attribute("ark.session.id", "s-1")], "status": {"code": 1},
            "resource": {"service.name": "ark-controller", "replicas": 3, "shares": 0.5, "is.test": True}, **more}


def protobuf_span(number, trace):
    """As the broker keeps a span that came as protobuf."""
    def spelled(value, size):
        return base64.b64encode(value.to_bytes(size, "big")).decode()
    return flat_span(
        number, traceId=spelled(trace, 16), spanId=spelled(number, 8), parentSpanId="", kind="SPAN_KIND_INTERNAL",
        traceState="", events=[], links=[], status={"code": "STATUS_CODE_OK", "message": ""},
        resource={"service.name": "ark", "list": {"values": [{"stringValue": "a"}]}})


SPANS = [wrapper(1, flat_span(1)), wrapper(2, protobuf_span(2, 2)), wrapper(3, flat_span(3, status=None))]


def document(items):
    return json.dumps({"items": items, "nextSequence": items[-1]["sequenceNumber"] + 1}, ensure_ascii=False)


def log(items):
    return "".join(compact(line) + "\n" for line in [{"nextSequence": 1}, *items])


def write(context, name, content):
    place = context.directory / name
    data = content.encode() if isinstance(content, str) else content
    place.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return place


def imported(context, store, *files, status=0):
    """Imports files; answers what was said."""
    arguments = [argument for file in files for argument in ("--from-ark", file)]
    result = command(context, "import", *arguments, store)
    equal(result.returncode, status, f"import: {result.stderr.decode()}")
    return result.stderr.decode()


def items(broker, *segments, **parameters):
    return get(broker, *segments, **parameters)["items"]


def messages_of(broker):
    return [(item["timestamp"], item["conversation_id"], item["query_id"], item["message"]) for item in items(broker, "messages")]


def expected_messages(wrappers):
    return [(item["timestamp"], item["data"]["conversationId"], item["data"]["queryId"], item["data"]["message"])
            for item in wrappers]


def test_a_log_of_messages_is_what_get_messages_gives(context):
    store = context.new_directory()
    said = imported(context, store, write(context, "messages.jsonl", log(MESSAGES)))
    expect("an append log: 3 messages" in said and "imported 3 events" in said, said)
    broker = context.broker("--data", store)
    equal(messages_of(broker), expected_messages(MESSAGES), "GET /messages")
    equal(get(broker, "conversations"), {"conversations": ["c-1", "c-2"]}, "GET /conversations")
    equal([item["message"]["content"] for item in get(broker, "conversations", "c-1")["messages"]],
          ["Grüße", "an\nswer"], "GET /conversations/c-1")
    equal(get(broker, "memory-status")["total_messages"], 3, "GET /memory-status")


def test_a_document_may_be_compressed_and_spread_over_lines(context):
    store = context.new_directory()
    pretty = json.dumps({"items": MESSAGES, "nextSequence": 8}, indent=2, ensure_ascii=False)
    said = imported(context, store, write(context, "messages.json.gz", pretty))
    expect("a file of items: 3 messages" in said, said)
    # The same items in another form are the same events.
    said = imported(context, store, write(context, "messages.jsonl", log(MESSAGES)))
    expect("imported 0 events; 3 were there already" in said, said)
    broker = context.broker("--data", store)
    equal(messages_of(broker), expected_messages(MESSAGES), "GET /messages")


def test_the_oldest_forms_are_taken(context):
    """ark-cluster-memory kept lists, and objects of lists."""
    store = context.new_directory()
    old = [{"timestamp": moment(n), "conversation_id": "c-1", "query_id": "q-1", "message": text(str(n)), "sequence": n}
           for n in (1, 2)]
    streams = {"streams": {"q-1": [token("a"), token("b"), "[DONE]"]}, "completed": ["q-1"]}
    traces = {"traces": {f"{1:032x}": [flat_span(1), flat_span(2)]}, "allSpans": [flat_span(1), flat_span(2)]}
    said = imported(
        context, store, write(context, "m.json", json.dumps(old, indent=2)), write(context, "s.json", json.dumps(streams)),
        write(context, "l.json", json.dumps([{"queryID": "q-2", "chunk": token("c")}])),
        write(context, "t.json", json.dumps(traces)))
    expect("2 messages" in said and "3 chunks" in said and "1 chunk\n" in said and "2 spans" in said, said)
    broker = context.broker("--data", store)
    equal([item["message"]["content"] for item in items(broker, "messages")], ["1", "2"], "GET /messages")
    equal([json.loads(data) for data in frames(broker, "q-1")[:-1]], [token("a"), token("b")], "the stream")
    equal(len(items(broker, "traces")[0]["spans"]), 2, "the spans")


def frames(broker, query):
    stream = Stream(broker, "stream", query, from_beginning="true")
    stream.rest()
    return stream.data()


def test_a_file_of_chunks_is_what_streams_give(context):
    store = context.new_directory()
    imported(context, store, write(context, "completionchunks.json", document(CHUNKS)))
    broker = context.broker("--data", store)
    equal(frames(broker, "q-1"), [compact(CHUNKS[0]["data"]["chunk"]), compact(CHUNKS[2]["data"]["chunk"]), "[DONE]"],
          "GET /stream/q-1")
    listed = items(broker, "stream")
    equal([(item["timestamp"], item["data"]) for item in listed], [(item["timestamp"], item["data"]) for item in CHUNKS],
          "GET /stream")
    equal(broker.post(path("stream", "q-1", "complete"), "{}", {}).json()["status"], "already_completed", "completing it")


def test_a_file_of_events_is_what_events_and_sessions_give(context):
    store = context.new_directory()
    imported(context, store, write(context, "events.jsonl", log(EVENTS)))
    broker = context.broker("--data", store)
    equal(items(broker, "events"), [item["data"] for item in EVENTS], "GET /events")
    equal(items(broker, "events", "uid-1"), [item["data"] for item in EVENTS[:3]], "GET /events/uid-1")
    session = get(broker, "sessions", "s-1")
    equal((session["status"], session["errorCount"], session["createdAt"], session["lastActivity"]),
          ("error", 1, moment(1), moment(21)), "the session")
    equal({name: query["phase"] for name, query in session["queries"].items()}, {"q-1": "done", "q-2": "error"}, "phases")
    equal(session["queries"]["q-1"]["completedAt"], moment(11), "q-1 ended")


def test_files_are_put_together_by_time(context):
    """A message joins a query to its conversation only behind the query's first event."""
    store = context.new_directory()
    imported(context, store, write(context, "messages.jsonl", log(MESSAGES)), write(context, "events.jsonl", log(EVENTS)),
             write(context, "chunks.jsonl", log(CHUNKS)))
    broker = context.broker("--data", store)
    times = [frame.json()["time"] for frame in broker.events()]
    equal((len(times), times), (11, sorted(times)), "times in the feed")
    session = get(broker, "sessions", "s-1")
    equal([conversation["conversationId"] for conversation in session["conversations"]], ["c-1", "c-2"], "conversations")
    equal(session["lastActivity"], moment(23), "the last message")


def test_of_what_came_at_once_events_come_first(context):
    store = context.new_directory()
    at_once = [wrapper(1, message("c-1", "q-1", "Hi"), 1)]
    imported(context, store, write(context, "messages.jsonl", log(at_once)), write(context, "events.jsonl", log(EVENTS[:1])))
    session = get(context.broker("--data", store), "sessions", "s-1")
    equal(session["queries"]["q-1"]["conversationId"], "c-1", "the conversation")


def test_a_file_of_spans_is_what_traces_give(context):
    store = context.new_directory()
    said = imported(context, store, write(context, "oteltraces.json", document(SPANS)))
    expect("3 spans" in said, said)
    broker = context.broker("--data", store)
    page = get(broker, "traces")
    equal([(item["traceId"], [span["name"] for span in item["spans"]]) for item in page["items"]],
          [(f"{2:032x}", ["span-2"]), (f"{1:032x}", ["span-1", "span-3"])], "GET /traces")
    equal(page["items"][1]["spans"][0]["resource"], SPANS[0]["data"]["resource"] | {"replicas": "3"}, "the resource")
    equal(page["items"][0]["spans"][0]["status"]["code"], "STATUS_CODE_OK", "the status")
    encoded = base64.b64encode((2).to_bytes(16, "big")).decode()
    equal(len(get(broker, "traces", encoded)["spans"]), 1, "by its old spelling")
    equal(len(items(broker, "traces", session_id="s-1")), 2, "by session")


def test_a_file_of_sessions_is_what_sessions_give(context):
    store = context.new_directory()
    # What a broker says of its sessions is what it keeps of them.
    imported(context, store, write(context, "events.jsonl", log(EVENTS)), write(context, "messages.jsonl", log(MESSAGES)))
    broker = context.broker("--data", store)
    before = get(broker, "sessions")
    broker.signal()
    broker.wait()
    store = context.new_directory()
    file = write(context, "sessions.json", json.dumps(before, indent=2))
    said = imported(context, store, file)
    expect("a file of sessions: 1 session" in said, said)
    expect("imported 0 events" in imported(context, store, file), "again")
    broker = context.broker("--data", store)
    equal(get(broker, "sessions"), before, "GET /sessions")
    # And together with the events nothing changes.
    broker.signal()
    broker.wait()
    store = context.new_directory()
    imported(context, store, file, context.directory / "events.jsonl", context.directory / "messages.jsonl")
    equal(get(context.broker("--data", store), "sessions"), before, "GET /sessions of both")


def test_importing_twice_adds_nothing(context):
    store = context.new_directory()
    files = [write(context, "m.jsonl", log(MESSAGES)), write(context, "c.json", document(CHUNKS)),
             write(context, "e.json", document(EVENTS)), write(context, "t.json", document(SPANS))]
    expect("imported 14 events\n" in imported(context, store, *files), "first")
    expect("imported 0 events; 14 were there already" in imported(context, store, *files), "again")
    # A file that has grown meanwhile brings what is new.
    more = MESSAGES + [wrapper(8, message("c-2", "q-2", "late"), 30)]
    said = imported(context, store, write(context, "m.jsonl", log(more)))
    expect("imported 1 event; 3 were there already" in said, said)


def test_an_unfinished_last_line_of_a_log_is_left_out(context):
    store = context.new_directory()
    said = imported(context, store, write(context, "m.jsonl", log(MESSAGES)[:-20]))
    expect("m.jsonl: line 4: is unfinished" in said and "imported 2 events" in said, said)


def test_a_damaged_line_of_a_log_is_left_out_and_said(context):
    store = context.new_directory()
    lines = log(MESSAGES).splitlines(keepends=True)
    lines[2] = lines[2][:40] + "\n"
    said = imported(context, store, write(context, "m.jsonl", "".join(lines)), status=1)
    expect("m.jsonl: line 3: " in said and "1 item left out" in said and "imported 2 events" in said, said)


def test_a_document_that_is_cut_off_is_imported_up_to_there(context):
    store = context.new_directory()
    said = imported(context, store, write(context, "m.json", document(MESSAGES)[:-60]), status=1)
    expect("m.json: byte " in said and "cut off" in said and "imported 2 events" in said, said)
    said = imported(context, store, write(context, "e.json.gz", document(EVENTS)), status=0)
    cut = gzip.compress(document(EVENTS).encode())[:-12]
    place = context.directory / "cut.json.gz"
    place.write_bytes(cut)
    expect("cut off" in imported(context, store, place, status=1), "a compressed one")


def test_an_item_that_is_none_is_named(context):
    store = context.new_directory()
    wrong = [MESSAGES[0], wrapper(4, {"what": 1}), wrapper(5, {"data": {"queryId": ""}}), MESSAGES[1]]
    said = imported(context, store, write(context, "m.json", document(wrong)), status=1)
    for part in ("m.json: item 2, byte ", "no message, chunk, span or event", "m.json: item 3", "data.queryId",
                 "2 items left out", "imported 2 events"):
        expect(part in said, f"{part}: {said}")


def test_other_files_are_refused_before_there_is_a_store(context):
    store = context.new_directory()
    said = imported(context, store, write(context, "other.jsonl", compact(event(1)) + "\n"), status=2)
    expect("other.jsonl is no file of an Ark broker" in said and "without --from-ark" in said, said)
    said = imported(context, store, context.directory / "missing.json", status=2)
    expect("missing.json: No such file" in said, said)
    expect(not store.exists(), "a store was made")
    equal(command(context, "import", "--from-ark", "x", "--positions").returncode, 64, "--positions")
    equal(command(context, "import", "--from-ark").returncode, 64, "no file")


def test_an_empty_file_has_nothing_in_it(context):
    store = context.new_directory()
    said = imported(context, store, write(context, "empty.jsonl", ""), write(context, "none.json", '{"items":[],"nextSequence":1}'),
                    write(context, "header.jsonl", '{"nextSequence":5}\n'), write(context, "s.json", '{"sessions":{}}'))
    expect(said.count("nothing in it") == 4 and "imported 0 events" in said, said)


def test_a_large_document_takes_little_memory(context):
    """60 MB in one line, of which a few items are in memory at once."""
    store, place = context.new_directory(), context.directory / "large.json"
    item = compact(wrapper(1, {"queryId": "q-1", "chunk": token("x" * 200_000)}))[len('{"sequenceNumber":1'):]
    with open(place, "w") as file:
        file.write('{"items":[' + ",".join(f'{{"sequenceNumber":{number}{item}' for number in range(1, 301)) + "]}")

    # The peak of a process counts what it was forked from, so that is a small one.
    watcher = ("import resource, subprocess, sys; status = subprocess.call(sys.argv[1:]); "
               "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(status)")
    result = subprocess.run(
        [sys.executable, "-c", watcher, context.broker_path, "import", "--from-ark", place, store], capture_output=True)
    equal(result.returncode, 0, f"import: {result.stderr[-500:]}")
    expect(b"imported 300 events" in result.stderr, result.stderr)
    expect(int(result.stdout) < 60_000, f"{result.stdout} KiB for a file of {place.stat().st_size} bytes")


def test_the_way_back_leads_here_again(context):
    """The commands of Documentation/MovingFromArk.md, with texts that not every reader of JSON takes."""
    store = context.new_directory()
    broker = context.broker("--data", store)
    contents = ["Gr\u00fc\u00dfe", "cut inside \ud83d", "\\ud83d", "\u2028\n", "behind it"]
    body = {"conversation_id": "c-1", "query_id": "q-1", "messages": [text(content) for content in contents]}
    equal(broker.post("/messages", json.dumps(body), JSON).status, 200, "POST /messages")
    chunks = [json.dumps(token(content)) for content in contents]
    equal(broker.post("/stream/q-1", "\n".join(chunks) + "\n", LINES).status, 200, "POST /stream/q-1")
    broker.post("/stream/q-1/complete", "{}", JSON)
    for item in EVENTS:
        equal(broker.post("/events", json.dumps(item["data"]), JSON).status, 201, "POST /events")
    broker.publish(event(1, data={"queryId": "of another source"}))

    page = (pathlib.Path(__file__).parents[2] / "Documentation/MovingFromArk.md").read_text()
    script = re.search(r"^```sh\n(mkdir -p back\n.*?)^```$", page, re.M | re.S)[1]
    where = context.new_directory()
    where.mkdir()
    result = subprocess.run(
        ["bash", "-ec", script.replace("127.0.0.1:8080", f"127.0.0.1:{broker.port}")], cwd=where, text=True, capture_output=True)
    equal((result.returncode, result.stderr), (0, ""), "the way back")

    files = [where / "back" / name for name in ("messages.jsonl", "completionchunks.jsonl", "events.jsonl")]
    again = context.new_directory()
    imported(context, again, *files)
    other = context.broker("--data", again)
    equal(messages_of(other), messages_of(broker), "messages")
    equal([json.loads(frame) if frame != "[DONE]" else frame for frame in frames(other, "q-1")],
          [json.loads(frame) if frame != "[DONE]" else frame for frame in frames(broker, "q-1")], "chunks")
    equal(items(other, "events"), items(broker, "events"), "events")
    equal(get(other, "conversations"), get(broker, "conversations"), "conversations")
    equal(json.loads((where / "back/sessions.json").read_text()), get(broker, "sessions"), "sessions")
