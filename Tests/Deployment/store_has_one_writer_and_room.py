"""The store: one pod at a time, a volume that outlives it, and no more on it than there is room for."""
from tools import equal, expect


def test_the_old_pod_is_gone_before_the_new_one_starts(tools):
    spec = tools.objects()[("Deployment", "ark-broker")]["spec"]
    equal((spec["replicas"], spec["strategy"]), (1, {"type": "Recreate"}), "replicas and strategy")


def test_the_store_is_on_the_claim(tools):
    claim = tools.objects()[("PersistentVolumeClaim", "ark-broker-data")]
    equal(claim["spec"], {
        "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "8Gi"}}}, "the claim")
    pod, container = tools.pod()
    equal(pod["volumes"], [{"name": "data", "persistentVolumeClaim": {"claimName": "ark-broker-data"}}], "volumes")
    equal(container["volumeMounts"], [{"name": "data", "mountPath": "/data"}], "mounts")
    equal(tools.environment()["DATA_DIR"], "/data", "where the broker writes")


def test_uninstalling_leaves_the_claim(tools):
    def policy(values):
        claim = tools.objects(values)[("PersistentVolumeClaim", "ark-broker-data")]
        return claim["metadata"]["annotations"].get("helm.sh/resource-policy")

    equal(policy({}), "keep", "by default")
    equal(policy({"persistence": {"keepOnUninstall": False}}), None, "when it is not to be kept")


def test_a_claim_that_is_there_is_taken(tools):
    values = tools.VARIANTS["a claim that is there"]
    equal(tools.pod(values)[0]["volumes"][0]["persistentVolumeClaim"], {"claimName": "mine"}, "the claim")
    expect(not [key for key in tools.objects(values) if key[0] == "PersistentVolumeClaim"], "there is one more")


def test_without_a_claim_the_volume_is_the_pods(tools):
    values = {"persistence": {"enabled": False, "size": "2Gi"}}
    equal(tools.pod(values)[0]["volumes"], [{"name": "data", "emptyDir": {"sizeLimit": "2Gi"}}], "volumes")
    expect(not [key for key in tools.objects(values) if key[0] == "PersistentVolumeClaim"], "there is a claim")


def test_in_memory_there_is_no_volume(tools):
    values = tools.VARIANTS["in memory"]
    pod, container = tools.pod(values)
    expect("volumes" not in pod and "volumeMounts" not in container, "there is a volume")
    expect(not [key for key in tools.objects(values) if key[0] == "PersistentVolumeClaim"], "there is a claim")
    equal(container["args"], ["--memory", "512"], "flags")


def test_what_is_kept_leaves_room_on_the_volume(tools):
    for size, kept in (("8Gi", "6144M"), ("512Mi", "384M"), ("2Ti", "1572864M"), ("100Mi", "75M")):
        equal(tools.environment({"persistence": {"size": size}})["KEEP_BYTES"], kept, f"of {size}")
    for keep, variable in (("all", None), ("10G", "10G"), ("1.5T", "1.5T")):
        equal(tools.environment({"broker": {"keepBytes": keep}}).get("KEEP_BYTES"), variable, keep)
    # How large that one is, only its owner knows.
    equal(tools.environment(tools.VARIANTS["a claim that is there"]).get("KEEP_BYTES"), None, "an existing claim")


def test_days_are_a_bound_only_when_they_are_said(tools):
    equal(tools.environment().get("KEEP_DAYS"), None, "by default")
    equal(tools.environment({"broker": {"keepDays": 36500}})["KEEP_DAYS"], "36500", "a hundred years")
