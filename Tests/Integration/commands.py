"""verify, repair, export and import, as people use them."""
import gzip
import json
import os
import pty
import re
import subprocess

from ark_clients import JSON, LINES
from harness import Subscriber, equal, event, expect


def command(context, *arguments, **options):
    return subprocess.run(
        [str(context.broker_path), *map(str, arguments)], timeout=120, cwd=context.directory,
        **{"stdin": subprocess.DEVNULL, "capture_output": True, **options})


def filled(context, count=3000):
    """A store that three brokers, one after the other, have filled."""
    store = context.new_directory()
    for part in range(3):
        broker = context.broker("--data", store)
        for first in range(part * count // 3, (part + 1) * count // 3, 500):
            broker.publish(*(event(number, arksession=f"s-{number % 7}", data={"text": "é" * (number % 90)})
                             for number in range(first, first + 500)))
        broker.signal()
        broker.wait()
    return store


def feed(context, store, query="after=beginning&follow=false"):
    broker = context.broker("--data", store)
    frames = [(frame.position, frame.data) for frame in broker.events(query)]
    broker.signal()
    broker.wait()
    return frames


def test_each_has_a_help_of_its_own(context):
    for name in ("verify", "repair", "export", "import"):
        result = command(context, name, "--help")
        equal(result.returncode, 0, f"{name} --help")
        expect(f"Usage: ark-broker {name} DIR".encode() in result.stdout, result.stdout)
        result = command(context, name)
        equal(result.returncode, 64, f"{name} without a directory")
        expect(f"ark-broker {name} --help".encode() in result.stderr, result.stderr)
    for arguments, text in ((("exprot",), "did you mean export"),
                            (("export", "x", "--ouput", "y"), "did you mean --output"),
                            (("export", "x", "--filter", "sesion=1"), "--filter"),
                            (("verify", "x", "y"), "'y'")):
        result = command(context, *arguments)
        equal(result.returncode, 64, f"{arguments}")
        expect(text in result.stderr.decode(), result.stderr)


def test_verify_finds_a_flipped_bit_and_repair_takes_it_out(context):
    store = filled(context)
    before = feed(context, store)
    result = command(context, "verify", store)
    equal(result.returncode, 0, f"verify: {result.stdout}{result.stderr}")
    expect(b"sound" in result.stdout and b"3000 events" in result.stdout, result.stdout)
    expect(b"\r" not in result.stderr, "a progress bar where there is no terminal")

    segment = max(store.glob("*.segment"), key=lambda path: path.stat().st_size)
    content = bytearray(segment.read_bytes())
    place = len(content) // 3
    content[place] ^= 16
    segment.write_bytes(content)
    result = command(context, "verify", store)
    equal(result.returncode, 1, "verify of a damaged store")
    line = result.stdout.decode().splitlines()[0]
    expect(line.startswith(f"damage: {segment}: byte "), line)
    found = int(line.split("byte ")[1].split(":")[0])
    expect(0 <= place - found < 1000, f"byte {place} is damaged, {found} is named")
    lost = int(line.split("position ")[1].split(" ")[0])

    result = command(context, "repair", store)
    equal(result.returncode, 0, f"repair: {result.stderr}")
    expect(f"position {lost} is lost" in result.stdout.decode(), result.stdout)
    aside = next(store.glob("aside-*"))
    equal((aside / segment.name).read_bytes(), bytes(content), "the damaged file")
    equal(command(context, "verify", store, "--quiet").stdout, b"", "verify of a repaired store")
    equal(feed(context, store), [frame for frame in before if frame[0] != lost], "the feed")
    result = command(context, "repair", store)
    expect(b"nothing to repair" in result.stdout, result.stdout)


def test_a_directory_without_a_store_is_said(context):
    empty = context.new_directory()
    empty.mkdir()
    for name in ("verify", "repair", "export"):
        for place in (empty, empty / "missing"):
            result = command(context, name, place)
            equal(result.returncode, 2, f"{name} {place}")
            expect(str(place) in result.stderr.decode(), result.stderr)
            equal(list(empty.iterdir()), [], f"what {name} leaves behind")


def test_beside_a_running_broker(context):
    store = context.new_directory()
    broker = context.broker("--data", store)
    broker.publish(*(event(number) for number in range(500)))
    result = command(context, "verify", store)
    equal(result.returncode, 0, f"verify: {result.stdout}{result.stderr}")
    expect(f"process {broker.process.pid} has the store open" in result.stderr.decode(), result.stderr)
    expect(b"500 events" in result.stdout, result.stdout)
    for name in ("repair", "export", "import"):
        result = command(context, name, store)
        equal(result.returncode, 2, name)
        expect(f"process {broker.process.pid}" in result.stderr.decode(), result.stderr)
    reader = Subscriber(broker, "after=beginning")
    equal(len(reader.take(500)), 500, "events")
    reader.close()


def test_what_is_exported_comes_back(context):
    store = filled(context)
    frames = feed(context, store)
    wires = "".join(data + "\n" for _, data in frames).encode()
    result = command(context, "export", store)
    equal(result.returncode, 0, f"export: {result.stderr}")
    expect(result.stdout == wires, "the lines are not the wire forms")
    expect(b"exported 3000 events" in result.stderr, result.stderr)

    packed = context.directory / "events.ndjson.gz"
    result = command(context, "export", store, "--positions", "--output", packed)
    equal(result.returncode, 0, f"export: {result.stderr}")
    lines = gzip.decompress(packed.read_bytes()).splitlines()
    equal([json.loads(line)["arkposition"] for line in lines], [str(p) for p, _ in frames], "positions")
    expect(not packed.with_name(packed.name + ".part").exists(), "the .part is still there")

    plain = context.directory / "some.ndjson"
    result = command(context, "export", store, "--filter", 'session="s-3"', "--output", plain)
    expected = [data for _, data in frames if json.loads(data)["arksession"] == "s-3"]
    equal(plain.read_text().splitlines(), expected, "what a filter leaves")

    # Without positions, twice: the second time everything is there already.
    copy = context.new_directory()
    for added, known in ((3000, 0), (0, 3000)):
        result = command(context, "import", copy, packed)
        equal(result.returncode, 0, f"import: {result.stderr}")
        expect(f"imported {added} events" in result.stderr.decode(), result.stderr)
        expect(known == 0 or f"{known} were there already" in result.stderr.decode(), result.stderr)
    equal([data for _, data in feed(context, copy)], [data for _, data in frames], "the copy")
    equal(command(context, "export", copy).stdout, wires, "the export of the copy")
    # From a pipe, and what a feed gives.
    other = context.new_directory()
    broker = context.broker("--data", store)
    body = broker.request(
        "GET", "/feed?after=beginning&follow=false", headers={"Accept": "application/x-ndjson"}).body
    broker.signal()
    broker.wait()
    result = command(context, "import", other, "-", stdin=None, input=body)
    equal(result.returncode, 0, f"import: {result.stderr}")
    equal(command(context, "export", other).stdout, wires, "the export of the feed")


def test_whatever_a_store_has_comes_back(context):
    """Older stores have ids that CloudEvents would not have, and bodies are as deep as a body may be. A backup has them."""
    store = context.new_directory()
    odd = "a\nb\t\u0000\u007f\u0085c"
    ids = {"arksession": odd, "arkquery": odd, "arkqueryname": odd, "arkconversation": odd, "arkagent": odd}
    older = [{"specversion": "1.0", "id": str(number), "source": "/ark/api", "type": kind, **ids, "data": {"content": odd}}
             for number, kind in enumerate(("ark.message", "ark.event." + odd, "ark.session.updated", "ark.llm.chunk"))]
    result = command(context, "import", store, "-", stdin=None, input="\n".join(map(json.dumps, older)).encode())
    equal(result.returncode, 0, f"import: {result.stderr}")
    broker = context.broker("--data", store)
    deepest = b"[" * 512 + b"]" * 512
    for where, body, headers in (
            ("/messages", {"conversation_id": "c", "query_id": "q", "messages": [{"content": odd}]}, JSON),
            ("/stream/q", deepest, LINES)):
        expect(broker.post(where, body, headers).status in (200, 201), f"{where} {body!r:.200}")
    broker.publish(event("last"))
    broker.signal()
    broker.wait()
    frames = feed(context, store)
    equal(len(frames), 7, "events")
    for arguments in ((), ("--positions",)):
        backup = command(context, "export", store, *arguments)
        equal(backup.returncode, 0, f"export: {backup.stderr}")
        copy = context.new_directory()
        result = command(context, "import", copy, "-", *arguments, stdin=None, input=backup.stdout)
        equal(result.returncode, 0, f"import: {result.stderr}")
        equal(feed(context, copy), frames, "the copy")
        equal(command(context, "export", copy, *arguments).stdout, backup.stdout, "the export of the copy")


def test_positions_can_be_kept(context):
    store = filled(context)
    part = context.directory / "part.ndjson"
    command(context, "export", store, "--filter", 'session="s-3"', "--positions", "--output", part)
    frames = feed(context, store, "session=s-3&after=beginning&follow=false")
    copy = context.new_directory()
    for added, known in ((len(frames), 0), (0, len(frames))):
        result = command(context, "import", copy, part, "--positions")
        equal(result.returncode, 0, f"import: {result.stderr}")
        expect(f"imported {added} events" in result.stderr.decode(), result.stderr)
    equal(feed(context, copy), frames, "the copy")
    equal(feed(context, copy, "session=s-3&after=beginning&follow=false"), frames, "by the index")
    equal(command(context, "verify", copy).returncode, 0, "verify of the copy")
    equal(command(context, "export", copy, "--positions").stdout, part.read_bytes(), "the export of the copy")
    # New events come behind, and what is published again is known.
    broker = context.broker("--data", copy)
    receipt = broker.publish(json.loads(frames[-1][1]), event("new"))
    equal((receipt["first"], receipt["duplicates"]), (frames[-1][0], 1), "the receipt")
    expect(receipt["last"] > frames[-1][0], "a position came again")
    broker.signal()
    broker.wait()
    # The whole cannot go between.
    whole = context.directory / "whole.ndjson"
    command(context, "export", store, "--positions", "--output", whole)
    result = command(context, "import", copy, whole, "--positions")
    equal(result.returncode, 1, "positions that have been given")
    expect(b"line 1: arkposition: 1 " in result.stderr, result.stderr)


def test_gaps_of_a_backup_are_passed_over(context):
    """A feed tells of what it could not read. That is no event of the log, and what follows it is restored."""
    lines = [json.dumps({"arkposition": str(number), **event(number, time="2026-11-24T12:00:00Z")}) for number in (1, 2, 5, 6)]
    lines.insert(2, json.dumps(event(
        "gap", id="gap-3-4", source="/ark/feed", type="ark.feed.gap", data={"from": 3, "to": 4, "reason": "damaged"})))
    backup = "".join(line + "\n" for line in lines).encode()
    for arguments, positions in ((("--positions",), [1, 2, 5, 6]), ((), [1, 2, 3, 4])):
        store = context.new_directory()
        for said in ("imported 4 events; 1 gap", "imported 0 events; 4 were there already; 1 gap"):
            result = command(context, "import", store, *arguments, stdin=None, input=backup)
            equal(result.returncode, 0, f"import {arguments}: {result.stderr}")
            expect(said in result.stderr.decode(), result.stderr)
        frames = feed(context, store)
        equal([position for position, _ in frames], positions, f"positions {arguments}")
        expect(all("ark.feed.gap" not in data for _, data in frames), frames)


def test_a_bad_line_is_named_and_what_stood_before_is_there(context):
    store = context.new_directory()
    good = [json.dumps(event(number)) for number in range(5)]
    for arguments in ((), ("--positions",)):
        store = context.new_directory()
        lines = [json.dumps({"arkposition": str(number + 1), **event(number)}) for number in range(5)]
        lines[3] = "\n" + json.dumps({**event(3), "arkposition": "4", "time": "soon"})
        result = command(
            context, "import", store, *arguments, stdin=None, input="\n".join(lines).encode())
        equal(result.returncode, 1, f"a bad line {arguments}")
        expect(b"line 5: time: " in result.stderr, result.stderr)
        expect(b"imported 3 events" in result.stderr, result.stderr)
        equal(len(command(context, "export", store).stdout.splitlines()), 3, "events")
    cut = context.directory / "cut.ndjson.gz"
    cut.write_bytes(gzip.compress("\n".join(good * 2000).encode())[:-20])
    result = command(context, "import", context.new_directory(), cut)
    equal(result.returncode, 2, "a file that is cut off")
    expect(b"cut off" in result.stderr, result.stderr)
    result = command(context, "import", context.new_directory(), "/no/such/file")
    equal(result.returncode, 2, "a file that is not there")


def on_a_terminal(context, *arguments):
    """A command whose standard error is a terminal, and what that shows."""
    reader, writer = pty.openpty()
    result = command(context, *arguments, capture_output=False, stdout=subprocess.PIPE, stderr=writer)
    os.close(writer)
    # In as many pieces as the terminal likes, and then an error: nobody has its other end any more.
    shown = b""
    try:
        while piece := os.read(reader, 65536):
            shown += piece
    except OSError:
        pass
    os.close(reader)
    return result, shown


def test_a_terminal_shows_how_far_it_is(context):
    """And what is said at last stands in a line of its own."""
    store = filled(context)
    # More than goes in at once.
    lines = context.directory / "lines.ndjson"
    lines.write_text("".join(json.dumps(event(number, data="x" * 1000)) + "\n" for number in range(10_000)))
    for label, last, arguments in (
            (b"checking", b"", ("verify", store)),
            (b"checking", b"", ("repair", store)),
            (b"exporting", b"exported 3000 events", ("export", store)),
            (b"importing", b"imported 10000 events", ("import", context.new_directory(), lines))):
        result, shown = on_a_terminal(context, *arguments)
        equal(result.returncode, 0, f"{arguments[0]}: {shown}")
        expect(re.search(rb"\r" + label + rb" \[#*\.*\] \d+ % of \d", shown), shown)
        bar, _, rest = shown.rpartition(b"\r\x1b[K")
        expect(bar and label not in rest, f"{arguments[0]}: the bar stays: {shown}")
        expect(rest.startswith(last) and bool(rest) == bool(last), shown)


def content(store):
    return {str(place.relative_to(store)): (place.stat().st_mtime_ns, place.is_file() and place.read_bytes())
            for place in (store, *store.rglob("*"))}


def test_verify_writes_nothing(context):
    """Not in a sound store, nor in one that was killed, nor in a damaged one."""
    def kill(store):
        broker = context.broker("--data", store)
        broker.publish(event("last"))
        broker.kill()

    def cut(store):
        newest = max(store.glob("*.segment"))
        newest.write_bytes(newest.read_bytes()[:-7])

    def damage(store):
        segment = max(store.glob("*.segment"), key=lambda path: path.stat().st_size)
        content = bytearray(segment.read_bytes())
        content[50_000] ^= 16
        segment.write_bytes(content)

    store = filled(context)
    for happens, status in ((lambda store: None, 0), (kill, 0), (cut, None), (damage, 1)):
        happens(store)
        before = content(store)
        expect(any(name.endswith(".segment") for name in before), list(before))
        for arguments in ((), ("--quiet",)):
            result = command(context, "verify", store, *arguments)
            expect(status is None or result.returncode == status, f"verify: {result.stdout}{result.stderr}")
            after = content(store)
            changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
            equal(changed, [], "what verify changed")
