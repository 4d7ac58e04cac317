"""The objects are what Kubernetes takes, strictly: no field that it does not know."""
import json
import pathlib
import shutil
import tempfile

from tools import equal, expect

# The oldest that the chart says it takes, and the newest that is known.
VERSIONS = ("1.25", "1.31", "1.37")


def complaint(item, version):
    import kubernetes_validate
    try:
        kubernetes_validate.validate(item, version, strict=True)
    except kubernetes_validate.ValidationError as error:
        return f"{'.'.join(map(str, error.path))}: {error.message}"
    return None


def test_kubernetes_takes_them(tools):
    different = {}
    for name, values in tools.VARIANTS.items():
        for (kind, _), item in tools.objects(values).items():
            if kind != "Memory":
                different.setdefault(json.dumps(item, sort_keys=True), (name, item))
    for name, item in different.values():
        for version in VERSIONS:
            equal(complaint(item, version), None, f"{item['kind']} of '{name}' in Kubernetes {version}")
    return f"{len(different)} objects, Kubernetes {', '.join(VERSIONS)}"


def test_the_validation_would_find_something(tools):
    for change in (
            lambda spec: spec.update(replicas="one"),
            lambda spec: spec["template"]["spec"].update(terminationGracePeriod=30),
            lambda spec: spec["template"]["spec"]["containers"][0]["securityContext"].update(readOnlyRootFileSystem=True)):
        deployment = tools.objects()[("Deployment", "ark-broker")]
        change(deployment["spec"])
        expect(complaint(deployment, VERSIONS[-1]), "a wrong object was taken")


def test_ark_takes_the_memory(tools):
    tools.python_packages()
    import jsonschema
    schema = json.loads(tools.read("Tests/Deployment/memory.schema.json"))
    for values in ({}, {"memory": {"setAsDefault": False}}):
        for (kind, _), item in tools.objects(values).items():
            if kind == "Memory":
                jsonschema.validate(item, schema)


def test_helm_finds_nothing_to_complain_of(tools):
    for helm in tools.helms():
        result = tools.helm(helm, "lint", "--strict", tools.CHART)
        equal(result.returncode, 0, f"{helm} lint: {result.stdout}{result.stderr}")


def test_the_notes_can_be_written(tools):
    """`helm template` leaves NOTES.txt out, so a copy of the chart has it as an object."""
    with tempfile.TemporaryDirectory() as directory:
        chart = pathlib.Path(directory) / "chart"
        shutil.copytree(tools.package / tools.CHART, chart)
        notes = chart / "templates/NOTES.txt"
        (chart / "templates/notes.yaml").write_text(
            '{{ define "notes" }}' + notes.read_text() + '{{ end }}\nnotes: {{ include "notes" . | toJson }}\n')
        notes.unlink()
        said = {}
        for name, values in tools.VARIANTS.items():
            for helm in tools.helms():
                result = tools.template(helm, values, chart, "--show-only", "templates/notes.yaml")
                equal(result.returncode, 0, f"{helm} with '{name}': {result.stderr}")
                said[name] = tools.objects_of(result.stdout)[0]["notes"]
                expect("http://ark-broker.team.svc.cluster.local\n" in said[name], said[name])
    expect("no authentication" in said["as it comes"], "it does not warn")
    expect("no authentication" not in said["everything"], "it warns of what has been seen to")
    expect("kept in memory" in said["in memory"], "it does not say that nothing is kept")
    expect("kept in an emptyDir" in said["nothing that can be left out"], "it does not say that little is kept")


def test_the_yaml_is_tidy(tools):
    tools.python_packages()
    from yamllint import linter
    from yamllint.config import YamlLintConfig
    config = YamlLintConfig(
        "extends: default\nrules:\n  line-length: {max: 120}\n  document-start: disable\n  braces: disable\n"
        "  comments: {min-spaces-from-content: 1}\n  truthy: {check-keys: false}\n")
    texts = {name: tools.read(f"{tools.CHART}/{name}") for name in ("values.yaml", "Chart.yaml")}
    for name, text in texts.items():
        equal([str(problem) for problem in linter.run(text, config)], [], name)
