"""Streams of chunks (sections 1.6, 2.2, 4.3, 7.3 and 7.6 of the contract of Ark's clients)."""
import concurrent.futures
import time

from ark_clients import (
    JSON, LINES, MOMENT, Request, Stream, Upload, ark, compact, complete, delete, get, path, refused, stream, token)
from harness import Skip, equal, expect

DONE = b"data: [DONE]\n\n"
TIMED_OUT = (
    b'data: {"error":{"message":"Streaming query response timed out","type":"timeout_error","code":"timeout"}}\n\n')
FINAL = {"id": "chatcmpl-final", "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "stop"}],
         "ark": {"query": "uid-1", "completedQuery": {"metadata": {"name": "q"}, "status": {"phase": "done"}}}}


def read(broker, query, *chunks, **parameters):
    """What a live reader of a query gets when these chunks are uploaded, and its completion."""
    reader = Stream(broker, "stream", query, **parameters)
    stream(broker, query, *chunks)
    complete(broker, query)
    return reader.rest()


def frames(*chunks):
    return "".join(f"data: {compact(chunk)}\n\n" for chunk in chunks).encode()


# MARK: Uploading

def test_an_upload_is_answered_with_its_count(context):
    """1.6, POST /stream/{query}: the answer."""
    response = ark(context).post("/stream/q", '{"a":1}\n{"b":2}\n', LINES)
    equal((response.status, response.body),
          (200, b'{"status":"stream_processed","query":"q","chunks_received":2}'), "the answer")
    equal((response.headers["Content-Type"], response.headers["Connection"]),
          ("application/json; charset=utf-8", "keep-alive"), "the headers")
    equal(ark(context).post("/stream/q", "", LINES).body,
          b'{"status":"stream_processed","query":"q","chunks_received":0}', "the answer to nothing")


def test_a_reader_sees_each_line_before_the_upload_ends(context):
    """1.6, appended as it arrives; 7.3, reader sees chunk n before the upload ends."""
    broker = ark(context)
    reader = Stream(broker, "stream", "q")
    upload = Upload(broker, "q")
    for number in range(5):
        upload.chunk({"n": number})
        equal(reader.take(1), [f'{{"n":{number}}}'], "the chunk")
    # Not before its line is complete.
    upload.send('{"n":').send('5}').send("\n")
    equal(reader.take(1), ['{"n":5}'], "a line in pieces")
    equal(upload.finish()["chunks_received"], 6, "the count")


def test_blank_and_unparsable_lines_are_skipped(context):
    """1.6, and the request still succeeds."""
    broker = ark(context)
    body = b'\n{"a":1}\n\n  \r\n  {"b":2}  \r\nnot json\n{"c":\n\xff\xfe\n{"d":4}\n'
    equal(broker.post("/stream/q", body, LINES).json()["chunks_received"], 3, "the count")
    complete(broker, "q")
    equal(Stream(broker, "stream", "q", from_beginning="true").rest(),
          b'data: {"a":1}\n\ndata: {"b":2}\n\ndata: {"d":4}\n\n' + DONE, "the stream")


def test_a_last_line_needs_no_line_feed(context):
    """1.6, upstream quirks: accept it."""
    broker = ark(context)
    equal(broker.post("/stream/q", '{"a":1}\n{"b":2}', LINES).json()["chunks_received"], 2, "the count")
    equal(Stream(broker, "stream", "q", from_beginning="true").take(2), ['{"a":1}', '{"b":2}'], "the chunks")


def test_a_character_may_be_split_across_packets(context):
    """1.6, upstream quirks: decode properly."""
    broker = ark(context)
    reader = Stream(broker, "stream", "q")
    upload = Upload(broker, "q")
    for byte in '{"t":"é✓😀"}\n'.encode():
        upload.send(bytes([byte]))
    equal(reader.take(1), ['{"t":"é✓😀"}'], "the chunk")
    upload.finish()


def test_half_of_a_surrogate_pair_is_no_reason_to_skip_a_line(context):
    """1.6, it parses: a stream cut into tokens may cut through an emoji, and the answer would lack that token."""
    broker = ark(context)
    lines = ['{"t":"cut \\ud83d"}', '{"t":"\\ude00 goes on"}']
    equal(broker.post("/stream/q", "\n".join(lines) + "\n", LINES).json()["chunks_received"], 2, "the count")
    equal(Stream(broker, "stream", "q", from_beginning="true").take(2), lines, "the chunks, as they came")


