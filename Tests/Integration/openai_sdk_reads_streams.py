"""OpenAI's SDK for Python reads the stream of a query through a relay that stands in for ark-api (section 7.7 of the
contract of Ark's clients), while an executor uploads it chunk by chunk."""
import concurrent.futures
import http.client
import http.server
import json
import queue
import threading

from api_describes_itself import packages
from ark_clients import Upload, ark, compact, complete, get, path, say, stream, token
from harness import equal, expect

NAMES = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1767225600, "model": "gpt-4o"}
FINAL = {**NAMES, "id": "chatcmpl-final", "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "stop"}],
         "ark": {"query": "uid-1", "completedQuery": {"metadata": {"name": "q"}, "status": {"phase": "done"}}}}


class Relay:
    """What ark-api does of a stream, a chat completion or any other: each line that is not empty, comments too, and an empty
    line behind it. The query is named by the model here. Behind the end it sends what nobody may read."""

    def __init__(self, context, broker, wait="30"):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.relay(path("stream", request["model"], from_beginning="true", wait_for_query=wait))

            def do_GET(self):
                self.relay(self.path.removeprefix("/openai/v1"))

            def relay(self, where):
                source = broker.connection()
                source.request("GET", where)
                answer = source.getresponse()
                self.send_response(answer.status)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                try:
                    while line := answer.readline().strip():
                        self.wfile.write(line + b"\n\n")
                        answer.readline()
                    self.wfile.write(b'data: {"id":"behind the end","choices":[]}\n\n')
                except OSError:
                    # The SDK may close when it has got `[DONE]`.
                    pass
                source.close()

            def log_message(self, *arguments):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        context.cleanups += [server.server_close, server.shutdown]
        self.address = f"http://127.0.0.1:{server.server_port}/openai/v1"


def sdk(context, broker, **options):
    packages(context)
    import openai
    relay = Relay(context, broker, **options)
    client = openai.OpenAI(base_url=relay.address, api_key="none", max_retries=0, timeout=20)
    context.cleanups.append(client.close)
    return client


def chunks(client, query):
    """The chunks of a query as the SDK gives them, until it stops by itself."""
    return client.chat.completions.create(model=query, messages=[{"role": "user", "content": "Hi"}], stream=True)


def as_sent(chunk):
    return json.loads(chunk.to_json())


def delta(number=0, finish=None, **fields):
    return {**NAMES, "choices": [{"index": number, "delta": fields, "finish_reason": finish}],
            "ark": {"query": "uid-1", "agent": "planner"}}


def read_in_step(context, sent):
    """Uploads each chunk when the one before has come out of the SDK; answers all that came out."""
    broker = ark(context)
    client = sdk(context, broker)
    came = queue.Queue()

    def read():
        for chunk in chunks(client, "q"):
            came.put(chunk)
        came.put(None)

    with concurrent.futures.ThreadPoolExecutor(1) as reader:
        reading = reader.submit(read)
        upload = Upload(broker, "q")
        read = []
        for chunk in sent:
            upload.chunk(chunk)
            read.append(came.get(timeout=20))
            equal(as_sent(read[-1]), chunk, "a chunk")
        upload.finish()
        complete(broker, "q")
        equal(came.get(timeout=20), None, "what stands behind the last chunk")
        reading.result()
    return read


def test_text_comes_whole_and_in_order_while_it_is_made(context):
    words = ["In ", "Zürich sind", " es 21 °C — ", "快晴 🌞.\n", 'Tip: "take', ' sunglasses"', "\\o/ ", "data: [DONE]", "\u2028"]
    sent = [delta(role="assistant", content=""), *(delta(content=word) for word in words), delta(finish="stop"), FINAL]
    read = read_in_step(context, sent)
    equal("".join(chunk.choices[0].delta.content or "" for chunk in read), "".join(words), "the text")
    equal(read[-1].model_extra["ark"], FINAL["ark"], "what Ark says of the query")
    return f"{len(read)} chunks"


