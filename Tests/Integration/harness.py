"""What the tests share: a broker of their own, requests, and subscribers that read the feed."""
import http.client
import json
import os
import pathlib
import re
import resource
import select
import shutil
import signal
import site
import socket
import subprocess
import sys
import tempfile
import threading
import time

STRUCTURED = {"Content-Type": "application/cloudevents+json"}
BATCHED = {"Content-Type": "application/cloudevents-batch+json"}
TRACES = {"Content-Type": "application/json"}
# What a broker takes from its environment.
VARIABLES = (
    "HOST", "PORT", "DATA_DIR", "KEEP_DAYS", "KEEP_BYTES", "MIN_FREE", "DURABILITY", "COMPRESS", "MEMORY_MIB",
    "MESSAGE_VISIBILITY_TTL_SECONDS", "EVENT_VISIBILITY_TTL_SECONDS", "SESSIONS_VISIBILITY_TTL_SECONDS",
    "CHUNK_TTL_SECONDS", "STREAM_IDLE_TIMEOUT_MS", "EVENT_IDS", "ALLOW_PURGE", "SHUTDOWN_DRAIN_TIMEOUT_MS",
    "LOG_LEVEL", "CONFIG_FILE")


class Skip(Exception):
    """Why a test cannot run here."""


def event(number, **attributes):
    fields = {"specversion": "1.0", "id": f"e-{number}", "source": "/test", "type": "ark.test"}
    fields.update(attributes)
    return fields


def expect(condition, message):
    if not condition:
        raise AssertionError(message)


def equal(actual, expected, what):
    if actual != expected:
        raise AssertionError(f"{what}: {actual!r}, expected {expected!r}")


def until(condition, what, seconds=10):
    """Waits for a condition; the deadline only bounds a failure."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.01)


def allow_sockets(count):
    """Lets this process, and brokers that it starts from now on, have so many sockets, as far as the machine allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count + 200:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, count + 1000), hard))


