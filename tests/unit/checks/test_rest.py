"""Findings about leftovers, requirements, files that were not read, and programs nobody explains."""

from __future__ import annotations

import pytest

from tests.unit.build import (
    HOME,
    LIBC,
    SERVER,
    a_card,
    a_link_problem,
    a_pytriton,
    an_interpreter,
    an_nvml,
    facts,
    surroundings,
    with_gpu,
    with_problem,
)
from tests.unit.checks.case import Case, FindingTests, words
from tritondoctor.checks import examine_requirements
from tritondoctor.checks.requirements import Require
from tritondoctor.facts.machine.model import Leftover, NotRead
from tritondoctor.facts.model import Facts

_DEAD = (Leftover("workspace", f"{HOME}/workspace_dead", 21_000_000, "alice"),
         Leftover("server", "4711", user="bob"))  # fmt: skip
#: a kind of problem that no finding knows by name
_UNKNOWN = a_link_problem("not-a-program", f"{HOME}/workspace_x/tritonserver/bin/tritonserver")


class TestRest(FindingTests):
    CASES = (
        Case(
            "orphaned-resources",
            fires=facts(surroundings=surroundings(leftovers=_DEAD)),
            silent=facts(surroundings=None),
            says=("1 workspace", "21.0 MB", "4711", "bob", "tritondoctor clean"),
            severity="info",
        ),
        Case(
            "file-not-read",
            fires=facts(not_read=(NotRead("/x/RECORD", "is larger than 64 MB"),)),
            silent=facts(),
            says=("/x/RECORD", "is larger than 64 MB"),
        ),
        Case(
            "file-not-read",
            note="many",
            fires=facts(not_read=tuple(NotRead(f"/x/{n}", "is a pipe") for n in range(9))),
            silent=facts(),
            says=("9 files", "/x/0", "3 more"),
        ),
        Case(
            "program-not-loadable",
            fires=with_problem(_UNKNOWN),
            # another finding says why
            silent=with_problem(
                a_link_problem("version", "libc.so.6", provider=LIBC, version="GLIBC_2.38")
            ),
            says=(SERVER, "tritonserver", "tritondoctor selftest"),
        ),
    )


@pytest.mark.parametrize(
    ("require", "here", "pieces"),
    [
        (Require(python=">=3.12"), facts(), ("Python >=3.12", "3.11.7")),
        (Require(pytriton=">=0.8"), facts(pytriton=None), ("PyTriton >=0.8", "none")),
        (Require(driver=">=600"), with_gpu(), ("driver >=600", "550.54.15")),
        (Require(gpu_memory=80), with_gpu(), ("80 GiB", "40.0 GiB free")),
        (Require(compute_capability="9.0"), with_gpu(), ("9.0", "8.0")),
    ],
)
def test_requirement_not_met(require: Require, here: Facts, pieces: tuple[str, ...]) -> None:
    (finding,) = examine_requirements(here, require)
    assert finding.id == "requirement-not-met"
    for piece in pieces:
        assert piece in words(finding)


@pytest.mark.parametrize(
    ("require", "here"),
    [
        (Require(python=">=3.11"), facts(interpreter=an_interpreter())),
        (Require(pytriton=">=0.8.dev0"), facts(pytriton=a_pytriton(version="0.8.0.dev3"))),
        (Require(driver=">=525,<600"), with_gpu()),
        (Require(compute_capability="9.0", gpu_memory=40),
         with_gpu(nvml=an_nvml(a_card(capability="10.0")))),
        (Require(), facts(pytriton=None)),
    ],
)  # fmt: skip
def test_requirement_that_holds_is_silent(require: Require, here: Facts) -> None:
    assert examine_requirements(here, require) == ()
