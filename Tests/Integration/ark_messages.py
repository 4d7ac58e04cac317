"""Messages and conversations (sections 1.5, 4.2 and 7.2 of the contract of Ark's clients)."""
import json

from ark_clients import (
    EXECUTOR, JSON, LINES, MOMENT, UUID, ark, contents, get, path, refused, say, text)
from harness import equal, expect, until


def test_posting_answers_200_without_a_body(context):
    """1.5, POST /messages."""
    response = ark(context).post("/messages", {
        "conversation_id": "c1", "query_id": "q1", "messages": [text("Hi")]}, JSON)
    equal((response.status, response.body), (200, b""), "the answer")
    equal(response.headers["Content-Length"], "0", "Content-Length")


def test_a_message_comes_back_with_its_keys_in_order(context):
    """1.5, GET /messages without watch; 4.1, the moment."""
    broker = ark(context)
    say(broker, "ctx-1", "chat-query-1", "Hi")
    [item] = get(broker, "messages")["items"]
    equal(list(item), ["timestamp", "conversation_id", "query_id", "message", "sequence"], "the keys")
    expect(MOMENT.fullmatch(item["timestamp"]), item["timestamp"])
    expect(isinstance(item["sequence"], int) and item["sequence"] >= 1, item["sequence"])
    equal((item["conversation_id"], item["query_id"], item["message"]),
          ("ctx-1", "chat-query-1", {"role": "user", "content": "Hi"}), "the item")


def test_one_item_is_stored_per_message_in_their_order(context):
    """1.5, side effects; 8, single and batched posts."""
    broker = ark(context)
    say(broker, "c1", "q1", "a")
    say(broker, "c1", "q1", "b", "c", "d")
    items = get(broker, "messages", conversation_id="c1")["items"]
    equal(contents(items), ["a", "b", "c", "d"], "the messages")
    sequences = [item["sequence"] for item in items]
    equal(sequences, sorted(set(sequences)), "the sequence")


def test_the_sequence_is_one_for_all_conversations(context):
    """8, sequences are global and ordered across conversations."""
    broker = ark(context)
    for number in range(6):
        say(broker, f"c{number % 2}", f"q{number % 3}", str(number))
    items = get(broker, "messages")["items"]
    equal(contents(items), list("012345"), "all messages")
    sequences = [item["sequence"] for item in items]
    equal(sequences, sorted(set(sequences)), "the sequence")
    equal([item["sequence"] for item in get(broker, "messages", conversation_id="c1")["items"]],
          sequences[1::2], "the sequence of one conversation")


def test_any_conversation_id_is_taken(context):
    """1.5, it need not come from POST /conversations, and an empty string passes the type check."""
    broker = ark(context)
    names = ["", "with space", "a/b?c#d", "naïve ✓", "line\u2028separator", '"quoted\\"', "x" * 3000]
    for number, name in enumerate(names):
        say(broker, name, f"q{number}", f"m{number}")
    equal([item["conversation_id"] for item in get(broker, "messages")["items"]], names, "the conversations")
    for number, name in enumerate(names[1:], 1):
        equal(contents(get(broker, "messages", conversation_id=name)["items"]), [f"m{number}"], repr(name))
        equal(contents(get(broker, "conversations", name)["messages"]), [f"m{number}"], repr(name))


def test_messages_may_be_none(context):
    """1.5, `messages` may be empty."""
    broker = ark(context)
    say(broker, "c1", "q1")
    equal(get(broker, "messages"), {"items": [], "total": 0, "hasMore": False}, "the list")
    equal(get(broker, "conversations"), {"conversations": []}, "the conversations")


