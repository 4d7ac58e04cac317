"""Many queries that stream at once, each to two readers: every frame once and in order (sections 2 and 7.3 of the contract of Ark's clients)."""
import asyncio
import json
import time

from harness import allow_sockets, equal

CHUNKS = 200
READERS = 2


async def connect(broker):
    return await asyncio.open_connection("127.0.0.1", broker.port, limit=1 << 20)


async def head(reader):
    """The status of an answer, its head taken off."""
    status = (await reader.readline()).split()[1]
    while (await reader.readline()).strip():
        pass
    return status


async def read(broker, query, subscribed):
    """The numbers of the chunks of a query, up to `[DONE]`."""
    reader, writer = await connect(broker)
    writer.write(f"GET /stream/{query}?wait-for-query=5m HTTP/1.1\r\nHost: b\r\n\r\n".encode())
    equal(await head(reader), b"200", f"reading {query}")
    subscribed.set()
    numbers = []
    while True:
        # Frames stand in pieces of the chunked coding, whose sizes stand in lines of their own.
        line = (await reader.readline()).strip()
        if not line.startswith(b"data: "):
            continue
        if line == b"data: [DONE]":
            writer.close()
            return numbers
        chunk = json.loads(line[6:])
        equal(chunk["q"], query, "whose chunk it is")
        numbers.append(chunk["n"])


async def upload(broker, query, subscribed):
    """Streams the chunks of a query as they might come from a model, then completes it."""
    for each in subscribed:
        await each.wait()
    reader, writer = await connect(broker)
    writer.write(
        f"POST /stream/{query} HTTP/1.1\r\nHost: b\r\nContent-Type: application/x-ndjson\r\n"
        "Transfer-Encoding: chunked\r\n\r\n".encode())
    for number in range(CHUNKS):
        line = json.dumps({"q": query, "n": number, "choices": [{"delta": {"content": "word "}}]}).encode() + b"\n"
        writer.write(b"%x\r\n%s\r\n" % (len(line), line))
        await writer.drain()
        # The others get their turn: this is what makes them stream at once.
        await asyncio.sleep(0)
    writer.write(b"0\r\n\r\n")
    equal(await head(reader), b"200", f"uploading {query}")
    writer.close()
    reader, writer = await connect(broker)
    writer.write(f"POST /stream/{query}/complete HTTP/1.1\r\nHost: b\r\nContent-Length: 2\r\n\r\n{{}}".encode())
    equal(await head(reader), b"200", f"completing {query}")
    writer.close()


async def stream(broker, queries):
    subscribed = {query: [asyncio.Event() for _ in range(READERS)] for query in queries}
    readers = [asyncio.create_task(read(broker, query, event)) for query in queries for event in subscribed[query]]
    uploads = [asyncio.create_task(upload(broker, query, subscribed[query])) for query in queries]
    await asyncio.gather(*uploads)
    answers = await asyncio.gather(*readers)
    equal(len(answers), READERS * len(queries), "readers")
    for numbers in answers:
        equal(numbers, list(range(CHUNKS)), "the chunks of one reader")


def test_every_frame_comes_once_and_in_order_to_each_reader(context):
    # Whole with --full; a tenth of it finds the same faults sooner.
    queries = [f"q-{number}" for number in range(500 if context.full else 50)]
    # Those of a completion are there for a moment beside the others.
    allow_sockets(4 * len(queries))
    broker = context.broker()
    start = time.monotonic()
    asyncio.run(stream(broker, queries))
    seconds = time.monotonic() - start
    frames = len(queries) * CHUNKS * READERS
    return (f"{len(queries)} queries of {CHUNKS} chunks, {READERS} readers each: {frames} frames in {seconds:.1f} s, "
            f"{frames / seconds:.0f} a second")
