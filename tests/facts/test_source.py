"""The quick reader of imports against `ast` on the whole file, over every source file at hand."""

from __future__ import annotations

import sysconfig
from pathlib import Path

import pytest

from tritondoctor.facts.imports.statements import Import, ImportAttempt, Statement, imports_of
from tritondoctor.facts.imports.uses import names_at_import, names_used

MOST_FILES = 2500


def _modules(statements: tuple[Statement, ...]) -> set[tuple[str, tuple[str, ...], int]]:
    found: set[tuple[str, tuple[str, ...], int]] = set()
    for statement in statements:
        if isinstance(statement, ImportAttempt):
            for part in (statement.body, statement.handlers, statement.otherwise):
                found |= _modules(part or ())
        else:
            found.add((statement.module, statement.names, statement.level))
    return found


def test_quick_reading_misses_no_import_of_a_real_file() -> None:
    """It may take a line of a docstring for an import (that is then read whole), never miss one."""
    folders = [sysconfig.get_path("stdlib"), sysconfig.get_path("purelib")]
    files = [path for folder in folders for path in sorted(Path(folder).rglob("*.py"))]
    files = files[:: max(1, len(files) // MOST_FILES)]
    compared = equal = 0
    for path in files:
        try:
            source = path.read_text("utf-8")
            whole = imports_of(source, (3, 11, 7), whole=True)
        except (SyntaxError, UnicodeDecodeError, ValueError):
            continue
        quick = imports_of(source, (3, 11, 7))
        compared += 1
        equal += quick == whole
        assert _modules(whole) <= _modules(quick), path
    print(f"{compared} files read twice, {equal} with the very same statements")
    assert compared > 200 and equal / compared > 0.98


@pytest.mark.parametrize(
    "line",
    [
        "from a import b c",
        "from a import (\n    b\n    c,\n)",
        "from a import b by c",
        "from a import ,",
        "from a import",
        "from a import (b,, c)",
    ],
)
def test_names_without_a_comma_are_no_python(line: str) -> None:
    """As a file is left by an edit, or by a disk that gave up in the middle of it."""
    padding = "# a comment that makes the file long enough\n" * 30
    with pytest.raises(SyntaxError):
        imports_of(f"import os\n{line}\n{padding}", (3, 11, 0))


def test_conditions_follow_the_target_not_the_doctor() -> None:
    source = "import sys\nif sys.version_info >= (3, 9):\n    import a\nelse:\n    import b\n"
    assert imports_of(source, (3, 8, 1))[1] == Import("b", (), 0, 5)
    assert imports_of(source, (3, 9, 0))[1] == Import("a", (), 0, 3)


def test_a_try_that_raises_again_swallows_nothing() -> None:
    swallowed = imports_of("try:\n    import a\nexcept ImportError:\n    a = None\n", (3, 11, 0))
    raised = imports_of("try:\n    import a\nexcept ImportError:\n    raise\n", (3, 11, 0))
    assert isinstance(swallowed[0], ImportAttempt) and swallowed[0].handlers == ()
    assert isinstance(raised[0], ImportAttempt) and raised[0].handlers is None


def test_names_that_are_used_at_once() -> None:
    source = (
        "import csv as c\nfrom csv import excel\n"
        "@c.once\ndef f(a: c.Sort = c.DEFAULT):\n    return c.reader\n"
        "class K(c.Dialect):\n    x = c.QUOTE\n    def m(self): c.writer\n"
        "g = lambda: c.later\n"
    )
    used = {"excel", "once", "Sort", "DEFAULT", "Dialect", "QUOTE"}
    assert names_at_import(source, "csv") == used
    later = "from __future__ import annotations\n" + source
    assert names_at_import(later, "csv") == used - {"Sort"}
    assert names_at_import("def (", "csv") == set()


def test_names_that_a_source_takes_from_a_module_are_no_words_of_its_messages() -> None:
    source = (
        "import a, a.b.c\nimport a as q\nfrom a import d\nfrom a.e import f\n"
        "def g():\n    'a.word'\n    return q.h, a.i.j, x.a.k, f'a.other {a.l}'\n"
    )
    assert names_used(source, "a") == {"b", "d", "e", "h", "i", "l"}
    assert names_used("x = = 1", "a") is None
