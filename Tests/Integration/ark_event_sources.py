"""EventSources in headless Chromium on Ark's streams: what they show is whole, also when their connections break in the
middle (sections 2.2 and 2.3 of the contract of Ark's clients)."""
from ark_clients import Upload, ark, attribute, complete, emit, export, operation, say, span, stream
from browser import Browser, Proxy
from harness import equal, expect

# Each source keeps its messages under its name, and closes at `[DONE]` as a client has to, or it would connect again.
OPEN = """
    seen = {}, opened = {}
    open = (name, address) => {
      seen[name] = [], opened[name] = 0
      const source = new EventSource(address)
      source.onopen = () => opened[name]++
      source.onmessage = e => {
        seen[name].push(e.data)
        if (e.data === "[DONE]") source.close()
      }
    }
    0"""


def sources(context, broker, **addresses):
    """A page with a source for each of these, all connected, and the proxy that they go through."""
    browser = Browser(context)
    proxy = Proxy(context, broker.port)
    # Of another origin than the streams.
    page = browser.open(f"http://127.0.0.1:{broker.port}/health")
    page.run(OPEN)
    for name, address in addresses.items():
        page.run(f"open('{name}', 'http://127.0.0.1:{proxy.port}{address}')")
    connected(page, 1)
    return page, proxy


def connected(page, times):
    page.until(f"Object.values(opened).every(times => times >= {times})", f"all sources are connected {times} times")


def numbers(page, name, number):
    return page.run(f"seen['{name}'].filter(data => data !== '[DONE]').map(JSON.parse).map({number})")


def test_streams_with_ids_go_on_where_they_broke_off(context):
    """`--event-ids`: watches of a session and of a conversation, and the stream of a query; nothing is lost or comes twice
    while publishing goes on."""
    broker = context.broker("--memory", "64", "--event-ids")
    page, proxy = sources(
        context, broker, messages="/messages?watch=true&conversation_id=c", events="/events?watch=true&session_id=s",
        spans="/traces?watch=true&session_id=s", chunks="/stream/q?from-beginning=true", live="/stream/q")
    half, total = 30, 60
    # Uploaded as an executor does, in one request.
    upload = Upload(broker, "q")
    for number in range(total):
        say(broker, "c", "q", f"{number} é")
        emit(broker, operation(f"R{number}", sessionId="s"))
        emit(broker, operation(f"R{number}", sessionId="other"))
        export(broker, span(number + 1, 1, [attribute("ark.session.id", "s")]))
        upload.chunk({"n": number})
        if number + 1 == half:
            page.until(f"Object.values(seen).every(data => data.length === {half})", "the first half")
            # What follows is published while nobody is connected.
            proxy.cut()
    upload.finish()
    complete(broker, "q")
    connected(page, 2)
    page.until(f"Object.values(seen).every(data => data.length >= {total}) && "
               "seen.chunks.includes('[DONE]') && seen.live.includes('[DONE]')", "all of it")
    for name, number in (("messages", "x => parseInt(x.message.content)"), ("events", "x => parseInt(x.reason.slice(1))"),
                         ("spans", "x => parseInt(x.spanId, 16) - 1"), ("chunks", "x => x.n"), ("live", "x => x.n")):
        equal(numbers(page, name, number), list(range(total)), name)
    for name in ("chunks", "live"):
        equal(page.run(f"seen.{name}.length"), total + 1, f"messages of {name}")
    equal(len(proxy.resumed()), 5, "requests with Last-Event-ID")


def test_streams_without_ids_begin_as_their_address_says(context):
    """As Ark's clients have it: a session's watch says how it stands again, a query's stream replays."""
    broker = ark(context)
    page, proxy = sources(
        context, broker, session="/sessions?watch=true&session_id=s", chunks="/stream/q?from-beginning=true",
        live="/messages?watch=true")
    emit(broker, operation("QueryExecutionStart", sessionId="s", queryName="q"))
    upload = Upload(broker, "q").chunk({"n": 0}).chunk({"n": 1})
    say(broker, "c", "q", "before")
    page.until("seen.session.length && seen.chunks.length === 2 && seen.live.length", "what came before")
    equal(numbers(page, "session", "x => x.session.queries.q.phase")[-1], "running", "the session")
    proxy.cut()
    emit(broker, operation("QueryExecutionComplete", sessionId="s", queryName="q"))
    emit(broker, operation("QueryExecutionStart", sessionId="other", queryName="q"))
    upload.chunk({"n": 2}).finish()
    complete(broker, "q")
    connected(page, 2)
    say(broker, "c", "q", "after")
    page.until("seen.chunks.includes('[DONE]') && seen.live.length === 2 && "
               "JSON.parse(seen.session.at(-1)).session.queries.q.phase === 'done'", "what came after")
    equal(numbers(page, "chunks", "x => x.n"), [0, 1, 0, 1, 2], "the chunks")
    equal(set(numbers(page, "session", "x => x.sessionId")), {"s"}, "the sessions")
    equal(numbers(page, "live", "x => x.message.content"), ["before", "after"], "the messages")
    equal(proxy.resumed(), [], "requests with Last-Event-ID")


def test_a_failed_query_is_told_and_ends(context):
    broker = ark(context)
    page, _ = sources(context, broker, chunks="/stream/q")
    stream(broker, "q", {"n": 0}, {"error": {"message": "boom", "type": "server_error"}})
    page.until("seen.chunks.includes('[DONE]')", "the end")
    equal(numbers(page, "chunks", "x => x.error?.message ?? x.n"), [0, "boom"], "the frames")
    expect(page.run("opened.chunks") == 1, "it has connected again")
