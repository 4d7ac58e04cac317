"""What the feed must give for a request of OTLP, worked out by Google's protobuf and by nothing of the broker's.
Needs the Python packages."""
import base64
import collections
import functools
import json
import math

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from harness import equal, expect

# The request of each signal, the names of its three lists, and how the kinds of its events begin.
Signal = collections.namedtuple("Signal", "request resources scopes records kind")
SIGNALS = {
    "traces": Signal(ExportTraceServiceRequest, "resource_spans", "scope_spans", "spans", "span"),
    "logs": Signal(ExportLogsServiceRequest, "resource_logs", "scope_logs", "log_records", "log"),
    "metrics": Signal(
        ExportMetricsServiceRequest, "resource_metrics", "scope_metrics", "metrics", "metric"),
}
# Bytes that OTLP/JSON has in hexadecimal. Attributes cannot be called so: their names are values of "key".
IDS = ("traceId", "spanId", "parentSpanId")


class Record:
    """A span, log record or metric, with the envelopes that it came in."""

    def __init__(self, message, resource, scope):
        self.message, self.resource, self.scope = message, resource, scope

    def parts(self):
        yield None, self.message, None
        yield "resource", self.resource.resource, self.resource.schema_url
        yield "scope", self.scope.scope, self.scope.schema_url

    @functools.cached_property
    def payload(self):
        payload = {}
        for name, message, schema_url in self.parts():
            fields = to_json(message)
            if schema_url:
                fields["schemaUrl"] = schema_url
            if name is None:
                payload = fields
            elif fields:
                payload[name] = fields
        return payload

    def check(self, payload, what):
        """Whether a payload says the same in the same spelling, and means the same to protobuf, to the bit."""
        found = difference(payload, self.payload)
        expect(not found, f"{what}: {found}")
        left = dict(payload)
        envelopes = {name: dict(left.pop(name, {})) for name in ("resource", "scope")}
        for name, message, schema_url in self.parts():
            fields = left if name is None else envelopes[name]
            if name:
                equal(fields.pop("schemaUrl", ""), schema_url, f"{what}: schemaUrl of {name}")
            # Twice through JSON, where fields that are not known and the kinds of NaN get lost.
            found, expected = (
                from_json(json, type(message)).SerializeToString(deterministic=True)
                for json in (fields, to_json(message)))
            expect(found == expected, f"{what}: the {name or 'record'} is another one in protobuf")


def with_ids(value, change):
    """The same JSON, and its ids in another encoding."""
    if isinstance(value, list):
        return [with_ids(element, change) for element in value]
    if isinstance(value, dict):
        return {
            key: change(member) if key in IDS else with_ids(member, change)
            for key, member in value.items()}
    return value


def from_json(fields, message_type):
    """Reads OTLP/JSON; fields that are not known are passed over."""
    encoded = with_ids(fields, lambda text: base64.b64encode(bytes.fromhex(text)).decode())
    return json_format.ParseDict(encoded, message_type(), ignore_unknown_fields=True)


def to_json(message):
    """A message as OTLP/JSON in its canonical spelling."""
    return with_ids(
        json_format.MessageToDict(message, use_integers_for_enums=True),
        lambda text: base64.b64decode(text).hex())


def read_json(text):
    # Only as a float has zero a sign.
    return json.loads(text, parse_int=lambda digits: -0.0 if digits == "-0" else int(digits))


def records(signal, request):
    """The records of a request, in its order."""
    names = SIGNALS[signal]
    return [
        Record(message, resource, scope)
        for resource in getattr(request, names.resources)
        for scope in getattr(resource, names.scopes)
        for message in getattr(scope, names.records)]


def difference(found, expected, path=""):
    """The first place where two JSON values are not the same, in words; None if there is none."""
    if isinstance(expected, dict) and isinstance(found, dict):
        if list(found) != list(expected):
            missing = [name for name in expected if name not in found]
            more = [name for name in found if name not in expected]
            return (
                f"{path or 'the payload'} has the members {', '.join(found)}; missing: {missing}, "
                f"too many: {more}; expected in this order: {', '.join(expected)}")
        pairs = ((f"{path}.{name}" if path else name, found[name], expected[name]) for name in expected)
    elif isinstance(expected, list) and isinstance(found, list):
        if len(found) != len(expected):
            return f"{path} has {len(found)} elements, expected {len(expected)}"
        pairs = ((f"{path}[{index}]", *pair) for index, pair in enumerate(zip(found, expected)))
    else:
        if all(type(value) in (int, float) for value in (found, expected)):
            same = math.copysign(1, found) == math.copysign(1, expected)
        else:
            same = type(found) is type(expected)
        if same and found == expected:
            return None
        return f"{path} is {shortened(found)}, expected {shortened(expected)}"
    return next((told for told in (difference(a, b, place) for place, a, b in pairs) if told), None)


def shortened(value):
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}… ({len(text)} characters)"


def identity(signal, payload):
    """What tells a record from all others that the same SDK made."""
    if signal == "traces":
        return payload.get("traceId"), payload.get("spanId")
    if signal == "logs":
        return payload.get("timeUnixNano"), payload.get("observedTimeUnixNano")
    kind = next(
        name for name in ("gauge", "sum", "histogram", "exponentialHistogram", "summary")
        if name in payload)
    point = payload[kind]["dataPoints"][0]
    return payload.get("scope", {}).get("name"), payload.get("name"), point.get("timeUnixNano")


def check_all(signal, expected, found):
    """Whether each of the expected records is there, once, with all its fields, and nothing else is."""
    by_identity = {identity(signal, record.payload): record for record in expected}
    equal(len(by_identity), len(expected), f"{signal} with an identity of their own")
    count = collections.Counter(identity(signal, payload) for payload in found)
    lost = [key for key in by_identity if key not in count]
    expect(not lost, f"{signal}: {len(lost)} of {len(expected)} lost, such as {lost[:3]}")
    several = [key for key in count if count[key] > 1]
    expect(not several, f"{signal}: {len(several)} of {len(expected)} come twice, such as {several[:3]}")
    foreign = [key for key in count if key not in by_identity]
    expect(not foreign, f"{signal}: {len(foreign)} that nobody sent, such as {foreign[:3]}")
    for payload in found:
        key = identity(signal, payload)
        by_identity[key].check(payload, f"{signal} {key}")


def payloads(signal, events):
    """The payloads of a signal among the events of a feed."""
    kind = f"ark.{SIGNALS[signal].kind}"
    return [
        event["data"] for event in events
        if event["type"] == kind or event["type"].startswith(kind + ".")]
