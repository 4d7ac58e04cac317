"""OTLP/JSON traces, posted by two real clients, come out of a waiting feed with the right ids, times and
correlation. What is right is worked out here from the body, in Python, from the table in the
documentation."""
import gzip
import json
import shutil
import subprocess
import urllib.parse

from harness import TRACES, Skip, Subscriber, equal, expect

CORRELATION = {
    "arksession": ["ark.session.id", "session.id", "traceloop.association.properties.session_id"],
    "arkquery": ["ark.query.id", "ark.query.uid", "query.id", "query.uid"],
    "arkqueryname": ["ark.query.name", "query.name"],
    "arkconversation": [
        "ark.conversation.id", "gen_ai.conversation.id", "conversation.id",
        "traceloop.association.properties.conversation_id",
        "traceloop.association.properties.thread_id", "traceloop.association.properties.chat_id", "traceloop.correlation.id"],
    "arkagent": ["ark.agent.name", "gen_ai.agent.name", "agent.name", "gen_ai.agent.id"],
    "arkteam": ["ark.team.name", "team.name"],
    "arktoolcall": ["gen_ai.tool.call.id", "tool.id", "tool_call.id", "tool.call.id"],
    "arkmcpsession": ["mcp.session.id"],
    "arka2atask": ["a2a.task.id"],
    "arka2acontext": ["a2a.context.id", "a2a.context_id"],
    "arknamespace": ["ark.namespace", "query.namespace", "k8s.namespace.name"],
}
INHERITED = ["arksession", "arkconversation", "arkquery", "arkqueryname"]


def member(message, name, otherwise=None):
    """A field by its name in either spelling; null is absent."""
    snake = "".join("_" + c.lower() if c.isupper() else c for c in name)
    for key in (name, snake):
        if message.get(key) is not None:
            return message[key]
    return otherwise


def texts(message):
    """The attributes that can be ids."""
    found = {}
    for attribute in member(message or {}, "attributes", []):
        value = member(attribute, "value", {})
        text = member(value, "stringValue")
        number = member(value, "intValue")
        if number is not None:
            text = str(int(number))
        if text and len(text.encode()) <= 1024:
            found.setdefault(attribute["key"], text)
    return found


def timestamp(nanoseconds):
    seconds, fraction = divmod(int(nanoseconds), 1_000_000_000)
    return seconds, fraction


def seconds_of(text):
    """An RFC 3339 time in UTC as seconds and nanoseconds."""
    import calendar
    import time as clock
    whole, _, fraction = text.removesuffix("Z").partition(".")
    return calendar.timegm(clock.strptime(whole, "%Y-%m-%dT%H:%M:%S")), int((fraction or "0").ljust(9, "0"))


def source(resource):
    """The source of a resource's events, from its texts."""
    name = resource.get("service.name")
    return "/otlp/" + urllib.parse.quote(name, safe="") if name else "/otlp"


def correlation(own, resource):
    """The ids that the texts of a record and of its resource give."""
    ids = {}
    for attribute, names in CORRELATION.items():
        values = [own[n] for n in names if n in own]
        if attribute == "arkagent" and not values and own.get("traceloop.span.kind") == "agent":
            values = [own[n] for n in ["traceloop.entity.name"] if n in own]
        values += [resource[n] for n in names if n in resource]
        if values:
            ids[attribute] = values[0]
    return ids


def expectations(body):
    """What each span of a request must look like as an event, in order. Refused spans are left out, and
    so are repeated ones, because a span's ids are its event's."""
    expected = []
    for resource_spans in member(body, "resourceSpans", []):
        resource = texts(member(resource_spans, "resource"))
        for scope_spans in member(resource_spans, "scopeSpans", []):
            for span in member(scope_spans, "spans", []):
                own = texts(span)
                trace = (member(span, "traceId") or "").lower()
                identity = (member(span, "spanId") or "").lower()
                if len(trace) != 32 or len(identity) != 16 or not int(trace, 16) * int(identity, 16):
                    continue
                if any((trace, identity) == (e["trace"], e["span"]) for e in expected):
                    continue
                ids = correlation(own, resource)
                parent = (member(span, "parentSpanId") or "").lower()
                if parent.strip("0"):
                    ids["arkparentspan"] = parent
                start = int(member(span, "startTimeUnixNano", 0)) or int(member(span, "endTimeUnixNano", 0))
                expected.append({
                    "source": source(resource), "trace": trace, "span": identity, "ids": ids,
                    "time": timestamp(start) if start else None,
                    "name": member(span, "name", ""),
                    "start": str(int(member(span, "startTimeUnixNano", 0))),
                    "end": str(int(member(span, "endTimeUnixNano", 0)))})
    for span in expected:
        # What a trace says somewhere, all of it says.
        for attribute in INHERITED:
            said = [e["ids"][attribute] for e in expected if e["trace"] == span["trace"] and attribute in e["ids"]]
            if said:
                span["ids"].setdefault(attribute, said[0])
    return expected


