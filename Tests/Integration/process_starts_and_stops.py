"""The command line says what is wrong; a signal drains; a second one does not wait."""
import json
import signal
import subprocess
import time

from ark_clients import JSON, Stream, Upload, get, operation, span
from harness import STRUCTURED, Subscriber, equal, event, expect, until


def command(context, *arguments, **variables):
    return subprocess.run(
        [str(context.broker_path), *arguments], stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=60, cwd=context.directory, env={"PATH": "/usr/bin:/bin", **variables})


def begin(connection, body, where="/feed", kind="application/cloudevents+json"):
    """Sends a request up to the first bytes of its body, and returns when the broker has read its head: before that, a
    draining broker takes the connection for one on which nothing is under way."""
    connection.sendall(
        f"POST {where} HTTP/1.1\r\nHost: a\r\nContent-Type: {kind}\r\n"
        f"Expect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n".encode())
    equal(connection.recv(65536), b"HTTP/1.1 100 Continue\r\n\r\n", "what comes before the body")
    connection.sendall(body[:10])


def test_help_and_version_go_to_standard_output(context):
    result = command(context, "--help")
    equal(result.returncode, 0, "--help")
    for flag in ("--host", "--port", "--memory", "--log-level", "PORT", "LOG_LEVEL", "curl",
                 "--data", "DATA_DIR", "--keep-days", "--keep-bytes", "--durability", "verify DIR"):
        expect(flag in result.stdout, f"--help does not speak of {flag}")
    result = command(context, "--version")
    equal(result.returncode, 0, "--version")
    expect(result.stdout.startswith("ark-broker "), result.stdout)


def test_unknown_flags_suggest_the_nearest(context):
    for wrong, right in (("--prot", "--port"), ("--hots", "--host"), ("--memroy=3", "--memory")):
        result = command(context, wrong)
        expect(result.returncode not in (0, 1), f"{wrong} ends with {result.returncode}")
        expect(f"did you mean {right}" in result.stderr, result.stderr)
        equal(result.stdout, "", "what goes to standard output")


def test_bad_values_are_refused_by_name(context):
    for arguments, variables, name in (
            ([], {"PORT": "eighty"}, "PORT"), ([], {"PORT": "65536"}, "PORT"),
            (["--port", "-1"], {}, "--port"), (["--port"], {}, "--port"),
            (["--memory", "0"], {}, "--memory"), ([], {"LOG_LEVEL": "loud"}, "LOG_LEVEL"),
            (["--log-level=loud"], {}, "--log-level"), (["--keep-bytes", "10X"], {}, "--keep-bytes"),
            ([], {"KEEP_DAYS": "0"}, "KEEP_DAYS"), ([], {"KEEP_BYTES": "0"}, "KEEP_BYTES"),
            (["--keep-bytes", "1023K"], {}, "--keep-bytes"), (["--durability", "some"], {}, "--durability"),
            (["--memory", "--data", "x"], {}, "--data"), ([], {"MIN_FREE": "-1"}, "MIN_FREE"),
            ([], {"STREAM_IDLE_TIMEOUT_MS": "0"}, "STREAM_IDLE_TIMEOUT_MS"), (["--compress=x"], {}, "--compress"),
            (["--session-ttl", "1m"], {}, "sessionTTL"), ([], {"CONFIG_FILE": "/missing"}, "CONFIG_FILE"),
            (["--help=yes", "--port=x"], {}, "")):
        result = command(context, *arguments, **variables)
        if name:
            expect(result.returncode == 64, f"{arguments} {variables}: {result.returncode}")
            expect(name in result.stderr, f"{arguments} {variables}: {result.stderr}")


def test_flags_win_over_variables(context):
    broker = context.broker(environment={"PORT": "1", "HOST": "192.0.2.1"}, *["--host", "127.0.0.1"])
    equal(broker.request("GET", "/health").status, 200, "/health")


def test_a_file_is_read_and_what_is_wrong_in_it_is_said_with_its_place(context):
    file = context.directory / "ark.json"
    file.write_text(json.dumps({"host": "192.0.2.1", "logLevel": "debug"}))
    for arguments, variables in ((["--config", file], {}), ([], {"CONFIG_FILE": str(file)})):
        broker = context.broker("--host", "127.0.0.1", *arguments, environment=variables)
        equal(broker.request("GET", "/health").status, 200, "/health")
        until(lambda: any('"level":"debug"' in line for line in broker.lines), "requests are logged")
    for text, message in (
            ('{\n  "port": "80"\n}', ':2:11: port must be a number from 0 to 65535, not "80"'),
            ('{"prot": 1}', ":1:2: unknown key 'prot'; did you mean port?"),
            ('{"port": 1,\n "port": 1}', ":2:2: port is given twice, first in line 1"),
            ('{"port": 1', ":1:11: JSON ends too early")):
        file.write_text(text)
        result = command(context, "--config", str(file))
        equal(result.returncode, 64, text)
        expect(f"{file}{message}" in result.stderr, result.stderr)


