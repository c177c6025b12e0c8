"""SIGKILL at every step of a fix and of an undo: nothing is lost, and both can be brought to an end."""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import psutil
import pytest

from tests.remedies.scene import Scene
from tests.remedies.tree import difference
from tritondoctor.checks.edits import Link
from tritondoctor.remedies.apply import apply
from tritondoctor.remedies.command import ProgramWatch, output_of
from tritondoctor.remedies.journal import journals
from tritondoctor.remedies.operations import (
    RemedyError,
    Transaction,
)
from tritondoctor.remedies.prefix_lock import locked
from tritondoctor.remedies.undo import take_back, undo


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def fresh(tmp_path: Path) -> Iterator[Scene]:
    for number in range(1000):
        folder = tmp_path / str(number)
        folder.mkdir()
        yield Scene(folder)


def test_applied_and_undone(scene: Scene) -> None:
    before = scene.tree()
    apply(scene.operations, scene.begin())
    after = scene.tree()
    changed = {
        line.partition(": ")[0].removeprefix(f"{scene.prefix}/") for line in difference(before, after)
    }
    assert changed == {
        "libs", "libs/a", "libs/a/libx.so", "lib/link", "lib/replaced", "pkg", "pkg/module.py",
        "bin/program", "shadow", "shadow/__init__.py", "my_shadow", "my_shadow/__init__.py", "lib/goes",
        "conda-meta/history", "lib/new", "lib/new/deep", "lib/new/deep/file", "lib/libold.so",
        "share/doc", "share/doc/readme",
    }  # fmt: skip
    (journal,) = journals(scene.variables)
    assert journal.record.state == "applied"
    assert take_back(journal) == []
    assert not difference(before, scene.tree())
    assert not journals(scene.variables)
    assert not os.path.exists(scene.variables["XDG_STATE_HOME"])


def test_killed_at_every_step_of_a_fix(tmp_path: Path) -> None:
    for number, scene in enumerate(fresh(tmp_path)):
        before = scene.tree()

        def fix(hook: Callable[[str], None], scene: Scene = scene) -> None:
            apply(scene.operations, scene.begin(), hook)

        if not scene.killed_at(number, fix):
            assert number > 20
            return
        (journal,) = journals(scene.variables)
        assert journal.record.state == "applying"
        assert take_back(journal) == [], number
        assert not difference(before, scene.tree()), number
        assert not list(scene.prefix.rglob(".tritondoctor*")), number
        apply(scene.operations, scene.begin())  # and it can be brought to an end


#: silent and slow: writes a file every tenth of a second for two seconds, each in a process of its own
SLOW = """
import os, sys, time
prefix = sys.argv[1]
for number in range(20):
    time.sleep(0.1)
    open(f"{prefix}/lib/slow{number}", "w").write("new")
    os.unlink(f"{prefix}/lib/libold.so"); open(f"{prefix}/lib/libold.so", "w").write(str(number))
"""
STARTS = {
    "itself": 'exec "$@"',
    "by a child": '"$@"; exit $?',
    "in another session": 'setsid --wait "$@"',
    "by a child without variables": 'env -i "$@"; exit $?',
    "once its parent is gone": 'setsid --fork "$@"; sleep 3',
}


def slow(scene: Scene, start: str) -> Transaction:
    """A transaction of a front end that works like that."""
    script = scene.prefix.parent / "slow.py"
    script.write_text(SLOW)
    path = str(scene.prefix)
    line = ("/bin/sh", "-c", STARTS[start], "sh", sys.executable, "-I", str(script), path)
    names = [*(f"slow{number}" for number in range(20)), "libold.so"]
    return Transaction(line, path, {f"{path}/lib/{name}": str(script) for name in names})


@pytest.fixture
def reaper() -> Iterator[Callable[[], None]]:
    """Orphans come to this process, which buries them, as an init does (PR_SET_CHILD_SUBREAPER)."""
    prctl = ctypes.CDLL(None).prctl
    prctl(36, 1)

    def bury() -> None:
        time.sleep(0.05)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass

    yield bury
    prctl(36, 0)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("tenths", [1, 4, 9, 19])
def test_killed_while_a_silent_front_end_works(
    scene: Scene, start: str, tenths: int, reaper: Callable[[], None]
) -> None:
    """SIGKILL of the doctor alone: what it had started is ended before anything is put back."""
    before = scene.tree()
    child = os.fork()
    if child == 0:
        apply([slow(scene, start)], scene.begin())
        os._exit(0)
    deadline = time.monotonic() + 20
    while not list(scene.prefix.glob("lib/slow*")) and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep((tenths - 1) / 10)
    os.kill(child, signal.SIGKILL)
    reaper()
    (journal,) = journals(scene.variables)
    assert undo(journal) == []
    assert not difference(before, scene.tree())
    time.sleep(0.5)
    assert not difference(before, scene.tree()), "something was still at work"
    assert not journals(scene.variables)


def test_undo_of_another_fix_ends_what_is_at_work_too(scene: Scene) -> None:
    """An older record is taken back while the front end of a later fix, whose doctor died, works."""
    before = scene.tree()
    apply([Link(f"{scene.prefix}/lib/one", "text")], scene.begin())
    child = os.fork()
    if child == 0:
        apply([slow(scene, "by a child")], scene.begin())
        os._exit(0)
    while not list(scene.prefix.glob("lib/slow*")):
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert undo(journals(scene.variables)[0]) == []
    time.sleep(0.5)
    assert not difference(before, scene.tree())
    assert not journals(scene.variables)


