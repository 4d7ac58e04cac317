"""CloudEvents in every mode of the HTTP binding."""
import json

from harness import BATCHED, STRUCTURED, equal, event, expect


def test_every_mode_stores_the_same_event(context):
    fields = event(1, time="2018-04-05T03:56:24Z", arksession="s-1", other="kept")
    whole = fields | {"data": {"a": 1}}
    # Where the event was in the log that it comes from is no attribute.
    fields["arkposition"] = "7"
    sent = whole | {"arkposition": "7"}
    binary = {f"ce-{name}": value for name, value in fields.items()}
    stored = []
    for body, headers in (
            (json.dumps(sent), STRUCTURED), (json.dumps([sent]), BATCHED),
            (json.dumps(sent) + "\n", {"Content-Type": "application/x-ndjson"}),
            ('{"a": 1}', binary | {"Content-Type": "application/json"})):
        broker = context.broker()
        equal(broker.post("/feed", body, headers).status, 200, f"{headers}")
        [frame] = broker.events()
        stored.append(frame.json())
        broker.kill()
    for found in stored:
        found.pop("datacontenttype", None)
        equal(found, whole, "what is stored")


def test_header_values_are_decoded_once(context):
    cases = json.loads((context.fixtures() / "cloudevents/header-cases.json").read_text())
    broker = context.broker()
    for number, case in enumerate(cases):
        headers = {f"ce-{n}": v for n, v in event(number).items()} | {"ce-extra": case["header"]}
        response = broker.post("/feed", b"", headers)
        if case.get("reject"):
            equal((response.status, response.json()["error"]["attribute"]), (400, "extra"), case)
        else:
            equal(response.status, 200, f"{case} {response.body!r}")
            equal(broker.events()[-1].json()["extra"], case["attribute_value"], case)
    return f"{len(cases)} cases"


def test_preflights_are_answered(context):
    broker = context.broker()
    response = broker.request("OPTIONS", "/feed", headers={
        "Origin": "http://a.example", "Access-Control-Request-Method": "POST"})
    expect(response.status in (200, 204), response.status)
    expect("POST" in response.headers["Access-Control-Allow-Methods"], "POST is not allowed")
    equal(broker.request("HEAD", "/health").body, b"", "the body of HEAD")
