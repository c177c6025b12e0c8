"""What is named as an interpreter and is none: neither it nor what its first line names is started."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tritondoctor.target import Named, TargetError, find_target, pythons

PYTHON = os.path.realpath(sys.executable)


def _file(path: Path, content: str | bytes, mode: int = 0o755) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    path.chmod(mode)
    return path


def _doctor(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-I", "-m", "tritondoctor", *words], cwd=cwd, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done


def _leaves(mark: Path, head: str = "#!/bin/sh") -> str:
    return f"{head}\necho ran >>{shlex.quote(str(mark))}\n"


#: a program of the user's, by its name and its first line
SCRIPTS = {
    "deploy.sh": "#!/bin/bash",
    "deploy": "#!/usr/bin/env bash",
    "python3-config": "#!/bin/sh",
    "python-deploy": "#! /bin/sh -e",
    "serve.py": "#!{folder}/pythonic-tool",
    "server.py": "#!pythonic-tool",
    "app.py": "#!/usr/bin/env pythonic-tool",
}


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.parametrize(
    "words",
    ["check", "check --python", "fix --dry-run --python", "selftest --python", "snapshot - --python"],
)
def test_a_script_of_the_users_is_not_started(
    name: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`check deploy.sh` ran it, twice."""
    mark = tmp_path / "ran"
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    _file(tmp_path / name, _leaves(mark, SCRIPTS[name].format(folder=tmp_path)))
    _file(tmp_path / "pythonic-tool", _leaves(mark))
    done = _doctor(*words.split(), f"./{name}", cwd=tmp_path)
    assert done.returncode == 2 and "not a Python interpreter" in done.stderr, done
    assert not mark.exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("deploy.sh", "deploy.sh is a shell script, not a Python interpreter; name the Python that you "
                      "start PyTriton with."),
        ("empty.txt", "empty.txt is empty, not a Python interpreter; name the Python"),
        ("notes.txt", "notes.txt is not a Python interpreter; name the Python"),
        ("/bin/ls", "/bin/ls is not a Python interpreter; name the Python"),
        ("gone", "gone is not a Python interpreter; name the Python"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("by", ["path", "python"])
def test_what_it_is_and_what_to_do(given: str, said: str, by: str, tmp_path: Path) -> None:
    _file(tmp_path / "deploy.sh", "#!/usr/bin/env -S bash -e\n")
    _file(tmp_path / "empty.txt", "", 0o644)
    _file(tmp_path / "notes.txt", "of mine\n", 0o644)
    (tmp_path / "gone").symlink_to("/no/such")
    path = given if by == "path" or "/" in given else f"./{given}"
    with pytest.raises(TargetError) as failure:
        find_target({"PATH": "/usr/bin:/bin"}, str(tmp_path), msgspec.convert({by: path}, Named))
    assert said in str(failure.value)


@pytest.mark.parametrize("name", ["pythonic", "interpreter", "server.py"])
def test_a_python_is_known_by_what_it_is(name: str, tmp_path: Path) -> None:
    """Whatever it is called: a copy, a link to one, a script that names one."""
    copy = Path(shutil.copy(PYTHON, tmp_path / "copied-interpreter"))
    (tmp_path / "link").symlink_to(copy)
    _file(tmp_path / name, f"#!{copy}\nprint()\n", 0o644)
    for path in (copy, tmp_path / "link", tmp_path / name):
        assert find_target({}, str(tmp_path), Named(path=str(path))).python in (str(path), str(copy))


@pytest.mark.parametrize(
    "name", ["python", "python3", "python3.13t", "python3-dbg", "pypy3.10", "Python"]
)
@pytest.mark.parametrize("content", ["", "#!/bin/sh\nexec true\n", "\x7fELF", None])
def test_a_broken_one_is_one_by_its_name(name: str, content: str | None, tmp_path: Path) -> None:
    """Shims are scripts; what is cut short, empty or gone is for the report to tell."""
    path = tmp_path / "bin" / name
    if content is None:
        path.parent.mkdir()
        path.symlink_to("/opt/removed/bin/python3")
    else:
        _file(path, content)
    assert find_target({}, "/", Named(path=str(path))).python == str(path)


#: gdb and vim hold a Python, and are none
OTHERS = ("/bin/ls", "/bin/sh", "/usr/bin/env", "/usr/bin/gdb", "/usr/bin/vim")


@pytest.mark.parametrize("program", [path for path in OTHERS if os.path.exists(path)])
def test_other_programs_are_none(program: str) -> None:
    assert not pythons.is_python(program)
    assert pythons.is_program(PYTHON)