def test_lines_are_taken_under_any_content_type(context):
    """1.6, upstream quirks: application/json must not hang."""
    broker = ark(context)
    for headers in (LINES, JSON, {"Content-Type": "text/plain"}, {"Content-Type": "nonsense"}, {},
                    {"Content-Type": "application/x-protobuf"}):
        equal(stream(broker, "q", {"a": 1}, {"b": 2}, headers=headers)["chunks_received"], 2, headers)


def test_a_long_line_is_taken_whole(context):
    """1.6: chunks are never split; max-chunk-size is without effect."""
    broker = ark(context)
    chunk = token("x" * 2_000_000)
    stream(broker, "q", chunk)
    reader = Stream(broker, "stream", "q", headers={}, **{"from_beginning": "true", "max-chunk-size": "10"})
    equal(reader.take_json(1), [chunk], "the chunk")


def test_a_text_is_stored_but_not_delivered_live(context):
    """1.6, upstream quirks: a line such as "[DONE]"."""
    broker = ark(context)
    reader = Stream(broker, "stream", "q")
    equal(stream(broker, "q", {"a": 1}, "[DONE]", {"b": 2})["chunks_received"], 3, "the count")
    equal(reader.take(2), ['{"a":1}', '{"b":2}'], "what came")
    equal([item["data"]["chunk"] for item in get(broker, "stream")["items"]],
          [{"a": 1}, "[DONE]", {"b": 2}], "what is stored")


def test_the_query_in_the_path_is_decoded(context):
    """1.1 and 0.3."""
    broker = ark(context)
    for query in ("q/1", "a b", "ü✓", "complete"):
        equal(stream(broker, query, {"q": query})["query"], query, "the answer")
        equal(Stream(broker, "stream", query, from_beginning="true").take_json(1), [{"q": query}], "the chunk")


def test_a_query_with_control_characters_is_refused(context):
    """1.6: what GET /feed shows, POST /feed takes."""
    broker = ark(context)
    for where in ("/stream/a%0Ab", "/stream/a%0Ab/complete"):
        message = refused(broker.post(where, "{}", LINES), 400, "VALIDATION_ERROR", where)
        expect(message.startswith("query: "), message)
    stream(broker, "q", {"ark": {"session": "a\nb", "agent": "planner"}})
    shown = broker.request("GET", "/feed?follow=false&after=beginning", headers={"Accept": "application/x-ndjson"}).body
    expect(b"planner" in shown and b"arksession" not in shown, shown)
    equal(broker.post("/feed", shown, LINES).status, 200, "the feed, posted")


def test_what_arrived_stays_when_an_upload_breaks(context):
    """1.6, appended as it arrives: an executor that dies takes nothing with it."""
    broker = ark(context)
    reader = Stream(broker, "stream", "q")
    upload = Upload(broker, "q").chunk({"a": 1})
    reader.take(1)
    upload.send('{"half":').close()
    equal(broker.post("/stream/q/complete", "{}", JSON).json()["status"], "completed", "the completion")
    equal(reader.rest(), b'data: {"a":1}\n\n' + DONE, "the stream")


def test_an_upload_may_say_nothing_for_long(context):
    """7.3, tool calls may leave it idle for more than 5 min."""
    if not context.full:
        raise Skip("takes 5 min; --full")
    broker = ark(context)
    reader = Stream(broker, "stream", "q", timeout=60)
    upload = Upload(broker, "q").chunk({"a": 1})
    reader.take(1)
    upload.socket.settimeout(305)
    try:
        raise AssertionError(f"an answer to what has not ended: {upload.socket.recv(1000)!r}")
    except TimeoutError:
        pass
    equal(upload.chunk({"b": 2}).finish()["chunks_received"], 2, "the count")


# MARK: Completing

def test_completing_says_whether_it_was_the_first_time(context):
    """1.6, POST /stream/{query}/complete."""
    broker = ark(context)
    stream(broker, "q", {"a": 1})
    for expected in ("completed", "already_completed", "already_completed"):
        response = broker.post("/stream/q/complete", "{}", JSON)
        equal((response.status, response.body),
              (200, f'{{"status":"{expected}","query":"q"}}'.encode()), "the answer")


def test_completing_an_unknown_query_is_fine(context):
    """1.6 and 7.3: 200 completed."""
    broker = ark(context)
    response = broker.post("/stream/none/complete", "{}", JSON)
    equal((response.status, response.body), (200, b'{"status":"completed","query":"none"}'), "the answer")
    equal(Stream(broker, "stream", "none", from_beginning="true").rest(), DONE, "the stream")


