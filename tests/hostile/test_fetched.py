"""A project that was just fetched, and the doctor in it: `check` starts nothing that it brings."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tritondoctor.commands import mcp
from tritondoctor.target import Named, Target, TargetError, find_target, unnamed

PYTHON = os.path.realpath(sys.executable)
BIN = os.path.dirname(PYTHON)
REFUSED = "does not lead to a Python interpreter of this machine, and nobody named it"


@pytest.fixture(autouse=True)
def not_installed_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unnamed, "own_prefix", lambda: "")


def _script(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\necho ran >>{path.parent}/ran\nexec {PYTHON} "$@"\n')
    path.chmod(0o755)
    return path


def _venv(path: Path, home: str = BIN) -> Path:
    (path / "bin").mkdir(parents=True, exist_ok=True)
    (path / "bin/python").symlink_to(PYTHON)
    (path / "pyvenv.cfg").write_text(f"home = {home}\n")
    return path


def _found(folder: Path, path: str = "/usr/bin:/bin", named: str | None = None) -> Target:
    return find_target({"HOME": "/nowhere", "PATH": path}, str(folder), Named(path=named))


@pytest.mark.parametrize("folder", [".venv", "venv", "env", ".pixi/envs/default"])
def test_a_script_in_the_place_of_its_python(folder: str, tmp_path: Path) -> None:
    """`git clone …; cd …; tritondoctor check` ran it."""
    clone = tmp_path / "clone"
    python = _script(clone / folder / "bin/python")
    done = subprocess.run(
        [sys.executable, "-I", "-m", "tritondoctor", "check"], cwd=clone, stdin=subprocess.DEVNULL,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2 and REFUSED in done.stderr, done
    assert done.stderr.rstrip().endswith(f"tritondoctor check {folder}")
    assert not (python.parent / "ran").exists()
    for place, named in ((clone, None), (clone / "bin", None), (tmp_path, "clone")):
        place.mkdir(exist_ok=True)
        with pytest.raises(TargetError, match=REFUSED):
            _found(place, named=named)
    assert _found(clone, named=folder).python == str(python), "it is named"


@pytest.mark.parametrize("aim", ["/bin/ls", "../../tool", "../../python3", "/usr/bin/env"])
def test_a_link_to_something_else(aim: str, tmp_path: Path) -> None:
    _script(tmp_path / "tool")
    _script(tmp_path / "python3")
    venv = _venv(tmp_path / ".venv")
    (venv / "bin/python").unlink()
    (venv / "bin/python").symlink_to(aim)
    with pytest.raises(TargetError, match=r"\.venv/bin/python " + REFUSED):
        _found(tmp_path)


@pytest.mark.parametrize(
    "text",
    ["home = evil/bin\n", "HOME=evil/bin", "x = 1\nhome\r= evil/bin\n", "\x0bhome = evil/bin\n",
     "home = {folder}/evil/bin\n", "home = /usr/../{folder}/evil/bin\n",
     "#" * (2 << 20) + "\nhome = evil/bin\n"],
)  # fmt: skip
@pytest.mark.parametrize("place", ["pyvenv.cfg", "bin/pyvenv.cfg"])
def test_a_home_in_the_project(text: str, place: str, tmp_path: Path) -> None:
    """A sound link to this machine's Python, which then takes its standard library from the project."""
    _script(tmp_path / "evil/bin/python3")
    venv = _venv(tmp_path / ".venv")
    (venv / place).write_bytes(text.replace("{folder}", str(tmp_path)).encode())
    with pytest.raises(TargetError, match=rf"\.venv/{place} {REFUSED}"):
        _found(tmp_path)


def test_environments_that_are_made_here(tmp_path: Path) -> None:
    """By venv, with copies, by conda or pixi in the project; and broken ones, which start nothing."""
    venv = _venv(tmp_path / ".venv")
    assert _found(tmp_path).prefix == str(venv)
    (venv / "bin/python").unlink()
    (venv / "bin/python").symlink_to("/opt/removed/python3.9")
    assert _found(tmp_path).prefix == str(venv)
    for content in (b"", Path(PYTHON).read_bytes()):
        (venv / "bin/python").unlink()
        (venv / "bin/python").write_bytes(content)
        assert _found(tmp_path).prefix == str(venv)
    whole = tmp_path / "tools/python"
    (whole / "bin").mkdir(parents=True)
    shutil.copy(PYTHON, whole / "bin/python3")
    (venv / "pyvenv.cfg").write_text(f"home = {whole}/bin\n")
    assert _found(tmp_path).prefix == str(venv)


def test_a_shim_outside_the_project(tmp_path: Path) -> None:
    shim = _script(tmp_path / "home/.pyenv/shims/python3")
    venv = _venv(tmp_path / "project/.venv")
    (venv / "bin/python").unlink()
    (venv / "bin/python").symlink_to(shim)
    assert _found(venv.parent).prefix == str(venv)


@pytest.mark.parametrize("path", [":/usr/bin", ".:/usr/bin", "tools:/usr/bin", "", "tools"])
def test_a_relative_folder_of_path(path: str, tmp_path: Path) -> None:
    """`PATH=":$PATH"` took ./python3, as a start of PyTriton would; that is said."""
    _script(tmp_path / "python3")
    _script(tmp_path / "tools/python3")
    if not path.endswith("/usr/bin"):
        with pytest.raises(TargetError, match="there is no python3 on PATH"):
            _found(tmp_path, path)
        return
    found = _found(tmp_path, path)
    skipped = "tools/python3" if path.startswith("tools") else "./python3"
    assert found.python == "/usr/bin/python3"
    assert found.chosen_by == f"python3 on PATH; not {skipped}, in a relative folder of PATH"
    assert _found(tmp_path, f"/usr/bin:{path}").chosen_by == "python3 on PATH"


@pytest.mark.parametrize(
    "line", ["#!{folder}/bin/python", "#!bin/python", "#!/usr/bin/env -S bin/python"]
)
def test_the_interpreter_of_a_script_in_it(line: str, tmp_path: Path) -> None:
    python = _script(tmp_path / "bin/python")
    (tmp_path / "serve.py").write_text(line.format(folder=tmp_path) + "\nprint()\n")
    with pytest.raises(TargetError, match="not a Python interpreter|" + REFUSED):
        _found(tmp_path, named="serve.py")
    assert not (python.parent / "ran").exists()


def test_what_an_assistant_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It names what a text in the project tells it to name."""
    venv = _venv(tmp_path / "sound")
    python = _script(tmp_path / "env/bin/python")
    monkeypatch.chdir(tmp_path)
    asked: list[str] = []

    def ask(*words: str) -> dict[str, str]:
        asked.append(words[-1])
        return {}

    monkeypatch.setattr(mcp, "_ask", ask)
    for path in ("env", "env/bin/python", str(python)):
        assert REFUSED in mcp.check(path)["error"]
    assert asked == []
    mcp.check(str(venv))
    assert asked == [str(venv)]
