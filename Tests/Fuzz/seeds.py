"""Writes the first inputs of the fuzz targets: seeds.py OUT [FIXTURES]. One folder per target."""

import gzip
import json
import os
import sys
import zlib

out = sys.argv[1]
fixtures = sys.argv[2] if len(sys.argv) > 2 else None
LARGEST = 64 << 10
numbers = {}


def seed(target, data):
    if isinstance(data, str):
        data = data.encode()
    if len(data) > LARGEST:
        return
    folder = os.path.join(out, target)
    os.makedirs(folder, exist_ok=True)
    numbers[target] = numbers.get(target, 0) + 1
    with open(os.path.join(folder, f"seed-{numbers[target]}"), "wb") as file:
        file.write(data)


def own_seeds():
    # The first byte of an HTTP input chooses the limits and the cut.
    for choice in (b"\x00", b"\x01", b"\x7f", b"\x80"):
        for request in (
            "GET /a?b=c HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n",
            "\r\nGET / HTTP/1.0\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nabGET / HTTP/1.1\r\nHost: b\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            "2;x=\"y\"\r\nab\r\n0\r\nT: v\r\n\r\n",
        ):
            seed("http", choice + request.encode())
    for text in ('{"a":[1,-2.5e+3,true,false,null,"\\u00e9\\ud83d\\ude00\\n"]}', ' [ ] ', '"x"'):
        seed("json", text)
    seed(
        "otlp",
        '{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":'
        '{"stringValue":"a"}}]},"scopeSpans":[{"scope":{"name":"s"},"spans":[{"traceId":'
        '"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"n","kind":2,'
        '"startTimeUnixNano":"1544712660000000000","attributes":[{"key":"k","value":'
        '{"arrayValue":{"values":[{"intValue":"1"},{"doubleValue":0.5},{"boolValue":true},'
        '{"bytesValue":"AA=="}]}}}],"events":[{"name":"e"}],"status":{"code":2}}]}]}]}',
    )
    event = (
        '{"specversion":"1.0","id":"1","source":"/a","type":"t.u","time":"2026-11-24T07:01:39.25Z",'
        '"subject":"s","sessionid":"x","number":5,"flag":true,'
    )
    data = ['"data":{"a": [1, 2]}}', '"data_base64":"AAEC"}',
            '"datacontenttype":"text/plain","data":"x"}']
    for text in [event + rest for rest in data]:
        seed("cloudevents", text)
    seed("cloudevents", "[" + ",".join(event + rest for rest in data) + "]")
    seed("cloudevents", "\n".join(event + rest for rest in data))
    for text in (
        "all",
        "none",
        "kind = tool.* and (session = s-1 or not agent = \"weather agent\")",
        "time >= 2026-11-24T00:00:00Z && time < 2026-11-25T00:00:00.5+01:00",
        "kind not in (a, \"b\\*c\", \"\\u00e9\") or attribute(\"http.method\") != GET",
        "!(trace = 5B8EFFF798038103D269B633813FC60C || subject == \"\")",
    ):
        seed("match", text)
    # The first byte of an input for redaction chooses the rules.
    for choice in range(6):
        for text in (
            '{"a":1,"b":{"a":[{"c":2,"a":3}]},"a.b":"x","user":{"id":"y"}}',
            '[{"key":"a","value":{"stringValue":"x"}},{"value":{"kvlistValue":{"values":'
            '[{"key":"b","value":{"bytesValue":"' + "A" * 48 + '"}}]}},"key":"user"}]',
            '{"\\u0061":"' + "\\ud83d\\ude00\\n" * 20 + '","body":{"stringValue":"b"}}',
        ):
            seed("redact", bytes([choice]) + text.encode())


    for choice in (b"\x00", b"\x01", b"\x52", b"\xff"):
        for text in (b"", b"a" * 1000, bytes(range(256))):
            seed("inflate", choice + gzip.compress(text, mtime=0))
            seed("inflate", choice + gzip.compress(text, mtime=0) + gzip.compress(b"b", mtime=0))
            seed("inflate", choice + zlib.compress(text))
            seed("inflate", choice + zlib.compress(text)[2:-4])
    field = lambda number, contents: bytes([number << 3 | 2, len(contents)]) + contents
    ids = field(1, bytes(range(1, 17))) + field(2, bytes(range(1, 9)))
    attribute = field(9, field(1, b"k") + field(2, field(1, b"v")))
    for record in (ids, ids + attribute, ids + field(5, b"n") + b"\x39" + bytes(8), b""):
        seed("protobuf", field(1, field(2, field(2, record))))


def fixture_seeds():
    for folder, _, names in os.walk(fixtures):
        for name in sorted(names):
            path = os.path.join(folder, name)
            if os.path.getsize(path) > LARGEST:
                continue
            with open(path, "rb") as file:
                data = file.read()
            if name.endswith(".pb") or (name.endswith(".body") and data[:1] == b"\n"):
                seed("protobuf", data)
            if name.endswith((".gz", ".zz", ".body")):
                seed("inflate", (b"\x51" if data[:1] == b"\x78" else b"\x50") + data)
            if not name.endswith((".json", ".body")):
                continue
            seed("json", data)
            if any(name in data for name in (b"resourceSpans", b"resourceLogs", b"resourceMetrics")):
                seed("otlp", data)
                seed("redact", b"\x02" + data)
            if name.endswith(".body") and len(data) <= 4096:
                head = f"POST /v1/traces HTTP/1.1\r\nHost: a\r\nContent-Length: {len(data)}\r\n\r\n"
                seed("http", b"\x40" + head.encode() + data)
    for target, path in (
        ("otlp", "json-mapping/cases.json"),
        ("cloudevents", "cloudevents/spec-json-format-examples.json"),
    ):
        path = os.path.join(fixtures, path)
        if not os.path.exists(path):
            continue
        with open(path) as file:
            cases = json.load(file)
        if isinstance(cases, dict):
            cases = cases.get("cases", [])
        for case in cases:
            case = case.get("input", case.get("json", case)) if target == "otlp" else case
            seed(target, case if isinstance(case, str) else json.dumps(case))


own_seeds()
if fixtures:
    fixture_seeds()
