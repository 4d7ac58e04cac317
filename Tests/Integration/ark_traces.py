"""Spans, in and out (sections 1.7, 4.4, 5 and 7.5 of the contract of Ark's clients). What POST /v1/traces answers is
OTLP's and tested with it."""
import base64
import gzip
import json

from ark_clients import JSON, Stream, ark, attribute, export, get, path, refused, span
from harness import equal, expect

PROTOBUF = {"Content-Type": "application/x-protobuf"}
SESSION = "ark.session.id"


def trace_id(number):
    return f"{number:032x}"


def names(trace):
    return [span["name"] for span in trace["spans"]]


def traces(page):
    return [int(item["traceId"], 16) for item in page["items"]]


def protobuf(*spans, resource=()):
    """A request with spans of (trace, number, attributes)."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
    request = ExportTraceServiceRequest()
    spans_of_resource = request.resource_spans.add()
    for key, value in dict(resource).items():
        spans_of_resource.resource.attributes.add(key=key).value.string_value = value
    scope = spans_of_resource.scope_spans.add()
    for trace, number, attributes in spans:
        span = scope.spans.add(name=f"span-{number}", kind=1)
        span.trace_id, span.span_id = trace.to_bytes(16, "big"), number.to_bytes(8, "big")
        span.start_time_unix_nano, span.end_time_unix_nano = 1767225600000000000, 1767225601000000000
        span.status.code = 1
        for key, value in attributes.items():
            kept = span.attributes.add(key=key).value
            if isinstance(value, int):
                kept.int_value = value
            else:
                kept.string_value = value
    return request.SerializeToString()


def test_spans_come_back_flattened(context):
    """5, flattening, and 4.4, the span."""
    broker = ark(context)
    export(broker, span(2, parentSpanId=f"{1:016x}", attributes=[
        attribute(SESSION, "s-1"), {"key": "gen_ai.usage.total_tokens", "value": {"intValue": "117"}}]),
        resource=[attribute("service.name", "ark-controller"), {"key": "n", "value": {"intValue": "7"}},
                  {"key": "b", "value": {"boolValue": True}}])
    [found] = get(broker, "traces", trace_id(1))["spans"]
    equal(list(found), ["traceId", "spanId", "parentSpanId", "name", "kind", "startTimeUnixNano", "endTimeUnixNano",
                        "attributes", "status", "resource"], "the keys")
    equal((found["traceId"], found["spanId"], found["parentSpanId"], found["name"]),
          (trace_id(1), f"{2:016x}", f"{1:016x}", "span-2"), "the ids")
    equal((found["kind"], found["status"]), ("SPAN_KIND_INTERNAL", {"code": "STATUS_CODE_OK", "message": ""}),
          "kind and status")
    equal((found["startTimeUnixNano"], found["endTimeUnixNano"]),
          ("1767225600000000000", "1767225601000000000"), "the times")
    equal(found["attributes"], [{"key": SESSION, "value": {"stringValue": "s-1"}},
                                {"key": "gen_ai.usage.total_tokens", "value": {"intValue": "117"}}], "the attributes")
    equal(found["resource"]["service.name"], "ark-controller", "the resource's name")
    equal((str(found["resource"]["n"]), found["resource"]["b"]), ("7", True), "bare values of the resource")


def test_attributes_and_resource_are_there_when_they_are_empty(context):
    """5, `attributes` defaults to [], `resource` to {}."""
    broker = ark(context)
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [{
        "traceId": trace_id(1), "spanId": f"{1:016x}", "name": "bare", "startTimeUnixNano": "1",
        "endTimeUnixNano": "2"}]}]}]}
    equal(broker.post("/v1/traces", body, JSON).status, 200, "exporting")
    [found] = get(broker, "traces", trace_id(1))["spans"]
    equal((found["attributes"], found["resource"]), ([], {}), "the defaults")


def test_events_links_and_scope_are_dropped(context):
    """5."""
    broker = ark(context)
    export(broker, span(1, events=[{"timeUnixNano": "1", "name": "exception"}], traceState="a=b", flags=1,
                        links=[{"traceId": trace_id(9), "spanId": f"{9:016x}"}], droppedEventsCount=1))
    [found] = get(broker, "traces", trace_id(1))["spans"]
    left = set(found) & {"events", "links", "scope", "traceState", "flags", "droppedEventsCount"}
    equal(left, set(), "what is left of them")


def test_protobuf_says_the_same_as_json(context):
    """5 and 7.5: protobuf, plain and gzip, and JSON; 64-bit numbers as decimal strings, enums as names."""
    context.python_packages()
    broker = ark(context)
    data = protobuf((1, 1, {SESSION: "s-1", "n": 117}), resource={"service.name": "ark"})
    equal(broker.request("POST", "/v1/traces", data, PROTOBUF).status, 200, "plain")
    other = gzip.compress(protobuf((2, 1, {SESSION: "s-1", "n": 117}), resource={"service.name": "ark"}))
    equal(broker.request("POST", "/v1/traces", other, PROTOBUF | {"Content-Encoding": "gzip"}).status, 200, "gzip")
    page = get(broker, "traces")
    equal(page["total"], 2, "traces")
    for trace in page["items"]:
        [found] = trace["spans"]
        equal((found["name"], found["kind"], found["status"]),
              ("span-1", "SPAN_KIND_INTERNAL", {"code": "STATUS_CODE_OK", "message": ""}), "the span")
        equal((found["parentSpanId"], found["startTimeUnixNano"], found["endTimeUnixNano"], found["resource"]),
              ("", "1767225600000000000", "1767225601000000000", {"service.name": "ark"}), "the span")
        equal(found["attributes"], [attribute(SESSION, "s-1"), {"key": "n", "value": {"intValue": "117"}}],
              "the attributes")
        # Whatever the spelling of the id, it leads to the trace.
        equal(get(broker, "traces", trace["traceId"])["spans"], [found], "the trace alone")


def test_a_trace_is_found_by_hexadecimal_and_base64(context):
    """5, accept both in the path, base64 percent-encoded."""
    broker = ark(context)
    number = 0xfbefbefbefbefbefbefbefbefbefbeff
    export(broker, span(1, trace=number))
    encoded = base64.b64encode(number.to_bytes(16, "big")).decode()
    expect("+" in encoded and "=" in encoded, encoded)
    for spelling in (f"{number:032x}", encoded):
        trace = get(broker, "traces", spelling)
        equal((trace["traceId"], names(trace)), (f"{number:032x}", ["span-1"]), spelling)


def test_base64_with_a_slash_is_found(context):
    """5, base64 may contain `/`."""
    broker = ark(context)
    export(broker, span(1, trace=(1 << 128) - 1))
    encoded = base64.b64encode(b"\xff" * 16).decode()
    expect("/" in encoded, encoded)
    equal(names(get(broker, "traces", encoded)), ["span-1"], encoded)


def test_a_trace_has_its_spans_in_the_order_of_arrival(context):
    """1.7, GET /traces/{traceId}: unpaginated."""
    broker = ark(context)
    for first in range(0, 300, 50):
        export(broker, *(span(number + 1) for number in reversed(range(first, first + 50))))
    trace = get(broker, "traces", trace_id(1))
    equal(list(trace), ["traceId", "spans"], "the keys")
    equal(names(trace), [f"span-{number + 1}" for first in range(0, 300, 50)
                         for number in reversed(range(first, first + 50))], "the spans")


def test_an_unknown_trace_is_not_found(context):
    """1.7 and 1.2."""
    broker = ark(context)
    for name in (trace_id(7), "none", "AAAAAAAAAAAAAAAAAAAAAA=="):
        response = broker.request("GET", path("traces", name))
        equal(refused(response, 404, "NOT_FOUND", name), "Trace not found", "the message")


def test_the_newest_trace_stands_first(context):
    """1.7, ordered by the sequence number of the trace's first span."""
    broker = ark(context)
    for number, trace in enumerate((1, 2, 3, 1, 2)):
        export(broker, span(number + 1, trace))
    page = get(broker, "traces")
    equal((traces(page), page["total"], page["hasMore"]), ([3, 2, 1], 3, False), "the page")
    equal([names(trace) for trace in page["items"]], [["span-3"], ["span-2", "span-5"], ["span-1", "span-4"]],
          "the spans")
    equal(list(page["items"][0]), ["traceId", "spans"], "the keys of an item")