def test_the_body_of_a_completion_is_ignored(context):
    """1.6."""
    broker = ark(context)
    for number, (body, headers) in enumerate(((None, {}), ("", JSON), ("{}", JSON), ("{", JSON), ("x", {}), ("{}", LINES))):
        response = broker.request("POST", f"/stream/q{number}/complete", body, headers)
        equal((response.status, response.json()["status"]), (200, "completed"), f"{body!r} {headers}")


def test_completing_ends_every_live_reader(context):
    """1.6, closes all live per-query readers, and no others."""
    broker = ark(context)
    readers = [Stream(broker, "stream", "q") for _ in range(5)]
    other = Stream(broker, "stream", "other")
    complete(broker, "q")
    equal([reader.rest() for reader in readers], [DONE] * 5, "the streams")
    stream(broker, "other", {"a": 1})
    equal(other.take(1), ['{"a":1}'], "the other query's stream")


def test_a_deleted_query_s_name_begins_anew(context):
    """1.6 and 7.4: a Query that is created again under its name has a stream of its own, also after a restart."""
    for store in (("--memory", "64"), ("--data", context.new_directory())):
        broker = context.broker(*store)
        for run in (1, 2):
            early = Stream(broker, "stream", "q", from_beginning="true")
            stream(broker, "q", {"run": run})
            stream(broker, "r", {"other": run})
            equal((complete(broker, "q"), complete(broker, "q")), ("completed", "already_completed"), f"run {run}")
            expected = f'data: {{"run":{run}}}\n\n'.encode() + DONE
            equal(early.rest(), expected, "a reader that was there first")
            equal(Stream(broker, "stream", "q", from_beginning="true").rest(), expected, "the stream")
            # What the controller does when the Query goes.
            for where in (("queries", "q", "messages"), ("events", "uid"), ("sessions", "queries", "q")):
                delete(broker, *where)
            if "--data" in store:
                broker.kill()
                broker = context.broker(*store)
        equal(Stream(broker, "stream", "r", from_beginning="true").take(2), ['{"other":1}', '{"other":2}'],
              "another query's stream")
        # What was there stays on the log.
        equal(get(broker, "stream")["total"], 6, "chunks of all queries")


def test_what_is_late_at_a_deletion_is_not_the_next_query_s(context):
    """7.3 and 7.4: an upload that is open when its Query is deleted, and the completion behind it."""
    broker = ark(context)
    upload = Upload(broker, "q").chunk({"run": 1})
    Stream(broker, "stream", "q", from_beginning="true").take(1)
    deletion = Request(broker, "DELETE", path("sessions", "queries", "q"))
    upload.chunk({"late": 1})
    equal(upload.finish()["chunks_received"], 2, "the count")
    equal(deletion.answer()["removed"], 0, "the deletion")
    equal(complete(broker, "q"), "completed", "the late completion")
    reader = Stream(broker, "stream", "q", from_beginning="true")
    stream(broker, "q", {"run": 2})
    equal((complete(broker, "q"), complete(broker, "q")), ("completed", "already_completed"), "the next Query's")
    equal(reader.rest(), frames({"run": 2}) + DONE, "a reader that was there first")
    equal(Stream(broker, "stream", "q", from_beginning="true").rest(), reader.body, "the stream")


def test_one_of_many_completions_is_the_first(context):
    """1.6."""
    broker = ark(context)
    with concurrent.futures.ThreadPoolExecutor(8) as clients:
        statuses = list(clients.map(lambda _: complete(broker, "q"), range(8)))
    equal(sorted(statuses), ["already_completed"] * 7 + ["completed"], "the answers")
    equal(Stream(broker, "stream", "q", from_beginning="true").rest(), DONE, "the stream")
    equal(len(get(broker, "stream")["items"]), 1, "markers")


def test_a_completion_that_overtakes_the_upload_loses_nothing(context):
    """7.3, the ordering hazard: /complete before the upload's end, still the final chunk and one [DONE]."""
    broker = ark(context)
    reader = Stream(broker, "stream", "q")
    upload = Upload(broker, "q").chunk(token("Hi"))
    reader.take(1)
    completion = Request(broker, "POST", path("stream", "q", "complete"), b"{}")
    upload.chunk(FINAL)
    equal(reader.take_json(1), [FINAL], "the final chunk")
    equal(upload.finish()["chunks_received"], 2, "the count")
    equal(completion.answer(), {"status": "completed", "query": "q"}, "the completion")
    equal(reader.rest(), frames(token("Hi"), FINAL) + DONE, "the stream")


