"""The answer under -I -S, code read and not run, against what the interpreter says under -I alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import MINORS, interpreters
from tritondoctor.facts.interpreter import question
from tritondoctor.facts.interpreter.answer import Answer
from tritondoctor.facts.interpreter.question import Question
from tritondoctor.support import own_files
from tritondoctor.target import Target

#: what any Python says under -I, `site` and its code having run as usual
PLAIN = """
import json, os, site, sys
print(json.dumps({
    "sys_path": sys.path, "prefix": sys.prefix, "base_prefix": sys.base_prefix,
    "executable": sys.executable, "exec_prefix": sys.exec_prefix, "stdlib": os.path.dirname(os.__file__),
    "packages": getattr(site, "getsitepackages", list)(), "user": site.getusersitepackages(),
}))
"""
EGGS = (
    "import sys; sys.__plen = len(sys.path)\n{}\n"
    "import sys; new=sys.path[sys.__plen:]; del sys.path[sys.__plen:]; "
    "p=getattr(sys,'__egginsert',0); sys.path[p:p]=new; sys.__egginsert = p+len(new)\n"
)


def _plain(python: str, variables: dict[str, str]) -> dict[str, Any]:
    done = subprocess.run(
        [python, "-I", "-B", "-c", PLAIN], env=variables, capture_output=True, text=True, check=True
    )
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _asked(python: str, variables: dict[str, str]) -> Answer:
    asked = Question(Target(python, None, "", variables, "/"))
    answer = asked.answer()
    assert answer is not None, asked.failure
    return answer


def _compare(python: str, **more: str) -> Answer:
    variables = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **more}
    plain, asked = _plain(python, variables), _asked(python, variables)
    new = {
        "sys_path": list(asked.sys_path), "prefix": asked.prefix, "base_prefix": asked.base_prefix,
        "executable": asked.executable, "exec_prefix": asked.exec_prefix, "stdlib": asked.stdlib,
        "packages": list(asked.site.packages), "user": asked.site.user,
    }  # fmt: skip
    assert new == plain
    return asked


def _packages(venv: Path) -> Path:
    return next(venv.glob("lib/python3*/site-packages"))


@pytest.fixture(params=[*MINORS, "system"])
def python(request: pytest.FixtureRequest) -> str:
    """Every interpreter that is here, the system's as Debian patched it among them."""
    path = "/usr/bin/python3" if request.param == "system" else interpreters().get(request.param, "")
    if not os.path.exists(path):
        pytest.skip(f"no Python {request.param} here")
    return path


def test_an_interpreter_by_itself(python: str, tmp_path: Path) -> None:
    _compare(python)
    _compare(python, PYTHONUSERBASE=str(tmp_path), HOME=str(tmp_path))
    _compare(python, PYTHONUSERBASE="relative")


@pytest.mark.parametrize("options", [(), ("--system-site-packages",), ("--copies",)])
def test_a_venv_and_the_paths_of_its_pth_files(
    python: str, options: tuple[str, ...], tmp_path: Path
) -> None:
    venv, source = tmp_path / "venv", tmp_path / "source"
    subprocess.run([python, "-m", "venv", "--without-pip", *options, str(venv)], check=True)
    packages, ran = _packages(venv), tmp_path / "ran"
    for name in ("a", "b", "egg", "nested"):
        (source / name).mkdir(parents=True)
    (packages / "inside").mkdir()
    (packages / "a.pth").write_text(f"# a comment\n\n{source}/a\n{source}/missing\ninside\n{source}/a\n")
    (packages / "eggs.pth").write_text(EGGS.format(f"{source}/egg"))
    (packages / "folder.pth").write_text(f"import site; site.addsitedir({str(source / 'nested')!r})\n")
    (source / "nested/deeper.pth").write_text(f"{source}/b\n")
    (packages / "first.pth").write_text(f"import sys; sys.path.insert(0, {str(source)!r})\n")
    (packages / "broken.pth").write_text(f"import this is no Python\n{source}/never\n")
    (packages / "gone.pth").write_text(f"import gone_altogether; gone_altogether.x()\n{source}/never\n")
    asked = _compare(f"{venv}/bin/python")
    assert {f"{source}/a", f"{source}/b", f"{source}/egg", str(source)} <= set(asked.sys_path)
    here = [one for one in asked.startup_code if one.file.startswith(str(tmp_path))]
    assert [one.text for one in here] == ["import gone_altogether; gone_altogether.x()"]
    (packages / "gone.pth").unlink()

    code = f"open({str(ran)!r}, 'a').write('x')"
    (packages / "zz.pth").write_text(f"import os; {code}\n{source}/nested/..\n")
    (packages / "sitecustomize.py").write_text(code)
    asked = _asked(f"{venv}/bin/python", {"HOME": str(tmp_path)})
    assert not ran.exists()
    here = [one for one in asked.startup_code if one.file.startswith(str(tmp_path))]
    assert [one.file.rpartition("/")[2] for one in here][:1] == ["zz.pth"]
    assert list(asked.sys_path) == _plain(f"{venv}/bin/python", {"HOME": str(tmp_path)})["sys_path"]


