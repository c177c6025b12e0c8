"""The deployment of docs/attach.md: its exec probe restarts a server that hangs, and no sound one."""

from __future__ import annotations

import json
import re
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

import docker
import kubernetes_validate
import pytest
import yaml
from docker.models.containers import Container

from tests.images import build
from tests.images.api_server import VERSION
from tests.images.pods import Pod

_DEADLINE_S = 180.0
_HANG_AFTER_S = 8
#: it hangs where it is asked for a negative number
SERVER = """\
import threading
import numpy as np
from pytriton.decorators import batch
from pytriton.model_config import ModelConfig, Tensor
from pytriton.triton import Triton

lock = threading.Lock()
lock.acquire()

@batch
def model(x):
    if x.min() < 0:
        lock.acquire()
    return [x * 2]

tensors = {name: [Tensor(name=name, dtype=np.float32, shape=(-1,))] for name in "xy"}
with Triton() as triton:
    config = ModelConfig(max_batch_size=4)
    triton.bind("Linear", model, inputs=tensors["x"], outputs=tensors["y"], config=config)
    triton.serve()
"""


def _deployment() -> dict[str, Any]:
    text = (build.ROOT / "docs" / "attach.md").read_text()
    block = re.search(r"^```yaml\n(# deployment\.yaml\n.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert block
    deployment: dict[str, Any] = yaml.safe_load(block[1])
    return deployment


def test_the_manifest_is_valid() -> None:
    kubernetes_validate.validate(_deployment(), VERSION, strict=True)


class _Kubelet:
    """What the kubelet does with an exec probe: it runs it, and restarts the container where it fails."""

    def __init__(self, container: Container, probe: dict[str, Any]) -> None:
        self.container = container
        self.command: list[str] = probe["exec"]["command"]
        self.command[-1] = str(_HANG_AFTER_S)
        self.restarts = 0
        self.said: list[str] = []

    def probe(self) -> None:
        code, output = self.container.exec_run(self.command)
        assert isinstance(output, bytes)
        self.said.append(f"{code} {output.decode().strip()}")
        if code:
            self.restarts += 1
            self.container.restart(timeout=5)


def _address(container: Container) -> str:
    container.reload()
    return str(container.attrs["NetworkSettings"]["Networks"]["bridge"]["IPAddress"])


def _ask(container: Container, number: float, seconds: float = 10) -> list[float]:
    tensor = {"name": "x", "shape": [1, 1], "datatype": "FP32", "data": [number]}
    url = f"http://{_address(container)}:8000/v2/models/Linear/infer"
    request = urllib.request.Request(url, json.dumps({"inputs": [tensor]}).encode())
    with urllib.request.urlopen(request, timeout=seconds) as response:
        data: list[float] = json.load(response)["outputs"][0]["data"]
    return data


def _answers(container: Container) -> None:
    end = time.monotonic() + _DEADLINE_S
    while time.monotonic() < end:
        try:
            assert _ask(container, 4) == [8]
            return
        except (OSError, KeyError):
            time.sleep(0.5)
    raise AssertionError(container.logs().decode())


def _hang(container: Container) -> None:
    def ask() -> None:
        try:
            _ask(container, -1, 300)
        except OSError:
            pass

    threading.Thread(target=ask, daemon=True).start()


def test_a_hanging_server_is_restarted(
    docker_engine: docker.DockerClient, pytriton_image: str, tmp_path: Path
) -> None:
    tmp_path.chmod(0o755)  # the container's user is another
    (tmp_path / "serve.py").write_text(SERVER)
    spec = _deployment()["spec"]["template"]["spec"]
    (server,) = spec["containers"]
    images = {"registry.example/linear:1": pytriton_image}
    with Pod(docker_engine, spec, images, {"linear": tmp_path}) as pod:
        container = pod.start(server, {})
        kubelet = _Kubelet(container, server["livenessProbe"])
        _answers(container)
        for _ in range(6):
            assert _ask(container, 4) == [8]
            kubelet.probe()
        assert kubelet.restarts == 0, kubelet.said
        assert all(words == "0 no call hangs" for words in kubelet.said), kubelet.said
        _hang(container)
        ready = f"http://{_address(container)}:8000/v2/health/ready"
        end = time.monotonic() + _DEADLINE_S
        while not kubelet.restarts and time.monotonic() < end:
            assert urllib.request.urlopen(ready, timeout=10).status == 200  # it hides the hang
            kubelet.probe()
        assert kubelet.restarts == 1, kubelet.said
        assert "calls of Linear do not end" in kubelet.said[-1]
        _answers(container)
        kubelet.probe()
        assert kubelet.said[-1] == "0 no call hangs"


@pytest.mark.parametrize("name", ["readinessProbe", "livenessProbe"])
def test_the_probes_go_together(name: str) -> None:
    (server,) = _deployment()["spec"]["template"]["spec"]["containers"]
    assert name in server
