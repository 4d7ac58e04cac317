"""Go's net/http and encoding/json, which the controller and the executors of Ark have, take every answer that those
programs read, and more: strictly, so that no key is missing, none is unknown and none of another type."""
import subprocess

from ark_clients import ark
from harness import equal


def run(context, role):
    program = context.compile_go("Tests/Integration/go_client")
    broker = ark(context)
    result = subprocess.run(
        [program, role, f"http://127.0.0.1:{broker.port}"], capture_output=True, text=True, timeout=120)
    equal((result.returncode, result.stdout + result.stderr), (0, ""), f"the Go client, {role}")


def test_memory_with_a_history_of_250_messages(context):
    """7.2 and 1.5; the memory client's cursor is a string, so it has to get the history as a whole."""
    run(context, "memory")


def test_events_and_sessions(context):
    """7.1, 4.5 and 4.6."""
    run(context, "events")


def test_an_upload_of_chunks(context):
    """7.3 and 1.6."""
    run(context, "stream")


def test_traces(context):
    """1.7 and 5."""
    run(context, "traces")


def test_deletes(context):
    """7.4."""
    run(context, "deletes")
