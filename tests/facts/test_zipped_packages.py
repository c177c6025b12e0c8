"""Packages in zip files, each really imported beside the prediction (Lib/zipimport.py)."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.unit.build import an_interpreter
from tritondoctor.facts.imports.closure import Closure
from tritondoctor.facts.imports.module_cache import ModuleCache
from tritondoctor.facts.imports.scene import Scene
from tritondoctor.loader import Files

#: what lies in the zip file, of which `p` is imported
ARCHIVES: dict[str, dict[str, str]] = {
    "plain": {"p/__init__.py": "from . import m\nfrom p.m import x\n", "p/m.py": "x = 1\n"},
    "a module": {"p.py": "import os\n"},
    "a package in it": {"p/__init__.py": "import p.q.m\n", "p/q/__init__.py": "", "p/q/m.py": ""},
    "a compiled module": {"p/__init__.py": "from . import m\n", "p/m.so": "no matter what"},
    "a compiled module with a twin": {
        "p/__init__.py": "try:\n    from ._m import x\nexcept ImportError:\n    from .m import x\n",
        "p/m.py": "x = 1\n",
        "p/_m.so": "",
    },
    "a module that is gone": {"p/__init__.py": "import p.m\n"},
    "a name that is gone": {"p/__init__.py": "from p.m import y\n", "p/m.py": "x = 1\n"},
    "no Python": {"p/__init__.py": "x = = 1\n"},
    "another package": {"q.py": ""},
}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("files", ARCHIVES.values(), ids=ARCHIVES)
def test_prediction_is_what_python_does(tmp_path: Path, files: dict[str, str], method: int) -> None:
    archive = tmp_path / "packed.zip"
    with zipfile.ZipFile(archive, "w", method) as packed:
        for name, text in files.items():
            packed.writestr(name, text)
    archive.write_bytes(b"#!/bin/sh\n" + archive.read_bytes())
    _compare(archive)


@pytest.mark.parametrize("left", [0.2, 0.6, 0.95])
def test_archive_that_is_cut_short(tmp_path: Path, left: float) -> None:
    archive = tmp_path / "packed.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("p.py", "x = 1\n" * 99)
    content = archive.read_bytes()
    archive.write_bytes(content[: int(len(content) * left)])
    _compare(archive)


def test_compiled_module_is_named(tmp_path: Path) -> None:
    archive = tmp_path / "packed.whl"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("p/__init__.py", "from . import m\n")
        packed.writestr("p/m.so", "")
    closure = _closure(archive)
    problem = closure.require("p", "")
    assert problem is not None
    assert closure.finder.near_miss("p.m") == ("in-archive", f"{archive}/p/m.so")


def _compare(archive: Path) -> None:
    code = f"import sys; sys.path[:0] = [{str(archive)!r}]; import p"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False)
    problem = _closure(archive).require("p", "")
    assert (problem is None) == (done.returncode == 0), (problem, done.stderr)


def _closure(archive: Path) -> Closure:
    version = ".".join(map(str, sys.version_info[:3]))
    return Closure(
        Scene(
            role="client",
            sources=ModuleCache(Files(), an_interpreter(version=version, extension_suffixes=(".so",))),
            search_path=[str(archive)],
            preloaded=("sys", "os"),
            builtin=("sys",),
            opener=lambda path: (),
        )
    )