def test_the_cursor_of_traces_goes_down(context):
    """1.7 and 3: strictly lower, nextCursor is the last returned trace's first span's sequence."""
    broker = ark(context)
    for number in range(7):
        export(broker, span(1, number + 1), span(2, number + 1))
    pages, cursor = [], {}
    while True:
        page = get(broker, "traces", limit=3, **cursor)
        equal(page["total"], 7, "the total")
        pages.append(traces(page))
        equal("nextCursor" in page, page["hasMore"], "nextCursor")
        if not page["hasMore"]:
            break
        expect(isinstance(page["nextCursor"], int), page["nextCursor"])
        cursor = {"cursor": page["nextCursor"]}
    equal(pages, [[7, 6, 5], [4, 3, 2], [1]], "the pages")


def test_traces_are_filtered_by_session(context):
    """1.7, only matching spans, grouped after filtering; 8, newest first, no match is empty."""
    broker = ark(context)
    export(broker, span(1, 1, [attribute(SESSION, "a")]), span(3, 1, [attribute(SESSION, "b")]))
    export(broker, span(4, 2, [attribute(SESSION, "a")]))
    export(broker, span(5, 3, [attribute(SESSION, "b")]), span(6, 3, [attribute(SESSION, "a")]))
    page = get(broker, "traces", session_id="a")
    equal((traces(page), page["total"]), ([3, 2, 1], 3), "the page")
    equal([names(trace) for trace in page["items"]], [["span-6"], ["span-4"], ["span-1"]], "the spans")
    equal(get(broker, "traces", session_id="none"), {"items": [], "total": 0, "hasMore": False}, "no match")
    equal(traces(get(broker, "traces")), [3, 2, 1], "no filter")
    page = get(broker, "traces", session_id="a", limit=2)
    equal((traces(page), page["hasMore"]), ([3, 2], True), "a page of it")
    equal(traces(get(broker, "traces", session_id="a", limit=2, cursor=page["nextCursor"])), [1], "the next page")


