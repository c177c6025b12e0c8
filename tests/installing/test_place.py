"""The place of an environment: one doctor at a time, marked while unfinished, never what is another's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tritondoctor.installing import InstallError
from tritondoctor.installing.place import Mark, held, mark_of

MARK = Mark("minimal-3.11", "0123", "venv")


def quiet(_: str) -> None:
    pass


def test_finished(tmp_path: Path) -> None:
    prefix = tmp_path / "new" / "env"
    with held(str(prefix)) as place:
        place.begin(MARK, quiet)
        prefix.mkdir()
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
        prefix.mkdir()
        (prefix / "half").write_text("done")
        raise InstallError("no")
    said: list[str] = []
    with held(str(prefix)) as place:
        place.begin(MARK, said.append)
        assert (prefix / "half").exists()
    assert "going on" in said[0]


def test_unfinished_of_another_kind_is_removed(tmp_path: Path) -> None:
    prefix = tmp_path / "env"
    with held(str(prefix)) as place:
        place.begin(MARK, quiet)
        prefix.mkdir()
        (prefix / "half").write_text("done")
    said: list[str] = []
    with held(str(prefix)) as place:
        place.begin(Mark("torch-cpu", "4567", "venv"), said.append)
        assert not prefix.exists()
    assert "removing an unfinished minimal-3.11" in said[0]


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
        pytest.raises(InstallError, match="is there already, and nothing was changed"),
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
        "import sys, time; from tritondoctor.installing.place import Mark, held\n"
        f"with held({str(prefix)!r}) as place:\n"
        "    place.begin(Mark('minimal-3.11', '0123', 'venv'), print)\n"
        f"    import os; os.mkdir({str(prefix)!r})\n"
        "    print('held', flush=True); time.sleep(60)\n"
    )
    first = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert first.stdout is not None and first.stdout.readline() == "held\n"
    with pytest.raises(InstallError, match="Another tritondoctor is installing"), held(str(prefix)):
        pass
    first.send_signal(signal.SIGKILL)
    first.wait()
    with held(str(prefix)) as place:
        assert place.before == MARK


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(InstallError, match=r"Not a directory|exists"),
        held(str(tmp_path / "file" / "env")),
    ):
        pass
