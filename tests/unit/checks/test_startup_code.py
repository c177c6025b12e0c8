"""Findings about code that Python runs at its start."""

from __future__ import annotations

import pytest

from tests.unit.build import SITE, an_import_problem, an_interpreter, facts, with_import
from tests.unit.checks.case import Case, FindingTests
from tritondoctor.checks.harmful_code import stops
from tritondoctor.facts.interpreter.model import StartupChange, StartupCode
from tritondoctor.facts.model import Facts

_CODE = StartupCode(f"{SITE}/__editable__.pth", "import __editable___finder", ("mine",))


def _changing(statement: str) -> Facts:
    """Code at the start of Python that runs this statement in any case."""
    change = StartupChange(statement, certain=True)
    code = StartupCode(f"{SITE}/sitecustomize.py", "import sitecustomize", (), changes=(change,))
    return facts(interpreter=an_interpreter(startup_code=(code,)))


_MISSING = an_import_problem("missing", "mine")
_SET_TO_NONE = an_import_problem("missing", "grpc", reason="set-to-none", at=f"{SITE}/sitecustomize.py")
_BLOCKING = StartupCode(
    f"{SITE}/sitecustomize.py",
    "import sitecustomize",
    (),
    changes=(StartupChange("sys.modules['grpc'] = None", True, blocks=("grpc",)),),
)


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
        Case(
            "startup-code-changes-process",
            fires=_changing("os.environ['PATH'] = '/opt/bin'"),
            silent=facts(interpreter=an_interpreter(startup_code=(_CODE,))),
            says=("os.environ", "real start", "selftest"),
            severity="warning",
        ),
        Case(
            "startup-code-changes-process",
            note="module",
            fires=with_import(_SET_TO_NONE, interpreter=an_interpreter(startup_code=(_BLOCKING,))),
            silent=facts(interpreter=an_interpreter(startup_code=(_BLOCKING,))),
            says=("sys.modules['grpc'] = None", "does not start"),
            severity="error",
        ),
        Case(
            "startup-code-changes-process",
            note="stops",
            fires=_changing("resource.setrlimit(resource.RLIMIT_NOFILE, (50, 50))"),
            silent=facts(interpreter=an_interpreter(startup_code=(_CODE,))),
            says=("RLIMIT_NOFILE", "does not start", "sitecustomize.py"),
            severity="error",
        ),
    )


@pytest.mark.parametrize(
    ("statement", "fails"),
    [
        ("sys.path.clear()", True),
        ("sys.path.append('/opt/company')", False),
        ("sys.stderr.close()", True),
        ("sys.stdout = None", False),
        ("resource.setrlimit(resource.RLIMIT_AS, (1000000000, 1000000000))", True),
        ("resource.setrlimit(resource.RLIMIT_NOFILE, (4096, hard))", False),
        ("resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000))", True),
        ("resource.setrlimit(resource.RLIMIT_FSIZE, (30000000, 30000000))", False),
        ("warnings.simplefilter('error')", True),
        ("warnings.simplefilter('error', DeprecationWarning)", False),
        ("sys.setrecursionlimit(60)", True),
        ("sys.setrecursionlimit(5000)", False),
    ],
)
def test_statements_that_stop_a_start(statement: str, fails: bool) -> None:
    assert stops(statement, largest_file=16_000_000) == fails
