"""What all routes have in common, errors, probes and pages (sections 1.1 to 1.4, 3 and 7.7 of the contract of Ark's
clients)."""
import json
import socket

from ark_clients import (
    JSON, UUID, ark, attribute, complete, emit, export, get, operation, path, refused, say, span, stream, text)
from harness import equal, expect, receive_all

# Lists that go upward.
LISTS = [("messages",), ("events",), ("events", "uid-1"), ("stream",)]
GETS = [("health",), ("readyz",), ("metrics",), ("messages",), ("memory-status",), ("conversations",),
        ("conversations", "c"), ("stream",), ("events",), ("events", "uid-1"), ("traces",), ("traces", f"{1:032x}")]


def filled(context, count=1):
    broker = ark(context)
    for number in range(count):
        say(broker, "c", "q", str(number))
        emit(broker, operation(str(number)))
        stream(broker, "q", {"n": number})
        export(broker, span(1, number + 1))
    return broker


def number_of(item):
    if "reason" in item:
        return int(item["reason"])
    return int(item["message"]["content"]) if "message" in item else item["data"]["chunk"]["n"]


# MARK: 1.1, what all routes have in common

def test_every_answer_may_be_read_by_pages_of_other_origins(context):
    """1.1, CORS: on answers, errors and with or without Origin."""
    broker = filled(context)
    for segments in (*GETS, ("nothing",), ("traces", "none")):
        for headers in ({}, {"Origin": "http://dashboard.example"}):
            response = broker.request("GET", path(*segments), headers=headers)
            equal(response.headers["Access-Control-Allow-Origin"], "*", f"{segments} {headers}")
            equal(response.headers["Access-Control-Allow-Credentials"], None, f"{segments} {headers}")


def test_preflights_are_answered(context):
    """1.1, OPTIONS: 204 without a body, the methods, the headers that were asked for, Vary. No Content-Length, as an answer
    of 204 may not have one (RFC 9110, 8.6); an id, and leave to read it, as on every answer."""
    broker = ark(context)
    for where in ("/messages", "/stream/q", "/events/u", "/sessions", "/v1/traces", "/nothing"):
        response = broker.request("OPTIONS", where, headers={
            "Origin": "http://a.example", "Access-Control-Request-Method": "DELETE",
            "Access-Control-Request-Headers": "content-type, x-request-id"})
        equal((response.status, response.body), (204, b""), where)
        headers = {name.lower(): value for name, value in response.headers.items()}
        expect(UUID.fullmatch(headers.pop("x-request-id")) and headers.pop("date"), response.headers)
        equal(headers, {
            "access-control-allow-origin": "*", "access-control-allow-methods": "GET,HEAD,PUT,PATCH,POST,DELETE",
            "access-control-allow-headers": "content-type, x-request-id", "access-control-expose-headers": "X-Request-ID",
            "vary": "Access-Control-Request-Headers", "connection": "keep-alive"}, f"{where}: the headers")


def test_the_request_id_is_echoed_or_made(context):
    """1.1, X-Request-ID; 8, request-id: verbatim, otherwise a UUID of version 4; on errors too."""
    broker = filled(context)
    for segments in (*GETS, ("nothing",), ("traces", "none")):
        for sent in ("mine-7", "3F0C/=+:x", "a" * 100):
            response = broker.request("GET", path(*segments), headers={"X-Request-ID": sent})
            equal(response.headers["X-Request-ID"], sent, path(*segments))
        made = {broker.request("GET", path(*segments)).headers["X-Request-ID"] for _ in range(2)}
        expect(len(made) == 2 and all(UUID.fullmatch(name) for name in made), f"{segments}: {made}")
    for method, where, body in (("POST", "/messages", "{}"), ("POST", "/events", "{}"), ("POST", "/conversations", None),
                                ("POST", "/stream/q", "{}"), ("DELETE", "/events/u", None), ("GET", "/messages?limit=0", None)):
        response = broker.request(method, where, body, {"X-Request-ID": "mine-7", **JSON})
        equal(response.headers["X-Request-ID"], "mine-7", f"{method} {where}")
        if response.status >= 400:
            equal(response.json()["error"]["requestId"], "mine-7", f"{method} {where}")


