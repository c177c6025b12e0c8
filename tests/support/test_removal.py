"""Only the very thing that was looked at is removed, whatever is put in its place meanwhile."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tritondoctor.support import killing, removal
from tritondoctor.support.removal import Refused


def tree(folder: Path) -> Path:
    (folder / "deep/er").mkdir(parents=True)
    (folder / "deep/er/file").write_text("x")
    (folder / "link").symlink_to("/")
    return folder


def known(path: Path) -> removal.FileIdentity:
    found = removal.identity(str(path))
    assert found is not None
    return found


def test_a_tree_goes_and_what_links_lead_to_stays(tmp_path: Path) -> None:
    victim = tree(tmp_path / "victim")
    ours = tree(tmp_path / "ours")
    (ours / "to-victim").symlink_to(victim)
    removal.remove_tree(str(ours), known(ours))
    assert os.listdir(tmp_path) == ["victim"]
    assert (victim / "deep/er/file").exists()


def test_swapped_for_another_folder(tmp_path: Path) -> None:
    ours, victim = tree(tmp_path / "ours"), tree(tmp_path / "victim")
    before = known(ours)
    ours.rename(tmp_path / "away")
    victim.rename(ours)
    with pytest.raises(Refused, match="another thing"):
        removal.remove_tree(str(ours), before)
    assert (ours / "deep/er/file").exists()


@pytest.mark.parametrize("part", ["home/ours", "home"])
def test_swapped_for_a_link(tmp_path: Path, part: str) -> None:
    ours, victim = tree(tmp_path / "home/ours"), tree(tmp_path / "victim/ours")
    before = known(ours)
    (tmp_path / part).rename(tmp_path / "away")
    (tmp_path / part).symlink_to(victim if part == "home/ours" else victim.parent)
    with pytest.raises(Refused, match="is a link"):
        removal.remove_tree(str(ours), before)
    assert (victim / "deep/er/file").exists()


def test_a_file_and_an_empty_folder(tmp_path: Path) -> None:
    file, folder = tmp_path / "file", tmp_path / "folder"
    file.write_text("x")
    folder.mkdir()
    before = known(file)
    file.rename(tmp_path / "kept")
    file.write_text("another")
    with pytest.raises(Refused, match="another thing"):
        removal.remove_file(str(file), before)
    removal.remove_file(str(tmp_path / "kept"), before)
    removal.remove_empty_folder(str(folder), known(folder))
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_is_anothers_keeps_the_whole(tmp_path: Path) -> None:
    ours = tree(tmp_path / "ours")
    os.chown(ours / "deep/er", 4242, 4242)
    with pytest.raises(Refused, match="belongs to another user"):
        removal.remove_tree(str(ours), known(ours))
    assert (ours / "deep/er/file").exists()
    assert (ours / "link").is_symlink()
    assert removal.why_not_removable(str(ours), 0) == ("another-user", "deep/er")


def test_folders_without_end(tmp_path: Path) -> None:
    path = tmp_path / "ours"
    path.joinpath(*["d"] * 100).mkdir(parents=True)
    with pytest.raises(Refused, match="too deep"):
        removal.remove_tree(str(path), known(path))
    assert path.joinpath(*["d"] * 100).exists()


@pytest.mark.parametrize("path", ["relative/path", "/tmp/..", "/"])
def test_no_whole_path(path: str) -> None:
    with pytest.raises(Refused), removal.folder_of(path):
        pass


def test_a_race_is_never_won(tmp_path: Path) -> None:
    """A folder is swapped for a link and back as fast as it goes, while trees are removed below it."""
    victim = tree(tmp_path / "victim/ours")
    home, away, over = tmp_path / "home", tmp_path / "away", threading.Event()
    home.mkdir()

    def swap() -> None:
        while not over.is_set():
            home.rename(away)
            home.symlink_to(victim.parent)
            home.unlink()
            away.rename(home)

    inside = os.open(home, os.O_RDONLY)
    thread = threading.Thread(target=swap)
    thread.start()
    removed, until = 0, time.monotonic() + 2
    try:
        while time.monotonic() < until:
            with contextlib.suppress(FileExistsError):
                os.makedirs(f"/proc/self/fd/{inside}/ours/deep/er")
            before = removal.identity_of(os.stat("ours", dir_fd=inside))
            with contextlib.suppress(OSError):
                removal.remove_tree(str(home / "ours"), before)
                removed += 1
    finally:
        over.set()
        thread.join()
        os.close(inside)
    assert removed
    assert (victim / "deep/er/file").exists()


def test_born_says_when_a_folder_was_made(tmp_path: Path) -> None:
    began = time.time()
    (tmp_path / "new").mkdir()
    os.utime(tmp_path / "new", (1, 1))
    assert abs(removal.born(str(tmp_path / "new")) - began) < 1
    assert removal.born(str(tmp_path / "none")) == 0


def test_a_process_is_killed_only_where_it_still_is_the_one() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    start = killing.start_of(child.pid)
    assert start
    assert not killing.kill(child.pid, lambda: killing.start_of(child.pid) == "another")
    assert child.poll() is None
    assert killing.kill(child.pid, lambda: killing.start_of(child.pid) == start)
    assert killing.wait(child.pid, start, 5)
    child.wait()
    assert not killing.kill(child.pid, lambda: True)
    assert killing.wait(child.pid, "", 5), "of a process that was dead already"