def test_tool_calls_come_whole_and_in_order(context):
    """Two calls at once, whose arguments come in pieces that are no JSON."""
    calls = [("call_1", "get_weather", '{"city": "Zürich", "unit": "°C"}'), ("call_2", "get_time", '{"tz":"Europe/Zurich"}')]
    sent = [delta(tool_calls=[{"index": number, "id": identifier, "type": "function",
                               "function": {"name": name, "arguments": ""}}])
            for number, (identifier, name, _) in enumerate(calls)]
    for place in range(0, 40, 3):
        sent += [delta(tool_calls=[{"index": number, "function": {"arguments": arguments[place:place + 3]}}])
                 for number, (_, _, arguments) in enumerate(calls) if arguments[place:]]
    sent += [delta(finish="tool_calls"), delta(content="Sunny."), delta(finish="stop"), FINAL]
    folded = {}
    for chunk in read_in_step(context, sent):
        for call in chunk.choices[0].delta.tool_calls or []:
            known = folded.setdefault(call.index, [call.id, call.function.name, ""])
            known[2] += call.function.arguments
    equal([tuple(folded[number]) for number in sorted(folded)], calls, "the calls")


def test_a_query_that_is_over_is_read_as_a_whole(context):
    broker = ark(context)
    sent = [delta(content=str(number)) for number in range(500)] + [FINAL]
    stream(broker, "q", *sent)
    complete(broker, "q")
    equal([as_sent(chunk) for chunk in chunks(sdk(context, broker), "q")], sent, "the chunks")


def test_recorded_answers_of_models_come_as_they_were(context):
    folder = context.fixtures() / "openai"
    broker = ark(context)
    client = sdk(context, broker)
    count = 0
    for place in sorted(folder.glob("*/*.sse")):
        lines = [line.removeprefix("data: ") for line in place.read_text().split("\n") if line.startswith("data: ")]
        sent = [json.loads(line) for line in lines if line != "[DONE]"]
        stream(broker, place.name, *sent)
        complete(broker, place.name)
        equal([as_sent(chunk) for chunk in chunks(client, place.name)], sent, place.name)
        count += len(sent)
    expect(count > 100, f"only {count} chunks")
    return f"{count} chunks"


def test_a_failed_query_is_an_error_of_the_sdk(context):
    broker = ark(context)
    client = sdk(context, broker)
    import openai
    stream(broker, "q", token("Hi"), {"error": {"message": "boom", "type": "server_error", "code": "execution_failed"}})
    complete(broker, "q")
    read = chunks(client, "q")
    equal(next(read).choices[0].delta.content, "Hi", "what came before")
    try:
        raise AssertionError(f"a chunk: {next(read)}")
    except openai.APIError as error:
        equal((error.message, error.type, error.code), ("boom", "server_error", "execution_failed"), "the error")


def test_a_query_of_which_nothing_comes_is_an_error_of_the_sdk(context):
    client = sdk(context, ark(context), wait="1")
    import openai
    try:
        raise AssertionError(f"chunks: {list(chunks(client, 'q'))}")
    except openai.APIError as error:
        equal((error.type, error.code), ("timeout_error", "timeout"), "the error")


def test_comments_pass_the_relay_and_what_stands_behind_them_is_read(context):
    """A watch begins with `: connected`. What the relay makes of it is read to the byte, by the SDK and by httpx-sse."""
    broker = ark(context)
    client = sdk(context, broker)
    import httpx
    import openai
    from httpx_sse import connect_sse
    say(broker, "c", "q", "Grüezi", "data: x\n\n: y")
    items = get(broker, "messages")["items"]
    parameters = {"watch": "true", "cursor": 0}
    expected = b": connected\n\n" + "".join(f"data: {compact(item)}\n\n" for item in items).encode()
    with httpx.Client(base_url=str(client.base_url), timeout=20) as other:
        body = b""
        with other.stream("GET", "messages", params=parameters) as answer:
            pieces = answer.iter_raw()
            while len(body) < len(expected):
                body += next(pieces)
        equal(body, expected, "what the relay sends")
        with connect_sse(other, "GET", "messages", params=parameters) as source:
            events = source.iter_sse()
            equal([next(events).json() for _ in items], items, "what httpx-sse reads")
    with client.get("/messages", cast_to=object, options={"params": parameters}, stream=True,
                    stream_cls=openai.Stream[object]) as source:
        equal([next(source) for _ in items], items, "what the SDK reads")
