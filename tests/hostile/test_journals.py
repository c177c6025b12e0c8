"""Records that are damaged, swapped or written by somebody else: an undo obeys none of it."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.hostile.records import fixed, rewrite
from tests.remedies.scene import Scene
from tritondoctor.remedies import cleanup
from tritondoctor.remedies.apply import apply
from tritondoctor.remedies.journal import begin, journals, remains
from tritondoctor.remedies.operations import PutFile, RemedyError
from tritondoctor.remedies.undo import forget, on_record, take_back, undo
from tritondoctor.support import mounts, state_folder
from tritondoctor.support.staging import StagingFolder

PRECIOUS = "weeks of work"


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    path = tmp_path / "victim/precious.txt"
    path.parent.mkdir()
    path.write_text(PRECIOUS)
    return path


def test_a_damaged_copy_is_not_put_back(scene: Scene) -> None:
    journal = fixed(scene)
    (copy,) = [path for path in Path(journal.folder).iterdir() if path.read_text() == "before"]
    copy.write_text("DAMAGED")
    assert undo(journal) == [str(scene.prefix / "lib/replaced")]
    assert (scene.prefix / "lib/replaced").read_text() == "after"
    assert (scene.prefix / "lib/goes").read_text() == "goes"
    assert len(journals(scene.variables)) == 1
    copy.write_text("before")
    assert undo(journals(scene.variables)[0]) == []
    assert (scene.prefix / "lib/replaced").read_text() == "before"


def test_a_copy_that_became_a_link(scene: Scene, victim: Path) -> None:
    journal = fixed(scene)
    (copy,) = [path for path in Path(journal.folder).iterdir() if path.read_text() == "before"]
    copy.unlink()
    copy.symlink_to(victim)
    assert undo(journal) == [str(scene.prefix / "lib/replaced")]
    assert (scene.prefix / "lib/replaced").read_text() == "after"


def _outside(victim: Path) -> Callable[[Any], None]:
    def change(record: Any) -> None:
        entry = dict(record["entries"][0], path=str(victim), before={"kind": "absent"}, backup=None)
        entry["after"] = {"kind": "file", "content": _digest(victim), "mode": 0o644}
        entry["folder"] = ""
        record["entries"].append(entry)

    return change


def _digest(path: Path) -> str:
    from tritondoctor.remedies.path_state import digest_of

    return digest_of(str(path))


def test_a_path_outside_of_the_prefix(scene: Scene, victim: Path) -> None:
    victim.chmod(0o644)
    journal = fixed(scene)
    rewrite(journal, _outside(victim))
    (journal,) = journals(scene.variables)
    assert undo(journal) == [str(victim)]
    assert victim.read_text() == PRECIOUS


def test_an_empty_folder_outside(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    journal = fixed(scene)

    def change(record: Any) -> None:
        folder = {
            "path": str(tmp_path / "empty"),
            "before": {"kind": "absent"},
            "after": {"kind": "folder"},
        }
        record["entries"].append(folder)

    rewrite(journal, change)
    undo(journals(scene.variables)[0])
    assert (tmp_path / "empty").exists()


@pytest.mark.parametrize(
    "field", ["snapshot", "snapshot prefix", "made", "backup", "id", "nul", "relative", "root", "moved"]
)
def test_a_record_that_no_fix_writes(scene: Scene, victim: Path, field: str) -> None:
    journal = fixed(scene)
    folder = str(victim.parent)
    changes: dict[str, Callable[[Any], Any]] = {
        "snapshot": lambda record: record.update(
            snapshot={"prefix": str(scene.prefix), "folder": folder}
        ),
        "snapshot prefix": lambda record: record.update(snapshot={"prefix": folder, "folder": folder}),
        "made": lambda record: record.update(made=[folder]),
        "backup": lambda record: record["entries"][0].update(backup="../../../victim/precious.txt"),
        "id": lambda record: record.update(id="../x"),
        "nul": lambda record: record["entries"][0].update(path=f"{scene.prefix}/a\0b"),
        "relative": lambda record: record["entries"][0].update(path="lib/replaced"),
        "root": lambda record: record.update(prefix="/"),
        "moved": lambda record: record["entries"][0].update(moved_to=f"{folder}/.."),
    }
    rewrite(journal, changes[field])
    assert journals(scene.variables) == []
    assert victim.read_text() == PRECIOUS


@pytest.mark.parametrize("kind", ["fifo", "zero", "huge", "deep", "link", "folder"])
def test_a_record_that_is_no_plain_file(scene: Scene, victim: Path, kind: str) -> None:
    record = Path(scene.begin().folder, "record.json")
    kept = record.read_text()
    record.unlink()
    if kind == "fifo":
        os.mkfifo(record)
    elif kind == "zero":
        record.symlink_to("/dev/zero")
    elif kind == "huge":
        record.touch()
        os.truncate(record, 20 << 30)
    elif kind == "deep":
        record.write_text("[" * 200_000)
    elif kind == "link":
        victim.write_text(kept)
        record.symlink_to(victim)
    else:
        record.mkdir()
    assert journals(scene.variables) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("part", ["record.json", ""])
def test_a_record_of_another_user(scene: Scene, part: str) -> None:
    journal = fixed(scene)
    os.chown(os.path.join(journal.folder, part), 4242, 4242)
    assert journals(scene.variables) == []


@pytest.mark.parametrize("inside", [True, False])
def test_a_folder_swapped_for_a_link_after_the_fix(scene: Scene, tmp_path: Path, inside: bool) -> None:
    """The other folder holds the same as the one that was changed."""
    apply(scene.operations[1:], scene.begin())
    other = (scene.prefix if inside else tmp_path) / "other"
    (scene.prefix / "libs/a").rename(other)
    (scene.prefix / "libs/a").symlink_to(other)
    left = undo(journals(scene.variables)[0])
    assert str(scene.prefix / "libs/a/libx.so") in left
    assert (other / "libx.so").is_symlink()


def test_copies_of_an_undo_that_was_killed_at_last(scene: Scene) -> None:
    """The next command finds and drops them; what is no copy of a fix stays."""
    journal = fixed(scene)
    place = state_folder.of_records(scene.variables)
    os.unlink(os.path.join(journal.folder, "record.json"))
    foreign = Path(place, "20260101-000000")
    foreign.mkdir()
    (foreign / "thesis.txt").write_text(PRECIOUS)
    (Path(place) / "20260101-000001").symlink_to(foreign)
    assert journal.folder in remains(place)
    assert on_record(scene.variables, None) == []
    assert not os.path.exists(journal.folder)
    assert (foreign / "thesis.txt").read_text() == PRECIOUS


def test_a_fix_drops_them_too_and_not_those_of_another_doctor(scene: Scene) -> None:
    import fcntl

    journal = fixed(scene)
    os.unlink(os.path.join(journal.folder, "record.json"))
    held = os.open(journal.folder, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    second = begin(scene.variables, str(scene.prefix), "/python", ("title",))
    assert os.path.exists(journal.folder)
    os.close(held)
    take_back(second)
    third = begin(scene.variables, str(scene.prefix), "/python", ("title",))
    assert os.listdir(state_folder.of_records(scene.variables)) == [third.record.id]
    assert os.listdir(third.folder) == ["record.json"]


def _doctors_leftovers(scene: Scene) -> cleanup.Found:
    found = cleanup.find(scene.variables, "/", {os.geteuid()})
    ours = tuple(trace for trace in found.traces if trace.leftover.kind == "staging")
    return found._replace(traces=ours)


def _killed(staging: StagingFolder) -> str:
    """What is left of a doctor's folder once its process is gone, and with it the lock."""
    os.close(staging._lock)
    return os.path.dirname(staging.folder)


