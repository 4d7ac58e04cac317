"""An agent at work, as the OpenTelemetry SDK tells it: spans, log records and metrics, with values of every type that
there is. Needs the Python packages."""
import collections
import logging
import random
import time

import requests
from opentelemetry import trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.metrics import Observation
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import (
    BatchLogRecordProcessor, InMemoryLogRecordExporter, SimpleLogRecordProcessor)
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

from otlp_payloads import records

# Quotes, escapes, line ends of all sorts, a zero, what HTML minds, several planes of Unicode.
PROSE = (
    'Wie wird das "Wetter" in Zürich?\\n\r\n\t\u2028\u2029\x00\x1f\x7f</script>&\u00a0 '
    '今天天气 \U0001F327\u200D\U0001F525 مرحبا ')
SCHEMA = "https://opentelemetry.io/schemas/1.38.0"
# More than anything here makes: nothing is dropped before it is exported.
QUEUE = 1 << 17


class Line(requests.Session):
    """The way to the broker, which counts what happens on it and can lose answers."""

    def __init__(self):
        super().__init__()
        self.trust_env = False
        self.answers = collections.Counter()
        self.failures = 0
        self.loses_answers = False
        self.lost = 0

    def request(self, *arguments, **options):
        try:
            response = super().request(*arguments, **options)
        except requests.ConnectionError:
            self.failures += 1
            raise
        if self.loses_answers:
            self.lost += 1
            raise requests.ConnectionError("the answer was lost")
        self.answers[response.status_code] += 1
        return response


