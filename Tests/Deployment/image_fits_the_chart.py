"""The Dockerfile: what it makes is what the chart expects, from what the package is."""
import json
import re
import subprocess

from tools import equal, expect


def instructions(tools):
    """The Dockerfile's instructions, with their lines put together and comments left out."""
    text = re.sub(r"^\s*#.*\n", "", tools.read(f"{tools.FOLDER}/Dockerfile"), flags=re.M)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [tuple(line.split(None, 1)) for line in lines if line.strip()]


def last_stage(tools):
    found = instructions(tools)
    return found[max(index for index, (name, _) in enumerate(found) if name == "FROM"):]


def only(stage, name):
    found = [rest for instruction, rest in stage if instruction == name]
    equal(len(found), 1, f"how many {name}")
    return found[0]


def test_it_says_the_same_as_the_chart(tools):
    stage = last_stage(tools)
    pod, container = tools.pod()
    user = pod["securityContext"]
    equal(only(stage, "USER"), f"{user['runAsUser']}:{user['runAsGroup']}", "user")
    environment = dict(pair.split("=", 1) for pair in only(stage, "ENV").split())
    equal(environment["HOST"], tools.environment()["HOST"], "HOST")
    equal(environment["DATA_DIR"], tools.environment()["DATA_DIR"], "DATA_DIR")
    equal(json.loads(only(stage, "VOLUME")), [container["volumeMounts"][0]["mountPath"]], "volume")
    equal(int(only(stage, "EXPOSE")), container["ports"][0]["containerPort"], "port")


def test_the_image_has_the_broker_and_no_system(tools):
    stage = last_stage(tools)
    equal(only(stage, "FROM"), "scratch", "what it is from")
    equal({name for name, _ in stage} & {"RUN", "ADD", "CMD"}, set(), "instructions that need a system")
    program = json.loads(only(stage, "ENTRYPOINT"))[0]
    built = " ".join(rest for name, rest in instructions(tools) if name == "RUN")
    expect(f"/program{program}" in built, f"{program} is not what is built")
    for flag in ("-c release", "--static-swift-stdlib", "-Xswiftc -static-executable", "--product ark-broker"):
        expect(flag in built, f"it is not built with {flag}")


def test_swift_is_new_enough(tools):
    version = re.match(r"swift:(\d+)\.(\d+)-", instructions(tools)[0][1]).groups()
    needed = re.match(r"// swift-tools-version: (\d+)\.(\d+)", tools.read("Package.swift")).groups()
    expect(tuple(map(int, version)) >= tuple(map(int, needed)), f"the image has {version}, the package wants {needed}")


def test_what_the_package_is_made_of_gets_to_the_build(tools):
    let_in = {line[1:] for line in tools.read(".dockerignore").splitlines() if line.startswith("!")}
    expect("Package.swift" in let_in, "the manifest does not")
    manifest = tools.read("Package.swift")
    folders = {path.split("/")[0] for path in re.findall(r'path: "([^"]+)"', manifest)} | {"Sources", "Tests"}
    expect(folders <= let_in, f"{folders - let_in} do not")


def test_versions_are_one(tools):
    broker = re.search(r'static let version = "([^"]+)"', tools.read("Examples/ark-broker/Configuration/Options.swift")).group(1)
    chart = tools.chart_file("Chart.yaml")
    equal((chart["appVersion"], chart["version"]), (broker, broker), "the chart's versions")
    equal(tools.pod()[1]["image"], f"ark-broker:{broker}", "the image")
    digest = "sha256:" + "a" * 64
    equal(tools.pod({"image": {"repository": "r", "tag": "t"}})[1]["image"], "r:t", "a tag of one's own")
    equal(tools.pod({"image": {"tag": "t", "digest": digest}})[1]["image"], f"ark-broker@{digest}", "a digest")


def test_hadolint_finds_nothing(tools):
    result = subprocess.run(
        [str(tools.hadolint()), "--no-color", f"{tools.FOLDER}/Dockerfile"], cwd=tools.package, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    equal((result.returncode, result.stdout), (0, ""), "hadolint")
