"""Documentation/Deployment.md: its table of values is the chart's, and its commands and manifests can be used."""
import re
import shlex

from objects_are_valid import VERSIONS, complaint
from tools import equal, expect

GUIDE = "Documentation/Deployment.md"
# What the table does not repeat: they are asserted elsewhere.
UNSAID = ("podSecurityContext", "securityContext")


def blocks(tools, language):
    """The guide's fenced blocks of a language, without their indentation."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", tools.read(GUIDE), re.S | re.M)
    expect(found, f"there are no blocks of {language}")
    return [re.sub(rf"^{indentation}", "", text, flags=re.M) for indentation, text in found]


def commands(tools, program):
    """The guide's commands that begin with a program, as words."""
    lines = [line for block in blocks(tools, "sh") for line in block.splitlines()]
    lines += re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", tools.read(GUIDE), flags=re.S))
    lines = [line.strip().split(">")[0].rstrip(" &") for line in lines]
    return [shlex.split(line) for line in lines if line.startswith(f"{program} ")]


def test_every_value_is_in_the_table_with_its_default(tools):
    values = tools.values()
    import yaml
    listed = {}
    for names, defaults in re.findall(r"^\| (`[a-zA-Z.]+`(?:, `[a-zA-Z.]+`)*) \| (.*?) \|", tools.read(GUIDE), re.M):
        names = re.findall(r"`([^`]+)`", names)
        defaults = re.findall(r"`([^`]+)`", defaults)
        if set(names) <= set(UNSAID):
            continue
        equal(len(defaults), len(names), f"defaults of {names}")
        listed.update(zip(names, map(yaml.safe_load, defaults)))
    equal(listed, {name: value for name, value in values.items() if not name.startswith(UNSAID)}, "values")


def test_the_variables_beside_values_are_set_by_them(tools):
    variables, flags = tools.broker_settings()
    rows = re.findall(r"^\| `(broker\.[a-zA-Z]+)` \| .*? \| (.*) \|$", tools.read(GUIDE), re.M)
    expect(len(rows) > 5, f"rows {rows}")
    for value, text in rows:
        named = re.findall(r"`([A-Z_]+|--[a-z-]+)`", text)
        expect(named and named[0] in {*variables, *flags}, f"{value}: {text}")


def test_helm_takes_the_commands(tools):
    found = [command for command in commands(tools, "helm") if "ark-broker" in command]
    equal([command[1] for command in found], ["install", "upgrade"], "commands")
    found += [["helm", "install", "ark-broker", tools.CHART, *command[2:]]
              for command in commands(tools, "Tests/Deployment/run --render")]
    for command in found:
        for helm in tools.helms():
            result = tools.helm(helm, "template", *command[2:])
            equal(result.returncode, 0, f"{command}: {result.stderr}")
            for item in tools.objects_of(result.stdout):
                equal(complaint(item, VERSIONS[-1]) if item["kind"] != "Memory" else None, None, f"{command}")


def test_kubectl_is_told_of_objects_that_there_are(tools):
    names = {f"{kind.lower()}/{name}" for kind, name in tools.objects()} | {"deployment/ark-controller"}
    found = [word for command in commands(tools, "kubectl") for word in command if re.fullmatch(r"[a-z]+/[a-z-]+", word)]
    expect(len(found) >= 4, f"commands about {found}")
    equal(set(found) - names, set(), "objects that there are not")


def test_the_table_of_objects_is_whole(tools):
    rows = set(re.findall(r"^\| ([A-Z][A-Za-z]+)(?: \(.*?\))? \| `([a-z-]+)` \|", tools.read(GUIDE), re.M))
    equal(rows, set(tools.objects({"networkPolicy": {"enabled": True}})), "objects")


def test_the_repairing_pod_is_as_confined_as_the_broker(tools):
    pod, container = tools.pod()
    found = [item for block in blocks(tools, "yaml") for item in tools.objects_of(block)]
    for item in found:
        for version in VERSIONS:
            equal(complaint(item, version), None, f"{item['kind']} in Kubernetes {version}")
        for name in ("securityContext", "automountServiceAccountToken", "volumes"):
            equal(item["spec"][name], pod[name], name)
        for name in ("securityContext", "volumeMounts"):
            equal(item["spec"]["containers"][0][name], container[name], name)


def test_links_lead_somewhere(tools):
    folder = (tools.package / GUIDE).parent
    for link in re.findall(r"\]\(([^)]+)\)", tools.read(GUIDE)):
        path, _, anchor = link.partition("#")
        target = folder / path if path else tools.package / GUIDE
        expect(target.exists(), link)
        headings = re.findall(r"^#+ (.*)$", target.read_text(), re.M)
        anchors = {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}
        expect(not anchor or anchor in anchors, link)
