"""`/openapi.json` is valid OpenAPI, and the broker answers as it says: what is known to be there, streams, errors, and
whatever schemathesis thinks of. `/docs` shows it."""
import base64
import hashlib
import json
import os
import pathlib
import re
import subprocess
import urllib.parse

from ark_clients import (
    JSON, LINES, Stream, ark, attribute, compact, complete, emit, export, operation, say, span, stream, token)
from harness import Frames, Skip, equal, event, expect

here = pathlib.Path(__file__).resolve().parent
PROTOBUF = {"Content-Type": "application/x-protobuf"}


def packages(context):
    try:
        context.python_packages()
    except subprocess.CalledProcessError as error:
        raise Skip(f"the packages of python_packages.txt can't be installed here: {error}")


class Described:
    """The document of a broker, and whether answers are as it says."""

    def __init__(self, context, broker):
        packages(context)
        self.broker = broker
        response = broker.request("GET", "/openapi.json")
        equal((response.status, response.headers["Content-Type"]),
              (200, "application/json; charset=utf-8"), "the document")
        self.document = response.json()

    def resolve(self, thing):
        while "$ref" in thing:
            target = self.document
            for part in thing["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            thing = target
        return thing

    def validate(self, value, schema, what):
        from jsonschema import Draft202012Validator
        # References lead into the components.
        validator = Draft202012Validator({**schema, "components": self.document["components"]})
        for error in validator.iter_errors(value):
            raise AssertionError(f"{what}: {error.json_path}: {error.message[:500]}")

    def media(self, method, route, status, content_type, what):
        """What the document says of such an answer."""
        answers = self.document["paths"][route][method.lower()]["responses"]
        expect(str(status) in answers, f"{what}: {status} is not described")
        content = self.resolve(answers[str(status)]).get("content", {})
        if not content:
            return None
        media = (content_type or "").partition(";")[0]
        expect(media in content, f"{what}: {media!r} is not described, but {list(content)}")
        return content[media]

    def check(self, method, route, status, where=None, body=None, headers=None):
        """Sends a request and compares the answer."""
        where = where or route
        what = f"{method} {where}"
        response = self.broker.request(method, where, body, headers)
        equal(response.status, status, f"{what}: {response.body[:300]!r}")
        media = self.media(method, route, status, response.headers["Content-Type"], what)
        if media is None:
            equal(response.body, b"", what)
        elif response.headers["Content-Type"].startswith("application/json"):
            self.validate(response.json(), media["schema"], what)
        return response

    def frame_schemas(self, route):
        """That of a frame of a stream, and that of what it carries."""
        frame = self.resolve(self.media("GET", route, 200, "text/event-stream", route)["schema"])
        return frame, frame["properties"]["data"].get("contentSchema", {})


def filled(context):
    """A broker with something of everything, of session s, query q and uid-1, conversation c, trace 1."""
    broker = ark(context)
    say(broker, "c", "q", "hello", "world")
    for reason in ("QueryExecutionStart", "QueryExecutionComplete"):
        emit(broker, operation(
            reason, queryName="q", queryNamespace="default", sessionId="s", conversationId="c", agent="planner"))
    emit(broker, operation("ToolCallError", "uid-2", queryName="other", sessionId="s", toolName="search", error="no"))
    export(broker, span(1, 1, [attribute("ark.session.id", "s")]), span(2, 1, kind=77, parentSpanId=f"{1:016x}"),
           span(3, 2), resource=[attribute("service.name", "test")])
    stream(broker, "q", token("Hi"), {"error": {"message": "m", "type": "server_error"}}, [1], "[DONE]", None)
    complete(broker, "q")
    broker.publish(event(1, arksession="s", data={"a": [1]}), event(2, data="text"))
    return broker


def test_the_document_is_valid(context):
    api = Described(context, ark(context))
    from openapi_spec_validator import OpenAPIV31SpecValidator
    for error in OpenAPIV31SpecValidator(api.document).iter_errors():
        raise AssertionError(f"{list(error.absolute_path)}: {error.message[:500]}")
    equal(api.document["info"]["title"], "ARK Broker API", "title")
    version = subprocess.run([context.broker_path, "--version"], capture_output=True, check=True, text=True).stdout
    equal(f"ark-broker {api.document['info']['version']}\n", version, "version")
    equal([tag["name"] for tag in api.document["tags"]],
          ["System", "Monitoring", "Memory", "Streaming", "Events", "Traces", "Sessions", "Feed", "OTLP"], "tags")
    count = 0
    for route, item in api.document["paths"].items():
        for method, about in item.items():
            count += 1
            for media, described in about.get("requestBody", {}).get("content", {}).items():
                example = described.get("example", api.resolve(described["schema"]).get("example"))
                if example is not None:
                    api.validate(example, described["schema"], f"{method} {route}, the example of {media}")
    return f"{count} operations"


def test_examples_of_bodies_are_taken(context):
    broker = ark(context)
    api = Described(context, broker)
    taken = 0
    for route, item in api.document["paths"].items():
        for media, described in item.get("post", {}).get("requestBody", {}).get("content", {}).items():
            example = described.get("example", api.resolve(described["schema"]).get("example"))
            if example is None:
                continue
            body = example if isinstance(example, str) else compact(example)
            where = route.replace("{query}", "q")
            response = broker.request("POST", where, body.encode(), {"Content-Type": media})
            expect(response.status in (200, 201), f"POST {where}: {response.body[:300]!r}")
            taken += 1
    expect(taken >= 6, f"only {taken} examples")


def test_answers_are_as_described(context):
    api = Described(context, filled(context))
    for route in ("/health", "/ready", "/readyz", "/metrics", "/openapi.json", "/docs", "/api-docs", "/messages",
                  "/memory-status", "/conversations", "/stream", "/events", "/traces", "/sessions"):
        api.check("GET", route, 200)
    for route in ("/messages", "/stream", "/events", "/traces", "/sessions"):
        page = api.check("GET", route, 200, f"{route}?limit=1").json()
        api.check("GET", route, 200, f"{route}?limit=1&cursor={page.get('nextCursor', 0)}")
        api.check("GET", route, 400, f"{route}?limit=0")
        api.check("GET", route, 400, f"{route}?cursor=-1")
        api.check("DELETE", route, 403)
    api.check("GET", "/conversations/{conversation}", 200, "/conversations/c")
    api.check("GET", "/conversations/{conversation}", 404, "/conversations/none")
    api.check("GET", "/events/{query}", 200, "/events/uid-1")
    api.check("GET", "/traces", 200, "/traces?session_id=s")
    api.check("GET", "/traces/{trace}", 200, f"/traces/{1:032x}")
    api.check("GET", "/traces/{trace}", 404, "/traces/none")
    session = api.check("GET", "/sessions/{session}", 200, "/sessions/s").json()
    equal((len(session["queries"]), len(session["conversations"])), (2, 1), "the session")
    api.check("GET", "/sessions/{session}", 404, "/sessions/none")
    for wrong in ("status=x", "order=x", "dateFrom=x", "watch=x"):
        api.check("GET", "/sessions", 400, f"/sessions?{wrong}")
    api.check("POST", "/conversations", 201)
    api.check("POST", "/sessions", 201, body=compact({"sessionId": "t", "queryName": "q"}), headers=JSON)
    api.check("POST", "/stream/{query}", 200, "/stream/q", "{}\n", LINES)
    api.check("POST", "/stream/{query}/complete", 200, "/stream/new/complete")
    api.check("POST", "/stream/{query}/complete", 200, "/stream/new/complete")
    api.check("DELETE", "/sessions/queries/{query}", 200, "/sessions/queries/other")
    api.check("DELETE", "/conversations/{conversation}/queries/{query}/messages", 200,
              "/conversations/c/queries/q/messages")
    api.check("DELETE", "/queries/{query}/messages", 200, "/queries/q/messages")
    api.check("DELETE", "/conversations/{conversation}", 200, "/conversations/c")
    api.check("DELETE", "/conversations", 200)
    api.check("DELETE", "/events/{query}", 200, "/events/uid-1")


def test_errors_are_as_described(context):
    api = Described(context, ark(context))
    large = b"[" + b" " * (11 << 20) + b"]"
    for route in ("/messages", "/events", "/sessions"):
        for body in ("", "{", "[]", '{"data":{}}', '{"sessionId":""}'):
            api.check("POST", route, 400, body=body, headers=JSON)
        api.check("POST", route, 413, body=large, headers=JSON)
        api.check("POST", route, 415, body="{}", headers={**JSON, "Content-Encoding": "br"})
    for route in ("/v1/traces", "/v1/logs", "/v1/metrics"):
        api.check("POST", route, 400, body="{", headers=JSON)
        api.check("POST", route, 400, body=b"\xff", headers=PROTOBUF)
        api.check("POST", route, 415, body="{}", headers={"Content-Type": "text/plain"})
        api.check("POST", route, 200, body="{}", headers=JSON)
        api.check("POST", route, 200, body=b"", headers=PROTOBUF)
    refused = {"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "no ids"}]}]}]}
    answer = api.check("POST", "/v1/traces", 200, body=compact(refused), headers=JSON)
    equal(answer.json()["partialSuccess"]["rejectedSpans"], "1", "rejected spans")
    api.check("POST", "/feed", 200, body=compact(event(1)), headers={"Content-Type": "application/cloudevents+json"})
    api.check("POST", "/feed", 200, body="", headers=LINES)
    api.check("POST", "/feed", 400, body="{}", headers={"Content-Type": "application/cloudevents+json"})
    api.check("POST", "/feed", 415, body="x", headers={"Content-Type": "image/png"})
    api.check("GET", "/feed", 400, "/feed?sesion=1")
    api.check("GET", "/feed", 406, headers={"Accept": "image/png"})
    api.check("GET", "/feed", 414, "/feed?kind=" + "k" * 9000)
    api.check("GET", "/stream/{query}", 400, "/stream/q?from-beginning=maybe")
    # The methods that the document does not have are answered as it says for those that it has.
    for route, item in api.document["paths"].items():
        where = re.sub(r"\{.*?\}", "x", route)
        for method in {"get", "post", "put", "patch", "delete"} - set(item):
            response = api.broker.request(method.upper(), where)
            equal(response.status, 405, f"{method} {where}")
            described = next(iter(item.values()))["responses"]["405"]
            schema = api.resolve(described)["content"]["application/json"]["schema"]
            api.validate(response.json(), schema, f"{method} {where}")
            allowed = {name.strip().lower() for name in response.headers["Allow"].split(",")}
            equal(allowed - {"head", "options"}, set(item), f"Allow of {where}")


def test_streams_are_as_described(context):
    broker = filled(context)
    api = Described(context, broker)

    def check(route, data, what):
        frame, schema = api.frame_schemas(route)
        expect(data, f"{what}: no frames")
        for text in data:
            api.validate({"data": text}, frame, what)
            api.validate(json.loads(text), schema, what)

    for route, where in (("/messages", ("messages",)), ("/events", ("events",)), ("/traces", ("traces",)),
                         ("/events/{query}", ("events", "uid-1")), ("/traces/{trace}", ("traces", f"{1:032x}")),
                         ("/stream", ("stream",)), ("/sessions", ("sessions",))):
        reader = Stream.watch(broker, *where, from_beginning="true")
        reader.take(1)
        check(route, reader.data(), f"a watch of {route}")
        reader.close()
    whole = Stream(broker, "stream", "q", from_beginning="true")
    whole.rest()
    *chunks, done = whole.data()
    equal(done, "[DONE]", "the last frame")
    check("/stream/{query}", chunks, "the stream of a query")

    frame, schema = api.frame_schemas("/feed")
    response = broker.request("GET", "/feed?after=beginning&follow=false")
    frames = Frames().feed(response.body)
    ahead = broker.request("GET", "/feed?after=9999&follow=false")
    gaps = Frames().feed(ahead.body)[:1]
    equal([gap.kind for gap in gaps], ["ark.feed.gap"], "ahead of the log")
    for found in [*frames, *gaps]:
        api.validate({"id": str(found.position), "data": found.data}, frame, "the feed")
        api.validate(found.json(), schema, "the feed")
    # Lines have the position in the event.
    lines = broker.json_lines()
    equal(len(lines), len(frames), "lines and frames")
    for line in lines:
        api.validate(json.loads(line), {"$ref": "#/components/schemas/CloudEvent"}, "lines of the feed")
    return f"{len(frames)} events"


def test_nothing_answers_what_is_not_described(context):
    """schemathesis, with as many cases as take about half a minute and always the same seed; `--full`: five minutes, and
    other cases each time."""
    broker = filled(context)
    api = Described(context, broker)
    # Of a document that it fetches itself it passes over the operation that gives it.
    document = context.directory / "openapi.json"
    document.write_text(json.dumps(api.document))
    amount = (["--max-time", "300", "--max-examples", "1000"] if context.full
              else ["--seed", "1", "--max-examples", "15"])
    command = [
        context.python.parent / "st", "run", document, "--url", f"http://127.0.0.1:{broker.port}", "--no-color",
        *amount, "--phases", "examples,coverage,fuzzing", "--continue-on-failure", "--request-timeout", "20",
        "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,"
        "response_headers_conformance,response_schema_conformance,unsupported_method,allow_header_conformance",
        # Ends when it pleases: test_streams_are_as_described.
        "--exclude-operation-id", "streamQuery", "--warnings", "off"]
    place = context.directory / "schemathesis"
    place.mkdir(exist_ok=True)
    run = subprocess.run(
        list(map(str, command)), cwd=place, capture_output=True, text=True, timeout=500,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(here),
             "PYTHONDONTWRITEBYTECODE": "1"})
    expect(run.returncode == 0, f"schemathesis: {run.returncode}\n{run.stdout[-20_000:]}\n{run.stderr[-3000:]}")
    expect(broker.is_running(), "the broker has ended")
    for name, count in broker.metrics().items():
        if name.startswith("ark_http_requests_total") and re.search(r'status="5', name):
            raise AssertionError(f"{name}: {count}")
    operations = sum(map(len, api.document["paths"].values()))
    selected, total, tested = map(int, re.search(r"Selected: (\d+)/(\d+)\s+Tested: (\d+)", run.stdout).groups())
    equal((total, selected, tested), (operations, operations - 1, operations - 1), "operations: all, selected, tested")
    return re.search(r"\d+ generated", run.stdout).group()


def test_the_page_loads_nothing_from_elsewhere(context):
    broker = ark(context)
    pages = [broker.request("GET", where) for where in ("/docs", "/api-docs")]
    equal(pages[0].body, pages[1].body, "the two pages")
    page = pages[0]
    equal((page.status, page.headers["Content-Type"]), (200, "text/html; charset=utf-8"), "the page")
    policy = dict(part.split(" ", 1) for part in page.headers["Content-Security-Policy"].split("; "))
    for kind, directive in (("style", "style-src"), ("script", "script-src")):
        text = re.search(rb"<%b>(.*?)</%b>" % (kind.encode(), kind.encode()), page.body, re.S).group(1)
        digest = base64.b64encode(hashlib.sha256(text).digest()).decode()
        equal(policy[directive], f"'sha256-{digest}'", directive)
    equal((policy["default-src"], policy["connect-src"]), ("'none'", "'self'"), "the policy")
    # What it has links to is there, and readable without the script.
    links = re.findall(r'href="(/[^"]*)"', page.body.decode())
    equal(links, ["/openapi.json"], "links")
    equal(broker.request("GET", urllib.parse.urlsplit(links[0]).path).status, 200, "the link")
