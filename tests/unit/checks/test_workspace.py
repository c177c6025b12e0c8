"""Findings about the folders that the launch writes to."""

from __future__ import annotations

from typing import Any

from tests.unit.build import (
    HOME,
    a_folder,
    a_host,
    a_launch,
    a_pytriton,
    a_stub_python,
    facts,
    surroundings,
    with_launch,
)
from tests.unit.checks.case import Case, FindingTests
from tritondoctor.facts.launch.folders import Chooser
from tritondoctor.facts.machine.model import Leftover
from tritondoctor.facts.model import Facts

_ELSEWHERE = "PYTRITON_HOME=/var/tmp/pytriton-1000"
_WORKSPACE = Leftover("workspace", f"{HOME}/workspace_dead", 21_000_000, "alice")


def _workspace(path: str = HOME, chosen_by: Chooser = "PYTRITON_HOME", **changes: Any) -> Facts:
    return facts(launch=a_launch(workspace=a_folder(path, chosen_by, **changes)))


def _temporary(**changes: Any) -> Facts:
    return facts(launch=a_launch(temporary=a_folder("/tmp", **changes)))


class TestWorkspace(FindingTests):
    CASES = (
        Case(
            "workspace-not-writable",
            fires=_workspace("/readonly", creatable=False, exists="/", why_not="read-only"),
            silent=_workspace("/var/tmp/new", exists="/var/tmp"),
            says=("/readonly", "PYTRITON_HOME", "read-only file system", _ELSEWHERE),
        ),
        Case(
            "workspace-not-writable",
            note="no sockets",
            fires=_workspace("/mnt/x", creatable=False, why_not="no-sockets", file_system="fuse.sshfs"),
            silent=_workspace("/mnt/x", file_system="fuseblk"),
            says=("/mnt/x", "fuse.sshfs", "sockets", _ELSEWHERE),
        ),
        Case(
            "workspace-not-writable",
            note="sandbox",
            fires=_workspace("/home/x", creatable=False, why_not="forbidden", errno="EACCES"),
            silent=_workspace("/home/x"),
            says=("/home/x", "sandbox", "Permission denied", _ELSEWHERE),
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
            "packages-noexec",
            fires=facts(launch=a_launch(packages_noexec=True)),
            # the workspace alone
            silent=_workspace(noexec=True),
            says=("site-packages", "noexec", "Make the environment on a file system without"),
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
            fires=_workspace(free_inodes=20),
            silent=_workspace(free_inodes=None),
            says=("20",),
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
                launch=a_launch(workspace=a_folder("/home/alice/src/$HOME/.cache/pytriton", "HOME")),
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
            fires=with_launch(longest_socket="/" + 107 * "x"),
            silent=with_launch(longest_socket="/" + 106 * "x"),
            says=("108", "107", _ELSEWHERE),
        ),
        Case(
            "workspace-path-too-long",
            note="bytes",
            fires=with_launch(longest_socket="/" + 54 * "é"),
            silent=with_launch(longest_socket="/" + 54 * "e"),
        ),
        Case(
            "workspace-path-not-ascii",
            fires=with_launch(workspace=a_folder("/data/é"), stub_python=a_stub_python(encoding="ascii")),
            silent=with_launch(workspace=a_folder("/data/é")),
            says=("/data/é", "locale", _ELSEWHERE),
        ),
        Case(
            "temporary-not-writable",
            fires=_temporary(creatable=False, why_not="read-only"),
            silent=_temporary(free=None, free_inodes=None),
            says=("/tmp", "read-only file system"),
        ),
        Case(
            "temporary-not-writable",
            note="full",
            fires=_temporary(free=0),
            silent=_temporary(free=24_000_000),
            says=("/tmp is full", "df -h /tmp"),
        ),
        Case(
            "temporary-not-writable",
            note="inodes",
            fires=_temporary(free_inodes=3),
            silent=_temporary(free_inodes=9),
            says=("/tmp is full", "df -i /tmp"),
        ),
    )