def test_record_stays_while_something_cannot_be_ended(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = os.fork()
    if child == 0:
        apply([slow(scene, "itself")], scene.begin())
        os._exit(0)
    while not list(scene.prefix.glob("lib/slow*")):
        time.sleep(0.01)
    os.kill(child, signal.SIGSTOP)
    (journal,) = journals(scene.variables)

    def refuse(process: psutil.Process) -> None:
        raise psutil.AccessDenied(process.pid)

    with monkeypatch.context() as patch:
        patch.setattr(psutil.Process, "terminate", refuse)
        with pytest.raises(RemedyError, match="is still running"):
            take_back(journal)
    assert journals(scene.variables)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert take_back(journals(scene.variables)[0]) == []


def test_killed_at_every_step_of_an_undo(tmp_path: Path) -> None:
    for number, scene in enumerate(fresh(tmp_path)):
        before = scene.tree()
        apply(scene.operations, scene.begin())

        def undo(hook: Callable[[str], None], scene: Scene = scene) -> None:
            take_back(journals(scene.variables)[0], hook)

        if not scene.killed_at(number, undo):
            assert number > 8
            return
        for journal in journals(scene.variables):
            assert take_back(journal) == [], number
        assert not difference(before, scene.tree()), number


def test_what_changed_since_is_left_and_told(scene: Scene) -> None:
    before = scene.tree()
    apply(scene.operations, scene.begin())
    replaced = scene.prefix / "lib/replaced"
    replaced.write_text("somebody's own")
    (journal,) = journals(scene.variables)
    assert take_back(journal) == [str(replaced)]
    assert replaced.read_text() == "somebody's own"
    assert len(difference(before, scene.tree())) == 1
    (journal,) = journals(scene.variables)  # what was kept of it stays at hand
    replaced.unlink()
    assert take_back(journal) == []
    assert not difference(before, scene.tree())


def test_what_others_put_into_our_folders_stays(scene: Scene) -> None:
    apply(scene.operations, scene.begin())
    theirs = scene.prefix / "libs/a/theirs"
    theirs.write_text("x")
    (journal,) = journals(scene.variables)
    take_back(journal)
    assert theirs.read_text() == "x"
    assert not (scene.prefix / "libs/a/libx.so").is_symlink()


def test_bytecode_of_our_modules_goes_with_them(scene: Scene) -> None:
    apply(scene.operations, scene.begin())
    cache = scene.prefix / "pkg/__pycache__"
    cache.mkdir()
    (cache / "module.cpython-311.pyc").write_bytes(b"x")
    (journal,) = journals(scene.variables)
    take_back(journal)
    assert not (scene.prefix / "pkg").exists()


def test_manager_that_fails_leaves_nothing(scene: Scene) -> None:
    before = scene.tree()
    command = (*scene.transaction.command, "fail")
    failing = msgspec.structs.replace(scene.transaction, command=command)
    with pytest.raises(RemedyError, match="failed"):
        apply([failing, *scene.operations[1:]], scene.begin())
    assert not difference(before, scene.tree())
    assert not journals(scene.variables)


def test_manager_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    late = tmp_path / "late"
    line = f"(sleep 2; touch {late}) & wait"
    with pytest.raises(RemedyError, match="conda did not end within 1 s"):
        output_of(["sh", "-c", line], os.environ, "conda", deadline_s=1)
    time.sleep(2)
    assert not late.exists()


def test_silent_manager_is_mentioned_and_can_be_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What says nothing for a while is told of, and Ctrl-C ends it with all that it has started."""
    late, messages = tmp_path / "late", []
    monkeypatch.setattr("tritondoctor.remedies.command._MENTION_S", 0.2)

    def say(message: str) -> None:
        messages.append(message)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
        os.kill(os.getpid(), signal.SIGINT)

    line = f"(sleep 3; touch {late}) & wait"
    with pytest.raises(KeyboardInterrupt):
        output_of(["sh", "-c", line], os.environ, "conda", watch=ProgramWatch(say))
    assert messages[0].startswith("conda has been running for 1 s (Ctrl-C stops it")
    time.sleep(3)
    assert not late.exists()


@pytest.mark.parametrize("step", ["backup", "record", "folder", "change", "finish"])
def test_failure_in_the_middle_puts_all_back(scene: Scene, step: str) -> None:
    """As a full disk fails: at any step, with all that went before."""
    before, met = scene.tree(), 0

    def hook(name: str) -> None:
        nonlocal met
        met += name.startswith(step)
        if met > (2 if step in ("backup", "change") else 0):
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(RemedyError, match=r"No space left on device.*Nothing was changed"):
        apply(scene.operations, scene.begin(), hook)
    assert not difference(before, scene.tree())
    assert not journals(scene.variables)


def test_second_doctor_waits_outside(scene: Scene) -> None:
    again = locked(str(scene.prefix))
    with locked(str(scene.prefix)), pytest.raises(RemedyError, match="Another tritondoctor"):
        again.__enter__()
    with locked(str(scene.prefix)):
        pass


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EBADF, errno.EIO])
def test_file_system_without_locks(scene: Scene, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """As NFS fails without its lock manager: no lock, no fix."""

    def flock(descriptor: int, operation: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", flock)
    opened = len(os.listdir("/proc/self/fd"))
    with pytest.raises(RemedyError, match=r"cannot be locked.*Nothing was changed"):
        locked(str(scene.prefix)).__enter__()
    assert len(os.listdir("/proc/self/fd")) == opened


def test_no_place_for_the_record(scene: Scene) -> None:
    scene.variables["XDG_STATE_HOME"] = "/proc/nothing"
    with pytest.raises(RemedyError, match="XDG_STATE_HOME"):
        scene.begin()


def test_damaged_record_is_passed_over(scene: Scene) -> None:
    journal = scene.begin()
    Path(journal.folder, "record.json").write_text('{"id": 1')
    assert journals(scene.variables) == []
