"""Findings about code that Python runs at its start."""

from __future__ import annotations

from tests.unit.build import SITE, an_import_problem, an_interpreter, facts, with_import
from tests.unit.checks.case import Case, FindingTests
from tritondoctor.facts.model import StartupCode

_CODE = StartupCode(f"{SITE}/__editable__.pth", "import __editable___finder", ("mine",))
_MISSING = an_import_problem("missing", "mine")


class TestStartupCode(FindingTests):
    CASES = (
        Case(
            "pth-code-not-followed",
            fires=with_import(_MISSING, interpreter=an_interpreter(startup_code=(_CODE,))),
            silent=with_import(
                an_import_problem("missing", "wrapt"), interpreter=an_interpreter(startup_code=(_CODE,))
            ),
            says=("mine", _CODE.file, _CODE.text, "import mine"),
            severity="warning",
        ),
        Case(
            "pth-code-not-followed",
            note="pytriton",
            fires=facts(
                pytriton=None,
                launch=None,
                interpreter=an_interpreter(startup_code=(StartupCode("x.pth", "import x", None),)),
            ),
            silent=facts(pytriton=None, launch=None),
            says=("pytriton",),
            severity="error",
        ),
    )