def test_any_request_id_is_echoed(context):
    """1.1, a non-empty incoming value, verbatim."""
    broker = ark(context)
    sent = ["with space", "a" * 129, "a" * 1000, "quoted \"id\""]
    equal([broker.request("GET", "/health", headers={"X-Request-ID": name}).headers["X-Request-ID"] for name in sent],
          sent, "the ids")


def test_an_empty_request_id_is_none(context):
    """1.1, a non-empty incoming value."""
    response = ark(context).request("GET", "/health", headers={"X-Request-ID": ""})
    expect(UUID.fullmatch(response.headers["X-Request-ID"]), response.headers["X-Request-ID"])


def test_json_is_compact_and_says_its_type(context):
    """1.1, JSON responses."""
    broker = filled(context)
    for segments in GETS[3:]:
        response = broker.request("GET", path(*segments))
        equal(response.headers["Content-Type"], "application/json; charset=utf-8", path(*segments))
        equal(json.dumps(response.json(), separators=(",", ":"), ensure_ascii=False).encode(), response.body,
              path(*segments))


def test_paths_are_found_in_any_case_and_with_a_slash(context):
    """1.1, routing."""
    broker = filled(context)
    for where in ("/READYZ", "/readyz/", "/Messages", "/messages/", "/Memory-Status/", "/CONVERSATIONS",
                  "/Conversations/c/", "/Stream/", "/EVENTS/uid-1/", "/Traces/", "/traces/?limit=1"):
        equal(broker.request("GET", where).status, 200, where)
    for where in ("/Conversations/", "/conversations/"):
        equal(broker.request("POST", where).status, 201, where)
    equal(broker.request("POST", "/Stream/q/Complete/").status, 200, "/Stream/q/Complete/")
    equal(broker.request("GET", "/Events/UID-1").json()["items"], [], "another query")


def test_probes_are_found_in_any_case_and_with_a_slash(context):
    """1.1, `/Health/` = `/health`."""
    broker = ark(context)
    places = ["/Health", "/health/", "/Health/", "/Metrics", "/metrics/"]
    equal([broker.request("GET", where).status for where in places], [200] * len(places), places)


def test_otlp_is_found_in_any_case_and_with_a_slash(context):
    """1.1, routing."""
    broker = ark(context)
    places = ["/v1/traces/", "/V1/Traces"]
    equal([broker.post(where, {"resourceSpans": []}, JSON).status for where in places], [200] * 2, places)


def test_head_works_wherever_get_does(context):
    """1.1; on a watch, too, without waiting."""
    broker = filled(context)
    for segments in GETS:
        whole = broker.request("GET", path(*segments))
        response = broker.request("HEAD", path(*segments), timeout=5)
        equal((response.status, response.body), (200, b""), path(*segments))
        equal(response.headers["Content-Type"], whole.headers["Content-Type"], path(*segments))
    for where in ("/messages?watch=true", "/stream/q", "/stream/q?from-beginning=true", "/traces?watch=true"):
        response = broker.request("HEAD", where, timeout=5)
        equal((response.status, response.body, response.headers["Content-Type"]), (200, b"", "text/event-stream"), where)
    equal(broker.request("HEAD", "/nothing").status, 404, "/nothing")


def test_unknown_parameters_are_ignored(context):
    """1.1."""
    broker = filled(context)
    for segments in GETS:
        equal(broker.request("GET", path(*segments, memory="m", nonsense="1", offset="x", x="")).status, 200,
              path(*segments))
    equal(broker.request("POST", "/conversations?x=1").status, 201, "POST /conversations")
    equal(broker.request("POST", "/stream/q/complete?x=1&limit=0").status, 200, "POST /stream/q/complete")


def test_what_is_undefined_is_left_out(context):
    """1.1, never null."""
    broker = filled(context)
    for segments in GETS[3:]:
        expect(b"null" not in broker.request("GET", path(*segments)).body, path(*segments))


# MARK: 1.2, errors

