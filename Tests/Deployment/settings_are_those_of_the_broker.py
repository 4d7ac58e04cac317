"""What the chart sets are variables and flags that the broker has, with values that it takes."""
import json
import os
import re
import signal
import subprocess
import tempfile
import threading
import urllib.request

from tools import Skip, equal, expect


def test_each_variable_and_flag_is_one_that_the_broker_has(tools):
    variables, flags = tools.broker_settings()
    seen = set()
    for name, values in tools.VARIANTS.items():
        own = {item["name"] for item in values.get("broker", {}).get("extraEnv", [])}
        for variable in tools.environment(values).keys() - own:
            expect(variable in variables, f"{name}: the broker does not read {variable}")
            seen.add(variables[variable])
        for argument in tools.pod(values)[1].get("args", []):
            if argument.startswith("-"):
                expect(argument in flags, f"{name}: the broker has no {argument}")
                seen.add(argument)
    return " ".join(sorted(seen))


def test_the_choices_are_the_same(tools):
    _, flags = tools.broker_settings()
    broker = json.loads(tools.read(f"{tools.CHART}/values.schema.json"))["properties"]["broker"]["properties"]
    for value, flag in (("durability", "--durability"), ("logLevel", "--log-level")):
        for choice in broker[value]["enum"]:
            expect(re.search(rf"\b{choice}\b", flags[flag]), f"{flag} has no {choice}")


def run_arguments(tools, values, **instead):
    """The broker as the chart's pod would run it."""
    if not tools.broker:
        raise Skip("there is no .build/release/ark-broker, and --broker names none")
    environment = tools.environment(values) | instead
    return [str(tools.broker), *tools.pod(values)[1].get("args", [])], environment


def test_the_broker_takes_them(tools):
    settings = list(tools.VARIANTS.values()) + [{"broker": broker} for broker in (
        {"keepDays": 1}, {"keepDays": 36500}, {"keepBytes": "1.5T"}, {"keepBytes": "2M"}, {"keepBytes": "123456789"},
        {"minFree": "0"}, {"minFree": "10K"}, {"durability": "written"}, {"memoryMiB": 1}, {"memoryMiB": 1048576},
        {"logLevel": "debug"}, {"logLevel": "warning"}, {"logLevel": "error"})]
    for values in settings:
        arguments, environment = run_arguments(tools, values)
        result = subprocess.run(
            [arguments[0], "config", *arguments[1:]], env=environment, text=True, capture_output=True)
        equal((result.returncode, result.stderr), (0, ""), f"{arguments} with {environment}")
    return f"{len(settings)} settings"


def test_it_refuses_what_it_does_not_take(tools):
    """That the test above would fail if the broker did not like them."""
    arguments, environment = run_arguments(tools, {}, KEEP_BYTES="10 apples")
    result = subprocess.run([arguments[0], "config", *arguments[1:]], env=environment, capture_output=True)
    equal(result.returncode, 64, "exit status")


def test_it_starts_answers_its_probes_and_ends_in_time(tools):
    for name in ("as it comes", "in memory"):
        values = tools.VARIANTS[name]
        pod, container = tools.pod(values)
        with tempfile.TemporaryDirectory() as directory:
            # As on a volume that was just formatted.
            os.mkdir(f"{directory}/lost+found")
            arguments, environment = run_arguments(
                tools, values, DATA_DIR=directory, PORT="0", HOST="127.0.0.1")
            process = subprocess.Popen(arguments, env=environment, stderr=subprocess.PIPE, text=True)
            patience = threading.Timer(60, process.kill)
            patience.start()
            try:
                log = []
                while not log or '"serving on' not in log[-1]:
                    log.append(process.stderr.readline())
                    expect(log[-1], f"{name}: the broker ended: {''.join(log)}")
                address = json.loads(log[-1])["address"]
                paths = {container[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")}
                for path in sorted(paths | {"/metrics"}):
                    with urllib.request.urlopen(f"http://{address}{path}", timeout=10) as response:
                        equal(response.status, 200, f"{name}: {path}")
                process.send_signal(signal.SIGTERM)
                equal(process.wait(pod["terminationGracePeriodSeconds"]), 0, f"{name}: exit status")
            finally:
                patience.cancel()
                process.kill()
                process.wait()
                process.stderr.close()
