"""A new check takes four files: its stubs are written, every suite knows it, and nothing is forgotten."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.new_check import ROOT

_KNOW_IT = (
    "tests/checks/test_catalogue.py",
    "tests/test_pages.py",
    "tests/unit/checks/test_complete.py",
    "tests/truth/test_truth.py::test_every_error_has_an_environment",
)
_FILES = (
    "tritondoctor/facts/",
    "tritondoctor/checks/",
    "tests/unit/checks/",
    "tests/truth/environments/",
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree in which a new check was made."""
    copy = tmp_path_factory.mktemp("copy")
    for name in ("tritondoctor", "tests", "docs", "recipes", "starter"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "logs"))
    shutil.copytree(ROOT / "tritondoctor" / "logs", copy / "tritondoctor" / "logs", dirs_exist_ok=True)
    shutil.copy(ROOT / "pyproject.toml", copy)
    done = _python(copy, "-m", "tests.new_check", "workspace-on-the-moon", "workspace")
    assert done.returncode == 0, done.stdout + done.stderr
    return copy


def _python(copy: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {"PYTHONPATH": str(copy), "PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
    return subprocess.run(
        [sys.executable, *words], cwd=copy, env=environment, capture_output=True, text=True, check=False
    )


def test_new_check_changes_four_files(copy: Path) -> None:
    changed = _changed(copy)
    for folder in _FILES:
        assert len([name for name in changed if name.startswith(folder)]) == 1, changed
    generated = re.compile(r"docs/findings/|tritondoctor/data/.*\.json$")
    others = [name for name in changed if not name.startswith(_FILES) and not generated.match(name)]
    assert others == []


def _changed(copy: Path) -> list[str]:
    """The files of the copy that differ from the tree, or are new."""
    names = [path.relative_to(copy) for path in copy.rglob("*") if path.suffix in (".py", ".md", ".json")]
    return [
        str(name)
        for name in names
        if not (ROOT / name).exists() or (ROOT / name).read_bytes() != (copy / name).read_bytes()
    ]


def test_every_suite_knows_the_new_finding(copy: Path) -> None:
    (unit,) = [name for name in _changed(copy) if name.startswith("tests/unit/checks/")]
    # that stubs are left is as it should be here
    still = "not (lacks_a_file and on-the-moon) and not dead and not readme and not site_is_built"
    done = _python(copy, "-m", "pytest", "-rA", "-k", still, "-p", "no:cacheprovider", *_KNOW_IT, unit)
    assert done.returncode == 0, done.stdout[-3000:]
    assert done.stdout.count("workspace-on-the-moon") >= 5, done.stdout


def test_what_is_left_to_write_is_named_by_file(copy: Path) -> None:
    done = _python(
        copy,
        "-c",
        "from tests.new_check import missing; print(*missing('workspace-on-the-moon'), sep='\\n')",
    )
    lines = done.stdout.splitlines()
    assert len(lines) >= 4, done.stdout + done.stderr
    for folder in _FILES:
        assert any(folder in line for line in lines), lines


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("Bad_Id", "workspace"), "no id"),
        (("port-in-use", "workspace"), "already"),
        (("foo-bar", "moon"), "none of"),
        ((), "usage"),
    ],
)
def test_wrong_words_are_refused(words: Sequence[str], says: str) -> None:
    done = _python(ROOT, "-m", "tests.new_check", *words)
    assert done.returncode != 0 and says in done.stderr and "Traceback" not in done.stderr
