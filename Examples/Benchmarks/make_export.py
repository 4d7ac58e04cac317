#!/usr/bin/env python3
"""One export of traces as agents make it, in both encodings of OTLP; the same bytes on every machine.

  make_export.py DIRECTORY [--spans 512] [--without-messages]

Writes export.json and, where opentelemetry-proto is installed, export.pb: the same request. Beside each, *.ids says at which bytes the trace ids of its spans begin, one a line,
so that a client can give every request ids of its own. Attributes are those of OpenTelemetry's conventions for GenAI; prompts and answers take several kilobytes, with JSON inside
of JSON strings, quotes, line breaks and text that is not ASCII. --without-messages leaves them out, as instrumentations do unless they are told otherwise.
"""
import argparse
import base64
import json
import pathlib
import random
import sys

WORDS = (
    "the a of and to in is for with that on as are this from by or an be at which not can all each when only if "
    "agent answer question model tool call result report revenue margin quarter forecast customer order invoice "
    "temperature weather search document paragraph summary table column value average total change between because "
    "Zürich café naïve 東京 данные résumé “quoted” – 🚀 größer não").split()
CODE = [
    'def total(rows):\n\treturn sum(row["amount"] for row in rows)',
    'SELECT id, "name" FROM orders WHERE path LIKE \'C:\\\\data\\\\%\';',
    '{"city": "Zürich", "unit": "celsius", "days": [1, 2, 3]}',
    'Traceback (most recent call last):\n  File "/app/agent.py", line 214, in run\n    raise TimeoutError("30 s")',
]
TOOLS = ["search_documents", "get_weather", "run_query", "send_mail"]


def text(dice, size):
    """About so many characters of prose, with a quotation, a paragraph or a piece of code now and then."""
    parts, length = [], 0
    while length < size:
        luck = dice.random()
        if luck < 0.005:
            part = f"\n```\n{dice.choice(CODE)}\n```\n"
        elif luck < 0.02:
            part = dice.choice(WORDS) + ".\n\n"
        elif luck < 0.05:
            part = f'"{dice.choice(WORDS)} {dice.choice(WORDS)}"'
        else:
            part = dice.choice(WORDS)
        parts.append(part)
        length += len(part) + 1
    return " ".join(parts)


def hexadecimal(dice, count):
    return f"{dice.getrandbits(8 * count):0{2 * count}x}"


def value(thing):
    if isinstance(thing, bool):
        return {"boolValue": thing}
    if isinstance(thing, int):
        return {"intValue": str(thing)}
    if isinstance(thing, float):
        return {"doubleValue": thing}
    if isinstance(thing, list):
        return {"arrayValue": {"values": [value(each) for each in thing]}}
    return {"stringValue": thing}


def attributes(things):
    return [{"key": key, "value": value(thing)} for key, thing in things.items()]


def message(role, *parts):
    return {"role": role, "parts": list(parts)}


def said(words):
    return {"type": "text", "content": words}


