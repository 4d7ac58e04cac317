"""Many live subscribers: nothing lost, nothing repeated, memory flat, a slow reader costs nothing but lag."""
import subprocess
import threading
import time

from harness import Subscriber, allow_sockets, equal, event, expect


def load(context, subscribers, rate, seconds):
    program = context.compile_c("Examples/Benchmarks/fanout.c")
    # Small enough that the log is full early: afterwards memory must stay.
    broker = context.broker("--memory", "4" if not context.full else "8")
    process = subprocess.Popen(
        [program, str(broker.port), "/feed", "/feed", str(subscribers), str(rate), str(seconds), "1024", "1"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    context.cleanups.append(process.kill)
    # The samples only observe; what is checked does not depend on when they are taken.
    samples = []
    while process.poll() is None:
        samples.append(broker.memory())
        time.sleep(0.5)
    output = process.stdout.read().strip()
    equal(process.returncode, 0, output)
    values = dict(pair.split("=") for pair in output.split())
    equal(int(values["received"]), int(values["published"]) * subscribers, output)
    flat = samples[len(samples) // 2:]
    growth = max(flat) - flat[0]
    expect(growth < 16 << 20, f"resident memory grew by {growth >> 20} MiB in the second half")
    note = f"{output}; grew {growth >> 10} KiB in the second half, at most {max(samples) >> 20} MiB"
    # Needs the machine for itself: broker and load client share its cores.
    if context.full:
        expect(int(values["published"]) >= rate * seconds * 0.9, f"published too slowly: {note}")
    return note


def test_every_event_reaches_every_subscriber(context):
    return load(context, *((1000, 1000, 20) if context.full else (200, 200, 5)))


def test_positions_are_whole_at_every_subscriber(context):
    broker = context.broker()
    subscribers = [Subscriber(broker) for _ in range(20)]
    failures = []

    def read(subscriber):
        try:
            equal([f.position for f in subscriber.take(2000)], list(range(1, 2001)), "positions")
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=read, args=[s]) for s in subscribers]
    for thread in threads:
        thread.start()
    for number in range(200):
        broker.publish(*[event(f"{number}-{n}") for n in range(10)])
    for thread in threads:
        thread.join()
    for subscriber in subscribers:
        subscriber.close()
    equal(failures, [], "failures")


def test_idle_subscribers_cost_under_8_kib(context):
    count = 10_000 if context.full else 1000
    allow_sockets(count)
    broker = context.broker()
    sockets = []

    def subscribe():
        connection = broker.socket()
        sockets.append(connection)
        connection.sendall(b"GET /feed HTTP/1.1\r\nHost: a\r\n\r\n")
        expect(connection.recv(4096).startswith(b"HTTP/1.1 200"), "subscribing")

    for _ in range(50):
        subscribe()
    before = broker.memory()
    for _ in range(count):
        subscribe()
    cost = (broker.memory() - before) / count
    for connection in sockets:
        connection.close()
    expect(cost < 8192, f"{cost:.0f} bytes each")
    return f"{cost:.0f} bytes each"


def test_an_idle_broker_uses_no_processor_time(context):
    broker = context.broker()
    subscribers = [Subscriber(broker) for _ in range(100)]
    broker.publish(event(1))
    for subscriber in subscribers:
        subscriber.take(1)
    # What the last event began is over when an answer comes back on the same loops.
    for _ in range(20):
        equal(broker.request("GET", "/health").status, 200, "/health")
    before, start = broker.cpu_seconds(), time.monotonic()
    # Nothing is waited for: this is the time over which is measured.
    time.sleep(3)
    used, seconds = broker.cpu_seconds() - before, time.monotonic() - start
    for subscriber in subscribers:
        subscriber.close()
    # A timer that runs a hundred times a second, or a loop that never sleeps, takes more.
    expect(used <= 0.03, f"{used:.2f} s of processor time in {seconds:.1f} s")
    return f"{used * 1000:.0f} ms in {seconds:.1f} s"
