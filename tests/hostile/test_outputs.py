"""Files that a user names for a report: it replaces no work of theirs, nor by a link another's."""

from __future__ import annotations

import errno
import os
import resource
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tritondoctor.commands import fleet_hosts
from tritondoctor.support import archive, atomic
from tritondoctor.support.atomic import write, write_named, write_new
from tritondoctor.support.errors import UsageError
from tritondoctor.support.signals import Interrupted

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


#: what a user may have at that path, by the format that would have replaced it
WORKS = {
    "markdown": "# My notes\n\nweeks of work, about PyTriton and tritondoctor\n",
    "console": "My setup\nPython 3.11, PyTriton 0.7.0\nand how I came to it\n",
    "github": "name: CI\non: push\njobs: {}\n",
    "gitlab": '[{"type": "mine"}]\n',
    "junit": "<mine/>\n",
    "json": '{"mine": 1}\n',
}


#: work that begins as a report does, or is about one
ALIKE = {
    "markdown": "## \u2705 Done this week\n\nmy only copy, with tritondoctor\n",
    "console": "tritondoctor: how I use it\n",
    "github": "::error title=mine::tritondoctor\n",
    "junit": '<?xml version="1.0"?>\n<project name="tritondoctor"/>\n',
    "json": '{"tasks": [{"command": "tritondoctor check"}]}\n',
    "sarif": '{"$schema": "x", "note": "of tritondoctor"}\n',
    "html": "<!DOCTYPE html>\n<html><title>About tritondoctor</title></html>\n",
}


#: work whose beginning was taken for a report's
BEGINNINGS = [
    ("markdown", "tritondoctor: 3 hosts to repair before Friday\n\n- gpu-01\n"),
    ("console", "To do\nPython 3.9 and PyTriton need an update\n/srv/models (the old ones)\n"),
    ("console", "Our machines (Python 3.11, PyTriton 0.7.0).\n"),
    ("markdown", "## \u2705 All of them start\n\nas seen on Friday  \n`ls` (mine)\n"),
    ("github", "::notice title=Nightly (build-7)::of mine\n"),
    ("gitlab", '[\n {\n  "type": "issue",\n  "check_name": "mine"\n }\n]\n'),
    ("junit", '<?xml version="1.0"?>\n<testsuites name="tritondoctor rollout, my list"/>\n'),
    ("json", '{"schema": "tritondoctor.my own notes", "hosts": []}\n'),
    ("html", '<!DOCTYPE html>\n<html lang="en"><title>My notes \u2013 tritondoctor</title></html>\n'),
    ("markdown", "<!-- tritondoctor report -->\nmine\n"),
]


