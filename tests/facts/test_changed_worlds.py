"""What a changed world takes over from the real one is what it would have found by itself."""

from __future__ import annotations

import os
import sys
import sysconfig

import msgspec
import pytest

from tritondoctor.facts import ObservedTarget, observe, observe_environment
from tritondoctor.facts.interpreter.question import Question
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
    target = find_target(own, "/", Named(python=sys.executable))
    return observe(target, Question(target))


def _facts(observed: ObservedTarget, files: Files) -> Facts:
    interview = held(observed.question, observed.target, files)
    question = Remembered(interview, observed.target, files)
    return observe_environment(files, observed.target, observed.machine, question)


@pytest.mark.parametrize("changes", _CHANGES.values(), ids=_CHANGES)
def test_a_changed_world(observed: ObservedTarget, changes: dict[str, Change]) -> None:
    after = _facts(observed, observed.files.with_changes(changes))
    assert after == _facts(observed, Files().with_changes(changes))


_VARIABLES = (
    {"LD_LIBRARY_PATH": "/usr/lib"},
    {"LD_PRELOAD": "libnowhere.so"},
    {"PYTHONPATH": "/nowhere"},
    {"HOME": "/tmp"},
    {"PATH": "/nowhere:/usr/bin:/bin"},
    {"BASH_ENV": "/etc/profile"},
    {"GEVENT_PURE_PYTHON": "1"},
    {"PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": "python"},
    {"PYTRITON_VIZTRACER": "1"},
    {"PYTRITON_HOME": "/tmp/home"},
    {"TRITON_NOWHERE": "1"},
)


@pytest.mark.parametrize("variables", _VARIABLES, ids=lambda variables: next(iter(variables)))
@pytest.mark.parametrize("changes", [{}, _CHANGES["a file that hides a package"]], ids=["", "and a file"])
def test_a_world_with_other_variables(
    observed: ObservedTarget, variables: dict[str, str], changes: dict[str, Change]
) -> None:
    target = msgspec.structs.replace(
        observed.target, variables={**observed.target.variables, **variables}
    )
    other = msgspec.structs.replace(observed, target=target)
    after = _facts(other, observed.files.with_changes(changes))
    assert after == _facts(other, Files().with_changes(changes))


def test_what_is_changed_where_a_copy_is_made(observed: ObservedTarget) -> None:
    """The launch looks at its copy of the server; what is changed is what that is made of."""
    server = f"{_PYTRITON}/tritonserver"
    for place in (f"{server}/backends/python/libtriton_python.so", server, _PYTRITON):
        changes: dict[str, Change] = {place: Gone()}
        after = _facts(observed, observed.files.with_changes(changes))
        assert after == _facts(observed, Files().with_changes(changes))


def test_a_world_in_which_nothing_matters_is_taken_over(observed: ObservedTarget) -> None:
    """Four fifths of a world's cost are the imports of client and stub."""
    target = msgspec.structs.replace(
        observed.target, variables={**observed.target.variables, "TRITON_NOWHERE": "2"}
    )
    after = _facts(msgspec.structs.replace(observed, target=target), observed.files)
    assert observed.facts.launch is not None and after.launch is not None
    for before, same in zip(observed.facts.launch.imports, after.launch.imports):
        assert before is same