def test_config_prints_what_a_broker_would_have(context):
    file = context.directory / "ark.json"
    file.write_text('{"keepDays": 7,\n "drainTimeout": "1m"}')
    given = ["--config", str(file), "--port", "9"]
    variables = {"HOST": "::1", "DATABASE_URL": "postgres://user:secret@host"}
    result = command(context, "config", *given, "--json", **variables)
    equal(result.returncode, 0, result.stderr)
    settings = json.loads(result.stdout)
    equal(settings["port"], {"value": 9, "from": "flag", "flag": "--port"}, "port")
    equal(settings["host"], {"value": "::1", "from": "variable", "variable": "HOST"}, "host")
    equal(settings["drainTimeout"], {"value": 60000, "from": "file", "file": str(file), "line": 2}, "drainTimeout")
    equal(settings["minFree"], {"value": 64 << 20, "from": "default"}, "minFree")
    expect("DATABASE_URL has no effect" in result.stderr and "secret" not in result.stderr, result.stderr)
    lines = command(context, "config", *given, **variables).stdout.splitlines()
    equal([line.split()[0] for line in lines[1:]], list(settings), "the settings")
    result = command(context, "config", "--prot", "9")
    equal((result.returncode, result.stdout), (64, ""), "a wrong flag")
    expect("did you mean --port" in result.stderr, result.stderr)


def test_variables_without_effect_are_named_at_the_start(context):
    names = {"MESSAGE_MAX_BYTES": "1048576", "REDIS_PASSWORD": "secret", "NODE_ENV": "production"}
    broker = context.broker(environment=names)
    records = [json.loads(line) for line in broker.lines]
    warnings = {record["variable"]: record["message"] for record in records if record["level"] == "warning"}
    equal(set(warnings), set(names), "what is warned of")
    expect("KEEP_BYTES" in warnings["MESSAGE_MAX_BYTES"], warnings["MESSAGE_MAX_BYTES"])
    expect("secret" not in "".join(broker.lines), "a secret is in the log")


def test_each_request_is_in_the_log_by_its_id(context):
    """At level debug, those that fail too: with what Documentation/Operations.md lists, and nothing of what was sent."""
    broker = context.broker("--memory", "64", "--log-level", "debug")
    sent = [("GET", "/secret", None, {}, 404, ""), ("GET", "/traces/secret", None, {}, 404, "/traces/{trace}"),
            ("PUT", "/messages", "secret", {}, 405, "/messages"), ("POST", "/messages", "{secret", JSON, 400, "/messages"),
            ("GET", "/messages?limit=secret", None, {}, 400, "/messages"),
            ("POST", "/v1/traces", "{secret", JSON, 400, "/v1/traces"), ("POST", "/feed", "{secret", STRUCTURED, 400, "/feed"),
            ("DELETE", "/sessions", None, {}, 403, "/sessions"), ("GET", "/memory-status", None, {}, 200, "/memory-status")]
    expected = {}
    for number, (method, where, body, headers, status, route) in enumerate(sent):
        for own in ({"X-Request-ID": f"mine-{number}"}, {}):
            response = broker.request(method, where, body, {**headers, **own})
            equal(response.status, status, f"{method} {where}")
            expected[response.headers["X-Request-ID"]] = (method, route, status)

    def logged():
        records = [json.loads(line) for line in list(broker.lines)]
        return {record["requestId"]: record for record in records if record["message"] == "request"}

    until(lambda: expected.keys() <= logged().keys(), "the requests are in the log")
    records = logged()
    for name, request in expected.items():
        record = records[name]
        equal((record["level"], set(record)), ("debug", {
            "time", "level", "message", "method", "route", "status", "microseconds", "bytesReceived", "bytesSent",
            "requestId", "remote", "aborted"}), f"the record of {request}")
        equal((record["method"], record["route"], record["status"]), request, "the request")
    expect("secret" not in "".join(broker.lines), "the log shows what was sent")


def only_error(result):
    """The one error in a log: what ends a run is told once, as the reason."""
    records = [json.loads(line) for line in result.stderr.splitlines()]
    errors = [record["message"] for record in records if record["level"] == "error"]
    equal(len(errors), 1, f"errors {errors}")
    return errors[0]


def test_a_port_in_use_is_said(context):
    broker = context.broker()
    result = command(context, "--port", str(broker.port), "--memory")
    equal(result.returncode, 1, "the exit status")
    error = only_error(result)
    expect(str(broker.port) in error and "in use" in error, error)
    result = command(context, "--port", str(broker.port), "--memory", LOG_LEVEL="silent")
    equal((result.returncode, result.stderr), (1, ""), "what is written at level silent")
    equal(broker.request("GET", "/health").status, 200, "the first broker's /health")


