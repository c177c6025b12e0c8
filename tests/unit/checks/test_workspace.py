"""Findings about the folders, paths, ports and programs of the launch."""

from __future__ import annotations

from typing import Any

from tests.unit.build import (
    HOME,
    a_folder,
    a_host,
    a_launch,
    a_port,
    a_pytriton,
    a_stub_python,
    facts,
    surroundings,
)
from tests.unit.checks.case import Case, FindingTests, draws
from tritondoctor.facts.model import Facts, Holder, Leftover

_ELSEWHERE = "PYTRITON_HOME=/var/tmp/pytriton-1000"
_NGINX = Holder(12, "nginx", "www-data")
_WORKSPACE = Leftover("workspace", f"{HOME}/workspace_dead", 21_000_000, "alice")


def _workspace(path: str = HOME, chosen_by: str = "PYTRITON_HOME", **changes: Any) -> Facts:
    return facts(launch=a_launch(workspace=a_folder(path, chosen_by, **changes)))


def _temporary(**changes: Any) -> Facts:
    return facts(launch=a_launch(temporary=a_folder("/tmp", **changes)))


def _shared_memory(container: str = "", **changes: Any) -> Facts:
    launch = a_launch(shared_memory=a_folder("/dev/shm", **{"needed": 5_000_000, **changes}))
    return facts(launch=launch, host=a_host(container=container or None))


def _launch(**changes: Any) -> Facts:
    return facts(launch=a_launch(**changes))