def test_a_completion_does_not_wait_for_ever_for_an_upload(context):
    """7.3, the executor waits 10 s for the answer."""
    broker = ark(context)
    reader = Stream(broker, "stream", "q")
    Upload(broker, "q").chunk(token("Hi"))
    reader.take(1)
    start = time.monotonic()
    equal(complete(broker, "q"), "completed", "the completion")
    expect(time.monotonic() - start < 10, "the executor has given up")
    equal(reader.rest(), frames(token("Hi")) + DONE, "the stream")


def test_a_chunk_after_the_completion_is_taken(context):
    """7.3, accept chunks that arrive after completion."""
    broker = ark(context)
    stream(broker, "q", {"a": 1})
    complete(broker, "q")
    equal(stream(broker, "q", {"b": 2})["chunks_received"], 1, "the count")
    equal(Stream(broker, "stream", "q", from_beginning="true").rest(), b'data: {"a":1}\n\n' + DONE, "the stream")


# MARK: Reading one query

def test_chunks_come_as_posted_and_then_done(context):
    """2.2, data frames and the normal end; 8, live text chunks then [DONE]."""
    chunks = [token("Hel"), token("lo ✓"), FINAL]
    equal(read(ark(context), "q", *chunks), frames(*chunks) + DONE, "the stream")


def test_nothing_stands_before_the_first_chunk(context):
    """2.2, no preamble; headers go out at once."""
    broker = ark(context)
    reader = Stream(broker, "stream", "q")
    equal(reader.body, b"", "what stands before the first chunk")
    stream(broker, "q", {"a": 1})
    reader.take(1)
    equal(reader.body, b'data: {"a":1}\n\n', "the stream")


