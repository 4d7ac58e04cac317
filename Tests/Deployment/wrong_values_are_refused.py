"""values.schema.json: what is misspelled or cannot work is refused, and the message says where."""
import json

from tools import equal, expect

# Values, and a part of the message: the place.
WRONG = [
    ({"nonsense": 1}, "nonsense"),
    ({"networkPolicy": {"enable": True}}, "networkPolicy"),
    ({"prometheus": {"enabled": True}}, "prometheus"),
    ({"broker": {"keepdays": 3}}, "broker"),
    ({"memory": {"createMemoryCRD": False}}, "memory"),
    ({"app": {"image": {"repository": "x"}}}, "app"),
    ({"replicaCount": 2}, "replicaCount"),
    ({"replicaCount": "1"}, "replicaCount"),
    ({"name": "Ark Broker"}, "name"),
    ({"name": "1st"}, "name"),
    ({"name": "a" * 59}, "name"),
    ({"image": {"repository": ""}}, "image"),
    ({"image": {"repository": "two words"}}, "image"),
    ({"image": {"tag": 1.0}}, "image"),
    ({"image": {"tag": "a b"}}, "image"),
    ({"image": {"digest": "sha256:123"}}, "image"),
    ({"image": {"pullPolicy": "Sometimes"}}, "image"),
    ({"imagePullSecrets": ["my-secret"]}, "imagePullSecrets"),
    ({"broker": {"host": ""}}, "broker"),
    ({"broker": {"keepDays": -1}}, "broker"),
    ({"broker": {"keepDays": 36501}}, "broker"),
    ({"broker": {"keepDays": "30"}}, "broker"),
    ({"broker": {"keepBytes": "10Gi"}}, "broker"),
    ({"broker": {"keepBytes": "much"}}, "broker"),
    ({"broker": {"keepBytes": "0"}}, "broker"),
    ({"broker": {"keepBytes": "512K"}}, "broker"),
    ({"broker": {"minFree": "-1M"}}, "broker"),
    ({"broker": {"durability": "sometimes"}}, "broker"),
    ({"broker": {"compress": "yes"}}, "broker"),
    ({"broker": {"memoryMiB": 1048577}}, "broker"),
    ({"broker": {"logLevel": "trace"}}, "broker"),
    ({"broker": {"extraEnv": [{"value": "x"}]}}, "broker"),
    ({"broker": {"extraArgs": "--compress"}}, "broker"),
    ({"persistence": {"size": "8GB"}}, "persistence"),
    ({"persistence": {"size": "0Gi"}}, "persistence"),
    ({"persistence": {"accessMode": "ReadWriteMany"}}, "persistence"),
    ({"persistence": {"enabled": "false"}}, "persistence"),
    ({"streaming": {"enabled": "true"}}, "streaming"),
    ({"otelEndpoint": True}, "otelEndpoint"),
    ({"networkPolicy": {"allowNamespaces": ["A"]}}, "networkPolicy"),
    ({"networkPolicy": {"allowNamespaces": "ark-system"}}, "networkPolicy"),
    ({"service": {"type": "LoadBalancer"}}, "service"),
    ({"resources": {"limit": {}}}, "resources"),
    ({"resources": {"limits": {"memory": "1 GB"}}}, "resources"),
    ({"terminationGracePeriodSeconds": 10}, "terminationGracePeriodSeconds"),
    ({"podAnnotations": {"a": 1}}, "podAnnotations"),
    ({"nodeSelector": {"a": True}}, "nodeSelector"),
    ({"broker": {"compress": True, "memoryMiB": 256}}, "broker.compress"),
]


def test_each_is_refused_and_named(tools):
    for helm in tools.helms():
        for values, place in WRONG:
            result = tools.template(helm, values)
            expect(result.returncode != 0, f"{helm} takes {values}")
            expect(place in result.stderr, f"{helm} says of {values}: {result.stderr}")
    return f"{len(WRONG)} wrong values, {len(tools.helms())} Helms"


def test_the_schema_is_one_itself(tools):
    tools.python_packages()
    import jsonschema
    schema = json.loads(tools.read(f"{tools.CHART}/values.schema.json"))
    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.validate(tools.chart_file("values.yaml"), schema, jsonschema.Draft7Validator)


def test_every_value_has_a_rule_and_every_rule_a_value(tools):
    schema = json.loads(tools.read(f"{tools.CHART}/values.schema.json"))

    def properties(rule, prefix=""):
        rule = schema["definitions"][rule["$ref"].rsplit("/", 1)[1]] if "$ref" in rule else rule
        if "properties" not in rule:
            return {prefix}
        return set().union(*(
            properties(item, f"{prefix}.{name}" if prefix else name) for name, item in rule["properties"].items()))

    # Helm sets that one by itself, and what follows goes to Kubernetes as it is.
    ruled = properties(schema) - {"global"}
    opaque = ("podSecurityContext", "securityContext", "resources.")
    there = {key for key in tools.values() if not key.startswith(opaque)}
    equal(there, {key for key in ruled if not key.startswith(opaque)}, "values")
