"""A receiver of OTLP/HTTP that behaves as badly as it is told, and knows what it took. It reads protobuf by itself, with
no more of the format than it takes to find the ids."""
import collections
import gzip
import http.server
import json
import socket
import ssl
import struct
import threading


class Collector:
    """Listens on a loopback port; `script` is what to do with the requests that come, one entry each, and then all is
    well. An entry is a status, `(status, headers, body)`, or a name: reset, silence, slow, partial. With the file of a
    certificate and its key it speaks TLS."""

    def __init__(self, script=(), port=0, certificate=None):
        self.script = collections.deque(script)
        self.lock = threading.Lock()
        # By request: what it was answered with, and the ids in it.
        self.requests = []
        self.headers = []
        self.connections = 0
        self.open = set()
        self.stopped = threading.Event()
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                with collector.lock:
                    collector.connections += 1
                    collector.open.add(self.connection)

            def finish(self):
                with collector.lock:
                    collector.open.discard(self.connection)
                super().finish()

            def do_POST(self):
                collector.answer(self)

            def log_message(self, *arguments):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, request, client):
                """Whoever asked was killed, or does not trust the certificate."""

        self.server = Server(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            # The handshake is for the thread of the connection, not for the one that accepts.
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False)
            self.url = f"https://localhost:{self.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def close(self):
        if self.stopped.is_set():
            return
        self.stopped.set()
        self.server.shutdown()
        self.server.server_close()
        with self.lock:
            for connection in self.open:
                connection.shutdown(socket.SHUT_RDWR)

    def answer(self, request):
        with self.lock:
            step = self.script.popleft() if self.script else 200
        length = int(request.headers["Content-Length"])
        if step == "slow":
            # A few bytes at a time, for longer than an exchange with anybody else takes.
            body = b""
            while len(body) < length:
                body += request.rfile.read(min(64, length - len(body)))
                self.stopped.wait(0.002)
        else:
            body = request.rfile.read(length)
        if request.headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        is_json = request.headers["Content-Type"] == "application/json"
        ids = (ids_in_json(json.loads(body)) if is_json else ids_in_protobuf(body))
        with self.lock:
            self.requests.append((step, ids))
            self.headers.append({name.lower(): value for name, value in request.headers.items()})
        if step == "reset":
            # Closing with this setting sends a reset.
            request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            request.close_connection = True
            request.connection.close()
            return
        if step == "silence":
            request.close_connection = True
            self.stopped.wait(60)
            return
        status, headers, text = step if isinstance(step, tuple) else (step, {}, b"")
        if step == "partial":
            status, text = 200, json.dumps(
                {"partialSuccess": {"rejectedSpans": "1", "errorMessage": "one was bad"}}).encode()
            headers = {"Content-Type": "application/json"}
        if step == "slow":
            status = 200
        try:
            request.send_response(status)
            for name, value in headers.items():
                request.send_header(name, value)
            request.send_header("Content-Length", str(len(text)))
            request.end_headers()
            request.wfile.write(text)
        except OSError:
            # Whoever asked was killed.
            request.close_connection = True

    def taken(self):
        """The ids in requests that were answered with success, as often as they came."""
        with self.lock:
            return [i for step, ids in self.requests if step in (200, "slow", "partial") for i in ids]

    def tried(self):
        with self.lock:
            return list(self.requests)


def ids_in_json(request):
    """Span ids, or the text of each log record's body."""
    found = []
    for resource in request.get("resourceSpans", []):
        for scope in resource["scopeSpans"]:
            found += [span["spanId"] for span in scope["spans"]]
    for resource in request.get("resourceLogs", []):
        for scope in resource["scopeLogs"]:
            found += [record["body"]["stringValue"] for record in scope["logRecords"]]
    return found


def ids_in_protobuf(data):
    """The same. Field 2 of a span is its id, field 5 of a log record its body."""
    found = []
    for resource in fields(data, 1):
        for scope in fields(resource, 2):
            for record in fields(scope, 2):
                body = fields(record, 5)
                span = fields(record, 2)
                # A span has its name there, which is no AnyValue; its id has eight bytes.
                if span and len(span[0]) == 8:
                    found.append(span[0].hex())
                else:
                    found.append(fields(body[0], 1)[0].decode())
    return found


def fields(data, wanted):
    """The contents of all delimited fields with this number."""
    found, place = [], 0

    def varint():
        nonlocal place
        value, shift = 0, 0
        while True:
            byte = data[place]
            place += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while place < len(data):
        tag = varint()
        kind = tag & 7
        if kind == 0:
            varint()
        elif kind == 1:
            place += 8
        elif kind == 5:
            place += 4
        elif kind == 2:
            size = varint()
            if place + size > len(data):
                raise ValueError("a field ends behind its message")
            if tag >> 3 == wanted:
                found.append(data[place:place + size])
            place += size
        else:
            raise ValueError(f"wire type {kind}")
    return found
