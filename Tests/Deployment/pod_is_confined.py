"""What the pod may do, and who may reach it."""
from tools import equal, expect


def test_it_is_not_root_and_has_no_rights(tools):
    pod, container = tools.pod()
    equal(pod["securityContext"], {
        "runAsNonRoot": True, "runAsUser": 1001, "runAsGroup": 1001, "fsGroup": 1001,
        "fsGroupChangePolicy": "OnRootMismatch", "seccompProfile": {"type": "RuntimeDefault"}}, "the pod's context")
    equal(container["securityContext"], {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }, "the container's context")
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        expect(name not in pod, name)


def test_it_meets_the_restricted_standard(tools):
    """Kubernetes' Pod Security Standard `restricted`, of what the chart has."""
    for name, values in tools.VARIANTS.items():
        pod, container = tools.pod(values)
        expect(pod["securityContext"]["runAsNonRoot"], name)
        expect(pod["securityContext"]["runAsUser"] != 0, name)
        equal(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault", name)
        expect(container["securityContext"]["allowPrivilegeEscalation"] is False, name)
        equal(container["securityContext"]["capabilities"], {"drop": ["ALL"]}, name)
        for volume in pod.get("volumes", []):
            expect(set(volume) - {"name"} <= {"persistentVolumeClaim", "emptyDir"}, f"{name}: {volume}")


def test_it_gets_no_token(tools):
    pod, _ = tools.pod()
    expect(pod["automountServiceAccountToken"] is False, "a token is mounted")
    expect("serviceAccountName" not in pod, "it has an account of its own, which nothing needs")


def test_it_has_its_share_of_the_machine(tools):
    equal(tools.pod()[1]["resources"], {
        "requests": {"memory": "256Mi", "cpu": "200m"}, "limits": {"memory": "1024Mi", "cpu": "1"}}, "resources")


def test_it_is_asked_whether_it_lives_and_is_ready(tools):
    _, container = tools.pod()
    for probe, path in (("startupProbe", "/health"), ("livenessProbe", "/health"), ("readinessProbe", "/ready")):
        equal(container[probe]["httpGet"], {"path": path, "port": "http"}, probe)


def test_it_has_time_to_drain(tools):
    seconds = tools.pod()[0]["terminationGracePeriodSeconds"]
    expect(seconds > 10, f"{seconds} s are less than the drain takes")


def test_the_network_policy_lets_in_who_is_named_and_nothing_out(tools):
    expect(not [key for key in tools.objects() if key[0] == "NetworkPolicy"], "there is one by default")
    values = {"networkPolicy": {"enabled": True, "allowNamespaces": ["ark-system", "monitoring"]}}
    objects = tools.objects(values)
    policy = objects[("NetworkPolicy", "ark-broker")]["spec"]
    pod = objects[("Deployment", "ark-broker")]["spec"]["template"]["metadata"]["labels"]
    expect(policy["podSelector"]["matchLabels"].items() <= pod.items(), "it is not for the broker's pod")
    equal(policy["policyTypes"], ["Ingress", "Egress"], "directions")
    expect("egress" not in policy, "something is let out")
    namespaces = [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}
                  for name in ("ark-system", "monitoring")]
    equal(policy["ingress"], [
        {"from": [{"podSelector": {}}, *namespaces], "ports": [{"port": "http", "protocol": "TCP"}]}], "who is let in")


def test_without_namespaces_only_its_own_is_let_in(tools):
    policy = tools.objects({"networkPolicy": {"enabled": True, "allowNamespaces": []}})[("NetworkPolicy", "ark-broker")]
    equal(policy["spec"]["ingress"][0]["from"], [{"podSelector": {}}], "who is let in")
