"""The place of an environment: one doctor at a time, marked while unfinished, never what is another's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tritondoctor.installing import InstallError
from tritondoctor.installing.location import Mark, held, mark_of, move_aside

MARK = Mark("minimal-3.11", "0123", "venv")


def quiet(_: str) -> None:
    pass


def test_finished(tmp_path: Path) -> None:
    prefix = tmp_path / "new" / "env"
    with held(str(prefix)) as place:
        place.begin(MARK, quiet)
        assert Path(mark_of(str(prefix))).exists()
        place.finish()
    assert os.listdir(tmp_path / "new") == ["env"]


def test_failed_before_anything_was_there(tmp_path: Path) -> None:
    with pytest.raises(InstallError), held(str(tmp_path / "env")) as place:
        place.begin(MARK, quiet)
        raise InstallError("no")
    assert not os.listdir(tmp_path)


def test_unfinished_goes_on(tmp_path: Path) -> None:
    prefix = tmp_path / "env"
    with pytest.raises(InstallError), held(str(prefix)) as place:
        place.begin(MARK, quiet)
        (prefix / "half").write_text("done")
        raise InstallError("no")
    lines: list[str] = []
    with held(str(prefix)) as place:
        place.begin(MARK, lines.append)
        assert (prefix / "half").exists()
    assert "resuming" in lines[0]


def unfinished(prefix: Path, *, make: bool = True) -> None:
    with held(str(prefix)) as place:
        place.begin(MARK, quiet, make=make)
        prefix.mkdir(exist_ok=True)
        (prefix / "results.csv").write_text("weeks of work")


def only_copy(folder: Path) -> str:
    (kept,) = folder.glob("env.unfinished-*/results.csv")
    return kept.read_text()


def test_unfinished_of_another_kind_is_moved_aside(tmp_path: Path) -> None:
    """Somebody may have worked in it."""
    prefix = tmp_path / "env"
    unfinished(prefix)
    lines: list[str] = []
    with held(str(prefix)) as place:
        place.begin(Mark("torch-cpu", "4567", "venv"), lines.append)
        assert not (prefix / "results.csv").exists()
    assert only_copy(tmp_path) == "weeks of work"
    assert "moved the unfinished" in lines[0]


def test_a_front_end_finds_its_prefix_free(tmp_path: Path) -> None:
    prefix = tmp_path / "env"
    unfinished(prefix, make=False)
    (prefix / "conda-meta").mkdir()
    lines: list[str] = []
    with held(str(prefix)) as place:
        place.begin(MARK, lines.append, make=False)
        move_aside(str(prefix), lines.append)
    assert "resuming" in lines[0]
    assert only_copy(tmp_path) == "weeks of work"


def test_a_folder_made_since_is_not_the_unfinished_one(tmp_path: Path) -> None:
    prefix = tmp_path / "env"
    unfinished(prefix)
    prefix.rename(tmp_path / "other")
    prefix.mkdir()
    (prefix / "mine").write_text("mine")
    with pytest.raises(InstallError, match="already exists"), held(str(prefix)):
        pass
    assert (prefix / "mine").exists()


def test_a_folder_made_before_the_front_end_made_one(tmp_path: Path) -> None:
    """The doctor was killed before, and the user had begun something there."""
    prefix = tmp_path / "env"
    unfinished(prefix, make=False)
    with pytest.raises(InstallError, match="already exists"), held(str(prefix)):
        pass
    assert (prefix / "results.csv").read_text() == "weeks of work"


@pytest.mark.parametrize("content", ["x", "{}", "[" * 100_000, '{"recipe": 1}', "\0"])
def test_a_mark_that_cannot_be_read_is_no_permission(tmp_path: Path, content: str) -> None:
    prefix, mark = tmp_path / "env", Path(mark_of(str(tmp_path / "env")))
    prefix.mkdir()
    (prefix / "thesis.txt").write_text("precious")
    mark.write_text(content)
    with pytest.raises(InstallError, match="cannot be read"), held(str(prefix)):
        pass
    assert (prefix / "thesis.txt").read_text() == "precious"
    assert mark.read_text() == content


@pytest.mark.parametrize("kind", ["link", "dangling", "hard link", "folder", "fifo", "device"])
def test_a_mark_that_is_no_plain_file(tmp_path: Path, kind: str) -> None:
    mark, victim = Path(mark_of(str(tmp_path / "env"))), tmp_path / "victim.txt"
    victim.write_text("precious")
    if kind == "hard link":
        os.link(victim, mark)
    elif kind == "folder":
        mark.mkdir()
    elif kind == "fifo":
        os.mkfifo(mark)
    else:
        aims = {"link": victim, "dangling": tmp_path / "new", "device": Path("/dev/zero")}
        mark.symlink_to(aims[kind])
    with pytest.raises(InstallError, match="no plain file"), held(str(tmp_path / "env")):
        pass
    assert victim.read_text() == "precious"
    assert sorted(os.listdir(tmp_path)) == [mark.name, "victim.txt"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_mark_of_another_user(tmp_path: Path) -> None:
    prefix = tmp_path / "env"
    unfinished(prefix)
    os.chown(mark_of(str(prefix)), 4242, 4242)
    with pytest.raises(InstallError, match="another user"), held(str(prefix)):
        pass
    assert (prefix / "results.csv").exists()


@pytest.mark.parametrize("there", ["file", "folder", "link"])
def test_what_is_there_is_left_alone(tmp_path: Path, there: str) -> None:
    prefix = tmp_path / "env"
    if there == "file":
        prefix.write_text("mine")
    elif there == "folder":
        prefix.mkdir()
        (prefix / "mine").write_text("mine")
    else:
        prefix.symlink_to(tmp_path / "nowhere")
    with (
        pytest.raises(InstallError, match="already exists; nothing was changed"),
        held(str(prefix)),
    ):
        pass
    assert os.listdir(tmp_path) == ["env"]


def test_an_empty_folder_will_do(tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()
    with held(str(tmp_path / "env")) as place:
        place.begin(MARK, quiet)
        place.finish()


def test_two_at_once_and_a_killed_one(tmp_path: Path) -> None:
    """The second is refused; after the first was killed its mark is found, and the place is free."""
    prefix = tmp_path / "env"
    script = (
        "import sys, time; from tritondoctor.installing.location import Mark, held\n"
        f"with held({str(prefix)!r}) as place:\n"
        "    place.begin(Mark('minimal-3.11', '0123', 'venv'), print)\n"
        f"    open({str(prefix)!r} + '/x', 'w').close()\n"
        "    print('held', flush=True); time.sleep(60)\n"
    )
    first = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert first.stdout is not None and first.stdout.readline() == "held\n"
    with pytest.raises(InstallError, match="Another tritondoctor is installing"), held(str(prefix)):
        pass
    first.send_signal(signal.SIGKILL)
    first.wait()
    with held(str(prefix)) as place:
        assert place.before is not None and place.before.is_for(MARK)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(InstallError, match=r"Not a directory|exists"),
        held(str(tmp_path / "file" / "env")),
    ):
        pass