class Run:
    """What one agent does for one query: a trace of eight spans."""

    STEPS = ["agent", "chat", "tool", "chat", "tool", "chat", "http", "chat"]

    def __init__(self, dice, start, with_messages):
        self.dice = dice
        self.time = start
        self.with_messages = with_messages
        self.trace = hexadecimal(dice, 16)
        self.parent = None
        self.ids = {
            "session.id": f"session-{dice.randrange(10**6):06}",
            "gen_ai.conversation.id": f"conv_{hexadecimal(dice, 12)}",
            "ark.query.id": f"query-{dice.randrange(10**6):06}",
        }
        self.model = dice.choice(["gpt-4.1", "claude-sonnet-4-5", "gemini-2.5-pro"])
        # Some instrumentations write text that is not ASCII as escapes, most do not.
        self.escapes = dice.random() < 0.25
        self.history = [message("user", said(text(dice, dice.randrange(200, 1500))))]
        self.call = None

    def spans(self):
        return [self.span(step) for step in self.STEPS]

    def span(self, step):
        dice = self.dice
        self.time += dice.randrange(1_000_000, 40_000_000)
        end = self.time + dice.randrange(2_000_000, 4_000_000_000)
        span = {"traceId": self.trace, "spanId": hexadecimal(dice, 8)}
        if self.parent:
            span["parentSpanId"] = self.parent
        name, kind, own, events = getattr(self, step)(end)
        span |= {"flags": 257, "name": name, "kind": kind, "startTimeUnixNano": str(self.time), "endTimeUnixNano": str(end)}
        span["attributes"] = attributes(self.ids | own)
        if events:
            span["events"] = events
        if dice.random() < 0.05:
            span["links"] = [{"traceId": hexadecimal(dice, 16), "spanId": hexadecimal(dice, 8), "attributes": attributes({"reason": "retry"})}]
        span["status"] = {} if step != "tool" or dice.random() > 0.1 else {"message": "timeout after 30 s", "code": 2}
        self.parent = self.parent or span["spanId"]
        return span

    def agent(self, end):
        name = self.dice.choice(["weather-agent", "research-agent", "triage-agent"])
        return f"invoke_agent {name}", 1, {
            "gen_ai.operation.name": "invoke_agent", "gen_ai.provider.name": "openai", "gen_ai.agent.name": name,
            "gen_ai.agent.id": f"asst_{hexadecimal(self.dice, 8)}", "gen_ai.request.model": self.model}, []

    def chat(self, end):
        dice = self.dice
        own = {
            "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": self.model,
            "gen_ai.request.temperature": dice.choice([0.0, 0.2, 0.7, 1.0]), "gen_ai.request.top_p": 0.95,
            "gen_ai.request.max_tokens": 4096, "gen_ai.request.stream": dice.random() < 0.5,
            "gen_ai.response.id": f"chatcmpl-{hexadecimal(dice, 12)}", "gen_ai.response.model": f"{self.model}-2026-04-14",
            "gen_ai.response.finish_reasons": [dice.choice(["stop", "tool_calls"])],
            "gen_ai.usage.input_tokens": dice.randrange(50, 9000), "gen_ai.usage.output_tokens": dice.randrange(5, 2000),
            "server.address": "api.openai.com", "server.port": 443}
        events = [{"timeUnixNano": str((self.time + end) // 2), "name": "first_token", "attributes": attributes({"n": 1, "seconds": round(dice.random(), 6)})}]
        if self.with_messages:
            answer = message("assistant", said(text(dice, dice.randrange(100, 800))))
            own["gen_ai.system_instructions"] = self.dump([said(text(dice, 400))])
            own["gen_ai.input.messages"] = self.dump(self.history)
            own["gen_ai.output.messages"] = self.dump([answer | {"finish_reason": "stop"}])
            self.history.append(answer)
        return f"chat {self.model}", 3, own, events

    def tool(self, end):
        dice = self.dice
        tool, call = dice.choice(TOOLS), f"call_{hexadecimal(dice, 12)}"
        own = {
            "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": tool, "gen_ai.tool.type": "function", "gen_ai.tool.call.id": call,
            "mcp.method.name": "tools/call", "mcp.session.id": hexadecimal(dice, 16), "network.transport": "tcp"}
        if self.with_messages:
            arguments = {"query": text(dice, 60), "limit": dice.randrange(100), "strict": True}
            result = {"documents": [{"title": text(dice, 30), "text": text(dice, dice.randrange(100, 600))} for _ in range(2)]}
            own["gen_ai.tool.call.arguments"] = self.dump(arguments)
            own["gen_ai.tool.call.result"] = self.dump(result)
            self.history.append(message("assistant", {"type": "tool_call", "id": call, "name": tool, "arguments": arguments}))
            self.history.append(message("tool", {"type": "tool_call_response", "id": call, "result": result}))
        return f"execute_tool {tool}", 3, own, []

    def http(self, end):
        return "POST", 3, {
            "http.request.method": "POST", "url.full": "https://api.openai.com/v1/chat/completions", "http.response.status_code": 200,
            "network.protocol.version": "1.1", "server.address": "api.openai.com", "server.port": 443}, []

    def dump(self, thing):
        return json.dumps(thing, ensure_ascii=self.escapes)


def make_request(count, with_messages):
    dice = random.Random(7)
    resource = {
        "service.name": "agent-platform", "service.version": "3.1.4", "service.instance.id": hexadecimal(dice, 16),
        "telemetry.sdk.language": "python", "telemetry.sdk.name": "opentelemetry", "telemetry.sdk.version": "1.38.0",
        "k8s.namespace.name": "default", "k8s.pod.name": "agent-7f9c-xk2", "process.pid": 4242}
    spans, start = [], 1_764_000_000_000_000_000
    while len(spans) < count:
        run = Run(dice, start, with_messages)
        spans += run.spans()
        start = run.time
    return {"resourceSpans": [{
        "resource": {"attributes": attributes(resource)},
        "scopeSpans": [{
            "scope": {"name": "opentelemetry.instrumentation.openai", "version": "2.1.0"}, "spans": spans[:count],
            "schemaUrl": "https://opentelemetry.io/schemas/1.37.0"}]}]}


def spans_of(request):
    return [span for resource in request["resourceSpans"] for scope in resource["scopeSpans"] for span in scope["spans"]]


def with_base64_ids(request):
    """As the JSON of protobuf has it: OTLP/JSON has hexadecimal ids."""
    request = json.loads(json.dumps(request))
    for span in spans_of(request):
        for each in [span, *span.get("links", [])]:
            for name in ["traceId", "spanId", "parentSpanId"]:
                if name in each:
                    each[name] = base64.b64encode(bytes.fromhex(each[name])).decode()
    return request


def write(path, body, marks):
    """The body, and where in it the id begins that follows each mark."""
    path.write_bytes(body)
    offsets, place = [], 0
    for mark, length in marks:
        place = body.index(mark, place) + len(mark)
        offsets.append(place - length)
    path.with_suffix(path.suffix + ".ids").write_text("".join(f"{offset}\n" for offset in offsets))
    print(f"{path.name}: {len(offsets)} spans, {len(body)} bytes")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--spans", type=int, default=512)
    parser.add_argument("--without-messages", action="store_true")
    options = parser.parse_args()
    options.directory.mkdir(parents=True, exist_ok=True)
    request = make_request(options.spans, not options.without_messages)
    traces = [span["traceId"] for span in spans_of(request)]
    body = json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode()
    write(options.directory / "export.json", body, [(f'{{"traceId":"{trace}'.encode(), 32) for trace in traces])

    try:
        from google.protobuf import json_format
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
    except ImportError as error:
        return print(f"export.pb: left out, because {error}", file=sys.stderr)
    request = with_base64_ids(request)
    export = json_format.ParseDict(request, ExportTraceServiceRequest())
    body = export.SerializeToString(deterministic=True)
    read = json_format.MessageToDict(ExportTraceServiceRequest.FromString(body), use_integers_for_enums=True)
    if read != request:
        sys.exit("export.pb is not the request that export.json is")
    # Field 1 of Span, 16 bytes long.
    write(options.directory / "export.pb", body, [(b"\x0a\x10" + bytes.fromhex(trace), 16) for trace in traces])


if __name__ == "__main__":
    main()
