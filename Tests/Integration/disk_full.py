"""A full disk: publishers are told to come back later, nothing acknowledged is lost, and it ends when there is room."""
import os
import subprocess

from harness import STRUCTURED, TRACES, Skip, equal, event, expect, until


def small_disk(context, megabytes):
    """A file system of its own, so small that it is soon full."""
    place = context.new_directory()
    place.mkdir()
    if os.geteuid() != 0:
        raise Skip("only root can mount a small file system")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)],
        capture_output=True, text=True)
    if mounted.returncode != 0:
        raise Skip(f"a small file system cannot be mounted: {mounted.stderr.strip()}")
    context.cleanups.append(lambda: subprocess.run(["umount", "-l", str(place)], check=True))
    return place


def fill(broker, accepted):
    """Publishes until it is refused, and answers how."""
    for _ in range(1000):
        number = len(accepted) + 1
        response = broker.post("/feed", event(number, data="x" * 100_000), STRUCTURED)
        if response.status != 200:
            return response
        accepted.append(number)
    raise AssertionError("the disk did not get full")


def check(context, *arguments):
    disk = small_disk(context, 24)
    filler = disk / "filler"
    filler.write_bytes(b"x" * (10 << 20))
    broker = context.broker("--data", disk / "store", *arguments)
    accepted = []
    refusal = fill(broker, accepted)
    equal(refusal.status, 503, f"a full disk: {refusal.body!r}")
    equal(refusal.json()["error"]["code"], "overloaded", "the code")
    expect(int(refusal.headers["Retry-After"]) >= 1, "no Retry-After")
    span = {"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "name": "x",
            "startTimeUnixNano": "1", "endTimeUnixNano": "2",
            "attributes": [{"key": "text", "value": {"stringValue": "x" * 400_000}}]}
    spans = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
    response = broker.post("/v1/traces", spans, TRACES)
    equal(response.status, 503, f"spans on a full disk: {response.body!r}")
    expect(int(response.headers["Retry-After"]) >= 1, "no Retry-After for spans")

    def ids():
        return [int(frame.json()["id"][2:]) for frame in broker.events() if frame.json()["type"] == "ark.test"]

    # Reading goes on, and what was refused is not there.
    equal(ids(), accepted, "what is there while the disk is full")
    equal(broker.request("GET", "/ready").status, 200, "/ready while the disk is full")
    filler.unlink()
    number = len(accepted) + 1
    until(lambda: broker.post("/feed", event(number, data="y"), STRUCTURED).status == 200,
          "an event is taken when there is room")
    accepted.append(number)
    equal(ids(), accepted, "what is there when there is room again")
    equal(fill(broker, accepted).status, 503, "the disk is full again")
    broker.kill()
    broker = context.broker("--data", disk / "store", *arguments)
    equal(ids(), accepted, "what is there after a restart")
    broker.signal()
    equal(broker.wait(), 0, "the exit status on a full disk")
    checked = subprocess.run(
        [str(context.broker_path), "verify", str(disk / "store")], capture_output=True, text=True)
    equal(checked.returncode, 0, f"verify: {checked.stdout}{checked.stderr}")
    return f"{len(accepted)} events of 100 kB"


def test_below_the_floor_events_are_refused(context):
    return check(context, "--min-free", "1M")


def test_the_last_byte_is_no_trouble(context):
    return check(context, "--min-free", "0")
