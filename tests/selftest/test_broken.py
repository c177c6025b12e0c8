"""In really broken environments the self-test fails within seconds and names the cause."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.selftest.boxed import Outcome, named, place_of, selftest
from tests.truth.environments import ALL

SLICE = "libpython-on-no-path 3.9"
BROKEN = (
    SLICE,
    "debian-libpython-of-another-release",
    "library-renamed-to-another-version",
    "python3-removed",
    "conda-lib-on-library-path",
    "old-libstdcxx-preloaded",
    "newer-libstdcxx",
    "text-as-libstdcxx",
    "foreign-libc trixie",
    "limit-too-low files-64",
    "numpy-2",
    "package-removed zmq",
    "package-removed gevent",
    "file-named-like-a-module numpy.py",
    "packages-by-pythonpath 3.11",
    "path-that-bash-splits space",
    "path-that-bash-reads-otherwise dollar",
    "path-too-long-for-a-socket 70",
    "no-home",
    "workspace-on-noexec",
    "workspace-full",
    "tmp-read-only plain",
    "shared-memory 4-mib",
    "same-port-twice",
    "no-bash-on-path empty",
    "bash-env-harms exits",
    "a-driver-in-trouble 999",
    "setting-refused trace",
    "file-of-the-wheel-removed backend",
)
#: what the log alone says as exactly, without the checks
PLAIN = (
    SLICE,
    "debian-libpython-of-another-release",
    "conda-lib-on-library-path",
    "limit-too-low files-64",
    "package-removed zmq",
    "tmp-read-only plain",
    "shared-memory read-only",
    "port-without-the-right",
    "numpy-2",
    "no-pytriton 3.11",
)
#: the self-test takes free ports
BY_DESIGN = "port-taken"
WITHIN_S = 20.0
_seconds: dict[str, tuple[float, str]] = {}


@pytest.fixture(scope="module", autouse=True)
def _table() -> Iterator[None]:
    """Writes how long each took; PyTriton itself says "timed out" after two minutes, or hangs."""
    yield
    for name, (seconds, cause) in _seconds.items():
        print(f"{seconds:6.1f} s  {cause:<28} {name}")


def _names() -> list[object]:
    """The chosen ones; every declared one that is broken with TRITONDOCTOR_TEST_SELFTEST=all."""
    every = os.environ.get("TRITONDOCTOR_TEST_SELFTEST") == "all"
    broken = [
        name for name, environment in ALL.items() if environment.ids and not name.startswith(BY_DESIGN)
    ]
    names = broken if every else BROKEN
    return [pytest.param(n, marks=[pytest.mark.truth_slice] if n == SLICE else []) for n in names]


def _fails(name: str, outcome: Outcome) -> None:
    _seconds[name] = (outcome.seconds, outcome.cause)
    assert outcome.status == 1
    assert not outcome.result["passed"]
    assert outcome.cause in named(name).ids, outcome.result["findings"]
    assert outcome.seconds < WITHIN_S
    assert outcome.result["left_behind"] == []
    evidence = outcome.result["findings"][0]["evidence"]
    assert evidence[0].startswith(("the log says: ", "seen: "))


@pytest.mark.truth
@pytest.mark.parametrize("name", _names())
def test_the_cause_is_named_in_time(name: str) -> None:
    with place_of(named(name)) as place:
        outcome = selftest(place)
    _fails(name, outcome)


@pytest.mark.truth
@pytest.mark.parametrize("name", PLAIN)
def test_the_log_alone_names_it(name: str) -> None:
    with place_of(named(name)) as place:
        outcome = selftest(place, facts=False, timeout=15)
    _fails(name, outcome)
