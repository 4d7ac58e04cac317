"""A real EventSource, in headless Chromium, loses nothing and repeats nothing when its connection breaks
again and again while publishing goes on."""
import http.server
import json
import os
import shutil
import socket
import subprocess
import threading
import time

from harness import Skip, equal, event, expect, until

EVENTS, CUTS = 300, 3

PAGE = """<!doctype html><script>
const seen = []
const source = new EventSource('http://127.0.0.1:%d/feed?after=beginning')
const report = path => fetch(path, {method: 'POST', body: JSON.stringify(seen)})
source.onmessage = e => {
  seen.push([Number(e.lastEventId), JSON.parse(e.data).id])
  if (seen.length %% 10 == 0) report('/seen')
}
</script>"""


class Proxy:
    """Passes bytes on, and cuts every connection when told to."""

    def __init__(self, port):
        self.port, self.pairs, self.heads = port, [], []
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.port))
            self.pairs.append((near, far))
            threading.Thread(target=self.pump, args=[near, far, True], daemon=True).start()
            threading.Thread(target=self.pump, args=[far, near, False], daemon=True).start()

    def pump(self, source, target, is_request):
        try:
            while data := source.recv(1000):
                if is_request:
                    self.heads.append(data)
                target.sendall(data)
        except OSError:
            pass

    def cut(self):
        pairs, self.pairs = self.pairs, []
        for pair in pairs:
            for end in pair:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                end.close()


def chromium():
    if not shutil.which("chromium"):
        as_root = ["sudo"] if os.geteuid() and shutil.which("sudo") else []
        subprocess.run([*as_root, "apt-get", "update", "-qq"], capture_output=True)
        subprocess.run([*as_root, "apt-get", "install", "-y", "-qq", "chromium"], capture_output=True)
    return shutil.which("chromium") or fail("apt has no chromium")


def fail(reason):
    raise Skip(reason)


def test_an_event_source_in_chromium_resumes(context):
    program = chromium()
    broker = context.broker()
    proxy = Proxy(broker.port)
    context.cleanups.append(proxy.listener.close)
    seen = []

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = (PAGE % proxy.listener.getsockname()[1]).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self):
            report = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if len(report) > len(seen):
                seen[:] = report
            self.send_response(204)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    context.cleanups.append(server.server_close)
    context.cleanups.append(server.shutdown)
    browser = subprocess.Popen(
        [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
         f"--user-data-dir={context.directory}/chromium", f"http://127.0.0.1:{server.server_port}/"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    context.cleanups.append(browser.wait)
    context.cleanups.append(browser.kill)
    # It may have to be read from a disk first.
    until(lambda: proxy.heads, "the browser subscribes", 120)

    step, number = EVENTS // (CUTS + 1), 0
    for cut in range(CUTS + 1):
        for _ in range(step):
            broker.publish(event(number))
            number += 1
            if number % step == step // 2 and cut:
                # In the middle of a run, so that publishing goes on while nobody is connected.
                proxy.cut()
        until(lambda: len(seen) >= number // 10 * 10, f"the browser saw {number} events", 30)
    broker.publish(*[event(n) for n in range(number, number + 10)])
    number += 10
    until(lambda: len(seen) >= number, f"the browser saw all events", 30)
    equal(seen, [[n + 1, f"e-{n}"] for n in range(number)], "what the browser saw")
    resumed = [head for head in proxy.heads if b"last-event-id:" in head.lower()]
    equal(len(resumed), CUTS, "requests with Last-Event-ID")
    return f"{number} events, {CUTS} cuts"
