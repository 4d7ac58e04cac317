"""A real EventSource, in headless Chromium, loses nothing and repeats nothing when its connection breaks
again and again while publishing goes on."""
from browser import Browser, Proxy
from harness import equal, event

EVENTS, CUTS = 300, 3


def test_an_event_source_in_chromium_resumes(context):
    browser = Browser(context)
    broker = context.broker()
    proxy = Proxy(context, broker.port)
    # A page of another origin than the feed.
    page = browser.open(f"http://127.0.0.1:{broker.port}/health")
    page.run(f"""
        seen = []
        source = new EventSource('http://127.0.0.1:{proxy.port}/feed?after=beginning')
        source.onmessage = e => seen.push([Number(e.lastEventId), JSON.parse(e.data).id])
        0""")

    def until_seen(number):
        page.until(f"seen.length >= {number}", f"the browser saw {number} events")

    step, number = EVENTS // (CUTS + 1), 0
    for cut in range(CUTS + 1):
        for _ in range(step):
            broker.publish(event(number))
            number += 1
            if number % step == step // 2 and cut:
                # In the middle of a run, so that publishing goes on while nobody is connected.
                proxy.cut()
        until_seen(number)
    broker.publish(*[event(n) for n in range(number, number + 10)])
    number += 10
    until_seen(number)
    equal(page.run("seen"), [[n + 1, f"e-{n}"] for n in range(number)], "what the browser saw")
    equal(len(proxy.resumed()), CUTS, "requests with Last-Event-ID")
    return f"{number} events, {CUTS} cuts"
