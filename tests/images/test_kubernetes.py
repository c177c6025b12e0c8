"""The manifests of tritondoctor/fleet/kubernetes: rendered, validated, and run as plain containers."""

from __future__ import annotations

import ipaddress
import json
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import docker
import kubernetes_validate
import msgspec
import pytest
import yaml
from docker.models.containers import Container

from tests.images import build
from tests.images.api_server import KUBECTL, VERSION, Cluster, Grant, merged, serving
from tests.images.pods import Pod
from tritondoctor.fleet.record import HostRecord

STARTER = build.ROOT / "tritondoctor" / "data" / "starter"
FOLDER = build.ROOT / "tritondoctor" / "fleet" / "kubernetes"
KUSTOMIZATIONS = sorted(path.parent.name for path in FOLDER.glob("*/kustomization.yaml"))
_DEADLINE_S = 180.0


def _rendered(folder: Path) -> list[dict[str, Any]]:
    """What the kustomize in kubectl makes of a folder."""
    done = subprocess.run(
        [KUBECTL, "kustomize", str(folder)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return list(yaml.safe_load_all(done.stdout))


def _one(kind: str, found: list[dict[str, Any]]) -> dict[str, Any]:
    (it,) = [one for one in found if one["kind"] == kind]
    return it


def _recipe() -> dict[str, Any]:
    """The pod of docs/ci.md whose server has a preflight before it."""
    text = (build.ROOT / "docs" / "ci.md").read_text()
    block = re.search(r"^```yaml\n(# deployment\.yaml\n.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert block
    template: dict[str, Any] = yaml.safe_load(block[1])["spec"]["template"]
    return template


def _plain() -> list[dict[str, Any]]:
    """The files of the base as they lie there."""
    return [
        one for path in sorted((FOLDER / "nodes").glob("*.yaml")) if path.stem != "kustomization"
        for one in yaml.safe_load_all(path.read_text())
    ]  # fmt: skip


def _granted() -> set[Grant]:
    rules = _one("ClusterRole", _plain())["rules"]
    assert all(rule.keys() == {"apiGroups", "resources", "verbs"} for rule in rules)
    return {
        (group, resource, verb) for rule in rules
        for group in rule["apiGroups"] for resource in rule["resources"] for verb in rule["verbs"]
    }  # fmt: skip


def _is_restricted(template: dict[str, Any]) -> None:
    """Kubernetes's Pod Security Standard "restricted", control by control."""
    spec = template["spec"]
    assert not {"hostNetwork", "hostPID", "hostIPC", "ephemeralContainers"} & spec.keys()
    assert {kind for one in spec["volumes"] for kind in one if kind != "name"} <= {
        "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim",
        "projected", "secret",
    }  # fmt: skip
    for one in [*spec["containers"], *spec.get("initContainers", [])]:
        rights = {**spec.get("securityContext", {}), **one.get("securityContext", {})}
        assert rights["runAsNonRoot"] is True
        assert rights.get("runAsUser") != 0
        assert rights["allowPrivilegeEscalation"] is False
        assert rights["seccompProfile"]["type"] == "RuntimeDefault"
        assert rights["capabilities"]["drop"] == ["ALL"]
        assert not rights["capabilities"].get("add")
        assert not any("hostPort" in port for port in one.get("ports", []))


@pytest.mark.parametrize("name", KUSTOMIZATIONS)
def test_rendered(name: str) -> None:
    found = _rendered(FOLDER / name)
    for one in found:
        kubernetes_validate.validate(one, VERSION, strict=True)
    program = _one("ConfigMap", found)
    assert program["data"]["node_condition.py"] == (FOLDER / "nodes" / "node_condition.py").read_text()
    template = _one("DaemonSet", found)["spec"]["template"]
    _is_restricted(template)
    assert template["spec"]["volumes"][0]["configMap"]["name"] == program["metadata"]["name"]


def test_plain_files() -> None:
    for one in _plain():
        kubernetes_validate.validate(one, VERSION, strict=True)
    binding, account = _one("ClusterRoleBinding", _plain()), _one("ServiceAccount", _plain())
    assert binding["roleRef"]["name"] == _one("ClusterRole", _plain())["metadata"]["name"]
    names = {key: account["metadata"][key] for key in ("name", "namespace")}
    assert binding["subjects"] == [{"kind": "ServiceAccount", **names}]
    assert _one("DaemonSet", _plain())["spec"]["template"]["spec"]["serviceAccountName"] == names["name"]


def _types(node: dict[str, Any]) -> set[str]:
    return {one["type"] for one in node["status"]["conditions"]}


def _page(pattern: str) -> str:
    """What docs/fleet.md has there."""
    found = re.search(pattern, (build.ROOT / "docs" / "fleet.md").read_text(), re.DOTALL | re.MULTILINE)
    assert found
    return found[1]


def test_the_page_asks_for_the_condition() -> None:
    condition = {"type": "PyTritonProblem", "status": "True", "reason": "MemoryTooLow"}
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1"}}
    column = _page(r",WHY:(.*?)'")
    done = subprocess.run(
        [KUBECTL, "label", "--local", "--filename", "-", "a=b", "--output", f"jsonpath={{{column}}}"],
        input=json.dumps({**node, "status": {"conditions": [condition]}}),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "MemoryTooLow"), done.stderr


def test_the_kustomization_of_the_page(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "tritondoctor" / "fleet" / "kubernetes")
    text = _page(r"^```yaml\n(# kustomization\.yaml\n.*?)^```$")
    (tmp_path / "kustomization.yaml").write_text(text)
    pod = _one("DaemonSet", _rendered(tmp_path))["spec"]["template"]["spec"]
    (wanted,) = yaml.safe_load(text)["images"]
    assert pod["containers"][0]["image"] == f"{wanted['newName']}:{wanted['newTag']}"


def _gateway(client: docker.DockerClient) -> str:
    """The host's address for containers; skips where the engine is on another machine."""
    if not build.address(client).startswith("unix:"):
        pytest.skip("the engine is not on this machine")
    (network,) = client.networks.get("bridge").attrs["IPAM"]["Config"]
    # an engine that has just made the bridge does not name its address: it is the first of the network
    first = ipaddress.ip_network(network["Subnet"], strict=False)[1]
    return str(network.get("Gateway", first))


@contextmanager
def _node(
    client: docker.DockerClient, image: str, folder: Path, cluster: Cluster, interval_s: int
) -> Iterator[Container]:
    """The pod of the DaemonSet on a node of a cluster, running."""
    spec = _one("DaemonSet", _plain())["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    next(one for one in container["env"] if one["name"] == "INTERVAL_S")["value"] = str(interval_s)
    program, account = folder / "program", folder / "account"
    shutil.copytree(FOLDER / "nodes", program, ignore=shutil.ignore_patterns("*.yaml"))
    address = _gateway(client)
    with (
        serving(cluster, address, account) as port,
        Pod(client, spec, {"pytriton": image}, {"node-condition": program}, account) as pod,
    ):
        given = {"KUBERNETES_SERVICE_HOST": address, "KUBERNETES_SERVICE_PORT": str(port)}
        yield pod.start(container, given)


def test_a_node_falls_ill_and_is_healed(
    docker_engine: docker.DockerClient, pytriton_image: str, tmp_path: Path
) -> None:
    cluster = Cluster(_granted())
    with _node(docker_engine, pytriton_image, tmp_path, cluster, 1) as running:
        sound = cluster.wait("False", _DEADLINE_S)
        assert sound["reason"] == "PyTritonStarts"
        whole = running.attrs["HostConfig"]["Memory"]
        little = 110 << 20
        running.update(mem_limit=little, memswap_limit=little)
        ill = cluster.wait("True", _DEADLINE_S)
        assert ill["reason"] == "MemoryTooLow"
        assert ill["message"].endswith("(memory-too-low)")
        cluster.history.clear()
        running.update(mem_limit=whole, memswap_limit=whole)
        healed = cluster.wait("False", _DEADLINE_S)
        assert sound["lastTransitionTime"] < ill["lastTransitionTime"] < healed["lastTransitionTime"]
        running.stop(timeout=30)
        running.reload()
        assert running.attrs["State"]["ExitCode"] == 0
        out, err = running.logs(stderr=False), running.logs(stdout=False)
    assert err == b""
    assert cluster.used == cluster.granted == _granted(), "the role grants what is used, and no more"
    assert _types(cluster.node) == {"Ready", "PyTritonProblem"}
    forgotten = merged(cluster.node, _page(r"--patch '([^']*)'"))
    assert _types(forgotten) == {"Ready"}
    records = [msgspec.json.decode(line, type=HostRecord) for line in out.splitlines()]
    assert {(record.host, record.status) for record in records} == {("node-1", "report")}
    assert [record.report["verdict"] == "fail" for record in records if record.report] == [
        False,
        True,
        False,
    ]
    last = out.splitlines(keepends=True)[-1]
    command = [sys.executable, "-m", "tritondoctor", "fleet", "report", "-"]
    summary = subprocess.run(command, input=last, capture_output=True, check=False)
    assert (summary.returncode, summary.stderr) == (0, b""), summary.stdout


def test_without_the_role_it_says_so_and_goes_on(
    docker_engine: docker.DockerClient, pytriton_image: str, tmp_path: Path
) -> None:
    cluster = Cluster(set())
    with _node(docker_engine, pytriton_image, tmp_path, cluster, 1) as running:
        with cluster.changed:
            assert cluster.changed.wait_for(lambda: len(cluster.refused) > 1, _DEADLINE_S)
        said = running.logs(stdout=False).decode().splitlines()
    assert cluster.used == {("", "nodes/status", "patch")}
    assert said[0] == "The condition was not written: 403 Forbidden: cannot patch resource nodes/status"


def _ended(container: Container) -> tuple[int, str]:
    return container.wait(timeout=_DEADLINE_S)["StatusCode"], container.logs().decode()


def test_the_recipe_is_restricted() -> None:
    _is_restricted(_recipe())


def test_a_server_with_a_preflight(
    docker_engine: docker.DockerClient, doctor_image: str, pytriton_image: str, tmp_path: Path
) -> None:
    shutil.copy(STARTER / "server.py", tmp_path / "serve.py")
    (tmp_path / "Dockerfile").write_text(f"FROM {pytriton_image}\nCOPY serve.py .\n")
    image, _ = docker_engine.images.build(path=str(tmp_path), tag="tritondoctor-test/linear")
    spec = _recipe()["spec"]
    images = {"registry.example/tritondoctor:1": doctor_image, "registry.example/linear:1": str(image.id)}
    with Pod(docker_engine, spec, images, {}) as pod:
        for one in spec["initContainers"]:
            code, said = _ended(pod.start(one, {}))
            assert code == 0, said
        assert "PyTriton will start and answer here" in said
        (server,) = spec["containers"]
        running = pod.start(server, {})
        running.reload()
        asked = server["readinessProbe"]["httpGet"]
        address = running.attrs["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]
        _ready(f"http://{address}:{asked['port']}{asked['path']}", running)


def _ready(url: str, container: Container) -> None:
    end = time.monotonic() + _DEADLINE_S
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            time.sleep(0.3)
    raise AssertionError(container.logs().decode())


def test_a_preflight_that_fails(
    docker_engine: docker.DockerClient, doctor_image: str, broken_image: str
) -> None:
    spec = _recipe()["spec"]
    doctor, preflight = spec["initContainers"]
    images = {"registry.example/tritondoctor:1": doctor_image, "registry.example/linear:1": broken_image}
    with Pod(docker_engine, spec, images, {}) as pod:
        assert _ended(pod.start(doctor, {}))[0] == 0
        code, said = _ended(pod.start(preflight, {}))
    assert code == 1
    assert "(libpython-missing)" in said
