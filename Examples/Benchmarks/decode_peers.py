#!/usr/bin/env python3
"""What Python's fastest parsers make of an export of traces, on the thread that calls them.

  decode_peers.py orjson FILE.json SECONDS
  decode_peers.py upb FILE.pb SECONDS

Prints megabytes and spans a second of processor time, the median after a warm-up. What a parser returns is let go outside of the clock.
"""
import gc
import pathlib
import statistics
import sys
import time


def orjson():
    import orjson

    def count(request):
        return sum(len(scope["spans"]) for resource in request["resourceSpans"] for scope in resource["scopeSpans"])

    return orjson.__version__, orjson.loads, count


def upb():
    import google.protobuf
    from google.protobuf.internal import api_implementation
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    if api_implementation.Type() != "upb":
        sys.exit(f"protobuf has no upb here, but {api_implementation.Type()}")

    def count(request):
        return sum(len(scope.spans) for resource in request.resource_spans for scope in resource.scope_spans)

    return google.protobuf.__version__, ExportTraceServiceRequest.FromString, count


def main():
    name, path, seconds = sys.argv[1], pathlib.Path(sys.argv[2]), float(sys.argv[3])
    version, parse, count = {"orjson": orjson, "upb": upb}[name]()
    body = path.read_bytes()
    spans = count(parse(body))
    # Collections would count objects of a parser's result again and again.
    gc.disable()
    times = []
    begin = now = time.thread_time()
    while now < begin + 1.25 * seconds:
        start = time.thread_time()
        result = parse(body)
        now = time.thread_time()
        if start > begin + 0.25 * seconds:
            times.append(now - start)
        del result
    median = statistics.median(times)
    print(f"decode {name} megabytes_per_second={len(body) / median / 1e6:.0f} spans_per_second={spans / median:.0f} spans={spans} version={version}")


if __name__ == "__main__":
    main()
