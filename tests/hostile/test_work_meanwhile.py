"""What a person does in an environment while a package manager works there is kept; what they do after it
was killed is not touched.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import msgspec
import pytest

from tests.remedies.scene import Scene
from tests.remedies.tree import difference
from tritondoctor.remedies.apply import apply
from tritondoctor.remedies.command import ProgramWatch
from tritondoctor.remedies.journal import entry_of, journals
from tritondoctor.remedies.operations import RemedyError, Transaction
from tritondoctor.remedies.path_state import ABSENT, state_of
from tritondoctor.remedies.undo import take_back, undo

#: a manager that does its part of the plan, lets a person work, and waits or fails
MANAGER = """
import os, sys, time
prefix, how = sys.argv[1:]
open(f"{prefix}/conda-meta/new-1-0.json", "w").write('{"files": ["bin/unplanned"]}')
open(f"{prefix}/bin/unplanned", "w").write("of a package that came with it")
open(f"{prefix}/lib/planned", "w").write("new")
os.rename(f"{prefix}/lib/replaced", f"{prefix}/lib/replaced.c~")
open(f"{prefix}/started", "w")
while not os.path.exists(f"{prefix}/go"): time.sleep(0.02)
if how == "waits": time.sleep(60)
sys.exit(how == "fails")
"""


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def manager(scene: Scene, how: str) -> Transaction:
    script = scene.prefix.parent / "meanwhile.py"
    script.write_text(MANAGER)
    path = str(scene.prefix)
    command = (sys.executable, "-I", str(script), path, how)
    return Transaction(command, path, {f"{path}/lib/{name}": "" for name in ("planned", "replaced")})


def start(scene: Scene, how: str) -> int:
    """A doctor whose manager has done its part; its process id."""
    child = os.fork()
    if child == 0:
        try:
            apply([manager(scene, how)], scene.begin(), watch=ProgramWatch(print))
        except RemedyError:
            os._exit(1)
        os._exit(0)
    while not (scene.prefix / "started").exists():
        time.sleep(0.01)
    return child


def run_beside_work(scene: Scene, how: str) -> None:
    """A fix to its end, in the middle of which a person works."""
    child = start(scene, how)
    work(scene)
    (scene.prefix / "go").touch()
    os.waitpid(child, 0)


def work(scene: Scene) -> None:
    """A person's: a new file, a new folder, a log that goes on, and a file of the environment edited."""
    (scene.prefix / "notes.txt").write_text("mine")
    (scene.prefix / "results/run").mkdir(parents=True)
    (scene.prefix / "results/run/data").write_text("mine")
    with (scene.prefix / "lib/text").open("a") as file:
        file.write(" and mine")


def test_work_while_it_runs_is_kept(scene: Scene) -> None:
    """A failure puts all back as it was; what may be the person's is at hand, and told."""
    before = scene.tree()
    run_beside_work(scene, "fails")
    assert not difference(before, scene.tree())
    assert not journals(scene.variables)
    assert kept(scene) == {"notes.txt", "results/run/data", "lib/text", "started", "go"}


def test_undo_keeps_it_too(scene: Scene) -> None:
    before = scene.tree()
    run_beside_work(scene, "succeeds")
    (journal,) = journals(scene.variables)
    notes: list[str] = []
    assert undo(journal, notes.append) == []
    assert not difference(before, scene.tree())
    assert kept(scene) == {"notes.txt", "results/run/data", "lib/text", "started", "go"}
    (note,) = notes
    assert "They may be yours" in note and "notes.txt" in note and "kept/" in note


def test_what_cannot_be_kept_stays(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    run_beside_work(scene, "succeeds")
    (journal,) = journals(scene.variables)
    (Path(scene.variables["XDG_STATE_HOME"]) / "tritondoctor/kept").write_text("not a folder")
    left = undo(journal)
    assert {os.path.relpath(path, scene.prefix) for path in left} == {
        "notes.txt", "results/run/data", "lib/text", "started", "go"
    }  # fmt: skip
    assert (scene.prefix / "notes.txt").read_text() == "mine"


def kept(scene: Scene) -> set[str]:
    """The files that were kept, below the prefix."""
    (folder,) = (Path(scene.variables["XDG_STATE_HOME"]) / "tritondoctor/kept").iterdir()
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_work_after_it_was_killed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The doctor and its manager die; days later the person has worked on, even on a planned path."""
    before = scene.tree()
    child = start(scene, "waits")
    time.sleep(2.5)  # it is seen at work once a second
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    time.sleep(0.5)  # the manager dies with it
    monkeypatch.setattr("tritondoctor.remedies.package_manager._GRACE_S", 0.1)
    (scene.prefix / "started").unlink()
    work(scene)
    (scene.prefix / "lib/planned").write_text("installed since by somebody")
    (scene.prefix / "conda-meta/history").write_text("somebody's later line")
    (journal,) = journals(scene.variables)
    notes: list[str] = []
    assert take_back(journal, say=notes.append) == []
    (note,) = [note for note in notes if note.startswith("Left alone")]
    assert "lib/planned" in note
    changed = {line.partition(": ")[0] for line in difference(before, scene.tree())}
    assert {os.path.relpath(path, scene.prefix) for path in changed} == {
        "notes.txt", "results", "results/run", "results/run/data", "lib/text", "lib/planned",
        "conda-meta/history"
    }  # fmt: skip
    assert (scene.prefix / "lib/planned").read_text() == "installed since by somebody"
    assert (scene.prefix / "lib/text").read_text() == "text and mine"


def test_folder_in_the_place_of_a_file(scene: Scene) -> None:
    """Somebody has put a folder of their own where a planned file was: nothing in it is lost."""
    child = start(scene, "waits")
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    (scene.prefix / "lib/replaced").mkdir()
    (scene.prefix / "lib/replaced/data").write_text("mine")
    (journal,) = journals(scene.variables)
    take_back(journal)
    left = scene.prefix / "lib/replaced"
    assert "lib/replaced/data" in kept(scene) or (left / "data").read_text() == "mine"


def test_damaged_record_moves_nothing_elsewhere(scene: Scene) -> None:
    """A record whose path leads out of the prefix: what lies there is not moved into the state folder."""
    victim = scene.prefix.parent / "victim"
    victim.write_text("mine")
    journal = scene.begin()
    entry = entry_of(str(victim), ABSENT, state_of(str(victim)))
    entry = msgspec.structs.replace(entry, unplanned=True)
    journal.update(entries=(entry,), state="applied")
    (journal,) = journals(scene.variables)
    assert take_back(journal) == [str(victim)]
    assert victim.read_text() == "mine"