@pytest.mark.parametrize("maker", ["virtualenv", "uv"])
def test_environments_of_other_makers(maker: str, tmp_path: Path) -> None:
    program = Path(sys.prefix) / "bin" / maker
    if not program.exists():
        pytest.skip(f"{maker} is not installed")
    words = ["venv"] if maker == "uv" else ["--no-download", "--no-pip"]
    made = subprocess.run(
        [program, *words, "--python", sys.executable, str(tmp_path / "env")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    asked = _compare(f"{tmp_path}/env/bin/python")
    assert "_virtualenv" not in asked.startup_modules


def test_an_old_python_says_its_version() -> None:
    """The script has to be read by a Python that does not understand what it asks."""
    script = own_files.source("facts/interpreter/interview.py")
    old = os.path.expanduser("~/.pyenv/versions/2.7.18/bin/python")
    if not os.path.exists(old):
        pytest.skip("no Python 2.7 here")
    done = subprocess.run([old, "-S", "-c", script, "MARK"], capture_output=True, text=True, check=True)
    assert done.stdout == '\nMARK {"version": "2.7.18"}\n'
    question = Question(Target(old, None, "", dict(os.environ), "/"))
    assert question.answer() is None
    assert question.failure is not None and question.failure.state == "too-old"


@pytest.mark.parametrize("how", ["sitecustomize", "line"])
@pytest.mark.parametrize("minor", ["3.8", "3.10", "3.11", "3.12", "3.13"])
def test_an_archive_that_unpacks_to_gigabytes(
    how: str, minor: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """zipimport unpacks and compiles a module to tell its file: 3 GB, of an archive of 3 MB."""
    if minor not in interpreters():
        pytest.skip(f"no Python {minor} here")
    venv, archive = _venv(minor, tmp_path), tmp_path / "bomb.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        for name in ("sitecustomize.py", "other/__init__.py"):
            with file.open(name, "w") as opened:
                for _number in range(300):
                    opened.write(b"#" * (1 << 20))
    packages = next((venv / "lib").glob("python3*/site-packages"))
    (packages / "a.pth").write_text(f"{archive}\n" + ("import other\n" if how == "line" else ""))
    monkeypatch.setattr(question, "_MOST_MEMORY", 150 << 20)
    asked = _asked(str(venv / "bin/python"), {"PATH": "/usr/bin:/bin"})
    code = [(line.file, line.text) for line in asked.startup_code]
    assert (f"{archive}/sitecustomize.py", "import sitecustomize") in code
    assert (how == "line") is ((f"{packages}/a.pth", "import other") in code)


def test_a_file_without_end(tmp_path: Path) -> None:
    """`site` reads a .pth file whole: the child is ended before the machine has no memory."""
    venv = _venv("3.11", tmp_path)
    packages = next((venv / "lib").glob("python3*/site-packages"))
    with (packages / "a.pth").open("wb") as file:
        file.truncate(20 << 30)
    asked = Question(Target(f"{venv}/bin/python", None, "", {}, "/"))
    assert asked.answer() is None
    assert asked.failure is not None
    assert (asked.failure.state, asked.failure.exit_code) == ("ended", -9)


def _venv(minor: str, folder: Path) -> Path:
    subprocess.run(
        [interpreters()[minor], "-m", "venv", "--without-pip", str(folder / "venv")], check=True
    )
    return folder / "venv"