def test_a_span_without_the_attribute_is_not_of_the_session(context):
    """1.7, matching is by the span's own attribute; only matching spans are kept."""
    broker = ark(context)
    export(broker, span(1, 1, [attribute(SESSION, "a")]), span(2, 1), span(3, 1, parentSpanId=f"{1:016x}"))
    [trace] = get(broker, "traces", session_id="a")["items"]
    equal(names(trace), ["span-1"], "the spans")


def test_the_session_filter_finds_spans_sent_as_protobuf(context):
    """7.5."""
    context.python_packages()
    broker = ark(context)
    equal(broker.request("POST", "/v1/traces", protobuf((1, 1, {SESSION: "s"}), (2, 2, {})), PROTOBUF).status, 200,
          "exporting")
    equal(traces(get(broker, "traces", session_id="s")), [1], "the page")


def test_from_beginning_is_accepted_on_the_list(context):
    """1.7, ignored there."""
    broker = ark(context)
    export(broker, span(1, 1))
    export(broker, span(1, 2))
    equal(traces(get(broker, "traces", from_beginning="true")), [2, 1], "the page")


def test_limits_are_checked(context):
    """3."""
    broker = ark(context)
    equal(refused(broker.request("GET", "/traces?limit=0"), 400, "PAGINATION_ERROR", "0"),
          "limit must be a positive integer", "the message")


def test_other_encodings_are_refused_at_once(context):
    """5, upstream hangs: answer 415 or 400."""
    broker = ark(context)
    body = json.dumps({"resourceSpans": []})
    for headers in ({}, {"Content-Type": "text/plain"}, {"Content-Type": "application/x-ndjson"}):
        expect(broker.request("POST", "/v1/traces", body, headers, timeout=5).status in (400, 415), headers)
    for data in (b"\xff\xff\xff", b"{}"):
        equal(broker.request("POST", "/v1/traces", data, PROTOBUF).status, 400, data)
    for text in ("{", "[]"):
        equal(broker.request("POST", "/v1/traces", text, JSON).status, 400, text)