class TestWorkspace(FindingTests):
    CASES = (
        Case(
            "workspace-not-writable",
            fires=_workspace("/readonly", creatable=False, exists="/", why_not="read-only"),
            silent=_workspace("/var/tmp/new", exists="/var/tmp"),
            says=("/readonly", "PYTRITON_HOME", "Read-only file system", _ELSEWHERE),
        ),
        Case(
            "umask-too-strict",
            fires=facts(host=a_host(umask=0o177)),
            silent=facts(host=a_host(umask=0o077)),
            says=("0177", "umask 022"),
        ),
        Case(
            "umask-too-strict",
            note="root",
            fires=facts(host=a_host(umask=0o777)),
            silent=facts(host=a_host(umask=0o777, uid=0)),
        ),
        Case(
            "workspace-noexec",
            fires=_workspace(noexec=True),
            # releases up to 0.2 start the server where it is installed
            silent=facts(
                launch=a_launch(workspace=a_folder(HOME, noexec=True)), pytriton=a_pytriton(copies=False)
            ),
            says=(HOME, "noexec", _ELSEWHERE),
        ),
        Case(
            "workspace-no-space",
            fires=_workspace(free=20_000_000),
            silent=_workspace(free=24_000_000),
            says=(HOME, "20.0 MB", "24.0 MB", _ELSEWHERE),
        ),
        Case(
            "workspace-no-space",
            note="inodes",
            fires=_workspace(free_inodes=39),
            silent=_workspace(free_inodes=None),
            says=("39",),
        ),
        Case(
            "workspace-no-space",
            note="leftovers",
            fires=facts(
                launch=a_launch(workspace=a_folder(HOME, free=1_000_000)),
                surroundings=surroundings(leftovers=(_WORKSPACE,)),
            ),
            silent=facts(surroundings=surroundings(leftovers=(_WORKSPACE,))),
            says=("21.0 MB", "tritondoctor clean"),
        ),
        Case(
            "home-unset",
            fires=facts(
                variables={"PATH": "/usr/bin"},
                launch=a_launch(workspace=a_folder("/home/alice/work/$HOME/.cache/pytriton", "HOME")),
            ),
            silent=facts(
                variables={"PATH": "/usr/bin"}, launch=a_launch(workspace=a_folder(HOME, "PYTRITON_HOME"))
            ),
            says=("$HOME/.cache", _ELSEWHERE),
        ),
        Case(
            "workspace-path-unsafe",
            fires=_workspace("/data/my files"),
            silent=_workspace("/data/my*files[1]#~:,%!"),
            says=("a space", "/data/my files", "PYTRITON_HOME"),
        ),
        Case(
            "workspace-path-unsafe",
            note="bash",
            fires=_workspace("/data/a&b"),
            silent=_workspace("/data/a-b"),
            says=("&", "bash"),
        ),
        Case(
            "workspace-path-too-long",
            fires=_launch(longest_socket="/" + 107 * "x"),
            silent=_launch(longest_socket="/" + 106 * "x"),
            says=("108", "107", _ELSEWHERE),
        ),
        Case(
            "workspace-path-too-long",
            note="bytes",
            fires=_launch(longest_socket="/" + 54 * "é"),
            silent=_launch(longest_socket="/" + 54 * "e"),
        ),
        Case(
            "workspace-path-not-ascii",
            fires=_launch(workspace=a_folder("/data/é"), stub_python=a_stub_python(encoding="ascii")),
            silent=_launch(workspace=a_folder("/data/é")),
            says=("/data/é", "locale", _ELSEWHERE),
        ),
        Case(
            "temporary-not-writable",
            fires=_temporary(creatable=False, why_not="read-only"),
            silent=_temporary(free=None, free_inodes=None),
            says=("/tmp", "Read-only file system"),
        ),
        Case(
            "temporary-not-writable",
            note="full",
            fires=_temporary(free=0),
            silent=_temporary(free=24_000_000),
            says=("full",),
        ),
        Case(
            "shared-memory-unusable",
            fires=_shared_memory("docker", free=4_000_000),
            silent=_shared_memory("docker", free=5_000_000),
            says=("/dev/shm", "4.0 MB", "5.0 MB", "docker run --shm-size=1g"),
        ),
        Case(
            "shared-memory-unusable",
            note="pod",
            fires=_shared_memory("kubernetes", exists="/dev"),
            silent=_shared_memory("kubernetes"),
            says=("emptyDir",),
        ),
        Case(
            "port-in-use",
            fires=_launch(ports=(a_port("http", 8000, "in-use", holder=_NGINX, errno="EADDRINUSE"),)),
            silent=_launch(ports=(a_port("http", 8000, holder=_NGINX),)),
            says=("8000", "http", "in use", "nginx", "PYTRITON_TRITON_CONFIG_HTTP_PORT=9000"),
        ),
        Case(
            "port-in-use",
            note="orphan",
            fires=_launch(
                ports=(a_port("grpc", 8001, "in-use", holder=Holder(77, "tritonserver", "alice", True)),)
            ),
            silent=_launch(ports=(a_port("grpc", 8001),)),
            says=("kill -9 77",),
        ),
        Case(
            "path-unset",
            fires=_launch(server_path=None),
            silent=_launch(server_path="/home/alice/venv/bin:"),
            says=("PATH", "export PATH="),
        ),
        Case(
            "bash-missing",
            fires=_launch(bash=None),
            silent=_launch(bash=None, server_path=None),
            says=("bash", "apt-get install bash"),
        ),
        Case(
            "bash-missing",
            note="elsewhere",
            fires=_launch(bash=None, bash_elsewhere="/opt/bin/bash"),
            silent=_launch(bash_elsewhere="/opt/bin/bash"),
            says=("export PATH=/usr/bin:/bin:/opt/bin",),
        ),
        Case(
            "bash-changes-launch",
            fires=_launch(
                bash_env="/home/alice/.env", bash_env_breaks=True, bash_env_effects=("line 3 exits",)
            ),
            silent=_launch(bash_env="/home/alice/.env", bash_env_effects=("line 3 sets LANG",)),
            says=("BASH_ENV=/home/alice/.env", "line 3 exits", "unset BASH_ENV"),
        ),
    )


def test_address_that_cannot_be_bound_is_one_finding() -> None:
    ports = tuple(
        a_port(name, number, "refused", errno="EADDRNOTAVAIL")
        for name, number in (("http", 8000), ("grpc", 8001))
    )
    assert len(draws("port-in-use", _launch(ports=ports))) == 1
