"""The net below the checks: real facts of a sound environment, with one program of the launch broken."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from tritondoctor import facts
from tritondoctor.checks import examine
from tritondoctor.facts.interpreter.model import LinkProblem, Program
from tritondoctor.facts.model import Facts
from tritondoctor.target import Named, find_target

ROLES = ("tritonserver", "python backend", "stub", "child")
NET = "program-not-loadable"


@pytest.fixture(scope="module")
def sound(environment: str, tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """Facts with a launch whose programs the model takes all for loadable."""
    home = tmp_path_factory.mktemp("home")
    variables = {"PATH": "/usr/bin:/bin", "HOME": str(home)}
    libraries = [str(Path(path).parent) for path in Path(os.path.realpath(f"{environment}/bin/python"))
                 .parents[1].glob("lib/libpython3*.so.1.0")]  # fmt: skip
    if libraries:
        variables["LD_LIBRARY_PATH"] = libraries[0]
    seen = facts.gather(find_target(variables, str(home), Named(prefix=environment)))
    if seen.launch is None or not all(program.loads for program in seen.launch.programs):
        pytest.skip("PyTriton does not start in this environment")
    return seen


def _broken(seen: Facts, role: str, *problems: LinkProblem) -> Facts:
    assert seen.launch is not None
    programs = tuple(
        msgspec.structs.replace(program, loads=False, problems=problems)
        if program.role == role
        else program
        for program in seen.launch.programs
    )
    return msgspec.structs.replace(seen, launch=msgspec.structs.replace(seen.launch, programs=programs))


def _errors(seen: Facts) -> list[str]:
    return [one.id for one in examine(seen) if one.severity == "error"]


def _program(seen: Facts, role: str) -> Program:
    assert seen.launch is not None
    return next(program for program in seen.launch.programs if program.role == role)


def test_nothing_is_caught_where_all_loads(sound: Facts) -> None:
    assert NET not in _errors(sound)


@pytest.mark.parametrize("role", ROLES)
def test_a_program_that_does_not_load_is_never_passed_over(sound: Facts, role: str) -> None:
    assert NET in _errors(_broken(sound, role))


@pytest.mark.parametrize("role", ROLES)
def test_the_loaders_own_line_is_told(sound: Facts, role: str) -> None:
    path = _program(sound, role).path
    assert sound.launch is not None
    inside = f"{sound.launch.workspace.path}/elsewhere/{os.path.basename(path)}"
    line = f"{inside}: No such file or directory"
    seen = _broken(sound, role, LinkProblem("not-a-program", inside, "", line))
    (net,) = [one for one in examine(seen) if one.id == NET]
    assert line in [str(one) for one in net.evidence]
    assert path in str(net.title)


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        ("not-found", "library-missing"),
        ("bad-file", "library-damaged"),
        ("isa-level", "library-refused"),
        ("of a kind that is not known", "library-refused"),
    ],
)
def test_what_another_finding_tells_is_told_once(sound: Facts, kind: str, named: str) -> None:
    problem = LinkProblem(kind, "libx.so.1", "/bin/x", "libx.so.1: no", "", "/lib/libx.so.1")
    found = _errors(_broken(sound, "stub", problem))
    assert named in found
    assert NET not in found


def test_the_callers_own_process_has_shown_that_it_starts(sound: Facts) -> None:
    assert NET not in _errors(_broken(sound, "client"))
