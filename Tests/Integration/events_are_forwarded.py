"""A broker that forwards over OTLP (Examples/Templates/OTLPForwarding) to another broker and to a receiver that behaves
badly: everything arrives, nothing is sent again that was refused, and being killed loses nothing."""
import collections
import json
import os
import re
import time

from certificates import Authority
from collector import Collector
from harness import TRACES, Broker, Skip, equal, expect, until

# Of one trace each.
TRACE = "5b8efff798038103d269b633813fc60c"
UNTRUSTED = "TLS failed: is the receiver's certificate one that this machine trusts?"


def spans(first, count):
    """A request with so many spans, and their ids."""
    ids = [f"{number:016x}" for number in range(first, first + count)]
    listed = [{"traceId": TRACE, "spanId": i, "name": "work", "startTimeUnixNano": "1"} for i in ids]
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "weather"}}]}
    return json.dumps(
        {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": listed}]}]}), ids


def logs(first, count):
    names = [f"line {number}" for number in range(first, first + count)]
    listed = [{"body": {"stringValue": name}, "timeUnixNano": "1"} for name in names]
    return json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": listed}]}]}), names


class Forwarder(Broker):
    """The example, which takes its settings from the environment."""
    ADDRESS = re.compile(r"serving on http://127\.0\.0\.1:(\d+)")

    def __init__(self, context, url, data, authority=None, **variables):
        program = context.example("OTLPForwarding")
        if authority:
            program = authority.trusted_by(program)
        names = [name for name in os.environ if name.startswith("OTEL_")]
        environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "DATA_DIR": str(data), "PORT": "0", "no_proxy": "*"}
        environment |= {name: "" for name in names} | variables
        super().__init__(program, (), environment=environment)
        context.cleanups.append(self.kill)
        self.wait_until_serving()

    def take(self, request):
        body, ids = request
        path = "/v1/logs" if "resourceLogs" in body else "/v1/traces"
        response = self.post(path, body, TRACES)
        equal((response.status, response.body), (200, b"{}"), "the answer")
        return ids

    def said(self, text):
        return sum(text in line for line in self.lines)


def collector(context, script=(), **options):
    made = Collector(script, **options)
    context.cleanups.append(made.close)
    return made


def all_of(far, wanted, seconds=30):
    until(lambda: set(wanted) <= set(far.taken()), f"{len(wanted)} records arrive", seconds)


def test_another_broker_gets_every_span_once(context):
    notes = []
    for protocol in ("http/protobuf", "http/json"):
        far = context.broker()
        probe = far.post("/v1/logs", b"", {"Content-Type": "application/x-protobuf"})
        if probe.status == 415:
            raise Skip("the broker does not take logs in protobuf yet")
        near = Forwarder(
            context, f"http://127.0.0.1:{far.port}", context.new_directory(),
            OTEL_EXPORTER_OTLP_PROTOCOL=protocol)
        wanted = []
        for number in range(20):
            wanted += near.take(spans(number * 50 + 1, 50))
        lines = near.take(logs(0, 30))
        until(lambda: len(far.events()) >= len(wanted) + len(lines), "everything arrives", 30)
        here, there = [[frame.json() for frame in b.events()] for b in (near, far)]
        key = lambda event: json.dumps([event["source"], event["type"], event["time"], event["data"]])
        equal(
            collections.Counter(map(key, there)), collections.Counter(map(key, here)),
            "the events of both brokers")
        spans_of = lambda events: [e["id"] for e in events if e["type"] == "ark.span"]
        equal(spans_of(there), spans_of(here), "the ids of the spans")
        notes.append(f"{len(there)} events as {protocol}")
    return ", ".join(notes)


def test_a_busy_receiver_gets_everything(context):
    far = collector(context)
    # Silence is waited for that long, and an answer that a machine under load gives later is one more trouble.
    near = Forwarder(
        context, far.url, context.new_directory(), OTEL_EXPORTER_OTLP_HEADERS="x-key=secret-key",
        OTEL_EXPORTER_OTLP_TIMEOUT="2000" if context.full else "10000")
    troubles = [503, 502, 504, (429, {"Retry-After": "2"}, b""), "reset", "silence"]
    wanted = []
    for number, trouble in enumerate([*troubles, "slow"]):
        far.script.append(trouble)
        began = time.monotonic()
        wanted += near.take(spans(number * 1000 + 1, 500))
        all_of(far, wanted, 60)
        if isinstance(trouble, tuple):
            expect(time.monotonic() - began >= 2, "Retry-After was not heeded")
    equal(collections.Counter(far.taken()).most_common(1)[0][1], 1, "how often a span was taken")
    equal(len(far.script), 0, "troubles that were not met")
    expect(all(h.get("x-key") == "secret-key" for h in far.headers), "a request without its header")
    expect(all(h.get("content-encoding") == "gzip" for h in far.headers), "a request without gzip")
    equal(near.said("secret-key"), 0, "how often the log shows a header")
    # A connection that was kept may break just as a request goes over it: that is sent again at once, without a word.
    equal(near.said("will be sent again in"), len(troubles) - 1, "how often the log speaks of sending again")
    return f"{len(wanted)} spans, {len(far.requests)} requests, {far.connections} connections"


def test_what_is_refused_is_not_sent_again(context):
    status = json.dumps({"code": 3, "message": "what is this"}).encode()
    for refusal in (
            (400, {"Content-Type": "application/json"}, status), 404, 413, 500,
            (401, {"WWW-Authenticate": "Basic"}, b""), (307, {"Location": "/elsewhere"}, b"")):
        far = collector(context, [refusal])
        near = Forwarder(context, far.url, context.new_directory())
        refused = near.take(spans(1, 3))
        until(lambda: near.said("are not sent again"), "the refusal is reported")
        wanted = near.take(spans(10, 3))
        all_of(far, wanted)
        equal(far.tried(), [(refusal, refused), (200, wanted)], "what was sent")
        if isinstance(refusal, tuple) and refusal[2]:
            equal(near.said("HTTP 400: what is this"), 1, "the reason in the log")
        near.kill()


def test_partial_success_is_not_sent_again(context):
    far = collector(context, ["partial"])
    near = Forwarder(context, far.url, context.new_directory())
    wanted = near.take(spans(1, 3))
    until(lambda: near.said("rejected 1 of /v1/traces: one was bad"), "it is reported")
    more = near.take(spans(10, 1))
    all_of(far, more)
    equal(far.tried(), [("partial", wanted), (200, more)], "what was sent")


def test_a_receiver_that_never_answers_blocks_nobody(context):
    far = collector(context, ["silence"] * 100)
    near = Forwarder(context, far.url, context.new_directory())
    for number in range(20):
        near.take(spans(number * 10 + 1, 10))
    equal(len(near.events()), 200, "events in the feed")


def test_being_killed_loses_nothing(context):
    rounds = 20 if context.full else 4
    far = collector(context, [503, 200, "reset"] * 5)
    data = context.new_directory()
    wanted = []
    for number in range(rounds):
        near = Forwarder(context, far.url, data)
        for part in range(5):
            wanted += near.take(spans(number * 1000 + part * 100 + 1, 20))
            wanted += near.take(logs(number * 1000 + part * 100, 5))
        # Wherever it may be just now.
        until(lambda: len(far.requests) > number, "requests come")
        near.kill()
    near = Forwarder(context, far.url, data)
    all_of(far, wanted, 60)
    counts = collections.Counter(far.taken())
    equal(set(counts), set(wanted), "what arrived")
    again = sum(count - 1 for count in counts.values())
    # The store notes a place a little later than it is reached. What is behind a place that is noted does not come again.
    newest = str(near.events()[-1].position).encode()
    state = data / "state"

    def noted():
        text = state.read_bytes() if state.exists() else b""
        return b"cursor/otlp-forward" in text and newest in text

    until(noted, "the place is noted")
    near.kill()
    far.script.clear()
    before = len(far.requests)
    near = Forwarder(context, far.url, data)
    last = near.take(spans(900_000, 1))
    all_of(far, last)
    equal(far.tried()[before:], [(200, last)], "what was sent after the last start")
    return f"{rounds} kills, {len(wanted)} records, {again} of them twice"


def test_it_waits_for_a_receiver_that_is_not_there_yet(context):
    port = context.port()
    near = Forwarder(context, f"http://127.0.0.1:{port}", context.new_directory())
    wanted = near.take(spans(1, 3))
    until(lambda: near.said("will be sent again in"), "it tries")
    all_of(collector(context, port=port), wanted)
    until(lambda: near.said("takes /v1/traces again"), "it says that it goes on")


def test_tls_is_spoken_to_a_receiver_that_is_trusted(context):
    """What the system trusts is trusted. What comes while the receiver is another one, or seems to be, waits for the right one."""
    known, unknown = Authority(context, "known"), Authority(context, "unknown")
    port = context.port()
    far = collector(context, port=port, certificate=known.issue("localhost"))
    near = Forwarder(context, far.url, context.new_directory(), known)
    wanted = near.take(spans(1, 100)) + near.take(logs(0, 10))
    all_of(far, wanted)
    expect(all(request[0] == 200 for request in far.tried()), far.tried())
    for number, certificate in enumerate((unknown.issue("localhost"), known.issue("elsewhere.example")), 1):
        far.close()
        far = collector(context, port=port, certificate=certificate)
        said = near.said(UNTRUSTED)
        wanted = near.take(spans(number * 1000, 100))
        until(lambda: near.said(UNTRUSTED) > said, "the log speaks of the certificate")
        equal((far.connections > 0, far.tried()), (True, []), "what such a receiver got")
        far.close()
        far = collector(context, port=port, certificate=known.issue("localhost"))
        all_of(far, wanted)
        equal(far.taken(), wanted, "what waited")
    equal(near.said("are not sent again"), 0, "what is lost")


def test_nothing_is_left_open(context):
    """Descriptors after many requests that all went wrong in the same ways, as after the first few: with TLS, it is Foundation
    that sends."""
    notes = []
    for authority in (None, Authority(context, "known")):
        far = collector(context, certificate=authority.issue("localhost") if authority else None)
        near = Forwarder(context, far.url, context.new_directory(), authority, OTEL_EXPORTER_OTLP_TIMEOUT="500")

        def trouble(rounds):
            for _ in range(rounds):
                refused = near.said("are not sent again")
                far.script.extend(["silence" if authority else "reset", 400])
                near.take(spans(len(far.requests) * 1000 + 1, 1))
                until(lambda: near.said("are not sent again") > refused, "it is refused")

        def descriptors():
            return len(os.listdir(f"/proc/{near.process.pid}/fd"))

        trouble(2)
        before = descriptors()
        trouble(20 if context.full else 4)
        # A connection is closed a little after its trouble has been said.
        until(lambda: descriptors() <= before + 3, f"there are {before} descriptors again, or 3 more")
        notes.append(f"{before} descriptors, then {descriptors()}")
    return "; with TLS ".join(notes)