def test_a_store_that_is_in_use_ends_the_start_at_once(context):
    store = context.new_directory()
    broker = context.broker("--data", store)
    for arguments, variables in ((["--data", str(store)], {}), ([], {"DATA_DIR": str(store)})):
        start = time.monotonic()
        result = command(context, "--port", "0", *arguments, **variables)
        equal(result.returncode, 1, "the exit status")
        expect(time.monotonic() - start < (5 if context.full else 30), "it took long to say so")
        expect(f"process {broker.process.pid}" in only_error(result), result.stderr)
        expect("serving" not in result.stderr, result.stderr)
    equal(broker.request("GET", "/ready").status, 200, "the first broker's /ready")


def test_a_store_that_cannot_be_opened_ends_the_start(context):
    place = context.directory / "a-file"
    place.write_text("no directory")
    result = command(context, "--port", "0", "--data", str(place))
    equal(result.returncode, 1, "the exit status")
    expect(str(place) in only_error(result), result.stderr)


def test_a_signal_drains_and_loses_nothing_that_was_accepted(context):
    for number in (signal.SIGTERM, signal.SIGINT):
        broker = context.broker()
        subscribers = [Subscriber(broker) for _ in range(20)]
        publisher = broker.connection()
        accepted = 0
        for count in range(200):
            publisher.request("POST", "/feed", json.dumps(event(count)), STRUCTURED)
            response = publisher.getresponse()
            response.read()
            equal(response.status, 200, "publishing")
            accepted += 1
        # The head of a request is in: it finishes while the broker drains.
        half = broker.socket()
        body = json.dumps(event("half")).encode()
        begin(half, body)
        start = time.monotonic()
        broker.signal(number)
        until(lambda: any("draining" in line for line in broker.lines), "the broker drains")
        half.sendall(body[10:])
        answer = half.recv(65536)
        half.close()
        expect(answer.startswith(b"HTTP/1.1 200"), answer)
        accepted += 1
        equal(broker.wait(60), 0, "the exit status")
        expect(time.monotonic() - start < (11 if context.full else 40), "draining took more than 10 s")
        for subscriber in subscribers:
            positions = [frame.position for frame in subscriber.rest()]
            equal(positions, list(range(1, accepted + 1)), "positions at a subscriber")
            subscriber.close()


def test_requests_of_ark_s_clients_that_are_under_way_finish(context):
    """0.2 of the contract of Ark's clients, drain before close: what they were sending is stored, and readers get it."""
    bodies = {
        "/messages": ({"conversation_id": "c", "query_id": "q", "messages": [{"role": "user", "content": "Hi"}]}, 200),
        "/events": (operation("QueryExecutionStart", "u", queryName="q", sessionId="s"), 201),
        "/v1/traces": ({"resourceSpans": [{"scopeSpans": [{"spans": [span(1)]}]}]}, 200),
        "/sessions": ({"sessionId": "s", "queryName": "other"}, 201),
    }
    store = context.new_directory()
    broker = context.broker("--data", store)
    reader = Stream(broker, "stream", "q")
    upload = Upload(broker, "q").chunk({"n": 1})
    reader.take(1)
    halves = []
    for where, (value, status) in bodies.items():
        half, body = broker.socket(), json.dumps(value).encode()
        begin(half, body, where, "application/json")
        halves.append((where, half, body[10:], status))
    broker.signal()
    until(lambda: any("draining" in line for line in broker.lines), "the broker drains")
    upload.chunk({"n": 2})
    equal(reader.take(1), ['{"n":2}'], "a chunk while it drains")
    for where, half, rest, status in halves:
        half.sendall(rest)
        answer = half.recv(65536)
        expect(answer.startswith(b"HTTP/1.1 %d" % status), f"{where}: {answer}")
        half.close()
    equal(upload.chunk({"n": 3}).finish()["chunks_received"], 3, "the upload's answer")
    equal(reader.rest(), b"".join(b'data: {"n":%d}\n\n' % n for n in (1, 2, 3)), "the reader's stream")
    equal(broker.wait(60), 0, "the exit status")
    broker = context.broker("--data", store)
    equal([get(broker, where)["total"] for where in ("messages", "events", "traces", "stream")], [1, 1, 1, 3], "items")
    equal(list(get(broker, "sessions", "s")["queries"]), ["q", "other"], "the session's queries")


def test_draining_takes_no_longer_than_it_may(context):
    for variables in ({"SHUTDOWN_DRAIN_TIMEOUT_MS": "300"}, {"SHUTDOWN_DRAIN_TIMEOUT_MS": "0"}):
        broker = context.broker(environment=variables)
        broker.publish(event(1))
        with broker.socket() as held:
            held.sendall(b"POST /feed HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")
            equal(broker.request("GET", "/health").status, 200, "/health")
            start = time.monotonic()
            broker.signal()
            equal(broker.wait(), 0, "the exit status")
            expect(time.monotonic() - start < 5, f"draining took long with {variables}")


def test_a_second_signal_ends_at_once(context):
    broker = context.broker()
    with broker.socket() as held:
        begin(held, b"{" + b" " * 99)
        broker.signal()
        until(lambda: any("draining" in line for line in broker.lines), "the broker drains")
        broker.signal()
        # Not 0, as after a drain.
        equal(broker.wait(60), 130, "the exit status")