class Context:
    def __init__(self, package, broker_path, full):
        self.package, self.broker_path, self.full = package, broker_path, full
        # Where brokers keep their events whose tests leave it open: on disk, or in memory.
        self.keeps_on_disk = False
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="ark-integration-"))
        self.cleanups = []
        self.compiled = {}
        self.python = None
        self.directories = 0

    def clean_up(self):
        while self.cleanups:
            try:
                self.cleanups.pop()()
            except Exception as error:
                print(f"cleaning up: {error}", flush=True)

    def close(self):
        self.clean_up()
        shutil.rmtree(self.directory, ignore_errors=True)

    def new_directory(self):
        """A path for a store, where there is nothing yet; gone with the tests."""
        self.directories += 1
        return self.directory / f"store-{self.directories}"

    def port(self):
        """A port to listen on again and again: as long as the test lasts, no program gets it that asks for any port, nor a
        connection for its near end. Nobody listens on it yet."""
        holder = socket.socket()
        self.cleanups.append(holder.close)
        # Whoever listens has to set this too.
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        return holder.getsockname()[1]

    def broker(self, *arguments, **options):
        """A broker that is ready: with a store of its own on disk, unless the arguments name one."""
        if not any(str(argument).startswith(("--data", "--memory")) for argument in arguments):
            arguments = ("--data", self.new_directory(), *arguments)
        broker = Broker(self.broker_path, arguments, **options)
        self.cleanups.append(broker.kill)
        broker.wait_until_serving()
        return broker

    def fixtures(self):
        """The folder of shared fixtures; skips the test when there is none."""
        named = os.environ.get("ARK_SHARED")
        places = [pathlib.Path(named)] if named else []
        places += [parent / "shared" for parent in self.package.parents]
        for place in places:
            if (place / "fixtures").is_dir():
                return place / "fixtures"
        raise Skip("there are no shared fixtures beside the package")

    def example(self, name):
        """Where a program of Examples/Templates is, built if need be."""
        for folder in (self.broker_path.parent, self.package / ".build/debug"):
            if (folder / name).exists():
                return folder / name
        subprocess.run(["swift", "build", "--product", name], cwd=self.package, check=True)
        return self.package / ".build/debug" / name

    def python_packages(self):
        """Installs the packages of python_packages.txt beside the build, once, and makes them known to `import`."""
        wanted = self.package / "Tests/Integration/python_packages.txt"
        place = self.package / ".build/integration-python"
        stamp = place / "made-of.txt"
        made_of = f"{sys.version}\n{wanted.read_text()}"
        if not stamp.exists() or stamp.read_text() != made_of:
            print(f"installing Python packages in {place}", flush=True)
            shutil.rmtree(place, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
            subprocess.run(
                [str(place / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                 "--requirement", str(wanted)], check=True)
            stamp.write_text(made_of)
        self.python = place / "bin/python"
        known = len(sys.path)
        site.addsitedir(str(next(place.glob("lib/python*/site-packages"))))
        # In front of what the machine has of the same names.
        sys.path[1:1] = [sys.path.pop() for _ in sys.path[known:]]

    def program(self, name, package, *options):
        """Where a program is, which comes from a Debian package if need be; skips the test where there is none."""
        if not shutil.which(name):
            as_root = ["sudo"] if os.geteuid() and shutil.which("sudo") else []
            for command in (["update"], ["install", "-y", *options, package]):
                try:
                    subprocess.run([*as_root, "apt-get", "-qq", *command], capture_output=True)
                except FileNotFoundError:
                    break
        found = shutil.which(name)
        if not found:
            raise Skip(f"there is no {name}, and apt can't install {package}")
        return found

    def compile_go(self, folder):
        """Compiles the Go program of a folder, of the standard library alone, once and answers where it is."""
        if folder not in self.compiled:
            go = self.program("go", "golang-go", "--no-install-recommends")
            program = self.directory / pathlib.Path(folder).name
            place = self.package / ".build/integration-go"
            subprocess.run(
                [go, "build", "-o", str(program), *map(str, sorted((self.package / folder).glob("*.go")))], check=True,
                # It compiles without a C compiler, and fetches nothing.
                env={**os.environ, "CGO_ENABLED": "0", "GOCACHE": str(place), "GOFLAGS": "", "GOPROXY": "off",
                     "GOTOOLCHAIN": "local"})
            self.compiled[folder] = program
        return self.compiled[folder]

    def compile_c(self, source):
        """Compiles a C program of the package once and answers where it is."""
        if source not in self.compiled:
            program = self.directory / pathlib.Path(source).stem
            subprocess.run(
                ["cc", "-O2", "-pthread", "-o", str(program), str(self.package / source)], check=True)
            self.compiled[source] = program
        return self.compiled[source]


class Broker:
    """An ark-broker process on a loopback port of its own."""
    # What its log says when it serves.
    ADDRESS = re.compile(r'"address":"127\.0\.0\.1:(\d+)"')
    # All of the test that runs.
    started = []

    def __init__(self, path, arguments, port=0, environment=None):
        variables = {k: v for k, v in os.environ.items() if k not in VARIABLES}
        self.process = subprocess.Popen(
            [str(path), "--port", str(port), *map(str, arguments)], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=variables | (environment or {}))
        Broker.started.append(self)
        self.lines = []
        self.port = None
        self.thread = threading.Thread(target=self._read_log, daemon=True)
        self.thread.start()

    def _read_log(self):
        for line in self.process.stderr:
            line = line.decode(errors="replace")
            self.lines.append(line)
            found = self.ADDRESS.search(line)
            if found:
                self.port = int(found.group(1))

    @staticmethod
    def last_words():
        """What the brokers of a test logged last: for a test that failed."""
        return "".join(
            f"{broker.process.args[0]} said: {line}" for broker in Broker.started for line in broker.lines[-10:])

    def wait_until_serving(self):
        until(lambda: self.port or self.process.poll() is not None, "the broker serves", 30)
        if not self.port:
            raise AssertionError("the broker ended: " + "".join(self.lines))
        until(lambda: self.request("GET", "/ready").status == 200, "the broker is ready", 30)

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def wait(self, seconds=15):
        return self.process.wait(seconds)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.thread.join(5)
        self.process.stderr.close()

    def is_running(self):
        return self.process.poll() is None

    def connection(self, timeout=30):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def request(self, method, path, body=None, headers=None, timeout=30):
        connection = self.connection(timeout)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            return Response(response.status, response.headers, response.read())
        finally:
            connection.close()

    def post(self, path, value, headers):
        body = value if isinstance(value, (bytes, str)) else json.dumps(value)
        return self.request("POST", path, body, headers)

    def publish(self, *events):
        """Publishes events in one batch and answers the receipt."""
        response = self.post("/feed", list(events), BATCHED)
        equal(response.status, 200, f"publishing {response.body[:300]!r}")
        return response.json()

    def socket(self, timeout=30):
        connection = socket.create_connection(("127.0.0.1", self.port), timeout)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def events(self, query="after=beginning&follow=false", headers=None):
        """Reads a feed that ends, as frames."""
        response = self.request("GET", f"/feed?{query}", headers=headers)
        equal(response.status, 200, f"GET /feed?{query}: {response.body[:300]!r}")
        frames = Frames()
        return frames.feed(response.body)

    def json_lines(self, query="after=beginning&follow=false"):
        """Reads a feed that ends, as lines of JSON without the empty ones."""
        response = self.request("GET", f"/feed?{query}", headers={"Accept": "application/x-ndjson"})
        equal(response.status, 200, f"GET /feed?{query}: {response.body[:300]!r}")
        # Not splitlines: it takes U+2028 for the end of a line.
        return [line for line in response.body.decode().split("\n") if line]

    def memory(self, field="VmRSS"):
        """Resident memory in bytes; VmHWM is the most it ever was."""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"^{field}:\s+(\d+) kB", text, re.M).group(1)) * 1024

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def metrics(self):
        values = {}
        for line in self.request("GET", "/metrics").body.decode().splitlines():
            if line and not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                values[name] = float(value)
        return values


