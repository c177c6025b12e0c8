"""A record is about one folder of one machine: another one at its path is left alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.hostile.records import fixed, rewrite
from tests.remedies.scene import Scene
from tests.remedies.tree import difference
from tritondoctor.checks.edits import Mode
from tritondoctor.commands import undo as undo_command
from tritondoctor.remedies.apply import apply
from tritondoctor.remedies.journal import journals
from tritondoctor.remedies.operations import RemedyError, Remove
from tritondoctor.remedies.prefix_lock import locked
from tritondoctor.remedies.undo import forget, on_record, take_back, undo
from tritondoctor.support.errors import DoctorError


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


@pytest.mark.parametrize("state", ["applied", "applying"])
def test_a_record_of_another_machine_with_the_same_home(
    scene: Scene, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HOME is shared and the prefix is not: here its fix is not undone, interrupted or dropped."""
    journal = fixed(scene)

    def elsewhere(record: Any) -> None:
        record.update(state=state, machine="node7", inode=record["inode"] + 1)

    rewrite(journal, elsewhere)
    before = Path(journal.folder, "record.json").read_bytes()
    assert journals(scene.variables) == [] == on_record(scene.variables, None)
    apply([Remove(f"{scene.prefix}/lib/text")], scene.begin())
    (own,) = journals(scene.variables)
    assert undo(own) == []
    assert Path(journal.folder, "record.json").read_bytes() == before
    monkeypatch.setenv("XDG_STATE_HOME", scene.variables["XDG_STATE_HOME"])
    with pytest.raises(DoctorError, match=r"was made on node7, where .* --id"):
        undo_command.undo(yes=True)
    assert Path(journal.folder, "record.json").read_bytes() == before


def _without_birth(record: Any) -> None:
    """As on NFS, and with a kernel that has no statx."""
    record.update(machine="node7", born=0.0)


def _born_before(record: Any) -> None:
    record.update(machine="node7", born=record["born"] - 1)


@pytest.mark.parametrize("change", [_without_birth, _born_before])
def test_another_machine_where_the_inode_happens_to_be_the_same(
    scene: Scene, change: Callable[[Any], None]
) -> None:
    rewrite(fixed(scene), change)
    assert journals(scene.variables) == []


def test_a_container_has_another_name_at_each_start(scene: Scene) -> None:
    rewrite(fixed(scene), lambda record: record.update(machine="0a1b2c3d"))
    assert undo(journals(scene.variables)[0]) == []


@pytest.mark.parametrize("field", ["inode", "born", "device"])
def test_another_folder_of_the_same_path(scene: Scene, field: str) -> None:
    """Inodes are given out again: a file system that knows the birth of a folder tells them apart."""
    known = {"born": 0.0} if field == "device" else {}
    rewrite(fixed(scene), lambda record: record.update({**known, field: record[field] + 1}))
    assert journals(scene.variables) == []


def test_the_device_of_another_boot_says_nothing(scene: Scene) -> None:
    def change(record: Any) -> None:
        record["origin"]["boot"] = "before"
        record.update(born=0.0, device=record["device"] + 1)

    rewrite(fixed(scene), change)
    assert len(journals(scene.variables)) == 1


def _again(scene: Scene) -> Scene:
    """The environment deleted, and a sound one created at its path."""
    (scene.prefix.parent / "cache").unlink()
    scene.prefix.rename(scene.prefix.parent / "deleted")
    return Scene(scene.prefix.parent)


@pytest.mark.parametrize("state", ["applied", "applying", "undoing"])
def test_an_environment_that_was_created_again(
    scene: Scene, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was right in the old one would break the new one, which may hold the same files."""
    program = scene.prefix / "bin/program"
    apply([Mode(str(program), 0o755)], scene.begin())
    (journal,) = journals(scene.variables)
    rewrite(journal, lambda record: record.update(state=state))
    again = _again(scene)
    program.chmod(0o755)
    before = again.tree()
    assert journals(scene.variables) == []
    assert take_back(journal) == [str(program)]
    monkeypatch.setenv("XDG_STATE_HOME", scene.variables["XDG_STATE_HOME"])
    with pytest.raises(DoctorError, match=r"created again since.*--forget"):
        undo_command.undo(yes=True)
    with pytest.raises(RemedyError, match="created again since"):
        undo(journal)
    assert not difference(before, again.tree())
    assert undo(journal, elsewhere=True) == []  # the user says that it is the folder all the same
    assert program.stat().st_mode & 0o777 == 0o640


def test_an_older_fix_of_another_environment_is_not_the_last(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Scene(tmp_path / "other")
    other.variables = scene.variables
    apply([Remove(f"{other.prefix}/lib/text")], other.begin())
    fixed(scene)
    _again(scene)
    monkeypatch.setenv("XDG_STATE_HOME", scene.variables["XDG_STATE_HOME"])
    with pytest.raises(DoctorError, match="created again since"):
        undo_command.undo(yes=True)
    assert not (other.prefix / "lib/text").exists()


def test_an_environment_that_is_away(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Renamed, or its disk is not mounted: the record stays, and serves once it is back."""
    before = scene.tree()
    journal = fixed(scene)
    scene.prefix.rename(scene.prefix.parent / "away")
    monkeypatch.setenv("XDG_STATE_HOME", scene.variables["XDG_STATE_HOME"])
    with pytest.raises(DoctorError, match=r"prefix is missing.* Nothing was undone.*--forget"):
        undo_command.undo(yes=True)
    assert take_back(journal) != []
    (scene.prefix.parent / "away").rename(scene.prefix)
    assert undo(journals(scene.variables)[0]) == []
    assert not difference(before, scene.tree())


@pytest.mark.parametrize("state", ["applied", "applying"])
def test_the_record_of_a_deleted_environment_can_be_forgotten(scene: Scene, state: str) -> None:
    journal = fixed(scene)
    rewrite(journal, lambda record: record.update(state=state))
    scene.prefix.rename(scene.prefix.parent / "deleted")
    forget(journal)
    assert journals(scene.variables) == []


@pytest.mark.parametrize("by", ["a link", "a folder", "nothing"])
def test_a_prefix_that_is_replaced_while_a_question_waits(scene: Scene, by: str) -> None:
    """Before the fix begins, and between two of its changes: nothing gets into the other folder."""
    with locked(str(scene.prefix)) as held:
        held.examine()
        journal, before = scene.begin(), scene.tree()
        decoy, away = scene.prefix.parent / "decoy", scene.prefix.parent / "away"

        def replaced(step: str) -> None:
            if step.startswith("change") and not away.exists():
                shutil.copytree(scene.prefix, decoy, symlinks=True)
                scene.prefix.rename(away)
                if by == "a link":
                    scene.prefix.symlink_to(decoy)
                elif by == "a folder":
                    decoy.rename(scene.prefix)
            held.examine()

        with pytest.raises(RemedyError, match=r"another folder by now|No such file"):
            apply(scene.operations[2:], journal, replaced)
    if by == "a folder":
        decoy = scene.prefix
    assert {path.name for path in decoy.rglob("*")} >= {"goes", "program", "text"}
    assert (decoy / "lib/replaced").read_text() == "before"
    if by != "a folder":
        scene.prefix.unlink(missing_ok=True)
    else:
        scene.prefix.rename(scene.prefix.parent / "decoy")
    away.rename(scene.prefix)
    (kept,) = journals(scene.variables)
    assert undo(kept) == []
    assert not difference(before, scene.tree())
