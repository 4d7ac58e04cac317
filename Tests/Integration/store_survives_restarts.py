"""A store on disk goes on where it was: positions, events, known ids, the places of readers."""
import shutil
import signal
import subprocess
import threading

from harness import STRUCTURED, Subscriber, equal, event, expect, until


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


def test_what_is_over_the_bound_goes_and_is_said(context):
    store = context.new_directory()
    broker = context.broker("--data", store, "--keep-bytes", "8M")
    reader = Subscriber(broker, "after=beginning")
    first, seen = 0, []
    while broker.metrics()["ark_broker_oldest_position"] == 1 and first < 5000:
        broker.publish(*(event(first + number, data="x" * 50_000) for number in range(20)))
        first += 20
        # Who lets itself be overtaken by what goes is told of a gap.
        seen += reader.take(20)
    oldest = int(broker.metrics()["ark_broker_oldest_position"])
    expect(oldest > 1, f"nothing went of {first} events")
    frames = broker.events("after=0&follow=false")
    gap = frames[0]
    equal((gap.kind, gap.json()["from"], gap.json()["reason"]), ("ark.feed.gap", 1, "expired"), "the gap")
    equal(frames[1].position, gap.json()["to"] + 1, "the first event kept")
    equal(frames[-1].position, first, "the last event")
    equal([frame.position for frame in seen], list(range(1, first + 1)), "what a reader saw")
    reader.close()


def test_a_copy_of_a_running_store_can_be_used(context):
    store, copy = context.new_directory(), context.new_directory()
    broker = context.broker("--data", store)
    broker.publish(*(event(number) for number in range(1000)))
    stop = threading.Event()
    context.cleanups.append(stop.set)

    def publish():
        for number in range(1000, 1_000_000):
            if stop.is_set():
                break
            broker.publish(event(number, data="x" * (number % 2000)))

    publisher = threading.Thread(target=publish, daemon=True)
    publisher.start()
    until(lambda: broker.metrics()["ark_broker_newest_position"] > 1200, "events come in")
    before = int(broker.metrics()["ark_broker_newest_position"])
    # What is still being written under a name of its own may have another by the time it is copied.
    shutil.copytree(store, copy, ignore=shutil.ignore_patterns("lock", "*.new"))
    stop.set()
    publisher.join(10)
    expected = {frame.position: frame.data for frame in broker.events()}
    repaired = subprocess.run(
        [str(context.broker_path), "repair", str(copy)], capture_output=True, text=True, timeout=60)
    equal(repaired.returncode, 0, f"repair: {repaired.stdout}{repaired.stderr}")
    found = context.broker("--data", copy).events()
    equal([frame.position for frame in found[:before]], list(range(1, before + 1)), "what came before")
    for frame in found:
        equal(frame.data, expected[frame.position], f"the event at {frame.position}")


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