def test_messages_are_opaque(context):
    """1.5 and 4.2: an array of any JSON, whose elements come back as they were."""
    broker = ark(context)
    messages = [
        {"role": "tool", "tool_call_id": "call_abc", "content": "21 °C"},
        {"role": "assistant", "name": "planner", "content": None, "tool_calls": [
            {"id": "call_abc", "type": "function", "function": {"name": "f", "arguments": '{"a":"\\u00e9"}'}}]},
        {"no": "role"}, {}, [], [1, [2]], "text", "", 0, -1.5, True, None, {"sequence": 7, "timestamp": "x"}]
    say(broker, "c1", "q1", *messages)
    # `say` makes a message of a string.
    expected = [text(message) if isinstance(message, str) else message for message in messages]
    equal([item["message"] for item in get(broker, "messages")["items"]], expected, "the messages")
    body = {"conversation_id": "c2", "query_id": "q1", "messages": ["text", ""]}
    equal(broker.post("/messages", body, JSON).status, 200, "texts")
    equal([item["message"] for item in get(broker, "messages", conversation_id="c2")["items"]],
          ["text", ""], "texts")


def test_half_of_a_surrogate_pair_is_taken(context):
    """1.5, any JSON: clients whose texts are UTF-16 or cut through an emoji send it, and upstream takes it."""
    broker = ark(context)
    body = '{"conversation_id":"c","query_id":"q","messages":[{"role":"user","content":"cut \\ud83d"}]}'
    response = broker.post("/messages", body, JSON)
    equal((response.status, response.body), (200, b""), f"posting {body}")
    equal(get(broker, "messages")["total"], 1, "what is stored")


def test_a_message_keeps_the_order_of_its_keys_and_loses_white_space(context):
    """2.4, the note on re-serialisation."""
    broker = ark(context)
    body = '{ "messages" : [ { "z" : "é ✓ 😀" ,\n "a" : [ 1 , { "y" : 2, "b" : 3 } ] } ] , "query_id":"q", "conversation_id":"c" }'
    equal(broker.post("/messages", body.encode(), JSON).status, 200, "posting")
    listed = broker.request("GET", "/messages").body
    expect('"message":{"z":"é ✓ 😀","a":[1,{"y":2,"b":3}]}'.encode() in listed, listed)


def test_a_body_of_the_wrong_shape_names_what_is_wrong(context):
    """1.2, VALIDATION_ERROR; 8, missing conversation_id and query_id, and messages that are no array."""
    broker = ark(context)
    good = {"conversation_id": "c", "query_id": "q", "messages": []}
    for name, value in (("conversation_id", None), ("conversation_id", 1), ("query_id", None), ("query_id", [])):
        body = {**good, name: value} if value is not None else {k: v for k, v in good.items() if k != name}
        message = refused(broker.post("/messages", body, JSON), 400, "VALIDATION_ERROR", body)
        expect(message.startswith(f"{name}: "), message)
    for name in ("conversation_id", "query_id"):
        message = refused(broker.post("/messages", {**good, name: "c\nd"}, JSON), 400, "VALIDATION_ERROR", name)
        expect(message.startswith(f"{name}: ") and "control characters" in message, message)
    for body in ({**good, "messages": "x"}, {**good, "messages": {}}, {"conversation_id": "c", "query_id": "q"},
                 {**good, "messages": None}):
        message = refused(broker.post("/messages", body, JSON), 400, "VALIDATION_ERROR", body)
        expect(message.startswith("messages: "), message)
    message = refused(broker.post("/messages", {}, JSON), 400, "VALIDATION_ERROR", "an empty object")
    equal([issue.split(": ")[0] for issue in message.split("; ")], ["conversation_id", "query_id", "messages"],
          "the issues")
    for body in ([], "x", 1, None):
        message = refused(broker.post("/messages", json.dumps(body), JSON), 400, "VALIDATION_ERROR", body)
        expect(message.startswith("body: "), message)
    equal(get(broker, "messages")["total"], 0, "what is stored")