def test_clean_finds_what_a_killed_fix_left(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its copies without a record and its folder in /tmp; those of a living one stay."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    journal = fixed(scene)
    os.unlink(os.path.join(journal.folder, "record.json"))
    living, dead = StagingFolder(), _killed(StagingFolder())
    (tmp_path / "tritondoctor-fix-link1234").symlink_to(dead)
    found = _doctors_leftovers(scene)
    assert {one.where for one in found.leftovers} == {journal.folder, dead}
    assert not any(one.problem for one in cleanup.remove(found))
    assert not os.path.exists(dead)
    assert not os.path.exists(journal.folder)
    assert os.path.isdir(living.folder)
    living.remove()


def test_a_persons_folder_of_that_name_stays(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is a copy that somebody made of a doctor's folder, or one that took its place."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for name in ("undo-bug", "undo_bug"):
        (tmp_path / f"tritondoctor-fix-{name}").mkdir()
        (tmp_path / f"tritondoctor-fix-{name}/code.py").write_text("code")
    dead = Path(_killed(StagingFolder()))
    shutil.copytree(dead, tmp_path / "tritondoctor-fix-copy1234")
    found = _doctors_leftovers(scene)
    assert [one.where for one in found.leftovers] == [str(dead)]
    (dead / ".made-by-tritondoctor").unlink()
    (dead / "code.py").write_text("code")
    assert [bool(one.problem) for one in cleanup.remove(found)] == [True]
    assert (dead / "code.py").read_text() == "code"


def test_another_machines_fix_may_be_at_work_there(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Locks do not cross every file system that several machines share."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    _killed(StagingFolder())
    monkeypatch.setattr(mounts, "file_system", lambda path: "fuse.sshfs")
    assert not _doctors_leftovers(scene).traces


def test_a_folder_that_cannot_be_marked_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(os, "write", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(OSError, match="full"):
        StagingFolder()
    assert not os.listdir(tmp_path)


def test_the_newest_is_the_last_whatever_the_clock_says(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock is put back between two fixes of one file, at night or by NTP: each is undone in turn."""
    replaced = next(op for op in scene.operations if isinstance(op, PutFile))
    apply([replaced], scene.begin())
    then, put_back = time.time(), time.strftime
    monkeypatch.setattr(time, "strftime", lambda form: put_back(form, time.localtime(then - 3600)))
    for number in range(11):
        source = scene.prefix.parent / f"source{number}"
        source.write_text(str(number))
        apply([PutFile(replaced.path, str(source))], scene.begin())
    while found := on_record(scene.variables, None):
        assert undo(found[-1]) == []
    assert Path(replaced.path).read_text() == "before"


def test_undone_by_another_doctor_while_a_question_waits(scene: Scene) -> None:
    waiting = fixed(scene)
    assert undo(journals(scene.variables)[0]) == []
    for act in (undo, forget):
        with pytest.raises(RemedyError, match="undone or forgotten meanwhile"):
            act(waiting)


def test_not_forgotten_after_an_undo_that_was_killed_meanwhile(scene: Scene) -> None:
    """The copies are all that can put back what the undo has not reached."""
    waiting = fixed(scene)
    assert scene.killed_at(1, lambda hook: take_back(journals(scene.variables)[0], hook))
    with pytest.raises(RemedyError, match="was interrupted"):
        forget(waiting)
    assert undo(waiting) == []
    assert (scene.prefix / "lib/replaced").read_text() == "before"