class Response:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


class Frame:
    """One server-sent event."""

    def __init__(self, kind, position, data):
        self.kind, self.position, self.data = kind, position, data

    def json(self):
        return json.loads(self.data)


class Frames:
    """A parser of server-sent events, written from the standard and not from the broker."""

    def __init__(self):
        self.rest = b""
        self.retry = None
        self.comments = 0
        self._reset()

    def _reset(self):
        self.kind, self.position, self.data = "message", None, []

    def feed(self, data):
        frames = []
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            if not line:
                if self.data:
                    frames.append(Frame(self.kind, self.position, "\n".join(self.data)))
                self._reset()
                continue
            name, _, value = line.decode().partition(":")
            value = value.removeprefix(" ")
            if name == "":
                self.comments += 1
            elif name == "data":
                self.data.append(value)
            elif name == "event":
                self.kind = value
            elif name == "id":
                self.position = int(value)
            elif name == "retry":
                self.retry = int(value)
            else:
                raise AssertionError(f"a field of no meaning in the feed: {line!r}")
        return frames


class Subscriber:
    """Reads the feed over http.client."""

    def __init__(self, broker, query="", headers=None, timeout=20):
        self.timeout = timeout
        # Less than the heartbeat's interval.
        self.connection = broker.connection(min(timeout, 10))
        self.connection.request("GET", "/feed" + ("?" + query if query else ""), headers=headers or {})
        self.response = self.connection.getresponse()
        equal(self.response.status, 200, f"subscribing to {query!r}")
        self.parser = Frames()
        self.frames = []

    def take(self, count):
        """Waits for that many frames and answers them."""
        # Heartbeats keep the socket's own timeout from striking.
        end = time.monotonic() + self.timeout
        while len(self.frames) < count:
            if time.monotonic() > end:
                raise AssertionError(f"only {len(self.frames)} of {count} events came")
            data = self.response.read1(1 << 16)
            if not data:
                raise AssertionError(f"the feed ended after {len(self.frames)} of {count} events")
            self.frames += self.parser.feed(data)
        taken, self.frames = self.frames[:count], self.frames[count:]
        return taken

    def rest(self):
        """Reads until the feed ends."""
        while data := self.response.read1(1 << 16):
            self.frames += self.parser.feed(data)
        taken, self.frames = self.frames, []
        return taken

    def close(self):
        self.connection.close()
        self.response.close()


def raw(broker, data, seconds=15):
    """Sends bytes as they are and answers what came until the other side closed or `seconds` passed."""
    with broker.socket(seconds) as connection:
        try:
            connection.sendall(data)
        except OSError:
            pass
        return receive_all(connection, seconds)


def receive_all(connection, seconds):
    received, end = b"", time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        ready, _, _ = select.select([connection], [], [], left)
        if not ready:
            break
        try:
            data = connection.recv(1 << 16)
        except OSError:
            break
        if not data:
            break
        received += data
    return received
