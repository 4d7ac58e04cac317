"""What the OpenTelemetry SDK of Python exports in protobuf is what the feed gives, field by field and once, also when
the broker goes away in the middle."""
import collections
import signal
import threading

from harness import equal, expect, until
from traces_reach_the_feed import INHERITED, correlation, seconds_of, source, texts, timestamp

# What the events of one query of the agent are, by name: spans, then event names of log records.
KINDS = {
    ("POST /query", None): {"ark.span"}, ("", None): {"ark.span"}, ("consume", None): {"ark.span"},
    ("invoke_agent weather", None): {"ark.span.agent"}, ("chat gpt-4o", None): {"ark.span.llm"},
    # Its other side has no attribute that says so.
    ("tools/call get_weather", None): {"ark.span.tool", "ark.span"},
    ("", "gen_ai.client.inference.operation.details"): {"ark.log.llm"},
    ("", "session.start"): {"ark.log.session"}}


def telemetry(context, port, compression):
    context.python_packages()
    from agent_telemetry import AgentTelemetry
    sdk = AgentTelemetry(port, compression)
    context.cleanups.append(sdk.close)
    return sdk


def check(broker, sdk):
    """Compares the feed with what the SDK was given, and answers the number of records of each signal."""
    from otlp_payloads import SIGNALS, check_all, payloads, read_json
    equal(set(sdk.results), {"SUCCESS"}, f"results of exports, {sdk.log.messages[-5:]}")
    events = [read_json(line) for line in broker.json_lines()]
    produced = sdk.produced()
    for name in SIGNALS:
        check_all(name, produced[name], payloads(name, events))
    equal(len(events), sum(map(len, produced.values())), "events in the feed")
    traces = collections.defaultdict(dict)
    for event in events:
        traces[event["data"].get("traceId")].update(correlation(texts(event["data"]), {}))
    for event in events:
        check_attributes(event, traces[event["data"].get("traceId")])
    return ", ".join(f"{len(made)} {name}" for name, made in produced.items())


def check_attributes(event, of_trace):
    """Whether an event's attributes are what its payload, already found right, asks for. What others of its trace say
    it may have too: that depends on which of them came first."""
    data, what = event["data"], f"the event at {event['arkposition']}"
    own, resource = texts(data), texts(data["resource"])
    flags = data.get("flags", 0) & 0xFF
    expected = correlation(own, resource) | {"specversion": "1.0", "source": source(resource)}
    if event["type"].startswith("ark.span"):
        expected["id"] = f"{data['traceId']}-{data['spanId']}"
        if "parentSpanId" in data:
            expected["arkparentspan"] = data["parentSpanId"]
        time, flags = data["startTimeUnixNano"], flags | 1
    elif event["type"].startswith("ark.log"):
        time = data.get("timeUnixNano") or data["observedTimeUnixNano"]
    else:
        time = data[next(name for name in data if "dataPoints" in data[name])]["dataPoints"][0]["timeUnixNano"]
    if "spanId" in data:
        expected["traceparent"] = f"00-{data['traceId']}-{data['spanId']}-{flags:02x}"
    equal(seconds_of(event["time"]), timestamp(time), f"{what}: time")
    found = {name: value for name, value in event.items()
             if name not in ("arkposition", "type", "time", "data") and (name != "id" or "id" in expected)}
    for name in INHERITED:
        if name in found and name not in expected:
            expected[name] = of_trace.get(name)
    equal(found, expected, f"{what}: attributes")


def test_the_feed_gives_what_the_sdk_made(context):
    notes = []
    for compression in ("none", "gzip", "deflate"):
        broker = context.broker()
        sdk = telemetry(context, broker.port, compression)
        for number in range(12):
            # Prompts of up to half a megabyte.
            sdk.work(number, (1, 20, 5000)[number % 3])
        sdk.finish()
        notes.append(f"{compression}: {check(broker, sdk)}")
        check_kinds(broker)
        check_variety(sdk)
        sdk.close()
    return "; ".join(notes)


def check_kinds(broker):
    kinds = collections.defaultdict(set)
    for frame in broker.events():
        event = frame.json()
        if not event["type"].startswith("ark.metric"):
            kinds[event["data"].get("name", ""), event["data"].get("eventName")].add(event["type"])
    # Log records without an event name share the empty one with a span.
    equal(kinds.pop(("", None)), {"ark.span", "ark.log"}, "kinds of what has no name")
    equal(kinds, {name: kinds for name, kinds in KINDS.items() if name != ("", None)}, "kinds")


def check_variety(sdk):
    """Whether the SDK made all that there is to compare."""
    found = set()

    def collect(value):
        if isinstance(value, list):
            for element in value:
                collect(element)
        elif isinstance(value, dict):
            found.update(value)
            for member in value.values():
                collect(member)

    for records in sdk.produced().values():
        collect([record.payload for record in records])
    wanted = {
        "stringValue", "boolValue", "intValue", "doubleValue", "arrayValue", "kvlistValue", "bytesValue",
        "traceState", "parentSpanId", "droppedAttributesCount", "droppedEventsCount", "droppedLinksCount",
        "events", "links", "status", "flags", "schemaUrl", "body", "severityNumber", "severityText", "eventName",
        "observedTimeUnixNano", "sum", "gauge", "histogram", "exponentialHistogram", "exemplars", "asInt",
        "asDouble", "isMonotonic", "min", "zeroCount", "positive"}
    equal(wanted - found, set(), "what was not made")


# MARK: Without the broker

def test_a_restart_loses_nothing_and_doubles_nothing(context):
    return [without_the_broker(context, signal.SIGTERM) for _ in range(10 if context.full else 1)][-1]


def test_a_kill_loses_nothing_and_doubles_nothing(context):
    if context.full:
        for _ in range(10):
            without_the_broker(context, signal.SIGKILL)
    return without_the_broker(context, signal.SIGKILL, lose_answers)


def lose_answers(lines):
    """Loses the answers to requests that the broker has stored, one of each signal."""
    for line in lines:
        line.loses_answers = True
    until(lambda: all(line.lost for line in lines), "answers are lost")


def without_the_broker(context, number, before=lambda lines: None):
    """Takes the broker away from exporters at work, and gives it back when each has found it gone."""
    store, port = context.new_directory(), context.port()
    broker = context.broker("--data", store, port=port)
    sdk = telemetry(context, port, "gzip")
    lines = list(sdk.lines.values())
    stop = threading.Event()
    context.cleanups.append(stop.set)
    agent = threading.Thread(target=work_until, args=(sdk, stop), daemon=True)
    agent.start()
    until(lambda: all(line.answers[200] >= 2 for line in lines), "all signals are exported")
    before(lines)
    broker.signal(number)
    broker.wait()
    for line in lines:
        line.loses_answers = False
    failures = [line.failures for line in lines]
    until(lambda: all(line.failures > count for line, count in zip(lines, failures)), "exports fail")
    broker = context.broker("--data", store, port=port)
    answers = [line.answers[200] for line in lines]
    until(lambda: all(line.answers[200] > count + 1 for line, count in zip(lines, answers)),
          "exports succeed again", 60)
    stop.set()
    agent.join(10)
    sdk.finish()
    counts = check(broker, sdk)
    repeated = int(broker.metrics()["ark_broker_duplicates_total"])
    if before is lose_answers:
        expect(repeated > 0, "what was stored and not answered did not come again")
    sdk.close()
    return f"{counts}, {repeated} sent again; {sum(line.failures for line in lines)} failures to connect"


def work_until(sdk, stop):
    number = 0
    while not stop.is_set():
        sdk.work(number)
        number += 1
        stop.wait(0.02)
