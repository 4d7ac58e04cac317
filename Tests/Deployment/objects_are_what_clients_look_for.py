"""Ark's clients find a broker by names, ports and texts: each is as they look for it."""
from tools import equal, expect

REFERENCE = 'name: ark-broker\nport: "http"\n'


def test_the_service_has_its_name_and_port(tools):
    objects = tools.objects()
    service = objects[("Service", "ark-broker")]["spec"]
    equal(service["type"], "ClusterIP", "type")
    equal(service["ports"], [{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}], "ports")
    _, container = tools.pod()
    equal(container["ports"], [{"name": "http", "containerPort": 8080}], "the container's ports")
    equal(tools.environment()["PORT"], "8080", "where the broker listens")
    equal(tools.environment()["HOST"], "0.0.0.0", "where the broker listens")


def test_the_service_selects_the_pods(tools):
    # Also when a user has labels of their own.
    labels = {"app.kubernetes.io/name": "another", "team": "a"}
    objects = tools.objects({"podLabels": labels})
    deployment = objects[("Deployment", "ark-broker")]["spec"]
    pod = deployment["template"]["metadata"]["labels"]
    equal(pod["team"], "a", "a user's label")
    for what, selector in (
            ("the service", objects[("Service", "ark-broker")]["spec"]["selector"]),
            ("the deployment", deployment["selector"]["matchLabels"])):
        expect(selector, f"{what} selects nothing in particular")
        expect(selector.items() <= pod.items(), f"{what} selects {selector}, the pod has {pod}")


def test_every_object_is_marked(tools):
    for key, item in tools.objects(tools.VARIANTS["everything"]).items():
        equal(item["metadata"]["annotations"]["ark.mckinsey.com/service"], "ark-broker", f"annotation of {key}")
        equal(item["metadata"]["namespace"], "team", f"namespace of {key}")
    equal(tools.chart_file("Chart.yaml")["annotations"]["ark.mckinsey.com/service"], "ark-broker", "the chart's")


def test_the_memory_leads_to_the_service(tools):
    address = {"valueFrom": {"serviceRef": {"name": "ark-broker", "namespace": "team", "port": "http"}}}
    equal(tools.objects()[("Memory", "default")]["spec"], {"address": address}, "the memory")
    named = tools.objects({"memory": {"setAsDefault": False}})
    equal(named[("Memory", "ark-broker")]["spec"], {"address": address}, "the memory that is not the default")
    equal([key for key in tools.objects({"memory": {"create": False}}) if key[0] == "Memory"], [], "memories")


def test_the_config_maps_have_the_text_to_the_byte(tools):
    text, objects = tools.text(), tools.objects()
    for name in ("ark-config-streaming", "ark-config-broker"):
        equal(objects[("ConfigMap", name)]["data"], {"enabled": "true", "serviceRef": REFERENCE}, name)
    block = 'data:\n  enabled: "true"\n  serviceRef: |\n    name: ark-broker\n    port: "http"\n'
    equal(text.count(block), 2, "the text as it stands in the manifest")


def test_each_config_map_can_be_left_out(tools):
    for value, name in (("streaming", "ark-config-streaming"), ("otelEndpoint", "ark-config-broker")):
        maps = {"ark-config-streaming", "ark-config-broker"}
        left = {key[1] for key in tools.objects({value: {"enabled": False}}) if key[0] == "ConfigMap"}
        equal(left, maps - {name}, f"config maps without {value}")


def test_the_names_do_not_depend_on_the_release(tools):
    for names in ({"release": "another"}, {"release": "1234", "namespace": "5678"}):
        objects = tools.objects(**names)
        equal(set(objects), set(tools.objects()), f"objects of {names}")
        namespace = names.get("namespace", "team")
        equal({item["metadata"]["namespace"] for item in objects.values()}, {namespace}, "namespaces")


def test_a_name_of_ones_own_is_used_throughout(tools):
    objects = tools.objects({"name": "second", "memory": {"setAsDefault": False}})
    for kind in ("Service", "Deployment", "Memory"):
        expect((kind, "second") in objects, f"no {kind} is called second: {list(objects)}")
    equal(objects[("Memory", "second")]["spec"]["address"]["valueFrom"]["serviceRef"]["name"], "second", "the memory")
    equal(objects[("ConfigMap", "ark-config-streaming")]["data"]["serviceRef"],
          REFERENCE.replace("ark-broker", "second"), "the config map")


def test_prometheus_is_told_when_it_is_to_know(tools):
    def annotations(values):
        deployment = tools.objects(values)[("Deployment", "ark-broker")]
        found = deployment["spec"]["template"]["metadata"]["annotations"]
        return {key: value for key, value in found.items() if key.startswith("prometheus.io/")}

    equal(annotations({}), {}, "by default")
    equal(annotations({"prometheus": {"enable": True}, "podAnnotations": {"a": "b"}}),
          {"prometheus.io/scrape": "true", "prometheus.io/port": "8080", "prometheus.io/path": "/metrics"}, "enabled")