def test_tool_calls_and_side_band_objects_pass_untouched(context):
    """4.3, the table; 8, tool-call chunks and finish_reason "tool_calls"."""
    call = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{\"a\":"}}
    chunks = [
        {"id": "a", "choices": [{"index": 0, "delta": {"tool_calls": [call]}}]},
        {"id": "a", "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]},
        {"type": "tool_approval_request", "taskId": "t", "toolCalls": [call], "timeout": "5m", "agentName": "x"},
        {"type": "tool_approval_response", "taskId": "t", "action": "approved", "timestamp": "now"},
        {"type": "a2a_status", "taskId": "t", "state": "working", "agentName": "x"},
        {"id": "chatcmpl-system", "ark": {"systemMessage": "Hi"}},
        {"id": "a", "ark": {"query": 1, "session": None, "agent": [], "team": {}}},
        {"id": "a", "ark": "text"}, {}]
    equal(read(ark(context), "q", *chunks), frames(*chunks) + DONE, "the stream")


def test_finish_reasons_do_not_end_a_stream(context):
    """4.3 and 8."""
    chunks = [token("a"), {"id": "a", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}] * 3
    equal(read(ark(context), "q", *chunks), frames(*chunks) + DONE, "the stream")


def test_from_the_beginning_replays_and_goes_on_live(context):
    """2.2; 8, from-beginning replays then [DONE]."""
    broker = ark(context)
    stream(broker, "q", *({"n": n} for n in range(300)))
    reader = Stream(broker, "stream", "q", from_beginning="true")
    reader.take(300)
    stream(broker, "q", *({"n": n} for n in range(300, 310)))
    complete(broker, "q")
    equal(reader.rest(), frames(*({"n": n} for n in range(310))) + DONE, "the stream")
    equal(Stream(broker, "stream", "q", from_beginning="true").rest(), reader.body, "the stream once more")


def test_nothing_is_lost_or_twice_where_replay_becomes_live(context):
    """2.2, the hand-over; appendix, de-duplicate."""
    broker = ark(context)
    total = 400
    upload = Upload(broker, "q")
    with concurrent.futures.ThreadPoolExecutor(1) as client:
        def send():
            for number in range(total):
                upload.chunk({"n": number})
            upload.finish()
            complete(broker, "q")
        sending = client.submit(send)
        readers = [Stream(broker, "stream", "q", from_beginning="true") for _ in range(8)]
        for reader in readers:
            equal(reader.rest(), frames(*({"n": n} for n in range(total))) + DONE, "a stream")
        sending.result()


def test_without_from_the_beginning_only_new_chunks_come(context):
    """2.2; 8, without it only new chunks."""
    broker = ark(context)
    stream(broker, "q", {"old": 1})
    for parameters in ({}, {"from_beginning": "false"}):
        reader = Stream(broker, "stream", "q", **parameters)
        stream(broker, "q", {"new": 1})
        equal(reader.take(1), ['{"new":1}'], "the first chunk")


def test_a_reader_gets_its_query_alone(context):
    """8, subscription filtered per query."""
    broker = ark(context)
    stream(broker, "other", {"o": 1})
    reader = Stream(broker, "stream", "q", from_beginning="true")
    stream(broker, "q2", {"o": 2})
    # Of the same name as what another chunk says of its query.
    stream(broker, "other", {"ark": {"query": "q"}})
    stream(broker, "q", {"a": 1})
    complete(broker, "other")
    complete(broker, "q")
    equal(reader.rest(), b'data: {"a":1}\n\n' + DONE, "the stream")


def test_an_error_ends_a_live_stream(context):
    """2.2, error chunk: sent, then [DONE], then the end."""
    broker = ark(context)
    reader = Stream(broker, "stream", "q")
    error = {"error": {"message": "boom", "type": "server_error", "code": "execution_failed"}, "ark": {"query": "u"}}
    stream(broker, "q", token("a"), error, token("b"))
    equal(reader.rest(), frames(token("a"), error) + DONE, "the stream")


def test_an_error_needs_no_code(context):
    """2.2, `error:{message:string,type:string,code?}`."""
    broker = ark(context)
    reader = Stream(broker, "stream", "q")
    error = {"error": {"message": "boom", "type": "server_error"}}
    stream(broker, "q", error)
    equal(reader.rest(), frames(error) + DONE, "the stream")


def test_an_error_without_its_texts_is_a_chunk_like_any_other(context):
    """2.2 and 4.3, `error{message,type,code?}`: of a malformed one, upstream makes a 500 in the midst of the stream."""
    chunks = [{"error": error} for error in (
        "boom", None, 1, [], {}, {"message": "boom"}, {"type": "t"}, {"message": 1, "type": "t"},
        {"message": "boom", "type": None})]
    equal(read(ark(context), "q", *chunks, token("a")), frames(*chunks, token("a")) + DONE, "the stream")


def test_an_error_in_the_replay_is_a_chunk_like_any_other(context):
    """2.2, live path only."""
    broker = ark(context)
    error = {"error": {"message": "boom", "type": "server_error"}}
    stream(broker, "q", token("a"), error, token("b"))
    complete(broker, "q")
    equal(Stream(broker, "stream", "q", from_beginning="true").rest(),
          frames(token("a"), error, token("b")) + DONE, "the stream")


def test_a_silent_query_times_out(context):
    """2.2, timeouts; 8, wait-for-query=1: 200, the error, [DONE], the end; clamped to 1 s at least."""
    broker = ark(context)
    start = time.monotonic()
    readers = [Stream(broker, "stream", "nonexistent-query", wait_for_query=wait) for wait in ("1", "0", "1s")]
    for reader in readers:
        equal(reader.rest(), TIMED_OUT + DONE, "the stream")
    expect(time.monotonic() - start >= 0.95, "it did not wait for a second")


def test_the_first_chunk_ends_the_wait_for_it(context):
    """2.2, the timeout is re-armed to the idle value on every chunk."""
    broker = ark(context)
    reader = Stream(broker, "stream", "q", wait_for_query="1")
    stream(broker, "q", {"a": 1})
    reader.take(1)
    # Opened later, so its second is over later.
    equal(Stream(broker, "stream", "silent", wait_for_query="1").rest(), TIMED_OUT + DONE, "another stream")
    stream(broker, "q", {"b": 2})
    equal(reader.take(1), ['{"b":2}'], "the stream goes on")


def test_a_query_that_is_complete_times_out_for_a_live_reader(context):
    """2.2, no [DONE] of its own ever comes; the timeout ends it."""
    broker = ark(context)
    stream(broker, "q", {"a": 1})
    complete(broker, "q")
    equal(Stream(broker, "stream", "q", wait_for_query="1").rest(), TIMED_OUT + DONE, "the stream")


def test_wait_for_query_is_taken_in_every_spelling(context):
    """2.2, advice, and 7.7: never a 400."""
    broker = ark(context)
    stream(broker, "q", {"a": 1})
    complete(broker, "q")
    for value in ("30", "30s", "5m", "1h", "1.5", "", "-1", "soon", "99999999999999999999", "9223372036854775807m"):
        equal(Stream(broker, "stream", "q", from_beginning="true", wait_for_query=value).rest(),
              b'data: {"a":1}\n\n' + DONE, value)


def test_from_beginning_is_true_or_false(context):
    """1.6, else 400."""
    broker = ark(context)
    for value in ("1", "yes", "TRUE"):
        message = refused(broker.request("GET", f"/stream/q?from-beginning={value}"), 400, "VALIDATION_ERROR", value)
        expect(message.startswith("from-beginning: "), message)


# MARK: All queries

def test_the_list_has_wrapped_items(context):
    """1.6, GET /stream: the wrapper and the completion marker; 4.1."""
    broker = ark(context)
    stream(broker, "q1", {"a": 1})
    stream(broker, "q2", token("é"))
    complete(broker, "q1")
    page = get(broker, "stream")
    equal((page["total"], page["hasMore"]), (3, False), "the page")
    for item in page["items"]:
        equal(list(item), ["sequenceNumber", "timestamp", "data"], "the keys")
        expect(MOMENT.fullmatch(item["timestamp"]), item["timestamp"])
    equal([compact(item["data"]) for item in page["items"]],
          ['{"queryId":"q1","chunk":{"a":1}}', compact({"queryId": "q2", "chunk": token("é")}),
           '{"queryId":"q1","chunk":"[DONE]","complete":true}'], "the data")
    sequences = [item["sequenceNumber"] for item in page["items"]]
    equal(sequences, sorted(set(sequences)), "the sequence")


def test_another_watch_than_true_is_the_list(context):
    """1.6, any other `watch` value: the envelope."""
    broker = ark(context)
    stream(broker, "q", {"a": 1})
    for value in ("false", "1", "maybe", ""):
        equal(get(broker, "stream", watch=value)["total"], 1, value)


# MARK: Clients

def test_five_hundred_posts_of_one_line_keep_their_order(context):
    """7.6, the compat test: each on a connection of its own."""
    broker = ark(context)
    reader = Stream(broker, "stream", "q")
    chunks = [token(str(number), ark={"query": "q", "session": "s"}) for number in range(500)]
    for chunk in chunks:
        equal(stream(broker, "q", chunk)["chunks_received"], 1, "the count")
    complete(broker, "q")
    equal(reader.rest(), frames(*chunks) + DONE, "the stream")


def test_a_query_as_an_executor_streams_it(context):
    """7.3: a chunked upload from the first chunk to the last, then /complete; ark-api reads from the beginning."""
    broker = ark(context)
    reader = Stream(broker, "stream", "q", from_beginning="true", wait_for_query="30s")
    upload = Upload(broker, "q")
    for number in range(20):
        upload.chunk(token(str(number)))
    upload.chunk(FINAL)
    equal(upload.finish(), {"status": "stream_processed", "query": "q", "chunks_received": 21}, "the answer")
    equal(complete(broker, "q"), "completed", "the completion")
    equal(reader.rest(), frames(*(token(str(n)) for n in range(20)), FINAL) + DONE, "the stream")


def test_many_queries_stream_at_once(context):
    """7.3, uploads stay open side by side."""
    broker = ark(context)
    names = [f"q{number}" for number in range(30)]
    readers = {name: Stream(broker, "stream", name) for name in names}
    uploads = {name: Upload(broker, name) for name in names}
    for number in range(10):
        for name in names:
            uploads[name].chunk({"q": name, "n": number})
    for name in names:
        equal(uploads[name].finish()["chunks_received"], 10, name)
        complete(broker, name)
        equal(readers[name].rest(), frames(*({"q": name, "n": n} for n in range(10))) + DONE, name)


def test_a_reader_that_goes_away_stops_nobody(context):
    """2.1, a disconnect just removes the subscription."""
    broker = ark(context)
    gone, stays = Stream(broker, "stream", "q"), Stream(broker, "stream", "q")
    stream(broker, "q", {"a": 1})
    gone.take(1)
    gone.close()
    equal(stream(broker, "q", {"b": 2})["chunks_received"], 1, "the count")
    equal(stays.take(2), ['{"a":1}', '{"b":2}'], "the stream")