def test_an_error_has_the_envelope(context):
    """1.2; 8, 404 envelope exact; appendix, with a type."""
    broker = ark(context)
    response = broker.request("GET", "/nothing", headers={"X-Request-ID": "mine"})
    equal((response.status, response.headers["Content-Type"]), (404, "application/json; charset=utf-8"), "the answer")
    body = response.json()
    equal(list(body), ["error"], "the envelope")
    expect(isinstance(body["error"].pop("type"), str), "no type")
    equal(body["error"], {"code": "NOT_FOUND", "message": "Not found", "requestId": "mine"}, "the error")


def test_an_unknown_route_is_not_found(context):
    """1.2 and 8; 7.7, every JSON reply parses, also 404s."""
    broker = ark(context)
    for method, where in (("GET", "/"), ("GET", "/nothing"), ("POST", "/nothing"), ("DELETE", "/x/y/z"), ("GET", "/v1"),
                          ("GET", "/messages/x"), ("PUT", "/nothing"), ("GET", "/stream-statistics"),
                          ("DELETE", "/sessions/s/queries/q/messages"), ("GET", "/%ff%fe")):
        response = broker.request(method, where)
        equal(refused(response, 404, "NOT_FOUND", f"{method} {where}"), "Not found", f"{method} {where}")


def test_flags_are_true_or_false(context):
    """1.2, VALIDATION_ERROR: `watch` and `from-beginning` of every list and of a trace, with the latter also of a watch. A
    `watch` of /stream that is not `true` is the list (1.6)."""
    broker = filled(context)
    lists = [("messages",), ("events",), ("events", "uid-1"), ("traces",), ("traces", f"{1:032x}"), ("stream",), ("sessions",)]
    for segments in lists:
        for value in ("maybe", "TRUE", "1", ""):
            wrong = [("from-beginning", {"from_beginning": value}),
                     ("from-beginning", {"from_beginning": value, "watch": "true"})]
            if segments != ("stream",):
                wrong.append(("watch", {"watch": value}))
            for name, parameters in wrong:
                where = path(*segments, **parameters)
                message = refused(broker.request("GET", where, timeout=5), 400, "VALIDATION_ERROR", where)
                equal(message, f'{name}: Invalid option: expected one of "true"|"false"', where)
        get(broker, *segments, watch="false", from_beginning="true")


def test_no_error_shows_a_stack(context):
    """1.2; 8, no stack normally."""
    broker = ark(context)
    for method, where, body in (("GET", "/nothing", None), ("POST", "/messages", "{"), ("GET", "/messages?limit=0", None)):
        expect("stack" not in broker.request(method, where, body, JSON).json()["error"], f"{method} {where}")


# MARK: 1.4, probes

def test_probes_say_ok(context):
    """1.4 and 8, health is OK; readyz."""
    broker = ark(context)
    for where in ("/health", "/readyz"):
        response = broker.request("GET", where)
        equal((response.status, response.body), (200, b"OK"), where)
        # 1.1, text responses.
        equal(response.headers["Content-Type"], "text/html; charset=utf-8", where)


