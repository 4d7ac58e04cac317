"""What the tests of Ark's routes share: requests as Ark's clients send them, and readers that keep every byte."""
import http.client
import json
import re
import urllib.parse

from harness import equal, expect

JSON = {"Content-Type": "application/json"}
LINES = {"Content-Type": "application/x-ndjson"}
# What the memory client of Ark's executors calls itself.
EXECUTOR = {"User-Agent": "ark-memory-client/1.0"}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def ark(context, *arguments, **options):
    """A broker whose events are in memory; on disk when the run is about that."""
    return context.broker(*(() if context.keeps_on_disk else ("--memory", "64")), *arguments, **options)


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def path(*segments, **parameters):
    """A path of these segments; `_` in a parameter's name stays, `from_beginning` is `from-beginning`."""
    names = {"from_beginning": "from-beginning", "wait_for_query": "wait-for-query"}
    query = urllib.parse.urlencode({names.get(name, name): value for name, value in parameters.items()})
    return "/" + "/".join(urllib.parse.quote(s, safe="") for s in segments) + ("?" + query if query else "")


def get(broker, *segments, headers=None, **parameters):
    """The JSON of a request that has to be answered with 200."""
    where = path(*segments, **parameters)
    response = broker.request("GET", where, headers=headers)
    equal(response.status, 200, f"GET {where}: {response.body[:300]!r}")
    return response.json()


def delete(broker, *segments):
    where = path(*segments)
    response = broker.request("DELETE", where)
    equal(response.status, 200, f"DELETE {where}: {response.body[:300]!r}")
    return response.json()


def refused(response, status, code, what):
    """Whether an answer is an error in the envelope; answers its message."""
    equal(response.status, status, f"{what}: {response.body[:300]!r}")
    error = response.json()["error"]
    equal(error["code"], code, f"{what}: {error}")
    equal(error["requestId"], response.headers["X-Request-ID"], f"{what}: the request's id")
    expect(error["message"], f"{what}: no message")
    return error["message"]


def text(content, role="user"):
    return {"role": role, "content": content}


def say(broker, conversation, query, *messages, **more):
    """Posts messages; a string is the content of one."""
    messages = [text(message) if isinstance(message, str) else message for message in messages]
    body = {"conversation_id": conversation, "query_id": query, "messages": messages, **more}
    response = broker.post("/messages", compact(body).encode(), JSON)
    equal((response.status, response.body), (200, b""), "posting messages")


def contents(items):
    return [item["message"]["content"] for item in items]


def token(content, **more):
    """A chunk of a stream."""
    return {"id": "a", "object": "chat.completion.chunk",
            "choices": [{"index": 0, "delta": {"content": content}}], **more}


def stream(broker, query, *chunks, headers=LINES):
    """Uploads chunks as lines, all at once."""
    body = "".join(compact(chunk) + "\n" for chunk in chunks).encode()
    response = broker.post(path("stream", query), body, headers)
    equal(response.status, 200, f"uploading chunks: {response.body[:300]!r}")
    return response.json()


def complete(broker, query):
    response = broker.post(path("stream", query, "complete"), "{}", JSON)
    equal(response.status, 200, f"completing {query}: {response.body[:300]!r}")
    return response.json()["status"]


def operation(reason="ToolCallStart", uid="uid-1", **data):
    """An event as the controller posts it."""
    return {"timestamp": "2026-08-20T10:15:30.123456789Z", "eventType": "Normal", "reason": reason,
            "message": f"{reason} (timestamp: 2026-08-20T10:15:30.123401122Z)",
            "data": {"queryId": uid, **data}}


def emit(broker, event):
    response = broker.post("/events", compact(event).encode(), JSON)
    equal((response.status, response.body), (201, b'{"status":"success"}'), f"posting {compact(event)[:300]}")


def attribute(key, value):
    return {"key": key, "value": {"stringValue": value}}


def span(number, trace=1, attributes=(), **more):
    """A span in OTLP/JSON."""
    return {"traceId": f"{trace:032x}", "spanId": f"{number:016x}", "name": f"span-{number}", "kind": 1,
            "startTimeUnixNano": "1767225600000000000", "endTimeUnixNano": "1767225601000000000",
            "attributes": list(attributes), "status": {"code": 1}, **more}


def export(broker, *spans, resource=()):
    body = {"resourceSpans": [{
        "resource": {"attributes": list(resource)}, "scopeSpans": [{"scope": {"name": "s"}, "spans": list(spans)}]}]}
    response = broker.post("/v1/traces", body, JSON)
    equal(response.status, 200, f"exporting spans: {response.body[:300]!r}")


class Stream:
    """Reads a stream of server-sent events and keeps it as it came."""

    def __init__(self, broker, *segments, headers=None, timeout=10, **parameters):
        where = path(*segments, **parameters)
        self.connection = broker.connection(timeout)
        self.connection.request("GET", where, headers=headers or {})
        self.response = self.connection.getresponse()
        self.headers = self.response.headers
        equal(self.response.status, 200, f"GET {where}")
        expect(self.headers["Content-Type"].startswith("text/event-stream"), f"GET {where}: {self.headers}")
        self.body = b""
        self.has_ended = False
        self.taken = 0

    @classmethod
    def watch(cls, broker, *segments, **parameters):
        """A watch that is in place."""
        return cls(broker, *segments, watch="true", **parameters).until(b": connected\n\n")

    def more(self):
        data = self.response.read1(1 << 16)
        self.body += data
        self.has_ended = not data
        return data

    def until(self, end):
        """Reads until these bytes have come."""
        while end not in self.body:
            expect(self.more(), f"the stream ended: {self.body[-1000:]!r}, expected {end!r}")
        return self

    def take(self, count):
        """Waits for that many more frames and answers what they carry."""
        while len(self.data()) < self.taken + count:
            expect(self.more(), f"the stream ended: {self.body[-1000:]!r}")
        self.taken += count
        return self.data()[self.taken - count:self.taken]

    def take_json(self, count):
        return [json.loads(data) for data in self.take(count)]

    def rest(self):
        """Reads to the end and answers everything that ever came."""
        while self.more():
            pass
        return self.body

    def data(self):
        """What the complete frames carry."""
        frames = self.body.split(b"\n\n")[:-1]
        return [frame[6:].decode() for frame in frames if frame.startswith(b"data: ")]

    def close(self):
        self.connection.close()
        self.response.close()


class Request:
    """A request that has been sent, whose answer is read later."""

    def __init__(self, broker, method, where, body=b"", headers=JSON):
        self.socket = broker.socket()
        lines = [f"{method} {where} HTTP/1.1", "Host: ark", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.socket.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def answer(self):
        response = http.client.HTTPResponse(self.socket)
        response.begin()
        body = response.read()
        equal(response.status, 200, f"the answer: {body!r}")
        return json.loads(body)


class Upload(Request):
    """An upload of chunks that stays open, as an executor has it."""

    def __init__(self, broker, query, headers=LINES):
        self.socket = broker.socket()
        lines = [f"POST {path('stream', query)} HTTP/1.1", "Host: ark", "Transfer-Encoding: chunked"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.socket.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")

    def send(self, data):
        data = data.encode() if isinstance(data, str) else data
        self.socket.sendall(b"%x\r\n%b\r\n" % (len(data), data))
        return self

    def chunk(self, value):
        return self.send(compact(value) + "\n")

    def end(self):
        self.socket.sendall(b"0\r\n\r\n")

    def finish(self):
        self.end()
        return self.answer()

    def close(self):
        self.socket.close()
