"""Killed under load, again and again: every acknowledged event is there once, in order, and readers that come back see
no gap and no repetition."""
import collections
import http.client
import json
import subprocess
import threading

from harness import STRUCTURED, Broker, Frames, equal, expect, until

PUBLISHERS = 32
READERS = 4
EVENTS_A_ROUND = 1500


class Publisher(threading.Thread):
    """Publishes numbered events one by one; sends each again, with the same id, until it is acknowledged."""

    def __init__(self, name, port, stop):
        super().__init__(daemon=True)
        self.label, self.port, self.stop = name, port, stop
        self.acknowledged = 0
        self.refused = collections.Counter()
        self.connection = None

    def run(self):
        while not self.stop.is_set():
            number = self.acknowledged + 1
            body = json.dumps({
                "specversion": "1.0", "id": str(number), "source": f"/{self.label}", "type": "ark.test",
                "arksession": self.label, "data": "x" * (number * 37 % 900)})
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
                self.connection.request("POST", "/feed", body, STRUCTURED)
                response = self.connection.getresponse()
                response.read()
            except (OSError, http.client.HTTPException):
                self.connection and self.connection.close()
                self.connection = None
                # The broker is being started again.
                self.stop.wait(0.02)
                continue
            if response.status == 200:
                self.acknowledged = number
            else:
                self.refused[response.status] += 1
                self.stop.wait(0.02)


class Reader(threading.Thread):
    """Follows the feed from its beginning, and comes back where it was when it ends."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port = port
        self.seen = []
        self.problems = []
        self.reconnects = 0
        self.end = None

    def run(self):
        while self.end is None or self.position() < self.end:
            try:
                self.follow()
            except (OSError, http.client.HTTPException):
                threading.Event().wait(0.02)
            self.reconnects += 1

    def position(self):
        return self.seen[-1][0] if self.seen else 0

    def follow(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {"Last-Event-ID": str(self.position())} if self.seen else {}
        connection.request("GET", "/feed" if self.seen else "/feed?after=beginning", headers=headers)
        response = connection.getresponse()
        if response.status != 200:
            response.read()
            raise OSError("not ready")
        parser = Frames()
        while data := response.read1(1 << 16):
            for frame in parser.feed(data):
                if frame.kind != "message":
                    self.problems.append((frame.kind, frame.data))
                    continue
                attributes = frame.json()
                self.seen.append((frame.position, attributes["source"] + " " + attributes["id"]))
            if self.end is not None and self.position() >= self.end:
                break
        connection.close()


def test_every_acknowledged_event_is_there_once(context):
    rounds = 50 if context.full else 5
    store, port = context.new_directory(), context.port()

    def start():
        broker = Broker(context.broker_path, ("--data", store), port=port)
        context.cleanups.append(broker.kill)
        broker.wait_until_serving()
        return broker

    stop = threading.Event()
    context.cleanups.append(stop.set)
    publishers = [Publisher(f"p-{number}", port, stop) for number in range(PUBLISHERS)]
    readers = [Reader(port) for _ in range(READERS)]
    total = lambda: sum(publisher.acknowledged for publisher in publishers)
    broker = start()
    for thread in publishers + readers:
        thread.start()
    for _ in range(rounds):
        wanted = total() + EVENTS_A_ROUND
        until(lambda: total() >= wanted, f"{EVENTS_A_ROUND} events are acknowledged", 60)
        broker.kill()
        # Nothing that a killed process leaves behind is damage.
        checked = subprocess.run(
            [str(context.broker_path), "verify", str(store)], capture_output=True, text=True, timeout=120)
        equal(checked.returncode, 0, f"verify after a kill: {checked.stdout}{checked.stderr}")
        broker = start()
    stop.set()
    for publisher in publishers:
        publisher.join(30)
        expect(not publisher.is_alive(), "a publisher does not come to an end")

    log = [(frame.position, frame.json()) for frame in broker.events()]
    positions = [position for position, _ in log]
    expect(all(a < b for a, b in zip(positions, positions[1:])), "positions do not grow")
    stored = collections.defaultdict(list)
    for _, attributes in log:
        stored[attributes["source"]].append(int(attributes["id"]))
    for publisher in publishers:
        numbers = stored[f"/{publisher.label}"]
        # The last one may have been stored without its publisher being told.
        expect(len(numbers) - publisher.acknowledged in (0, 1),
               f"{publisher.label}: {len(numbers)} stored, {publisher.acknowledged} acknowledged")
        equal(numbers, list(range(1, len(numbers) + 1)), f"what {publisher.label} published")
        expect(not set(publisher.refused) - {503}, f"refused: {publisher.refused}")
    expected = [(position, a["source"] + " " + a["id"]) for position, a in log]
    for reader in readers:
        reader.end = positions[-1]
    # One more event, so that readers that wait at the end look up.
    broker.publish({"specversion": "1.0", "id": "last", "source": "/end", "type": "ark.test"})
    for reader in readers:
        reader.join(30)
        expect(not reader.is_alive(), f"a reader is at {reader.position()} of {positions[-1]}")
        equal(reader.problems, [], "what a reader was told of")
        equal(reader.seen[:len(expected)], expected, "what a reader saw")
        expect(reader.reconnects >= rounds, f"only {reader.reconnects} reconnections")
    return f"{rounds} kills, {len(log)} events, {PUBLISHERS} publishers, {READERS} readers"
