"""What a changed world takes over from the real one is what it would have found by itself."""

from __future__ import annotations

import os
import sys
import sysconfig

import pytest

from tritondoctor.facts import ObservedTarget, observe, observe_environment
from tritondoctor.facts.interpreter.replay import Remembered, held
from tritondoctor.facts.model import Facts
from tritondoctor.loader import Change, Copy, Data, Files, Gone, LinkChange
from tritondoctor.target import Named, find_target

_SITE = sysconfig.get_path("purelib")
_PYTRITON = f"{_SITE}/pytriton"
_CHANGES: dict[str, dict[str, Change]] = {
    "a link beside the libraries": {f"{_SITE}/nvidia_pytriton.libs/libx.so": LinkChange("/lib/libx.so")},
    "a broken libpython": {f"{_SITE}/nvidia_pytriton.libs/libpython3.11.so.1.0": Data(b"no")},
    "a package gone": {f"{_SITE}/wrapt": Gone()},
    "a module damaged": {f"{_SITE}/zmq/sugar/context.py": Data(b"def")},
    "a file that hides a package": {f"{_SITE}/numpy.py": Data(b"")},
    "a server that may not be run": {
        f"{_PYTRITON}/tritonserver/bin/tritonserver": Copy(
            f"{_PYTRITON}/tritonserver/bin/tritonserver", 0o644
        )
    },
}


@pytest.fixture(scope="module")
def observed() -> ObservedTarget:
    if not os.path.isdir(_PYTRITON):
        pytest.skip("PyTriton is not installed beside the tests")
    own = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
    return observe(find_target(own, "/", Named(python=sys.executable)))


def _facts(observed: ObservedTarget, files: Files) -> Facts:
    interview = held(observed.question, observed.target, files)
    question = Remembered(interview, observed.target, files)
    return observe_environment(files, observed.target, observed.machine, question)


@pytest.mark.parametrize("changes", _CHANGES.values(), ids=_CHANGES)
def test_a_changed_world(observed: ObservedTarget, changes: dict[str, Change]) -> None:
    after = _facts(observed, observed.files.with_changes(changes))
    assert after == _facts(observed, Files().with_changes(changes))