def test_malformed_json_is_a_400_in_the_envelope(context):
    """1.2, not the page of HTML that upstream answers."""
    broker = ark(context)
    for body in ("{", "", '{"conversation_id":"c",}', "\xff"):
        response = broker.request("POST", "/messages", body.encode("latin-1"), JSON)
        equal(response.status, 400, f"{body!r}")
        error = response.json()["error"]
        expect(error["message"] and error["requestId"] == response.headers["X-Request-ID"], error)


def test_ten_megabytes_are_taken_and_more_is_a_413(context):
    """1.1, the body parser's 10 MB; 1.2, 413 in the envelope."""
    broker = ark(context)
    say(broker, "c", "q", "x" * 9_900_000)
    equal(len(get(broker, "conversations", "c")["messages"][0]["message"]["content"]), 9_900_000, "the message")
    body = json.dumps({"conversation_id": "c", "query_id": "q", "messages": ["x" * (11 << 20)]})
    with broker.socket() as connection:
        connection.sendall(b"POST /messages HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                           b"Content-Length: %d\r\n\r\n" % len(body))
        try:
            connection.sendall(body.encode())
        except OSError:
            pass
        answer = connection.recv(1 << 16)
    expect(answer.startswith(b"HTTP/1.1 413"), answer[:300])
    expect(b'{"error":{"code":"REQUEST_ERROR"' in answer, answer)
    equal(get(broker, "messages")["total"], 1, "what is stored")


def test_a_time_to_live_is_taken(context):
    """1.5 and 7.2: `ttl_seconds`, an integer or another number."""
    broker = ark(context)
    for number in (2592000, 3600.5, 1):
        say(broker, "c", "q", "a", ttl_seconds=number)
    message = refused(broker.post("/messages", {
        "conversation_id": "c", "query_id": "q", "messages": [], "ttl_seconds": "1"}, JSON),
        400, "VALIDATION_ERROR", "a text")
    expect(message.startswith("ttl_seconds: "), message)


def test_a_message_whose_time_is_up_is_gone(context):
    """1.5, the expiry of a message."""
    broker = ark(context)
    say(broker, "c", "q", "stays")
    say(broker, "c", "q", "goes", ttl_seconds=1)
    until(lambda: contents(get(broker, "messages")["items"]) == ["stays"], "the message is gone", 5)
    equal(contents(get(broker, "conversations", "c")["messages"]), ["stays"], "the conversation")
    equal(get(broker, "memory-status")["total_messages"], 1, "the count")


def test_the_list_is_filtered_by_conversation_and_query(context):
    """1.5, parameters; 8, isolation between conversations."""
    broker = ark(context)
    for conversation, query, content in (("c1", "q1", "a"), ("c2", "q1", "b"), ("c1", "q2", "c")):
        say(broker, conversation, query, content)
    for parameters, expected in (({"conversation_id": "c1"}, ["a", "c"]), ({"query_id": "q1"}, ["a", "b"]),
                                 ({"conversation_id": "c1", "query_id": "q2"}, ["c"]),
                                 ({"conversation_id": "c2", "query_id": "q2"}, [])):
        page = get(broker, "messages", **parameters)
        equal((contents(page["items"]), page["total"]), (expected, len(expected)), parameters)


def test_an_unknown_conversation_is_an_empty_list(context):
    """8, empty list for unknown conversation."""
    equal(ark(context).request("GET", "/messages?conversation_id=none").body,
          b'{"items":[],"total":0,"hasMore":false}', "the list")


def test_parameters_are_checked(context):
    """1.5, a bad cursor is caught by the schema, a bad limit by the pagination."""
    broker = ark(context)
    for query in ("watch=maybe", "watch=1", "watch=TRUE", "cursor=x", "cursor=-1", "cursor=1.5"):
        message = refused(broker.request("GET", f"/messages?{query}"), 400, "VALIDATION_ERROR", query)
        expect(message.startswith(query.split("=")[0] + ": "), message)
    message = refused(broker.request("GET", "/messages?limit=0"), 400, "PAGINATION_ERROR", "limit=0")
    equal(message, "limit must be a positive integer", "the message")
    equal(get(broker, "messages", watch="false")["items"], [], "watch=false")


def test_memory_status_counts(context):
    """1.5, GET /memory-status."""
    broker = ark(context)
    equal(get(broker, "memory-status"), {"total_conversations": 0, "total_messages": 0, "conversations": {}}, "empty")
    say(broker, "c1", "q1", "a", "b")
    say(broker, "c1", "q2", "c")
    say(broker, "c2", "q1", "d")
    equal(get(broker, "memory-status"), {
        "total_conversations": 2, "total_messages": 4, "conversations": {
            "c1": {"message_count": 3, "query_count": 2}, "c2": {"message_count": 1, "query_count": 1}}}, "the status")


def test_conversations_are_listed_in_the_order_of_appearance(context):
    """1.5, GET /conversations; 8, conversation listing, unique ids."""
    broker = ark(context)
    for name in ("z", "a", "m", "a", "z"):
        say(broker, name, "q", "x")
    equal(broker.request("GET", "/conversations").body, b'{"conversations":["z","a","m"]}', "the list")


def test_a_new_conversation_is_a_uuid_that_is_not_stored(context):
    """1.5, POST /conversations; 7.2, no body with the type of JSON, the id usable at once."""
    broker = ark(context)
    ids = []
    for headers in ({}, JSON):
        response = broker.request("POST", "/conversations", headers=headers)
        equal(response.status, 201, "the status")
        equal(list(response.json()), ["conversation_id"], "the keys")
        ids.append(response.json()["conversation_id"])
        expect(UUID.fullmatch(ids[-1]), ids[-1])
    expect(ids[0] != ids[1], "one id twice")
    equal(get(broker, "conversations"), {"conversations": []}, "what is stored")
    equal(get(broker, "messages", conversation_id=ids[0])["items"], [], "its messages")
    say(broker, ids[0], "q", "Hi")
    equal(contents(get(broker, "messages", conversation_id=ids[0])["items"]), ["Hi"], "its messages")


def test_a_conversation_has_all_its_messages(context):
    """1.5, GET /conversations/{id}: unpaginated."""
    broker = ark(context)
    say(broker, "c1", "q1", *map(str, range(250)))
    say(broker, "c2", "q1", "other")
    conversation = get(broker, "conversations", "c1")
    equal(list(conversation), ["conversation_id", "messages"], "the keys")
    equal(conversation["conversation_id"], "c1", "the id")
    equal(contents(conversation["messages"]), list(map(str, range(250))), "the messages")
    equal(list(conversation["messages"][0]), ["timestamp", "conversation_id", "query_id", "message", "sequence"],
          "the keys of a message")


def test_an_unknown_conversation_is_not_found(context):
    """1.5 and 1.2."""
    broker = ark(context)
    say(broker, "joined", "q")
    for name in ("none", "joined"):
        response = broker.request("GET", f"/conversations/{name}")
        equal(refused(response, 404, "NOT_FOUND", name), "Conversation not found", "the message")


def test_a_path_is_percent_decoded_and_plus_stays_plus(context):
    """1.1, path segments; in a query string, as Go's and Python's clients encode it, plus is a space."""
    broker = ark(context)
    say(broker, "a+b", "q", "plus")
    say(broker, "a b", "q", "space")
    equal(contents(get(broker, "conversations", "a b")["messages"]), ["space"], "%20 in a path")
    response = broker.request("GET", "/conversations/a+b")
    equal(contents(response.json()["messages"]), ["plus"], "+ in a path")
    response = broker.request("GET", "/messages?conversation_id=a+b")
    equal(contents(response.json()["items"]), ["space"], "+ in a query")
    response = broker.request("GET", "/messages?conversation_id=a%2Bb")
    equal(contents(response.json()["items"]), ["plus"], "%2B in a query")


def test_the_executor_gets_a_long_conversation_in_one_page(context):
    """7.2 and the trap of 3: it reads one page, and a nextCursor that is a number breaks it."""
    broker = ark(context)
    say(broker, "c", "q", *map(str, range(250)))
    page = get(broker, "messages", conversation_id="c", headers=EXECUTOR)
    equal(contents(page["items"]), list(map(str, range(250))), "the messages")
    equal((page["total"], page["hasMore"], "nextCursor" in page), (250, False, False), "the rest")
    page = get(broker, "messages", conversation_id="c", limit=10, headers=EXECUTOR)
    equal((len(page["items"]), page["hasMore"]), (10, True), "a page that it asks for")


def test_the_executor_gets_no_message_without_a_role(context):
    """7.2, role-less message never returned: its reader fails on one (4.2), and with it the whole history. 1.5, opaque to others."""
    broker = ark(context)
    odd = [{"content": "no role"}, {"role": ""}, {"role": None}, {"role": 1}, {}, [], [{"role": "user"}], "role", 1, None]
    body = {"conversation_id": "c", "query_id": "q", "messages": [text("a"), *odd, text("b", "other"), {"role": "tool"}]}
    equal(broker.post("/messages", body, JSON).status, 200, "posting")
    page = get(broker, "messages", conversation_id="c", headers=EXECUTOR)
    equal([item["message"] for item in page["items"]], [text("a"), text("b", "other"), {"role": "tool"}], "its messages")
    equal((page["total"], page["hasMore"]), (3, False), "the rest")
    page = get(broker, "messages", conversation_id="c", limit=2, headers=EXECUTOR)
    equal(([item["message"] for item in page["items"]], page["hasMore"], page["total"]),
          ([text("a"), text("b", "other")], True, 3), "a page")
    equal([item["message"] for item in get(broker, "messages", conversation_id="c")["items"]], body["messages"], "of others")


def test_messages_are_taken_whatever_their_content_type(context):
    """7.6, clients of Python and Go say application/json; nothing else may hang or fail with a 5xx."""
    broker = ark(context)
    body = json.dumps({"conversation_id": "c", "query_id": "q", "messages": [text("a")]})
    for headers in (JSON, {"Content-Type": "application/json; charset=utf-8"}):
        equal(broker.request("POST", "/messages", body, headers).status, 200, headers)
    for headers in (LINES, {"Content-Type": "text/plain"}, {}):
        expect(broker.request("POST", "/messages", body, headers).status in (200, 400, 415), headers)


def test_names_are_read_from_the_query_string_whole(context):
    """7.2, GET /messages?conversation_id=<urlencoded>."""
    broker = ark(context)
    for name in ("a&b=c", "ü ✓", "100%"):
        say(broker, name, "q", name)
        equal(contents(get(broker, "messages", conversation_id=name)["items"]), [name], path("messages"))


def test_a_long_history_takes_no_memory_of_its_size(context):
    """1.5, whole conversations: written while they are read. On a disk, where the log itself takes none."""
    if not context.keeps_on_disk:
        return
    broker = ark(context)
    for number in range(30):
        say(broker, "c", "q", *[f"{number}-{part} " + "x" * 1_000_000 for part in range(4)])
    before = broker.memory("VmHWM")
    numbers = [f"{number}-{part}" for number in range(30) for part in range(4)]
    found = get(broker, "conversations", "c")["messages"]
    equal([item["message"]["content"].split()[0] for item in found], numbers, "the conversation")
    page = get(broker, "messages", headers=EXECUTOR, conversation_id="c")
    equal([item["message"]["content"].split()[0] for item in page["items"]], numbers, "the memory client's")
    equal((page["total"], page["hasMore"]), (120, False), "the end")
    grown = broker.memory("VmHWM") - before
    expect(grown < 60 << 20, f"120 MB of messages took {grown >> 20} MiB")