def test_an_attribute_whose_value_is_a_bare_string_is_refused_with_its_export(context):
    """1.7 and 8, session-filter: upstream takes such a value; OTLP has none, so it is named and nothing is stored."""
    broker = ark(context)
    wrong = span(2, 2, [attribute("a", "b"), {"key": SESSION, "value": "s"}])
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [span(1, 1), wrong]}]}]}
    response = broker.post("/v1/traces", body, JSON)
    equal(response.status, 400, response.body)
    expect(response.json()["message"].startswith(
        "resourceSpans[0].scopeSpans[0].spans[1].attributes[1].value: expected an object"), response.body)
    equal(get(broker, "traces"), {"items": [], "total": 0, "hasMore": False}, "the traces")


def test_ten_megabytes_of_protobuf_are_taken(context):
    """5."""
    context.python_packages()
    broker = ark(context)
    data = protobuf(*((1, number + 1, {"x": "y" * 1000}) for number in range(9000)))
    equal(broker.request("POST", "/v1/traces", data, PROTOBUF).status, 200, f"{len(data)} bytes")
    equal(len(get(broker, "traces", trace_id(1))["spans"]), 9000, "spans")


def test_the_spans_of_ark_s_controller_are_found(context):
    """5, the attributes that Ark sets."""
    broker = ark(context)
    attributes = [attribute(key, f"v {key}") for key in (
        "query.name", "query.namespace", "query.phase", "input.value", "output.value", "target.type", "agent.name",
        "llm.model.name", "gen_ai.system", "conversation.id", "openinference.span.kind", "dispatch.address")]
    export(broker, span(1, attributes=[*attributes, attribute(SESSION, "s")]),
           resource=[attribute("service.name", "ark"), attribute("service.version", "1"),
                     attribute("component", "ark-controller")])
    [trace] = get(broker, "traces", session_id="s")["items"]
    equal(trace["spans"][0]["attributes"], [*attributes, attribute(SESSION, "s")], "the attributes")
    equal(trace["spans"][0]["resource"],
          {"service.name": "ark", "service.version": "1", "component": "ark-controller"}, "the resource")


def test_metadata_of_another_signal_is_no_trace(context):
    """1.3, only spans are traces."""
    broker = ark(context)
    watcher = Stream.watch(broker, "traces")
    body = {"resourceLogs": [{"scopeLogs": [{"logRecords": [
        {"timeUnixNano": "1", "traceId": trace_id(5), "spanId": f"{1:016x}", "body": {"stringValue": "x"}}]}]}]}
    equal(broker.post("/v1/logs", body, JSON).status, 200, "a log record")
    export(broker, span(1, 1))
    equal(traces(get(broker, "traces")), [1], "the list")
    equal([found["name"] for found in watcher.take_json(1)], ["span-1"], "the watch")


def test_a_long_trace_takes_no_memory_of_its_size(context):
    """1.7, a page of traces: written while they are read. On a disk, where the log itself takes none."""
    if not context.keeps_on_disk:
        return
    broker = ark(context)
    for number in range(1, 81):
        export(broker, span(number, name="x" * 1_000_000))
    before = broker.memory("VmHWM")
    page = get(broker, "traces", limit=1)
    equal((len(page["items"][0]["spans"]), page["total"], page["hasMore"]), (80, 1, False), "the page")
    grown = broker.memory("VmHWM") - before
    expect(grown < 40 << 20, f"80 MB of spans took {grown >> 20} MiB")


def test_pages_of_large_traces_are_bounded(context):
    """3, a page is put together in memory: one of large traces ends before its limit, and the next goes on behind it."""
    broker = ark(context)
    name = "x" * 9_000_000
    for trace in range(1, 6):
        export(broker, span(trace, trace=trace, name=name, attributes=[attribute(SESSION, "s")]))
    for parameters in ({}, {"session_id": "s"}):
        seen, cursor = [], {}
        while True:
            page = get(broker, "traces", **parameters, **cursor)
            seen.append(traces(page))
            equal(page["total"], 5, "the total")
            if not page["hasMore"]:
                break
            cursor = {"cursor": page["nextCursor"]}
        equal(seen, [[5, 4, 3, 2], [1]], f"pages, {parameters}")
    equal(len(get(broker, "traces", trace_id(3))["spans"][0]["name"]), len(name), "one trace")
