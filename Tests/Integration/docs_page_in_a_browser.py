"""/docs in headless Chromium: it shows every route and schema of the document, its links and curl lines work, the console
has no errors, and nothing is asked of anybody but the broker."""
import shlex
import subprocess
import urllib.parse

from ark_clients import ark, get
from browser import Browser
from harness import equal, expect


def opened(context, where="/docs"):
    """Where the broker is, its page, and its document."""
    broker = ark(context)
    origin = f"http://127.0.0.1:{broker.port}"
    page = Browser(context).open(origin + where)
    page.until("document.getElementById('schemas') && !document.getElementById('state').textContent", "the page is there")
    return origin, page, get(broker, "openapi.json")


def is_alone(page, origin):
    """The page has no errors, and has asked for nothing but itself and the document."""
    equal(page.errors(), [], "what the console shows")
    equal({urllib.parse.urldefrag(address).url for address in page.requests()},
          {f"{origin}/docs", f"{origin}/openapi.json"}, "requests")


def test_it_shows_all_of_the_document(context):
    origin, page, document = opened(context)
    operations = [(method.upper(), route, about["operationId"])
                  for route, item in document["paths"].items() for method, about in item.items()]
    shown = page.run("""[...document.querySelectorAll("main details:has(.method)")]
        .map(d => [d.querySelector(".method").textContent, d.querySelector("summary code").textContent, d.id])""")
    equal(sorted(map(tuple, shown)), sorted(operations), "the operations")
    equal(page.run("""[...document.querySelectorAll("details[id^='schema-']")].map(d => d.id.slice(7))"""),
          list(document["components"]["schemas"]), "the schemas")
    equal(page.run("[...document.querySelectorAll('nav a')].map(a => a.textContent)"),
          [tag["name"] for tag in document["tags"]] + ["Schemas"], "the groups")
    text = page.run("document.querySelector('header').textContent + document.querySelector('main').textContent")
    # What a script shows that has forgotten a case.
    for wrong in ("undefined", "[object Object]", "NaN"):
        expect(wrong not in text, f"{wrong} in the page")
    expect(document["info"]["version"] in page.run("document.getElementById('title').textContent"), "the version")
    is_alone(page, origin)
    return f"{len(operations)} operations"


def test_its_links_lead_somewhere(context):
    origin, page, _ = opened(context, "/docs#listMessages")
    expect(page.run("document.getElementById('listMessages').open"), "what the address names is not opened")
    equal(page.run("""[...document.querySelectorAll("a[href^='#']")].map(a => a.getAttribute("href").slice(1))
        .filter(id => !document.getElementById(decodeURIComponent(id)))"""), [], "links to nothing")
    # A click on a schema's name opens it; so does one on a summary.
    page.run("document.querySelector('#listMessages a[href^=\"#schema-\"]').click()")
    page.until("document.getElementById(location.hash.slice(1)).open", "the schema opens")
    page.run("document.querySelector('main details:not([open]) summary').click()")
    equal(page.run("document.querySelectorAll('details[open]').length"), 3, "what is open")
    is_alone(page, origin)


def test_its_curl_lines_are_taken(context):
    """As they stand there, but for streams that do not end."""
    origin, page, document = opened(context)
    lines = page.run("""[...document.querySelectorAll("main details:has(.method)")].map(d =>
        [".method", "summary code", "pre"].map(part => d.querySelector(part).textContent))""")
    count = 0
    for method, route, line in lines:
        words = shlex.split(line)
        equal(words[0], "curl", line)
        expect(any(word.startswith(origin + "/") for word in words), line)
        described = document["paths"][route][method.lower()]["responses"]
        content = described.get("200", {}).get("content", {})
        if "text/event-stream" in content and "application/json" not in content:
            continue
        result = subprocess.run(
            [*words, "--silent", "--output", "/dev/null", "--write-out", "%{http_code}"],
            capture_output=True, text=True, timeout=30)
        expect(result.stdout in described, f"{line}: {result}")
        # What deletes everything is not allowed here, and of what is named in capitals there is none.
        none = "404" if "{" in route else None
        refusal = {"DELETE": none or "403", "GET": none}.get(method)
        expect(result.stdout in ("200", "201", refusal), f"{line}: {result.stdout}")
        count += 1
    is_alone(page, origin)
    return f"{count} lines"
