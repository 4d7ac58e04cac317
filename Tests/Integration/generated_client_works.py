"""openapi-python-client makes a client of `/openapi.json`, and that client talks to the broker."""
import importlib
import json
import re
import subprocess
import sys

from api_describes_itself import Described
from ark_clients import ark, emit, operation
from harness import equal, expect

# The generator knows no lines of JSON as a body, and no constant as a header that may be absent.
BEYOND_IT = {"POST /stream/{query}", "POST /feed"}


def generated(context, broker):
    """The package that it makes, and what it says about it."""
    described = Described(context, broker).document
    place = context.new_directory()
    place.mkdir()
    document = place / "openapi.json"
    document.write_text(json.dumps(described))
    made = subprocess.run(
        [str(context.python.parent / "openapi-python-client"), "generate", "--path", str(document),
         "--output-path", str(place / "ark_generated"), "--meta", "none"],
        cwd=place, capture_output=True, text=True, timeout=120)
    said = made.stdout + made.stderr
    equal(made.returncode, 0, said)
    sys.path.insert(0, str(place))
    context.cleanups.append(lambda: sys.path.remove(str(place)))
    return importlib.import_module("ark_generated"), said


def test_a_generated_client_adds_messages_and_lists_sessions(context):
    broker = ark(context)
    ark_generated, said = generated(context, broker)
    equal(set(re.findall(r"WARNING parsing (\S+ \S+) within \w+\. Endpoint will not be generated", said)), BEYOND_IT,
          "operations that were not generated")
    expect("will be omitted" not in said and "Unable to process schema" not in said, said)
    from ark_generated import models
    from ark_generated.api.memory import add_messages, list_messages
    from ark_generated.api.sessions import list_sessions
    emit(broker, operation("QueryExecutionStart", sessionId="s", queryName="q", agent="planner"))
    with ark_generated.Client(f"http://127.0.0.1:{broker.port}", raise_on_unexpected_status=True) as client:
        message = {"role": "user", "content": "Grüezi"}
        answer = add_messages.sync_detailed(
            client=client, body=models.MessageBatch(conversation_id="c", query_id="q", messages=[message]))
        equal((answer.status_code, answer.content), (200, b""), "posting")
        page = list_messages.sync(client=client, conversation_id="c")
        equal((type(page), page.total, [item.message for item in page.items]), (models.MessageList, 1, [message]), "messages")
        page = list_sessions.sync(client=client)
        equal(type(page), models.SessionList, "the page")
        [session] = page.items
        equal((page.total, page.status_counts.active, page.has_more, session.session_id, session.status),
              (1, 1, False, "s", models.SessionStatus.ACTIVE), "the session")
        equal([(entry.conversation_id, entry.message_count) for entry in session.conversations], [("c", 1)], "conversations")
        query = session.queries["q"]
        equal((query.agent, query.phase), ("planner", models.SessionQueryPhase.RUNNING), "the query")
        error = list_sessions.sync(client=client, limit=0)
        equal((type(error), error.error.code), (models.Error, "PAGINATION_ERROR"), "the error")
