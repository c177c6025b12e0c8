"""Files that a user names for a report: it replaces no work of theirs, nor by a link another's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tritondoctor.support.atomic import write_named

WORK = "import torch\n# weeks of work, examined by tritondoctor\n"
REPORT = '{\n "schema": "tritondoctor.report/1"\n}\n'


def _doctor(*words: str, cwd: Path, stdout: int | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tritondoctor", *words], cwd=cwd, stdin=subprocess.DEVNULL,
        stdout=stdout or subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("words", [("snapshot",), ("demo", "libpython", "--html")])
def test_a_script_in_the_place_of_a_report(words: tuple[str, ...], tmp_path: Path) -> None:
    """`tritondoctor snapshot server.py` asks for a snapshot of that server, as a newcomer reads it."""
    (tmp_path / "server.py").write_text(WORK)
    done = _doctor(*words, "server.py", cwd=tmp_path)
    assert done.returncode == 2 and "server.py: exists already" in done.stderr
    assert (tmp_path / "server.py").read_text() == WORK
    assert os.listdir(tmp_path) == ["server.py"]


def test_a_report_is_replaced_and_stays_as_private(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    for before in ("", REPORT):
        path.write_text(before)
        path.chmod(0o600)
        write_named(str(path), REPORT)
        assert path.read_text() == REPORT and path.stat().st_mode & 0o777 == 0o600


def test_a_log_that_standard_output_is_appended_to(tmp_path: Path) -> None:
    """/dev/stdout is opened again by its name, and so was emptied."""
    log = tmp_path / "all.log"
    log.write_text("line\n" * 100)
    with log.open("a") as file:
        done = _doctor("snapshot", "/dev/stdout", cwd=tmp_path, stdout=file.fileno())
    assert done.returncode == 2
    assert log.read_text() == "line\n" * 100


def test_no_file_that_anybody_may_change(tmp_path: Path) -> None:
    """With `umask 000` another user could take away the records of fixes."""
    before = os.umask(0)
    try:
        assert _doctor("init", "new", cwd=tmp_path).returncode == 0
    finally:
        os.umask(before)
    assert not [path for path in tmp_path.rglob("*") if path.stat().st_mode & 0o002]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make links of another user")
def test_a_link_of_another_user(tmp_path: Path) -> None:
    """In /tmp, where the kernel does not forbid it (fs.protected_symlinks)."""
    (tmp_path / "empty").write_text("")
    link = tmp_path / "report.json"
    link.symlink_to("empty")
    write_named(str(link), REPORT)
    os.lchown(link, 4242, 4242)
    with pytest.raises(PermissionError):
        write_named(str(link), REPORT + REPORT)
    assert (tmp_path / "empty").read_text() == REPORT
