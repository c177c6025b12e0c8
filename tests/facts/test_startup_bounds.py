"""Startup code of others that doubles with each line, or sets what cannot be set, ends no check."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.unit.build import an_interpreter
from tritondoctor.facts.imports import requirements
from tritondoctor.facts.interpreter import startup_code
from tritondoctor.facts.interpreter.answer import CodeLine
from tritondoctor.facts.interpreter.startup_changes import StartupScene, changes
from tritondoctor.loader import Files

_LOOPS = "".join(f"{'  ' * depth}for x{depth} in {tuple(range(10))}:\n" for depth in range(8))
CODE = {
    "tuples": "a0 = (1, 1)\n" + "".join(f"a{n + 1} = (a{n}, a{n})\n" for n in range(40)),
    "aliases": "import os\nb0 = os.environ\n" + "".join(f"b{n + 1} = b{n}[b{n}]\n" for n in range(40)),
    "loops": f"import os\n{_LOOPS}{'  ' * 8}os.environ['A'] = 'b'\n",
    "functions": "".join(f"def f{n}():\n f{n + 1}()\n f{n + 1}()\n" for n in range(200)) + "f0()\n",
    "relative": "from . import y\ny.z = 1\nfrom .. import *\nfrom .a import b as c\nc.d = 1\n",
    "texts": "import os\nos.environ['A'] = '\\ud800'\nos.environ['B'] = '\\0'\nos.environ['C=D'] = 'x'\n",
    "calls": "import os\nos.environ.update(**{'a': 'b'})\nos.environ.pop(*[1])\nos.environ.update(x)\n",
    "paths": "import os\nos.environ['PATH'] = os.environ['HOME'] = '\\0\\udc80\\ud800'\n",
    "bytes": "import os\nos.environ['PATH'] = os.environ['HOME'] = os.environ['A'] = '\\udc80\\udcff'\n",
}


@pytest.mark.parametrize("code", CODE.values(), ids=CODE)
def test_it_is_read_in_bounded_time(code: str) -> None:
    began = time.process_time()
    assert len(list(changes(code))) < 20_000
    assert time.process_time() - began < 5


#: code that is longer or deeper than is followed, with a statement behind it that harms
BEYOND = {
    "statements": "x = 1\n" * 6_000,
    "turns": f"for x in {tuple(range(200))}:\n    pass\n",
    "loops": CODE["loops"],
    "functions": CODE["functions"] + "f0()\n" * 6_000,
    "names": f"import os\nx = [{', '.join(['os'] * 11_000)}]\n",
    "operators": f"x = {'+'.join(['1'] * 250_000)}\n",
    "modules": "".join(f"import own{number}\n" for number in range(60)),
    "executed": f"exec({'x = 1;' * 120_000!r})\n",
}
WITHIN = ("relative", "texts", "calls", "paths")


def _is_left_out(code: str) -> bool:
    told: list[bool] = []
    scene = StartupScene((3, 11), {}, lambda name: "y = 1\n", lambda: told.append(True))
    assert list(changes(code, scene)) is not None
    return bool(told)


@pytest.mark.parametrize("code", BEYOND.values(), ids=BEYOND)
def test_what_is_not_followed_to_its_end_is_told(code: str) -> None:
    assert _is_left_out(code)


@pytest.mark.parametrize("name", WITHIN)
def test_what_is_followed_is_not_told(name: str) -> None:
    assert not _is_left_out(CODE[name])


def test_the_check_says_it(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("x = 1\n" * 6_000)
    doctor = Path(sys.executable).with_name("tritondoctor")
    run = subprocess.run(
        [doctor, "check", "--json", "--python", sys.executable], capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)}, check=False,
    )  # fmt: skip
    assert "holds more code that Python runs when it starts than tritondoctor follows" in run.stdout


@pytest.mark.parametrize("name", ["relative", "texts", "paths", "bytes"])
def test_a_check_ends_with_a_verdict(name: str, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(CODE[name])
    doctor = Path(sys.executable).with_name("tritondoctor")
    run = subprocess.run(
        [doctor, "check", "--json", "--python", sys.executable], capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)}, check=False,
    )  # fmt: skip
    assert run.returncode in (0, 1), run.stderr


def test_modules_that_are_not_searched_for_an_ending_are_told(tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / f"m{number}.py").write_text("x = 1\n")
    site = tmp_path / "sitecustomize.py"
    imports = "".join(f"import m{number}\n" for number in range(300))
    for text, told in ((imports, True), (imports[:500], False)):
        site.write_text(f"{text}import sys\nif sys.argv == ['x']:\n    sys.exit()\n")
        files, interpreter = Files(), an_interpreter(sys_path=(str(tmp_path),))
        line = CodeLine(str(site), "import sitecustomize")
        assert startup_code._ends(files, interpreter, line) == ""
        assert (str(site) in files.set_aside) == told


def test_a_requirement_that_is_too_long_to_be_read_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "nvidia_pytriton-0.7.0.dist-info"
    folder.mkdir()
    metadata = folder / "METADATA"
    for extra, told in ((5000, True), (10, False)):
        line = f"Requires-Dist: x; python_version > '{'3' * extra}'"
        metadata.write_text(f"Metadata-Version: 2.1\nName: nvidia-pytriton\nVersion: 0.7.0\n{line}\n\n")
        files = Files()
        requirements.of_launch(files, [str(tmp_path)], an_interpreter())
        assert (str(metadata) in files.set_aside) == told