@pytest.mark.parametrize(("format", "work"), [*WORKS.items(), *ALIKE.items(), *BEGINNINGS])
def test_work_in_the_place_of_a_report_in_any_format(format: str, work: str, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text(work)
    words = ("check", "--format", format, "--output", "notes")
    done = _doctor(*words, cwd=tmp_path)
    assert done.returncode == 2 and "notes: exists already" in done.stderr
    assert (tmp_path / "notes").read_text() == work
    assert os.listdir(tmp_path) == ["notes"]


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("format", [*WORKS, "html", "sarif"])
def test_a_report_replaces_one_of_its_kind(format: str, language: str, tmp_path: Path) -> None:
    words = ("--lang", language, "check", "--format", format, "--output", "report")
    for number in range(2):
        done = _doctor(*words, cwd=tmp_path)
        assert done.returncode in (0, 1), (number, done.stderr)
    assert os.listdir(tmp_path) == ["report"]


@pytest.mark.parametrize("format", ["console", "html", "json", "junit"])
def test_a_fleets_report_replaces_one_of_its_kind(format: str, tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text(_doctor("check", "--json", cwd=tmp_path).stdout)
    words = ("fleet", "report", "host.json", "--format", format, "--output", "report")
    for number in range(2):
        done = _doctor(*words, cwd=tmp_path)
        assert done.returncode in (0, 1), (number, done.stderr)


def test_the_summary_of_a_step_is_added_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = tmp_path / "summary"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    summary.write_text("# What the step did\n")
    done = _doctor("check", "--format", "markdown", "--output", str(summary), cwd=tmp_path)
    assert done.returncode in (0, 1), done.stderr
    text = summary.read_text()
    assert text.startswith("# What the step did\n## ") and "PyTriton" in text


def test_the_summary_of_a_step_that_begins_with_a_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later command of the step had added to it, and the next check took that away."""
    summary = tmp_path / "summary"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    for _number in range(2):
        _doctor("check", "--format", "markdown", "--output", str(summary), cwd=tmp_path)
        summary.write_text(f"{summary.read_text()}what another command found\n")
    assert summary.read_text().count("what another command found\n") == 2


KINDS = (
    (),
    ("--streaming",),
    ("--ensemble",),
    ("--llama",),
    ("--framework", "torch"),
    ("--ci", "github"),
)


@pytest.mark.parametrize("words", KINDS, ids="-".join)
@pytest.mark.parametrize("limit", [0, 100, 700])
def test_a_disk_that_fills_while_a_project_begins(
    words: tuple[str, ...], limit: int, tmp_path: Path
) -> None:
    """`init` left an empty client.py, for which the second `init` refused to write anything."""
    (tmp_path / "new").mkdir()
    command = [sys.executable, "-m", "tritondoctor", "init", "new", *words]
    limits = (limit, resource.getrlimit(resource.RLIMIT_FSIZE)[1])
    full = subprocess.run(
        command, cwd=tmp_path, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limits),
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    assert "File too large" in full.stderr
    assert not [path for path in (tmp_path / "new").rglob("*") if path.is_file()]
    again = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr


@pytest.mark.parametrize("links", [True, False])
def test_new_files_replace_nothing(links: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither what came between, nor where the file system has no links."""

    def none(*_: object) -> None:
        raise PermissionError(errno.EPERM, "no links here")

    if not links:
        monkeypatch.setattr(os, "link", none)
    (tmp_path / "b").symlink_to("mine")
    with pytest.raises(FileExistsError) as failure:
        write_new({f"{tmp_path}/{name}": "new" for name in "abc"})
    assert failure.value.filename == f"{tmp_path}/b"
    assert os.listdir(tmp_path) == ["b"] and not (tmp_path / "mine").exists()
    write_new({f"{tmp_path}/{name}": "new" for name in "ac"})
    assert sorted(os.listdir(tmp_path)) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "work", ['{"server": "http://triton:8000", "model": "Linear"}\n', "import torch\n", "looks: []\n"]
)
def test_work_in_the_place_of_a_probes_memory(work: str, tmp_path: Path) -> None:
    (tmp_path / "state").write_text(work)
    words = ("attach", "http://127.0.0.1:9", "--probe", "--state", "state")
    done = _doctor(*words, cwd=tmp_path)
    assert (tmp_path / "state").read_text() == work, done.stderr
    assert done.returncode == 0 and "probe itself failed" in done.stderr


def test_a_disk_is_not_overwritten(tmp_path: Path) -> None:
    """As root, `--html /dev/sda` wrote the page over the disk's beginning."""
    disk = tmp_path / "disk"
    try:
        os.mknod(disk, 0o600 | stat.S_IFBLK, os.makedev(7, 99))
    except PermissionError:
        pytest.skip("only root can make a device")
    with pytest.raises(OSError, match="is a disk"):
        write_named(str(disk), REPORT)
    done = _doctor("demo", "libpython", "--html", "disk", cwd=tmp_path)
    assert done.returncode == 2 and "is a disk" in done.stderr


def test_a_link_that_comes_between(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another user's, in a folder of both, after it was seen that nothing is there."""
    victim, path = tmp_path / "victim", tmp_path / "report.json"
    victim.write_text(WORK)

    def look(*_: object) -> None:
        path.symlink_to(victim)

    monkeypatch.setattr(atomic, "_keep_rights", look)
    with pytest.raises(FileExistsError):
        write_named(str(path), REPORT)
    assert victim.read_text() == WORK and sorted(os.listdir(tmp_path)) == ["report.json", "victim"]


def test_a_link_that_turns_to_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").write_text(WORK)
    (tmp_path / "link").symlink_to("work")
    monkeypatch.setattr(atomic, "examine", lambda *_: None)
    with pytest.raises(FileExistsError):
        write_named(str(tmp_path / "link"), REPORT)
    assert (tmp_path / "work").read_text() == WORK


def test_a_record_of_ours_is_written_through_no_link(tmp_path: Path) -> None:
    """Where another user had put one into the folder of a fleet's answers, root wrote to its end."""
    (tmp_path / "victim").write_text(WORK)
    (tmp_path / "host.json").symlink_to("victim")
    write(str(tmp_path / "host.json"), REPORT)
    assert (tmp_path / "victim").read_text() == WORK
    assert (tmp_path / "host.json").read_text() == REPORT and not (tmp_path / "host.json").is_symlink()


def test_the_answers_of_a_fleet_lie_in_a_folder_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(UsageError, match="other users can write there"):
        fleet_hosts._new_folder(str(tmp_path / "open"), "")


def _interrupt(*_: object) -> None:
    raise Interrupted(15)


@pytest.mark.parametrize("write", [write, write_named, lambda path, text: write_new({path: text})])
def test_an_interrupted_write_leaves_nothing(
    write: Callable[[str, str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C left the half of a page beside it."""
    for name in ("replace", "link"):
        monkeypatch.setattr(os, name, _interrupt)
    with pytest.raises(Interrupted):
        write(str(tmp_path / "page.html"), REPORT)
    assert not os.listdir(tmp_path)


def test_an_interrupted_bundle_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next `report` said that it exists already."""
    monkeypatch.setattr(zipfile.ZipFile, "writestr", _interrupt)
    with pytest.raises(Interrupted):
        archive.write(str(tmp_path / "report.zip"), {"a": "b"})
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize(
    "words",
    [("selftest", "--bench", "--html", "notes"), ("tune", "server.py:infer", "--html", "notes"),
     ("report", "--output", "notes")],
)  # fmt: skip
def test_it_is_said_before_the_work(words: tuple[str, ...], tmp_path: Path) -> None:
    """Three minutes of `tune` ended in "exists already", and the result was lost."""
    (tmp_path / "notes").write_text(WORK)
    (tmp_path / "server.py").write_text("while True: pass\n")
    done = _doctor(*words, cwd=tmp_path)
    assert done.returncode == 2 and "already" in done.stderr and done.stdout == ""
    assert (tmp_path / "notes").read_text() == WORK


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    """`fleet run` failed itself, as the answers filled the disk, and asked to report that."""
    limits = (1, resource.getrlimit(resource.RLIMIT_FSIZE)[1])
    code = (
        "from tritondoctor.support import atomic, ending\nwith ending.in_order(): atomic.write('a', 'ab')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, stderr=subprocess.PIPE, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limits),
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (3, "tritondoctor: a: File too large.\n")
    assert not os.listdir(tmp_path)