class AgentTelemetry:
    """An SDK with batch processors that export to a broker, and what it was given to export."""

    def __init__(self, port, compression, metrics_interval=100):
        self.lines = {signal: Line() for signal in ("traces", "logs", "metrics")}
        self.results = collections.Counter()
        self.metrics_requests = []
        self.random = random.Random(7)
        self.log = Told()
        self.is_closed = False

        def exporter(signal, kind):
            return kind(
                endpoint=f"http://127.0.0.1:{port}/v1/{signal}", session=self.lines[signal],
                # How long it tries again while there is no broker.
                compression=Compression(compression), headers={"x-tenant": "acme"}, timeout=60)

        resource = Resource.create({
            "service.name": "wetter/Zürich 1", "service.version": "3.1.4", "k8s.namespace.name": "agents",
            "process.pid": 4711, "process.command_args": ["python", "-m", "agent", ""]}, SCHEMA)
        # Spans and log records are kept by the SDK's own exporters, beside those that send.
        self.spans = InMemorySpanExporter()
        self.tracing = TracerProvider(
            resource=resource, shutdown_on_exit=False,
            span_limits=SpanLimits(max_attributes=48, max_events=6, max_links=3))
        self.tracing.add_span_processor(SimpleSpanProcessor(self.spans))
        self.tracing.add_span_processor(BatchSpanProcessor(
            self._noted(exporter("traces", OTLPSpanExporter)), QUEUE, 50, 32))
        self.records = InMemoryLogRecordExporter()
        self.logging = LoggerProvider(resource=resource, shutdown_on_exit=False)
        self.logging.add_log_record_processor(SimpleLogRecordProcessor(self.records))
        self.logging.add_log_record_processor(BatchLogRecordProcessor(
            self._noted(exporter("logs", OTLPLogExporter)), 50, 16, max_queue_size=QUEUE))
        # Each collection of metrics is another one: it is kept on its way to the exporter.
        self.metering = MeterProvider(
            [PeriodicExportingMetricReader(
                self._noted(exporter("metrics", OTLPMetricExporter), self._keep_metrics), metrics_interval)],
            resource=resource, shutdown_on_exit=False,
            views=[View(
                instrument_name="agent.chunk.delay", aggregation=ExponentialBucketHistogramAggregation())])
        self._make_instruments()

    def _noted(self, exporter, note=lambda batch: None):
        export = exporter.export

        def noting(batch, *arguments, **options):
            note(batch)
            result = export(batch, *arguments, **options)
            self.results[result.name] += 1
            return result

        exporter.export = noting
        return exporter

    def _keep_metrics(self, data):
        self.metrics_requests.append(encode_metrics(data))

    def _make_instruments(self):
        self.framework = self.tracing.get_tracer("agent.framework", "2.0.1", SCHEMA, {"scope.kind": "framework"})
        self.openai = self.tracing.get_tracer("instrumentation.openai", "1.0")
        self.mcp = self.tracing.get_tracer("instrumentation.mcp")
        self.logger = self.logging.get_logger("agent.framework", "2.0.1", SCHEMA)
        meter = self.metering.get_meter("agent.metrics", "1", SCHEMA, {"n": 2**60})
        self.tokens = meter.create_counter("gen_ai.client.token.usage", "{token}", "Tokens, in and out")
        self.cost = meter.create_counter("agent.cost", "USD")
        self.sessions = meter.create_up_down_counter("agent.sessions.open")
        self.temperature = meter.create_gauge("agent.temperature")
        self.duration = meter.create_histogram("gen_ai.client.operation.duration", "s")
        self.delay = meter.create_histogram("agent.chunk.delay", "ms")
        meter.create_observable_gauge(
            "agent.queue", [lambda options: [Observation(0, {"q": "a"}), Observation(2**62, {"q": "ü"})]])

    # MARK: The agent

    def work(self, number, length=1):
        """One query from its beginning to its end: eight spans, five log records, and metrics."""
        caller = SpanContext(
            0x5B8EFFF798038103D269B633813FC60C + number, 0xEEE19B7EC3C1B174, True, TraceFlags(1),
            TraceState([("rojo", "00f067aa0ba902b7"), ("congo", "t61rcWkgMzE")]))
        common = {"session.id": f"sess-{number}", "gen_ai.conversation.id": f"conv-{number // 3}",
                  "ark.query.id": f"q-—{number}"}
        self.sessions.add(1)
        with self.framework.start_as_current_span(
                "POST /query", trace.set_span_in_context(trace.NonRecordingSpan(caller)), SpanKind.SERVER,
                common | {"http.response.status_code": 200, "user.id": ""}):
            with self.framework.start_as_current_span(
                    "invoke_agent weather", attributes=common | {
                        "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "weather"}) as agent:
                agent.add_event("plan", {
                    "titles": ["look up", "answer"], "scores": [0.5, 1.0, -0.25], "flags": [True, False], "none": []})
                first = self._chat(common, PROSE * length)
                self._call_tool(common, first)
                self._chat(common, "kurz")
        with self.framework.start_as_current_span("", kind=SpanKind.PRODUCER):
            pass
        with self.framework.start_as_current_span(
                "consume", kind=SpanKind.CONSUMER, links=[Link(caller, {"n": n}) for n in range(5)],
                attributes={f"n.{n}": n for n in range(60)}):
            self._log(LogRecord(event_name="session.start", attributes=common))
        self._log(LogRecord(timestamp=0, severity_text="outside of every span", body={
            "structured": True, "n": 2**53 + 1, "of": [1, None, "x", {"deep": b"\x00\xff"}], "no": {}, "nil": []}))
        self.sessions.add(-1 if number % 2 else -2)

    def _chat(self, common, prompt):
        model = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o"}
        with self.openai.start_as_current_span(
                "chat gpt-4o", kind=SpanKind.CLIENT, attributes=common | model) as span:
            span.set_attribute("gen_ai.input.messages", prompt)
            span.set_attribute("gen_ai.request.temperature", 0.2)
            span.set_attribute("gen_ai.request.stream", True)
            span.set_attribute("gen_ai.usage.input_tokens", len(prompt))
            span.set_attribute("gen_ai.response.finish_reasons", ["tool_calls", ""])
            span.set_status(Status(StatusCode.OK))
            for _ in range(20):
                self.delay.record(self.random.expovariate(0.01), model)
            self.delay.record(0, model)
            self.duration.record(self.random.expovariate(2), model)
            self.tokens.add(len(prompt), model | {"gen_ai.token.type": "input"})
            self.cost.add(0.0375, model)
            self.temperature.set(-0.0)
            self._log(LogRecord(
                event_name="gen_ai.client.inference.operation.details",
                attributes=common | {"gen_ai.input.messages": [{
                    "role": "user", "parts": [{"type": "text", "content": prompt}]}]}))
            return span.get_span_context()

    def _call_tool(self, common, cause):
        call = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "get_weather",
                "gen_ai.tool.call.id": "call_9x2", "mcp.session.id": "191c4850"}
        try:
            with self.mcp.start_as_current_span(
                    "tools/call get_weather", kind=SpanKind.CLIENT, attributes=common | call,
                    links=[Link(cause, {"why": "asked"}), Link(cause)]) as span:
                for number in range(9):
                    span.add_event(f"try {number}", {"attempt": number})
                with self.mcp.start_as_current_span("tools/call get_weather", kind=SpanKind.SERVER) as served:
                    for name, value in EVERY_TYPE.items():
                        served.set_attribute(name, value)
                    raise TimeoutError("nach 3 s «nichts»\n时间到")
        except TimeoutError as error:
            self._log(LogRecord(
                timestamp=time.time_ns(), severity_number=SeverityNumber.ERROR, severity_text="ERROR", body=f"tool: {error}",
                attributes=common | {"exception.type": "TimeoutError"}))

    def _log(self, record):
        self.logger.emit(record)

    # MARK: What became of it

    def finish(self):
        """Sends what is left."""
        self.tracing.force_flush()
        self.logging.force_flush()
        self.metering.force_flush()
        self.close()

    def close(self):
        if not self.is_closed:
            self.is_closed = True
            for provider in (self.tracing, self.logging, self.metering):
                provider.shutdown()
            self.log.close()

    def produced(self):
        """Every record by signal, as the SDK's own encoders make them."""
        return {
            "traces": records("traces", encode_spans(self.spans.get_finished_spans())),
            "logs": records("logs", encode_logs(self.records.get_finished_logs())),
            "metrics": [
                record for request in self.metrics_requests for record in records("metrics", request)]}


EVERY_TYPE = {
    "bool": True, "not": False, "int.max": 2**63 - 1, "int.min": -2**63, "int.beyond double": 2**53 + 1,
    "int.zero": 0, "double.least": 5e-324, "double.greatest": 1.7976931348623157e308, "double.third": 1 / 3,
    "double.whole": 3.0, "double.large": 1e21, "double.minus zero": -0.0, "double.nan": float("nan"),
    "double.infinite": float("inf"), "double.minus infinite": float("-inf"), "text.empty": "", "text": PROSE,
    "bytes": b"\x00\xff\xfe\x80raw", "texts": ["a", "", "\U0001F680"], "ints": [2**63 - 1, -1],
    "doubles": [0.1, -1e-9], "bools": [True, False],
    "mixed": [1, "two", 3.5, None, True, b"\x01", ["deep", {"er": []}]],
    "map": {"a": 1, "b": {"c": [{}]}}}


class Told(logging.Handler):
    """What the SDK has to say, kept instead of printed."""

    def __init__(self):
        super().__init__()
        self.logger = logging.getLogger("opentelemetry")
        self.logger.propagate = False
        self.logger.addHandler(self)
        self.messages = []

    def emit(self, record):
        self.messages.append(record.getMessage())

    def close(self):
        self.logger.removeHandler(self)
        super().close()
