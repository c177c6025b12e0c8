"""The import model against real imports: every top-level module of real interpreters."""

from __future__ import annotations

import os
import subprocess
from functools import partial
from pathlib import Path

import pytest

from tests.conftest import MINORS, interpreters
from tritondoctor.facts.imports.closure import Closure
from tritondoctor.facts.imports.module_cache import ModuleCache
from tritondoctor.facts.imports.scene import Scene
from tritondoctor.facts.interpreter import account
from tritondoctor.facts.interpreter.question import Question
from tritondoctor.facts.launch.programs import Running
from tritondoctor.loader import Files
from tritondoctor.target import Named, find_target

#: print or ask at import, or edit sys.path and sys.modules while they are imported
NOT_COMPARED = {
    "__phello__", "_dummy_threading", "_ios_support", "antigravity", "dummy_threading", "idlelib",
    "lib2to3", "pkg_resources", "setuptools", "test", "this", "turtle", "turtledemo",
}  # fmt: skip

IMPORT_EACH = """
import subprocess, sys
code = "import sys; sys.path.pop(0); import importlib; importlib.import_module(sys.argv[1])"
for name in sys.stdin.read().split():
    done = subprocess.run([sys.executable, "-c", code, name], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    print(name, done.returncode)
"""


@pytest.mark.parametrize("minor", MINORS)
def test_predicted_imports_are_the_real_ones(minor: str, tmp_path: Path) -> None:
    path = interpreters().get(minor)
    if path is None:
        pytest.skip(f"no Python {minor} here")
    variables = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "LD_"))}
    target = find_target(variables, str(tmp_path), Named(python=path))
    files = Files()
    asked = account.probe(Question(target), files, target.cwd, target.variables)
    names = sorted(_top_level(asked.sys_path) - NOT_COMPARED)
    done = subprocess.run(
        [path, "-c", IMPORT_EACH],
        input="\n".join(names),
        env=variables,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    real = {name: code == "0" for name, code in (line.split() for line in done.stdout.splitlines())}
    sources = ModuleCache(files, asked)
    predicted = {}
    for name in names:
        process = Running(files, asked.executable, variables, target.cwd)
        closure = Closure(
            Scene(
                role="client",
                sources=sources,
                search_path=asked.sys_path,
                preloaded=asked.startup_modules,
                builtin=asked.builtin_modules,
                opener=partial(process.open, caller="libpython"),
            )
        )
        predicted[name] = closure.require(name, "") is None
    print(f"{len(names)} modules of {path}")
    assert predicted == real


def _top_level(search_path: tuple[str, ...]) -> set[str]:
    found = set()
    for folder in search_path:
        for name in os.listdir(folder) if os.path.isdir(folder) else ():
            stem = name.partition(".")[0]
            module = name.endswith((".py", ".so")) or os.path.isdir(os.path.join(folder, name))
            if module and stem.isidentifier() and stem != "__pycache__":
                found.add(stem)
    return found
