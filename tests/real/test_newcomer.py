"""What a newcomer types first, in a real terminal of 80 columns, and what must stand on the screen.

The project of the newcomer has a venv without PyTriton: one real fault.  Where the tests have an
environment with PyTriton, a sound one is met, too.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Union

import pytest

from tests.real.terminal import Seen, type_there
from tritondoctor.checks.catalogue import CATALOGUE

DOCTOR = Path(sys.executable).with_name("tritondoctor")
LOG = (
    "2024-04-01 18:18:31,964 - WARNING - pytriton.server.triton_server: Triton Inference Server exited "
    "with failure. Please wait.\n/x/python/triton_python_backend_stub: error while loading shared "
    "libraries: libpython3.11.so.1.0: cannot open shared object file: No such file or directory\n"
)


class First(NamedTuple):
    """What is typed, the exit code, what must stand there, what must not, how many rows there may be."""

    typed: str
    code: Union[int, tuple[int, ...]]
    there: tuple[str, ...]
    not_there: tuple[str, ...] = ()
    rows: int = 80


FIRST = (
    First("tritondoctor", 1, ("PyTriton will not start here: 1 cause", ".venv in this folder",
                              "pytriton-missing", "tritondoctor fix"), rows=18),
    First("tritondoctor check", 1, ("PyTriton will not start here", "Learn more: tritondoctor explain"),
          rows=18),
    First("tritondoctor check .venv", 1, ("PyTriton will not start here", "--prefix"), rows=18),
    First("tritondoctor .venv/bin/python", 1, ("PyTriton will not start here",), rows=18),
    First("tritondoctor check plain", 2, ("plain is not an environment (it has no bin/python)",), rows=3),
    First("tritondoctor check nowhere", 2, ("nowhere: no such file or folder",), rows=3),
    First("tritondoctor -q", 1, ("PyTriton will not start here: 1 cause: pytriton-missing",), rows=1),
    First("tritondoctor -v", 1, ("No NVIDIA GPU was found", "searched: "), rows=60),
    First("tritondoctor --gpu required", 1, ("docker run --gpus all", "nvidia.com/gpu"), rows=30),
    First("tritondoctor -h", 0, ("Usage: tritondoctor", "check", "demo")),
    First("tritondoctor help", 0, ("Usage: tritondoctor",)),
    First("tritondoctor help check", 0, ("Usage: tritondoctor check", "Examples:", "Exit codes:")),
    First("tritondoctor version", 0, ("tritondoctor 0.",), rows=1),
    First("tritondoctor chekc", 2, ("No such command 'chekc'", "check"), rows=3),
    First("tritondoctor demo", 0, ("Recorded machines", "tritondoctor demo conda"), rows=15),
    First("tritondoctor demo conda", 0, ("will not start here: 2 causes", "The plan has 2 steps")),
    First("tritondoctor explain --list", 0, ("libpython-missing", "libraries"),
          rows=len(CATALOGUE) + 40),  # a row each, and the headings,
    First("tritondoctor explain libpython-missing", 0, ("What it means", "How to fix it by hand")),
    First("tritondoctor explain no-such.log", 2, ("no-such.log: no such file",), rows=3),
    First("tritondoctor explain server.log", 1, ("libpython-missing", "Fix:")),
    First("tritondoctor install", 0, ("minimal-3.12", "tritondoctor install minimal")),
    First("tritondoctor install minmal", (1, 2), ("Did you mean minimal",), rows=3),
    First("tritondoctor undo", 1, ("There is no recorded fix.",), rows=2),
    First("tritondoctor completion bash", 0, ("complete -o default -F _tritondoctor_completion",)),
    First("tritondoctor libs --versions .venv/bin/python", 0, ("needs", "GLIBC_")),
    First("tritondoctor check --html page.html", 2, ("No such option: --html",), rows=3),
    First("tritondoctor check --format html --output page.html", 1, ("wrote page.html",)),
    First("tritondoctor selftest", 1, (".venv in this folder", "PyTriton does not serve Linear here")),
)  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The newcomer's folder."""
    folder = tmp_path_factory.mktemp("newcomer")
    (folder / "plain").mkdir()
    (folder / "home").mkdir()
    (folder / "server.log").write_text(LOG)
    base = os.path.realpath(sys.executable)
    subprocess.run([base, "-m", "venv", "--without-pip", str(folder / ".venv")], check=True)
    yield folder
    shutil.rmtree(folder)


def _type(first: First, project: Path) -> Seen:
    variables = {
        "PATH": f"{DOCTOR.parent}:/usr/bin:/bin", "HOME": str(project / "home"), "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
    }  # fmt: skip
    return type_there(first.typed.split(), str(project), variables)


@pytest.mark.parametrize("first", FIRST, ids=lambda first: first.typed)
def test_what_is_typed_first(first: First, project: Path) -> None:
    if not DOCTOR.exists():
        pytest.skip("tritondoctor is not installed here")
    seen = _type(first, project)
    screen = "\n".join(seen.rows)
    for words in first.there:
        assert words in re.sub(r"\s+", " ", seen.text) or words in seen.text, screen
    for words in first.not_there:
        assert words not in seen.text, screen
    codes = first.code if isinstance(first.code, tuple) else (first.code,)
    assert seen.code in codes, screen
    assert len(seen.rows) <= first.rows, screen
    assert "Traceback" not in seen.text
