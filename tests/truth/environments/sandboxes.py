"""Sandboxes that forbid what permissions allow, and a loopback interface that holds traffic back."""

from __future__ import annotations

from tests.truth import landlock
from tests.truth.declare import environment
from tests.truth.place import Place
from tests.truth.stock import Absent

_TERMINALS = ("/dev/null", "/dev/tty", "/dev/ptmx", "/dev/pts")


def _writes_to(place: Place, *folders: str) -> None:
    if not landlock.available():
        raise Absent("this environment is one of kernels with Landlock; user namespaces alone do not do")
    place.before += ["/usr/bin/python3", landlock.__file__, str(place.cwd), *folders, "--"]


@environment("temporary-not-writable")
def sandbox_without_tmp(place: Place) -> None:
    """/tmp has mode 1777, and Landlock forbids to write there."""
    _writes_to(place, str(place.home), "/dev")


@environment("shared-memory-unusable")
def sandbox_without_shared_memory(place: Place) -> None:
    """So with /dev/shm."""
    _writes_to(place, str(place.home), "/tmp", *_TERMINALS)


@environment("workspace-not-writable")
def sandbox_without_home(place: Place) -> None:
    """Tools that write code for people are confined to the folder of the project."""
    place.set(PYTRITON_HOME="/var/tmp/pytriton")
    _writes_to(place, "/tmp", "/dev")


@environment()
def sandbox_with_all_it_needs(place: Place) -> None:
    """A sandbox that lets PyTriton write where it has to."""
    _writes_to(place, str(place.home), "/tmp", "/dev")


_SLOW = "/usr/sbin/tc qdisc add dev lo root tbf rate {rate} burst {burst} latency 400ms"


@environment("loopback-down", cases={"8-kbit": ("8kbit", "2kb"), "1-mbit": ("1mbit", "32kb")})
def traffic_held_back(place: Place, limit: tuple[str, str]) -> None:
    """A token bucket, as for tests of slow networks: what is longer than its burst is dropped."""
    place.options += ["--cap-add", "ALL"]
    place.before_start(_SLOW.format(rate=limit[0], burst=limit[1]))


@environment()
def traffic_limited_and_enough(place: Place) -> None:
    """A limit that a start does not meet."""
    place.options += ["--cap-add", "ALL"]
    place.before_start(_SLOW.format(rate="1gbit", burst="1mb"))
