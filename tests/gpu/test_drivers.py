"""NVIDIA's own libraries of six driver branches: what they say is read rightly, and why they refuse.

No kernel module answers here.  What the libraries ask the kernel before they refuse can be had all
the same: nodes, rights, a device cgroup, and (paper_module.c) the module's version.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import pynvml
import pytest

from tests.gpu import drivers
from tests.gpu.scene import PAPER_MODULE, Scene, build
from tritondoctor.facts.gpu import driver_child, libraries
from tritondoctor.facts.launch.programs import Running
from tritondoctor.loader import Files

BRANCHES = list(drivers.BRANCHES)
#: asks a library with nothing between: the oracle
PLAIN = """
import ctypes, json, sys
library = ctypes.CDLL(sys.argv[1] + "/libnvidia-ml.so.1")
cuda = ctypes.CDLL(sys.argv[1] + "/libcuda.so.1")
print(json.dumps([library.nvmlInit_v2(), cuda.cuInit(0)]))
"""


def ask(scene: Scene, subject: str, branch: str) -> dict[str, Any]:
    """What the child of the doctor says of a branch, in a scene."""
    soname = libraries.LIBCUDA if subject == "cuda" else libraries.NVML
    scene.variables["LD_LIBRARY_PATH"] = drivers.library_path(branch)
    packages = os.path.dirname(pynvml.__file__)
    path = str(drivers.driver(branch) / soname)
    done = scene.run(sys.executable, "-I", "-S", driver_child.__file__, subject, path, packages)
    answer: dict[str, Any] = {}
    for line in done.stdout.splitlines():
        answer.update(json.loads(line))
    return answer


def plain(scene: Scene, branch: str) -> list[int]:
    """The codes of nvmlInit and cuInit, from the libraries themselves."""
    scene.variables["LD_LIBRARY_PATH"] = drivers.library_path(branch)
    done = scene.run("/usr/bin/python3", "-c", PLAIN, str(drivers.driver(branch)))
    assert done.stdout, done.stderr
    codes: list[int] = json.loads(done.stdout)
    return codes


@pytest.mark.parametrize("branch", BRANCHES)
def test_the_version_is_read_from_the_file(branch: str) -> None:
    running = Running(Files(), sys.executable, {"LD_LIBRARY_PATH": drivers.library_path(branch)}, "/")
    found = {library.soname: library for library in libraries.of("client", running)}
    for soname in ("libcuda.so.1", "libnvidia-ml.so.1"):
        library = found[soname]
        assert library.real == str((drivers.driver(branch) / soname).resolve())
        assert (library.version, library.origin) == (drivers.version(branch), "driver")


@pytest.mark.parametrize("branch", BRANCHES)
def test_without_a_module(branch: str, scene: Scene) -> None:
    scene.without_making_nodes()
    assert plain(scene, branch) == [9, 100]
    nvml, cuda = ask(scene, "nvml", branch), ask(scene, "cuda", branch)
    assert (nvml["code"], nvml["said"]) == (9, "Driver Not Loaded")
    assert (cuda["code"], cuda["name"]) == (100, "CUDA_ERROR_NO_DEVICE")
    assert cuda["version"] == drivers.CUDA[branch]


def with_nodes(scene: Scene, branch: str, mode: int = 0o666) -> None:
    """A machine whose driver is that branch, as far as files tell."""
    scene.pci()
    scene.module(drivers.version(branch))
    scene.nodes(mode=mode)
    scene.variables["LD_LIBRARY_PATH"] = drivers.library_path(branch)


@pytest.mark.parametrize("branch", BRANCHES)
def test_nodes_with_nothing_behind_them(branch: str, scene: Scene) -> None:
    with_nodes(scene, branch)
    assert plain(scene, branch) == [9, 100]
    assert scene.check().found() == {"gpu-module-not-loaded": "warning"}


@pytest.mark.parametrize("branch", BRANCHES)
def test_nodes_that_this_user_may_not_open(branch: str, scene: Scene) -> None:
    with_nodes(scene, branch, mode=0o600)
    scene.as_nobody()
    assert plain(scene, branch) == [4, 100]
    seen = scene.check()
    assert seen.found() == {"gpu-no-permission": "warning"}
    assert {node["refused"] for node in seen.gpu["nodes"]} == {"EACCES"}


@pytest.mark.parametrize("branch", BRANCHES)
def test_a_device_cgroup_that_denies_them(branch: str, scene: Scene) -> None:
    with_nodes(scene, branch)
    scene.deny()
    assert plain(scene, branch) == [999, 100]
    seen = scene.check()
    assert seen.found() == {"gpu-access-lost": "warning"}
    assert {node["refused"] for node in seen.gpu["nodes"]} == {"EPERM"}


@pytest.mark.parametrize("branch", BRANCHES)
def test_a_module_of_another_version(branch: str, scene: Scene) -> None:
    with_nodes(scene, branch)
    preload = build(PAPER_MODULE, scene.here / "paper_module.so", "-ldl")
    scene.variables.update(LD_PRELOAD=str(preload), PAPER_KERNEL="999.99.99")
    assert plain(scene, branch) == [18, 100]
    seen = scene.check()
    assert seen.found() == {"gpu-driver-mismatch": "warning"}
    assert (seen.gpu["nvml"]["code"], seen.gpu["nvml"]["said"]) == (18, "Driver/library version mismatch")


@pytest.mark.parametrize(("libcuda", "nvml"), [("535", "550"), ("470", "525"), ("550", "418")])
def test_a_mixture_is_noticed(libcuda: str, nvml: str, scene: Scene) -> None:
    scene.pci()
    scene.module(drivers.version(nvml))
    scene.nodes()
    mixed = scene.here / "mixed"
    mixed.mkdir()
    for soname, branch in (("libcuda.so.1", libcuda), ("libnvidia-ml.so.1", nvml)):
        (mixed / soname).symlink_to((drivers.driver(branch) / soname).resolve())
    scene.library_path(mixed)
    preload = build(PAPER_MODULE, scene.here / "paper_module.so", "-ldl")
    scene.variables.update(LD_PRELOAD=str(preload), PAPER_KERNEL=drivers.version(libcuda))
    seen = scene.check()
    versions = {
        library["version"] for library in seen.gpu["libraries"] if library["soname"] == "libcuda.so.1"
    }
    assert versions == {drivers.version(libcuda)}
    (finding,) = (entry for entry in seen.report["findings"] if entry["id"] == "gpu-driver-mismatch")
    evidence = "\n".join(finding["evidence"])
    for branch in (libcuda, nvml):
        assert drivers.version(branch) in evidence
    assert f"kernel module {drivers.version(nvml)}" in evidence


def test_the_libraries_make_nodes_and_the_doctor_does_not(scene: Scene) -> None:
    scene.pci()
    scene.module(drivers.version("550"))
    scene.library_path(drivers.driver("550"))
    listed = "import os; print(sorted(n for n in os.listdir('/dev') if n.startswith('nvidia')))"
    for words, made in (
        (f"{sys.executable} -I -m tritondoctor check --prefix {scene.prefix}", "[]"),
        (f"/usr/bin/python3 -c '{PLAIN}' {drivers.driver('550')}", "['nvidiactl']"),
    ):
        done = scene.run("sh", "-c", f'{words} >/dev/null; /usr/bin/python3 -c "{listed}"')
        assert done.stdout.strip() == made, done.stderr
    # nor where it does ask
    child_asks = (
        f"{sys.executable} -I -S {driver_child.__file__} nvml {drivers.driver('550')}/libnvidia-ml.so.1 "
        f"{os.path.dirname(pynvml.__file__)}"
    )
    done = scene.run("sh", "-c", f'{child_asks} >/dev/null; /usr/bin/python3 -c "{listed}"')
    assert done.stdout.strip() == "[]", done.stderr


def test_a_libcuda_that_lacks_what_it_needs(scene: Scene) -> None:
    scene.card(drivers.version("418"))
    alone = scene.here / "alone"
    alone.mkdir()
    (alone / "libcuda.so.1").symlink_to((drivers.driver("418") / "libcuda.so.1").resolve())
    scene.library_path(alone)
    seen = scene.check()
    assert seen.found() == {"libcuda-not-loadable": "warning"}
    (finding,) = (
        finding for finding in seen.report["findings"] if finding["id"] == "libcuda-not-loadable"
    )
    error = scene.run("/usr/bin/python3", "-c", "import ctypes; ctypes.CDLL('libcuda.so.1')").stderr
    assert finding["evidence"][0] in error