def check(frames, expected, what):
    for frame, right in zip(frames, expected, strict=True):
        event = frame.json()
        equal(event["specversion"], "1.0", what)
        expect(event["type"] == "ark.span" or event["type"].startswith("ark.span."), event["type"])
        equal(event["source"], right["source"], f"{what}: source")
        _, trace, span, _ = event["traceparent"].split("-")
        equal((trace, span), (right["trace"], right["span"]), f"{what}: traceparent")
        if right["time"]:
            equal(seconds_of(event["time"]), right["time"], f"{what}: time")
        ids = {name: event[name] for name in event if name.startswith("ark")}
        equal(ids, right["ids"], f"{what}: correlation")
        data = event["data"]
        equal((data["traceId"], data["spanId"]), (right["trace"], right["span"]), f"{what}: payload")
        equal(data.get("name", ""), right["name"], f"{what}: name")
        equal(data.get("startTimeUnixNano", "0"), right["start"], f"{what}: start")
        equal(data.get("endTimeUnixNano", "0"), right["end"], f"{what}: end")


def bodies(context):
    """Every JSON trace request among the fixtures, with its name."""
    fixtures = context.fixtures()
    for path in sorted([*fixtures.glob("*/*.json"), *fixtures.glob("captured/*/*traces.body")]):
        # The malformed have a test of their own.
        if path.parent.name == "malformed":
            continue
        data = path.read_bytes()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        try:
            body = json.loads(data)
        except ValueError:
            continue
        if isinstance(body, dict) and member(body, "resourceSpans"):
            yield f"{path.parent.name}/{path.name}", body, data


def post_with_http_client(broker, data):
    response = broker.post("/v1/traces", data, TRACES)
    return response.status, response.body


def post_with_curl(broker, data):
    if not shutil.which("curl"):
        raise Skip("there is no curl")
    result = subprocess.run(
        ["curl", "-sS", "--max-time", "20", "-w", "\n%{http_code}", "-H", "Content-Type: application/json",
         "--data-binary", "@-", f"http://127.0.0.1:{broker.port}/v1/traces"],
        input=data, capture_output=True, check=True)
    body, _, status = result.stdout.rpartition(b"\n")
    return int(status), body


def spans_arrive(context, post):
    count, spans = 0, 0
    for name, body, data in bodies(context):
        # A broker for each body: the same spans come in several bodies, and are kept once.
        broker = context.broker()
        subscriber = Subscriber(broker)
        expected = expectations(body)
        status, answer = post(broker, data)
        equal(status, 200, f"{name}: {answer[:300]!r}")
        if expected:
            check(subscriber.take(len(expected)), expected, name)
        subscriber.close()
        broker.kill()
        count, spans = count + 1, spans + len(expected)
    expect(count >= 3 and spans >= 10, f"only {count} bodies and {spans} spans found")
    return f"{count} bodies, {spans} spans"


def test_the_official_example_arrives(context):
    data = (context.fixtures() / "otlp-official/trace.json").read_bytes()
    broker = context.broker()
    subscriber = Subscriber(broker)
    equal(post_with_curl(broker, data)[0], 200, "the answer")
    event = subscriber.take(1)[0].json()
    expect(
        event["traceparent"].startswith("00-5b8efff798038103d269b633813fc60c-eee19b7ec3c1b174-"),
        event["traceparent"])
    equal(event["arkparentspan"], "eee19b7ec3c1b173", "parent span")
    equal(event["time"], "2018-12-13T14:51:00Z", "time")
    equal(event["source"], "/otlp/my.service", "source")
    equal(event["type"], "ark.span", "type")
    subscriber.close()


def test_spans_sent_by_http_client_arrive(context):
    return spans_arrive(context, post_with_http_client)


def test_spans_sent_by_curl_arrive(context):
    return spans_arrive(context, post_with_curl)
