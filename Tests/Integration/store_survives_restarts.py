"""A store on disk goes on where it was: positions, events, known ids, the places of readers."""
import signal

from harness import STRUCTURED, Subscriber, equal, event, expect


def stop(broker, number):
    broker.signal(number)
    broker.wait()


def restarts(context):
    """A restart after a drain, and one after the process was killed."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        store = context.new_directory()
        yield number, lambda *arguments: context.broker("--data", store, *arguments)


def test_positions_go_on_and_the_feed_replays(context):
    for number, start in restarts(context):
        broker = start()
        broker.publish(*(event(count, arksession=f"s-{count % 3}") for count in range(100)))
        reader = Subscriber(broker, "after=beginning")
        seen = reader.take(60)
        reader.close()
        before = broker.events()
        stop(broker, number)
        broker = start()
        after = broker.events()
        equal([(f.position, f.data) for f in after], [(f.position, f.data) for f in before], "the feed")
        equal(len(broker.events("session=s-1&after=beginning&follow=false")), 33, "events of a session")
        equal(broker.publish(event("new")), {"first": 101, "last": 101, "duplicates": 0}, "the receipt")
        # A reader that comes back has missed nothing.
        reader = Subscriber(broker, headers={"Last-Event-ID": str(seen[-1].position)})
        equal([frame.position for frame in reader.take(41)], list(range(61, 102)), "what is left")
        reader.close()
        stop(broker, signal.SIGTERM)


def test_what_is_published_again_after_a_restart_is_stored_once(context):
    for number, start in restarts(context):
        broker = start()
        events = [event(count) for count in range(200)]
        broker.publish(*events)
        stop(broker, number)
        broker = start()
        equal(broker.publish(*events), {"first": 1, "last": 200, "duplicates": 200}, "the receipt")
        equal(broker.publish(events[0], event("more")), {"first": 1, "last": 201, "duplicates": 1},
              "the receipt of both")
        equal(len(broker.events()), 201, "events")


def test_an_expired_event_stays_hidden(context):
    broker = context.broker()
    response = broker.post("/feed", event("bad", arkttl=0), STRUCTURED)
    equal(response.status, 400, "arkttl 0")
    equal(response.json()["error"]["attribute"], "arkttl", "the attribute")
    broker.publish(event("long", arkttl=86400), event("text", arkttl="86400"))
    frames = [frame.json() for frame in broker.events()]
    equal([frame["arkttl"] for frame in frames], [86400, 86400], "arkttl on the wire")


def test_retention_and_durability_are_taken_from_the_environment(context):
    store = context.new_directory()
    broker = context.broker(
        "--data", store, "--compress",
        environment={"KEEP_DAYS": "30", "KEEP_BYTES": "1G", "DURABILITY": "written", "MIN_FREE": "1M"})
    broker.publish(event(1))
    expect((store / "lock").read_text() == f"process {broker.process.pid}", "who has the store")
    equal(len(list(store.glob("*.segment"))), 1, "segments")
