"""The folders that the launch writes to, and the paths that come of them."""

from __future__ import annotations

import os

from tests.truth import stock
from tests.truth.declare import environment
from tests.truth.place import Place


@environment("workspace-path-unsafe", cases={"space": "a b"})
def path_that_bash_splits(place: Place, name: str) -> None:
    """PyTriton splits the server's command at the space."""
    place.set(PYTRITON_HOME=place.here / name)


@environment(
    "workspace-path-unsafe",
    cases={"quote": "a'b", "dollar": "a$b", "paren": "a(b)", "ampersand": "a&b", "braces": "a{c,d}"},
)
def path_that_bash_reads_otherwise(place: Place, name: str) -> None:
    """Triton gives the stub's path to bash unquoted."""
    place.set(PYTRITON_HOME=place.here / name)


@environment(cases={"star": "a*b", "brackets": "a[b]c", "hash": "#a", "tilde": "~a", "colon": "a:b",
                    "comma": "a,b=c", "percent": "a%20b", "bang": "a!b"})  # fmt: skip
def path_that_only_looks_unsafe(place: Place, name: str) -> None:
    """Characters that bash leaves alone where nothing matches."""
    place.set(PYTRITON_HOME=place.here / name)


@environment("workspace-path-unsafe")
def home_with_a_space(place: Place) -> None:
    """The default follows HOME."""
    place.set(HOME=place.here / "my home")


@environment("workspace-path-unsafe")
def variable_in_path_unset(place: Place) -> None:
    """PYTRITON_HOME written with a variable that is not set."""
    place.set(PYTRITON_HOME="$NOT_SET/pytriton")


@environment()
def variable_in_path_set(place: Place) -> None:
    """PyTriton expands variables in PYTRITON_HOME."""
    place.set(PYTRITON_HOME="$PLACE/pytriton", PLACE=place.here)


def _path_of(length: int, place: Place) -> str:
    return f"{place.here}/".ljust(length, "l")


@environment(cases={"62": 62, "64": 64})
def path_just_short_enough(place: Place, length: int) -> None:
    """The stub's socket has at most 107 bytes."""
    place.set(PYTRITON_HOME=_path_of(length, place))


@environment("workspace-path-too-long", cases={"66": 66, "70": 70, "120": 120})
def path_too_long_for_a_socket(place: Place, length: int) -> None:
    """The kernel's limit of a socket's path."""
    place.set(PYTRITON_HOME=_path_of(length, place))


@environment("workspace-path-not-ascii", python=("3.11", "3.13"), cases={"utf-8": "C.UTF-8", "c": "C"})
def accents_in_path(place: Place, locale: str) -> None:
    """From 3.11 on the stub's Python is ASCII in any locale."""
    place.set(PYTRITON_HOME=place.here / "josé", LC_ALL=locale)


@environment(python=("3.8", "3.10"))
def accents_in_path_for_older_python(place: Place) -> None:
    """Up to 3.10 the stub's Python follows the locale."""
    place.set(PYTRITON_HOME=place.here / "josé", LANG="C.UTF-8")


@environment("workspace-path-not-ascii", python="3.8")
def accents_in_path_posix(place: Place) -> None:
    """… also where the locale is POSIX."""
    place.set(PYTRITON_HOME=place.here / "josé", LC_ALL="POSIX")


@environment("home-unset")
def no_home(place: Place) -> None:
    """A service without HOME."""
    place.unset("HOME")


@environment(
    cases={
        "xdg-empty": {"XDG_CACHE_HOME": ""},
        "xdg-relative": {"XDG_CACHE_HOME": "cache"},
        "home-empty": {"PYTRITON_HOME": ""},
        "relative": {"PYTRITON_HOME": "rel"},
    }
)
def unusual_place(place: Place, variables: dict[str, str]) -> None:
    """The workspace comes to lie in or below the working directory."""
    place.set(**variables)


@environment("workspace-not-writable")
def home_in_proc(place: Place) -> None:
    """A file system in which nobody makes folders."""
    place.set(HOME="/proc")


@environment("workspace-not-writable")
def file_in_the_way(place: Place) -> None:
    """~/.cache is a file."""
    place.write(place.home / ".cache", "")


@environment("workspace-not-writable")
def home_read_only(place: Place) -> None:
    """The home is mounted read-only."""
    place.options += ["--ro-bind", str(place.home), str(place.home)]


@environment("workspace-not-writable", python=stock.SYSTEM)
def home_of_another_user(place: Place) -> None:
    """sudo kept root's HOME."""
    _ = place.prefix
    place.as_nobody()
    os.chown(place.home, 0, 0)


@environment("workspace-noexec")
def workspace_on_noexec(place: Place) -> None:
    """The file system of the workspace runs no programs."""
    place.options += ["--tmpfs", "/mnt"]
    place.set(PYTRITON_HOME="/mnt/x")
    place.before_start("mount -o remount,noexec /mnt")


@environment("workspace-no-space")
def workspace_full(place: Place) -> None:
    """20 MB are too few for the copy of the server."""
    place.options += ["--size", "20000000", "--tmpfs", "/mnt"]
    place.set(PYTRITON_HOME="/mnt")


@environment()
def workspace_nearly_full(place: Place) -> None:
    """24 MB are enough."""
    place.options += ["--size", "24000000", "--tmpfs", "/mnt"]
    place.set(PYTRITON_HOME="/mnt")


@environment("temporary-not-writable", cases={"plain": "", "tmpdir": "/var/tmp"})
def tmp_read_only(place: Place, temporary: str) -> None:
    """Triton writes to /tmp and does not ask TMPDIR."""
    place.options += ["--ro-bind", "/tmp", "/tmp", "--bind", str(place.here), str(place.here)]
    if temporary:
        place.set(TMPDIR=temporary)


@environment()
def tmpdir_missing(place: Place) -> None:
    """Python passes over a TMPDIR that does not exist."""
    place.set(TMPDIR="/nonexistent")


@environment(
    "shared-memory-unusable",
    cases={
        "read-only": ["--ro-bind", "/usr/share", "/dev/shm"],
        "4-mib": ["--size", "4194304", "--tmpfs", "/dev/shm"],
    },
)
def shared_memory(place: Place, options: list[str]) -> None:
    """Server and stub talk through /dev/shm."""
    place.options += options


@environment(cases={"5-mb": "5000000", "8-mb": "8000000"})
def shared_memory_small(place: Place, size: str) -> None:
    """One small model needs little of it."""
    place.options += ["--size", size, "--tmpfs", "/dev/shm"]


@environment("proc-not-mounted")
def no_proc(place: Place) -> None:
    """The `sh` package lists /dev/fd, a link into /proc."""
    place.options += ["--tmpfs", "/proc"]
