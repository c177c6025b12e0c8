"""Packages whose files are not as they were installed, each really imported beside the prediction."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.build import an_interpreter
from tritondoctor.facts.imports.closure import Closure
from tritondoctor.facts.imports.module_cache import ModuleCache
from tritondoctor.facts.imports.scene import Scene
from tritondoctor.facts.imports.statements import imports_of
from tritondoctor.facts.imports.syntax import may_end_in_string
from tritondoctor.loader import Files

#: what was installed as the module `p.m`, and what stands there now; `p` imports `VERSION` from it
WHOLE = "import os\n\n\ndef value():\n    return 1\n\n\nVERSION = value()\n"
NOW = {
    "the name is a class's now": "class C:\n    VERSION = '1.0'\n",
    "as it was": WHOLE,
    "edited behind its imports": WHOLE + "x = = 1\n",
    "cut within a name": WHOLE[:-4],
    "cut within a name, by one byte": WHOLE + "VERSION_",
    "cut before the name": WHOLE[: WHOLE.index("VERSION")],
    "only mentions the name": "# VERSION\nVERSION_INFO = 1\n",
    "without its last newline": WHOLE + "VERSION",
    "longer": WHOLE + "y = 1\n",
}


def _site(tmp_path: Path, now: str) -> Path:
    site = tmp_path / "site-packages"
    (site / "p").mkdir(parents=True)
    (site / "p/__init__.py").write_text("from .m import VERSION\n")
    (site / "p/m.py").write_text(now)
    info = site / "p-1.0.dist-info"
    info.mkdir()
    (info / "RECORD").write_text(f"p/__init__.py,sha256=x,23\np/m.py,sha256=x,{len(WHOLE)}\n")
    return site


def _closure(site: Path) -> Closure:
    version = ".".join(map(str, sys.version_info[:3]))
    return Closure(
        Scene(
            role="client",
            sources=ModuleCache(Files(), an_interpreter(version=version, extension_suffixes=(".so",))),
            search_path=[str(site)],
            preloaded=("sys", "os"),
            builtin=("sys",),
            opener=lambda path: (),
            metadata={"p": str(site / "p-1.0.dist-info")},
        )
    )


@pytest.mark.parametrize("now", NOW.values(), ids=NOW)
def test_prediction_is_what_python_does(tmp_path: Path, now: str) -> None:
    site = _site(tmp_path, now)
    code = f"import sys; sys.path[:0] = [{str(site)!r}]; import p"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False)
    closure = _closure(site)
    problem = closure.require("p", "")
    assert (problem is None) == (done.returncode == 0), (problem, done.stderr)
    changed = {} if now == WHOLE else {str(site / "p/m.py"): "p==1.0"}
    assert closure.recorded.changed == changed


def test_without_record_nothing_is_changed(tmp_path: Path) -> None:
    site = _site(tmp_path, WHOLE + "x = = 1\n")
    (site / "p-1.0.dist-info/RECORD").unlink()
    closure = _closure(site)
    assert closure.require("p", "") is None
    assert not closure.recorded.changed


@pytest.mark.parametrize("cut", ['"""begun', "x = (1,", "def f(\n    a"])
def test_what_was_begun_and_has_no_end_is_seen_in_newer_syntax_too(cut: str) -> None:
    with pytest.raises(SyntaxError):
        imports_of(f"import os\n{cut}", (3, 99, 0))


def test_newer_syntax_without_a_last_newline_is_no_fault() -> None:
    assert imports_of("import os\ntype Vector = list[float]\nx = 1", (3, 99, 0))


@pytest.mark.parametrize("cut", ["if x:", "try:\n    x = 1\n\n", "x = (1,\n     2,\n"])
def test_a_block_that_was_only_begun_is_seen_for_a_newer_python_too(cut: str) -> None:
    with pytest.raises(SyntaxError):
        imports_of(f"import os\n{cut}", (3, 99, 0), whole=True)


def test_newer_syntax_is_no_fault_in_a_changed_file() -> None:
    source = "import os\ntype Vector = list[float]\ndef first[T](x: T) -> T:\n    return x\n"
    (statement,) = imports_of(source, (3, 99, 0), whole=True)
    assert statement == imports_of(source, (3, 99, 0))[0]


@pytest.mark.parametrize(
    ("source", "may"),
    [
        ('x = 1\n"""Begun, and cut in\nthe middle', True),
        ('x = 1\n"""Begun, and cut in\nthe middle\n', True),
        ('"""One."""\nx = 1\n', False),
        ('"""One.\n\nTwo.\n"""\nQUOTES = \'"""\'\n', False),
        ("x = 1\n", False),
    ],
)
def test_a_string_without_end(source: str, may: bool) -> None:
    assert may_end_in_string(source) == may
