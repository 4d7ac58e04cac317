"""Bodies that real exporters sent, and others made from them that are odd or damaged, mean to the broker what they
mean to Google's protobuf."""
import collections
import gzip
import json
import random
import zlib

from harness import equal, expect

PROTOBUF = "application/x-protobuf"
DECODERS = {"gzip": gzip.decompress, "deflate": zlib.decompress, "": bytes}


def captured(context):
    """Each body that an exporter sent, with its name, path and headers."""
    for path in sorted((context.fixtures() / "captured").glob("*/*.body")):
        head = json.loads(path.with_name(path.stem + ".headers.json").read_text())
        headers = {name.title(): value for name, value in head["headers"]}
        kept = {name: headers[name] for name in ("Content-Type", "Content-Encoding") if name in headers}
        yield f"{path.parent.name}/{path.name}", head["request_line"].split(" ")[1], kept, path.read_bytes()


def test_what_exporters_sent(context):
    context.python_packages()
    from otlp_payloads import SIGNALS, from_json, records
    bodies, count = 0, 0
    for name, target, headers, body in captured(context):
        signal = target.removeprefix("/v1/")
        decoded = DECODERS[headers.get("Content-Encoding", "")](body)
        is_protobuf = headers["Content-Type"] == PROTOBUF
        request = SIGNALS[signal].request
        message = request.FromString(decoded) if is_protobuf else from_json(json.loads(decoded), request)
        expected = records(signal, message)
        # The same spans are in several bodies, and would be kept once.
        broker = context.broker("--memory")
        response = broker.request("POST", target, body, headers)
        equal(response.status, 200, f"{name}: {response.body[:300]!r}")
        equal(response.body, b"" if is_protobuf else b"{}", f"the answer to {name}")
        check_feed(broker, 0, signal, expected, name)
        broker.kill()
        bodies, count = bodies + 1, count + len(expected)
    expect(bodies >= 15 and count >= 50, f"only {bodies} bodies and {count} records")
    return f"{bodies} bodies, {count} records"


def check_feed(broker, after, signal, expected, what):
    """Whether the feed has just these records behind a position, in their order. Answers the last position."""
    from otlp_payloads import payloads, read_json
    events = [read_json(line) for line in broker.json_lines(f"after={after}&follow=false")]
    found = payloads(signal, events)
    equal((len(events), len(found)), (len(expected), len(expected)), f"{what}: events, {signal}")
    for number, (record, payload) in enumerate(zip(expected, found)):
        record.check(payload, f"{what}: {signal} {number}")
    return int(events[-1]["arkposition"]) if events else after


# MARK: Other bodies

def test_odd_and_damaged_bodies(context):
    context.python_packages()
    import damaged_protobuf
    from otlp_payloads import SIGNALS, records
    seed = random.SystemRandom().getrandbits(32) if context.full else 20261124
    rounds = 10_000 if context.full else 800
    chance = random.Random(seed)
    bodies = list(small_bodies(context))
    broker = context.broker("--memory")
    connection = broker.connection()
    counts, known, position = collections.Counter(), set(), 0
    for number in range(rounds):
        signal, body = chance.choice(bodies)
        descriptor = SIGNALS[signal].request.DESCRIPTOR
        body = with_ids_of_its_own(signal, body, number, chance)
        how = chance.choice(("odd", "damaged", "odd and damaged"))
        if "odd" in how:
            body = damaged_protobuf.odd(body, descriptor, chance)
        if "damaged" in how:
            body = damaged_protobuf.damaged(body, chance)
        what = f"seed {seed}, round {number}, {signal}"
        message = verdict(signal, body)
        connection.request("POST", f"/v1/{signal}", body, {"Content-Type": PROTOBUF})
        response = connection.getresponse()
        answer = response.read()
        equal(response.status, 400 if message is None else 200, f"{what}: {answer[:200]!r} to {body.hex()}")
        counts[response.status] += 1
        expected = [] if message is None else list(kept(signal, records(signal, message), known))
        position = check_feed(broker, position, signal, expected, what)
        counts["records"] += len(expected)
    expect(min(counts[200], counts[400]) > rounds / 4, f"{counts}")
    return (f"{counts[200]} taken with {counts['records']} records, {counts[400]} refused; "
            f"seed {seed}")


def small_bodies(context):
    """Bodies in the order of their fields and without groups, by signal."""
    from otlp_payloads import SIGNALS
    for name, target, headers, body in captured(context):
        decoded = DECODERS[headers.get("Content-Encoding", "")](body)
        if headers["Content-Type"] == PROTOBUF and len(decoded) < 5000:
            yield target.removeprefix("/v1/"), decoded
    for name, signal in (("trace", "traces"), ("logs", "logs"), ("events", "logs"), ("metrics", "metrics")):
        body = (context.fixtures() / f"pairs/official-{name}.pb").read_bytes()
        yield signal, SIGNALS[signal].request.FromString(body).SerializeToString()


def with_ids_of_its_own(signal, body, number, chance):
    """The same body, and its records are not those of another round."""
    from otlp_payloads import SIGNALS, records
    message = SIGNALS[signal].request.FromString(body)
    for record in records(signal, message):
        if signal != "metrics" and record.message.trace_id:
            record.message.trace_id = chance.randbytes(16)
        record.resource.resource.attributes.add(key="round").value.int_value = number
    return message.SerializeToString()


def verdict(signal, body):
    """The request that Google's protobuf reads; None if it refuses."""
    from google.protobuf.message import DecodeError
    from otlp_payloads import SIGNALS
    try:
        return SIGNALS[signal].request.FromString(body)
    except DecodeError:
        return None


def service(record):
    """What the source of its event is made of: the last service.name that is a text or an integer and not too long."""
    name = ""
    for attribute in record.resource.resource.attributes:
        kind = attribute.value.WhichOneof("value")
        if attribute.key == "service.name" and kind in ("string_value", "int_value"):
            text = str(getattr(attribute.value, kind))
            name = text if 0 < len(text.encode()) <= 1024 else name
    return name


def has_time(signal, message):
    """Whether a log record or a metric says when it was."""
    if signal == "logs":
        return bool(message.time_unix_nano or message.observed_time_unix_nano)
    kind = message.WhichOneof("data")
    return kind is not None and any(point.time_unix_nano for point in getattr(message, kind).data_points)


def kept(signal, records, known):
    """The records that must become events: those with valid ids that did not come before."""
    equals = collections.Counter()
    for place, record in enumerate(records):
        fields = record.message
        if signal == "traces":
            if fields.parent_span_id == bytes(8):
                fields.parent_span_id = b""
            ids = fields.trace_id, fields.span_id
            if tuple(map(len, ids)) != (16, 8) or not all(map(any, ids)):
                continue
            if len(fields.parent_span_id) not in (0, 8):
                continue
            identity = *ids, service(record)
        else:
            if signal == "logs":
                # Zeros are no ids.
                fields.trace_id = b"" if fields.trace_id == bytes(16) else fields.trace_id
                fields.span_id = b"" if fields.span_id == bytes(8) else fields.span_id
            # Without a time, the place in the request tells those apart that say the same; else how many there are.
            contents = json.dumps(record.payload)
            identity = equals[contents] if has_time(signal, fields) else f"at {place}", contents
            equals[contents] += 1
        if identity not in known:
            known.add(identity)
            yield record