def test_metrics_are_prometheus_text(context):
    """1.4; 8, text exposition, re-read at each scrape."""
    broker = ark(context)
    response = broker.request("GET", "/metrics")
    equal(response.headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8", "the type")
    expect(broker.metrics()["process_resident_memory_bytes"] > 1 << 20, "resident memory")


def test_the_api_describes_itself(context):
    """1.3 and 1.4, GET /openapi.json; in OpenAPI 3.1, where it was 3.0."""
    document = get(ark(context), "openapi.json")
    equal((document["openapi"], document["info"]["title"]), ("3.1.1", "ARK Broker API"), "the document")


# MARK: 3, pages

def test_a_page_has_the_envelope(context):
    """3: hasMore and a nextCursor that is a number, or none."""
    broker = filled(context, 3)
    for segments in LISTS:
        page = get(broker, *segments)
        equal((list(page), page["total"], page["hasMore"]), (["items", "total", "hasMore"], 3, False), path(*segments))
        page = get(broker, *segments, limit=2)
        equal(list(page), ["items", "total", "hasMore", "nextCursor"], path(*segments))
        equal((len(page["items"]), page["total"], page["hasMore"]), (2, 3, True), path(*segments))
        expect(type(page["nextCursor"]) is int, page["nextCursor"])
        page = get(broker, *segments, limit=3)
        equal((page["hasMore"], "nextCursor" in page), (False, False), f"{segments}, exactly as many")


def test_next_cursor_is_the_sequence_of_the_last_item(context):
    """3."""
    broker = filled(context, 3)
    page = get(broker, "messages", limit=2)
    equal(page["nextCursor"], page["items"][-1]["sequence"], "messages")
    page = get(broker, "stream", limit=2)
    equal(page["nextCursor"], page["items"][-1]["sequenceNumber"], "chunks")


def test_pages_have_every_item_once(context):
    """3, the cursor is an exclusive lower bound, the total ignores it."""
    broker = filled(context, 11)
    for segments in LISTS:
        seen, cursor = [], {}
        while True:
            page = get(broker, *segments, limit=4, **cursor)
            equal(page["total"], 11, f"{segments}: the total")
            seen += [number_of(item) for item in page["items"]]
            if not page["hasMore"]:
                break
            cursor = {"cursor": page["nextCursor"]}
        equal(seen, list(range(11)), path(*segments))


def test_pages_of_a_filter_have_every_item_once(context):
    """3, total is the number of items that match the filters."""
    broker = ark(context)
    for number in range(20):
        say(broker, f"c{number % 2}", "q", str(number))
        emit(broker, operation(str(number), f"u{number % 2}", sessionId=f"s{number % 2}"))
    for segments, parameters in ((("messages",), {"conversation_id": "c1"}), (("events",), {"session_id": "s1"}),
                                 (("events", "u1"), {})):
        first = get(broker, *segments, limit=6, **parameters)
        second = get(broker, *segments, limit=6, cursor=first["nextCursor"], **parameters)
        equal([number_of(item) for item in first["items"] + second["items"]], list(range(1, 20, 2)), path(*segments))
        equal((first["total"], second["total"], second["hasMore"]), (10, 10, False), path(*segments))


def test_a_cursor_at_or_behind_the_end_gives_nothing(context):
    """3."""
    broker = filled(context, 2)
    last = get(broker, "messages")["items"][-1]["sequence"]
    for segments in LISTS:
        for cursor in (last + 100, 9007199254740991):
            equal(get(broker, *segments, cursor=cursor), {"items": [], "total": 2, "hasMore": False}, path(*segments))
    equal(get(broker, "messages", cursor=last)["items"], [], "messages behind the last")
    equal(len(get(broker, "messages", cursor=0)["items"]), 2, "messages behind 0")


def test_the_limit_is_100_and_at_most_1000(context):
    """3."""
    broker = ark(context)
    say(broker, "c", "q", *map(str, range(1001)))
    stream(broker, "q", *({"n": number} for number in range(1001)))
    for number in range(101):
        emit(broker, operation(str(number)))
    for segments in LISTS:
        equal(len(get(broker, *segments)["items"]), 100, f"{segments} by default")
    for name in ("messages", "stream"):
        page = get(broker, name, limit=1000)
        equal((len(page["items"]), page["hasMore"]), (1000, True), f"{name}, 1000")


def test_the_default_limit_of_traces_is_100(context):
    """3 and 1.7."""
    broker = ark(context)
    export(broker, *(span(1, number + 1) for number in range(101)))
    page = get(broker, "traces")
    equal((len(page["items"]), page["total"], page["hasMore"]), (100, 101, True), "the page")


def test_a_limit_is_read_leniently(context):
    """3, the leading integer."""
    broker = filled(context, 11)
    for segments in (*LISTS, ("traces",)):
        for limit, expected in (("10.5", 10), ("5abc", 5), ("1000", 11), ("007", 7), ("3 ", 3)):
            equal(len(get(broker, *segments, limit=limit)["items"]), expected, f"{segments} {limit!r}")


def test_a_limit_that_is_none_is_refused(context):
    """3 and 1.2, PAGINATION_ERROR."""
    broker = ark(context)
    for segments in (*LISTS, ("traces",)):
        for limit in ("0", "-1", "", "abc", "x5", "0.5"):
            response = broker.request("GET", path(*segments, limit=limit))
            equal(refused(response, 400, "PAGINATION_ERROR", f"{segments} {limit!r}"),
                  "limit must be a positive integer", limit)
        for limit in ("1001", "99999999999"):
            response = broker.request("GET", path(*segments, limit=limit))
            equal(refused(response, 400, "PAGINATION_ERROR", f"{segments} {limit!r}"), "limit cannot exceed 1000", limit)


def test_a_limit_of_many_digits_is_refused(context):
    """3, more than 1000 is what it is, however it is written."""
    response = ark(context).request("GET", "/messages?limit=99999999999999999999999")
    equal(refused(response, 400, "PAGINATION_ERROR", "many digits"), "limit cannot exceed 1000", "the message")


def test_a_cursor_that_is_none_is_refused(context):
    """1.2, `cursor must be a non-negative integer`; on /messages the schema catches it."""
    broker = ark(context)
    for segments in (("events",), ("events", "uid-1"), ("stream",), ("traces",)):
        for cursor in ("x", "-1"):
            response = broker.request("GET", path(*segments, cursor=cursor))
            equal(refused(response, 400, "PAGINATION_ERROR", f"{segments} {cursor}"),
                  "cursor must be a non-negative integer", cursor)
    refused(broker.request("GET", "/messages?cursor=x"), 400, "VALIDATION_ERROR", "/messages")


def test_a_peer_that_has_said_all_it_will_gets_the_whole_list(context):
    """It may have closed its side of the connection before the log has been read: that is no end of the list."""
    broker = ark(context)
    body = {"conversation_id": "c", "query_id": "q", "messages": [text(f"message {number}") for number in range(300)]}
    equal(broker.post("/messages", body, JSON).status, 200, "POST /messages")
    for number in range(20):
        with broker.socket() as connection:
            connection.sendall(f"GET /messages?limit={280 + number} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            connection.shutdown(socket.SHUT_WR)
            answer = receive_all(connection, 15)
        page = json.loads(answer.partition(b"\r\n\r\n")[2])
        equal((len(page["items"]), page["total"], page["hasMore"]), (280 + number, 300, True), "the list")


def test_the_sequence_is_never_reset(context):
    """3, deleting does not renumber; keep sequences monotonic for ever."""
    broker = ark(context)
    say(broker, "c", "q", "a", "b", "c")
    last = get(broker, "messages")["items"][-1]["sequence"]
    equal(broker.request("DELETE", "/conversations").status, 200, "deleting")
    say(broker, "c", "q", "d")
    expect(get(broker, "messages")["items"][0]["sequence"] > last, "the sequence")
    equal(len(get(broker, "messages", cursor=last)["items"]), 1, "what is behind the cursor")


def test_the_dashboard_s_probes_have_items_and_a_total(context):
    """7.8, `limit=1` on messages, events, chunks and traces (sessions have their own)."""
    for broker, total in ((ark(context), 0), (filled(context, 2), 2)):
        for name in ("messages", "events", "stream", "traces"):
            page = get(broker, name, limit=1)
            equal((len(page["items"]), page["total"]), (min(total, 1), total), name)


def test_totals_follow_what_is_posted(context):
    """3, exact at every moment; a marker of completion counts as an item of /stream."""
    broker = ark(context)
    for number in range(1, 4):
        say(broker, "c", "q", "a")
        stream(broker, f"q{number}", {"a": 1})
        complete(broker, f"q{number}")
        export(broker, span(number, number, [attribute("ark.session.id", "s")]))
        equal((get(broker, "messages", limit=1)["total"], get(broker, "stream", limit=1)["total"],
               get(broker, "traces", limit=1)["total"], get(broker, "traces", session_id="s")["total"]),
              (number, 2 * number, number, number), "the totals")


def test_pages_of_large_items_are_bounded(context):
    """3, a page is put together in memory: one of large items ends before its limit, and the next goes on behind it."""
    broker = ark(context)
    for number in range(5):
        say(broker, "c", "q", f"{number} " + "x" * 9_000_000)
    seen, cursor = [], {}
    while True:
        page = get(broker, "messages", **cursor)
        seen.append([item["message"]["content"].split()[0] for item in page["items"]])
        if not page["hasMore"]:
            break
        cursor = {"cursor": page["nextCursor"]}
    equal(seen, [["0", "1", "2", "3"], ["4"]], "pages")
