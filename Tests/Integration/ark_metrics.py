"""The gauges of GET /metrics that dashboards of Ark know (sections 1.4 and 8 of the contract of Ark's clients)."""
from ark_clients import ark, complete, delete, emit, export, get, operation, say, span, stream, token
from harness import equal, expect

NAMES = ("messages", "chunks", "spans", "events", "sessions", "session_queries")


def counts(broker):
    """The six numbers, in the order of NAMES."""
    metrics = broker.metrics()
    return tuple(int(metrics[f"broker_{name}_count"]) for name in NAMES)


def test_1_4_all_six_are_there_with_a_store_in_memory(context):
    broker = ark(context)
    equal(counts(broker), (0, 0, 0, 0, 0, 0), "of an empty store")
    text = broker.request("GET", "/metrics").body.decode()
    for name in NAMES:
        expect(f"# TYPE broker_{name}_count gauge\n" in text, f"{name}: {text}")
        expect(f"# HELP broker_{name}_count " in text, f"{name}: {text}")
    expect("process_resident_memory_bytes" in text, text)


def test_1_4_they_are_absent_with_a_store_on_disk(context):
    broker = context.broker()
    say(broker, "c-1", "q-1", "Hi")
    expect("broker_" not in broker.request("GET", "/metrics").body.decode().replace("ark_broker_", ""), "they are there")


def test_8_each_is_read_anew_at_every_scrape(context):
    broker = ark(context)
    say(broker, "c-1", "q-1", "Hi")
    equal(counts(broker)[0], 1, "after one message")
    say(broker, "c-1", "q-1", "and", "again")
    equal(counts(broker)[0], 3, "after three messages")
    stream(broker, "q-1", token("a"), token("b"))
    complete(broker, "q-1")
    export(broker, span(1), span(2))
    equal(counts(broker), (3, 3, 2, 0, 0, 0), "chunks with their end, and spans")


def test_8_sessions_and_their_queries_follow_events(context):
    broker = ark(context)
    emit(broker, operation("QueryExecutionStart", "uid-1", queryName="q-1", sessionId="s-1"))
    emit(broker, operation("QueryExecutionStart", "uid-2", queryName="q-2", sessionId="s-1"))
    emit(broker, operation("SomethingElse", "uid-3", queryName="q-3", sessionId="s-2"))
    equal(counts(broker)[3:], (3, 2, 3), "events, sessions and queries")
    delete(broker, "sessions", "queries", "q-3")
    equal(counts(broker)[3:], (3, 1, 2), "without the query")


def test_8_what_is_deleted_or_let_go_is_not_counted(context):
    broker = context.broker("--memory", "1")
    say(broker, "c-1", "q-1", "a", "b")
    say(broker, "c-2", "q-2", "c")
    emit(broker, operation(uid="uid-1"))
    delete(broker, "conversations", "c-1")
    delete(broker, "events", "uid-1")
    equal(counts(broker)[:4], (1, 0, 0, 0), "after deletions")
    for _ in range(40):
        say(broker, "c-3", "q-3", "x" * 50_000)
    equal(counts(broker)[0], get(broker, "messages", limit=1)["total"], "of a store that is full")
