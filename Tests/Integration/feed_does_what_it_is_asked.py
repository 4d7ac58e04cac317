"""The feed: replay, then live; every parameter; resuming; gaps; both formats; errors that name what is wrong."""
import json

from harness import STRUCTURED, Subscriber, equal, event, expect


def test_replay_goes_on_live_without_gap_or_repetition(context):
    broker = context.broker()
    broker.publish(*[event(n) for n in range(100)])
    subscriber = Subscriber(broker, "after=50")
    broker.publish(*[event(n) for n in range(100, 200)])
    equal([f.position for f in subscriber.take(150)], list(range(51, 201)), "positions")
    equal(subscriber.parser.retry, 2000, "retry")
    subscriber.close()
    resumed = Subscriber(broker, "after=beginning", {"Last-Event-ID": "190"})
    equal([f.position for f in resumed.take(10)], list(range(191, 201)), "positions behind Last-Event-ID")
    resumed.close()


def test_parameters_select(context):
    broker = context.broker()
    fields = ["session", "query", "queryname", "conversation", "agent", "team", "toolcall", "namespace"]
    for number, field in enumerate(fields):
        broker.publish(event(number, type=f"ark.kind.k{number}", **{f"ark{field}": f"v-{field}"}))
    for number, field in enumerate(fields):
        found = broker.events(f"{field}=v-{field}&after=beginning&follow=false")
        equal([f.position for f in found], [number + 1], field)
    equal(len(broker.events("kind=kind.*&after=beginning&follow=false")), len(fields), "kind=kind.*")
    found = broker.events("kind=kind.k1&kind=kind.k2&after=beginning&follow=false")
    equal([f.position for f in found], [2, 3], "two kinds")
    equal(broker.events("session=v-session&kind=kind.k1&after=beginning&follow=false"), [], "both")
    equal(broker.events("after=now&follow=false"), [], "after=now")


def test_lines_carry_the_position(context):
    broker = context.broker()
    broker.publish(*[event(n) for n in range(5)])
    response = broker.request(
        "GET", "/feed?after=beginning&follow=false", headers={"Accept": "application/x-ndjson"})
    equal(response.headers["Content-Type"], "application/x-ndjson", "type")
    lines = [json.loads(line) for line in response.body.splitlines() if line]
    equal([(e["arkposition"], e["id"]) for e in lines], [(str(n + 1), f"e-{n}") for n in range(5)], "lines")


def test_errors_name_what_is_wrong(context):
    broker = context.broker()
    for query, word in (("follow=maybe", "follow"), ("after=x", "after"), ("kind=", "kind"),
                        ("sesion=1", "session"), ("filter=(", "filter"), ("session=", "session")):
        response = broker.request("GET", f"/feed?{query}", headers={"X-Request-ID": "mine-7"})
        equal(response.status, 400, query)
        error = response.json()["error"]
        expect(word in error["message"], error)
        equal((error["requestId"], response.headers["X-Request-ID"]), ("mine-7", "mine-7"), "request id")
    for method, path, headers, status in (
            ("GET", "/feed", {"Accept": "image/png"}, 406), ("GET", "/feed", {"Last-Event-ID": "x"}, 400),
            ("DELETE", "/feed", {}, 405), ("GET", "/nothing", {}, 404), ("POST", "/feed", {}, 415)):
        response = broker.request(method, path, headers=headers)
        equal(response.status, status, f"{method} {path} {headers}")
        expect(response.json()["error"]["message"], "an empty message")


def test_a_position_ahead_of_the_log_is_a_restart(context):
    broker = context.broker()
    broker.publish(event(1))
    subscriber = Subscriber(broker, "", {"Last-Event-ID": "1000"})
    broker.publish(event(2))
    gap = subscriber.take(1)[0]
    equal((gap.kind, gap.json()["reason"]), ("ark.feed.gap", "restarted"), "the first frame")
    subscriber.close()


def test_what_is_no_longer_kept_is_said(context):
    broker = context.broker("--memory", "1")
    # Much more than the store keeps, and more than the newest events that the broker holds besides.
    for number in range(330):
        broker.publish(*[event(f"{number}-{n}", data="x" * 4000) for n in range(20)])
    frames = broker.events("after=5&follow=false")
    gap = frames[0]
    equal(gap.kind, "ark.feed.gap", "the first frame")
    equal((gap.json()["from"], gap.json()["reason"]), (6, "expired"), "the gap")
    equal([f.position for f in frames[1:]], list(range(gap.json()["to"] + 1, 6601)), "positions")


def test_what_a_feed_says_of_gaps_is_no_event(context):
    """Lines of a feed can be posted to another broker; what it says about its own log stays out."""
    broker = context.broker()
    first = broker.request("GET", "/feed?after=7&follow=false", headers={"Accept": "application/x-ndjson"}).body
    expect(b"ark.feed.gap" in first, first)
    lines = first + json.dumps(event(1)).encode() + b"\n"
    receipt = broker.post("/feed", lines, {"Content-Type": "application/x-ndjson"}).json()
    equal(receipt, {"first": 1, "last": 1, "duplicates": 0}, "lines with a gap among them")
    receipt = broker.post("/feed", first, STRUCTURED).json()
    equal(receipt, {"first": None, "last": None, "duplicates": 0}, "a gap alone")
    equal([json.loads(frame.data)["id"] for frame in broker.events()], ["e-1"], "what is stored")


def test_a_bad_event_stores_nothing_and_a_repeated_one_once(context):
    broker = context.broker()
    bad = event(2)
    del bad["source"]
    response = broker.post("/feed", [event(1), bad], {"Content-Type": "application/cloudevents-batch+json"})
    error = response.json()["error"]
    equal((response.status, error["index"], error["attribute"]), (400, 1, "source"), "the answer")
    equal(broker.events(), [], "what is stored")
    for duplicates in (0, 1):
        response = broker.post("/feed", event(1), STRUCTURED)
        equal((response.status, response.json()["duplicates"]), (200, duplicates), "duplicates")
    equal(len(broker.events()), 1, "what is stored")
