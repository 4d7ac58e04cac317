"""Headless Chromium, told what to do over the pipe of its DevTools; and a proxy that cuts connections."""
import fcntl
import json
import os
import socket
import subprocess
import threading

from harness import expect, until


class Browser:
    def __init__(self, context):
        program = context.program("chromium", "chromium")
        # Chromium reads descriptor 3 and writes to 4; none of ours may be one of these.
        self.ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (*os.pipe(), *os.pipe())]
        theirs_in, self.to_browser, self.from_browser, theirs_out = self.ends
        self.process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}', "chromium",
             program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             f"--user-data-dir={context.directory}/chromium", "--remote-debugging-pipe", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            pass_fds=(theirs_in, theirs_out))
        os.close(theirs_in)
        os.close(theirs_out)
        self.answers, self.events, self.number, self.has_ended = {}, [], 0, False
        threading.Thread(target=self.read, daemon=True).start()
        context.cleanups.append(self.close)

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.to_browser)

    def read(self):
        rest = b""
        while data := os.read(self.from_browser, 1 << 16):
            *messages, rest = (rest + data).split(b"\0")
            for message in map(json.loads, messages):
                if "id" in message:
                    self.answers[message["id"]] = message
                else:
                    self.events.append(message)
        self.has_ended = True
        os.close(self.from_browser)

    def call(self, method, session=None, **parameters):
        self.number += 1
        number = self.number
        message = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self.to_browser, json.dumps(message).encode() + b"\0")
        # The first may have to wait for the program to be read from a disk.
        until(lambda: number in self.answers or self.has_ended, f"Chromium answers {method}", 120)
        expect(number in self.answers, "Chromium has ended")
        answer = self.answers.pop(number)
        expect("error" not in answer, f"{method}: {answer}")
        return answer["result"]

    def open(self, address):
        return Page(self, address)


class Page:
    """What is open in a tab, once it has loaded."""

    def __init__(self, browser, address):
        self.browser = browser
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call("Page.navigate", url=address)
        until(lambda: self.events("Page.loadEventFired"), f"{address} loads", 60)

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def events(self, method):
        return [event["params"] for event in list(self.browser.events)
                if event["method"] == method and event.get("sessionId") == self.session]

    def run(self, script):
        """The value of an expression; a promise is waited for."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        expect("exceptionDetails" not in answer, f"{script}: {answer}")
        return answer["result"].get("value")

    def until(self, script, what, seconds=30):
        return until(lambda: self.run(f"Boolean({script})"), what, seconds)

    def errors(self):
        """What the console shows in red."""
        return ([event for event in self.events("Log.entryAdded") if event["entry"]["level"] == "error"]
                + [event for event in self.events("Runtime.consoleAPICalled") if event["type"] in ("error", "assert")]
                + self.events("Runtime.exceptionThrown"))

    def requests(self):
        return [event["request"]["url"] for event in self.events("Network.requestWillBeSent")]


class Proxy:
    """Passes bytes on, and cuts every connection when told to."""

    def __init__(self, context, port):
        self.far_port, self.pairs, self.heads = port, [], []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        context.cleanups.append(self.listener.close)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.far_port))
            self.pairs.append((near, far))
            threading.Thread(target=self.pump, args=[near, far, True], daemon=True).start()
            threading.Thread(target=self.pump, args=[far, near, False], daemon=True).start()

    def pump(self, source, target, is_request):
        try:
            while data := source.recv(1 << 16 if is_request else 1000):
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

    def resumed(self):
        """The requests that said what came last."""
        return [head for head in self.heads if b"last-event-id:" in head.lower()]
