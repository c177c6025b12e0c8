"""`fix --conda` through a front end: the plan is what will happen, in the console and with --json."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("rattler", reason="py-rattler is not installed")

from tests.remedies.front_ends import FRONT_ENDS, Scene
from tests.remedies.tree import difference, tree
from tests.truth import real, stock

pytestmark = pytest.mark.cycle
Make = Callable[..., Scene]


@pytest.fixture
def make() -> Iterator[Make]:
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap (bwrap) is not installed")
    folder = Path(tempfile.mkdtemp(prefix="tf-", dir="/tmp"))

    def scene(front: str, *specs: str) -> Scene:
        try:
            return Scene(folder, front, *specs)
        except stock.Absent as absent:
            pytest.skip(str(absent))

    yield scene
    shutil.rmtree(folder)


def remedies(fix: dict[str, object]) -> list[str]:
    return [step["remedy"] for step in fix["steps"]]  # type: ignore[attr-defined]


def flat(text: str) -> str:
    """A console's text without its line breaks."""
    return " ".join(text.split())


@pytest.mark.parametrize("front", [*FRONT_ENDS, "none"])
def test_the_notes_from_beginning_to_end(make: Make, front: str) -> None:
    """The environment MS, the notes' export, the line in ~/.bashrc that froze, all in the console."""
    scene = make(front)
    line = "export LD_LIBRARY_PATH=$LD_LIBRARY_PATH:$CONDA_PREFIX/lib\n"
    scene.place.write(scene.place.home / ".bashrc", line)
    check = scene.doctor.run("check", "--prefix", str(scene.prefix))
    assert check.returncode == 1 and "libpython-missing" in check.stdout
    scene.export()
    check = scene.doctor.run("check", "--conda-env", "MS")
    assert check.returncode == 1 and "libstdcxx-too-old" in check.stdout
    assert not scene.serves(real.DEADLINE_S)
    before, listed = tree(scene.prefix), scene.place.home / ".conda/environments.txt"
    done = scene.typed("--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "upgraded: libstdcxx-ng 11.2.0 0 -> 13.2.0 0" in flat(done.stdout)
    assert "Repaired." in done.stdout
    assert scene.serves()
    assert scene.versions()["libstdcxx-ng"] == "13.2.0 0"
    assert scene.versions()["python"].endswith("h390"), "nothing else was changed"
    assert not scene.altered()
    if front == "real":
        shown = json.loads(scene.conda("list", "-p", str(scene.prefix), "--json").stdout)
        assert {one["name"]: one["version"] for one in shown}["libstdcxx-ng"] == "13.2.0"
    assert scene.activated('echo "[$LD_LIBRARY_PATH]"').split() == [
        f"[{scene.prefix}/lib::{scene.prefix}/lib]", f"[:{scene.prefix}/lib]"
    ]  # fmt: skip
    undone = scene.undo()
    assert undone.returncode == 0, undone.stdout + undone.stderr
    assert not difference(before, tree(scene.prefix))
    assert listed.read_text() == f"{scene.prefix}\n"
    assert not scene.serves(real.DEADLINE_S)


@pytest.mark.parametrize("front", [*FRONT_ENDS, "none"])
def test_downgrade_is_shown_and_undone(make: Make, front: str) -> None:
    """What the user's own program needs must give way: the plan names it before anything is done."""
    scene = make(front, "userapp")
    scene.export()
    before = tree(scene.prefix)
    if front == "none":  # py-rattler is asked with conda-forge alone, where userapp is not
        shown = scene.typed("--dry-run", "--channel", scene.defaults)
    else:
        shown = scene.typed("--dry-run")
    assert shown.returncode == 1
    assert "downgraded: oldtool 1.0 0 -> 0.5 0" in flat(shown.stdout)
    assert not difference(before, tree(scene.prefix))
    code, fix, said = scene.fix(*(("--channel", scene.defaults) if front == "none" else ()))
    assert code == 0, said
    (update,) = [one for one in fix["steps"] if one["remedy"] == "update-libstdcxx"]
    changes = {one["name"]: one["kind"] for one in update["packages"]}
    assert changes == {"libgcc-ng": "upgraded", "libstdcxx-ng": "upgraded", "oldtool": "downgraded"}
    assert scene.versions()["oldtool"] == "0.5 0"
    assert scene.undo().returncode == 0
    assert not difference(before, tree(scene.prefix))


@pytest.mark.parametrize("front", FRONT_ENDS)
def test_nothing_of_the_user_is_removed(make: Make, front: str) -> None:
    """What the user's package needs may not change, and conda would rather remove the package."""
    scene = make(front, "userapp", "oldtool=1.0")
    if front == "real":  # asked for by nobody, as its history has it, and in no channel that it knows
        scene.place.unset("CONDA_CHANNELS")
        history = scene.prefix / "conda-meta/history"
        history.write_text(history.read_text().replace(", 'userapp', 'oldtool=1.0'", ""))
    else:
        (scene.prefix / "conda-meta/pinned").write_text("oldtool 1.0\n")
    scene.export()
    code, fix, said = scene.fix()
    assert code == 0, said
    assert "link-runtime-first" in remedies(fix)
    assert scene.versions()["userapp"] == "1.0 0"


def pin(scene: Scene) -> str:
    (scene.prefix / "conda-meta/pinned").write_text("# held\nlibstdcxx-ng <12\n")
    return "libstdcxx"


def freeze(scene: Scene) -> str:
    (scene.prefix / "conda-meta/frozen").write_text("")
    return "frozen"


def forget(scene: Scene) -> str:
    (scene.prefix / "conda-meta/history").unlink()
    return "not a conda environment"


def part(scene: Scene) -> str:
    scene.forge = "file:///nonexistent/channel"
    return "nonexistent/channel"


@pytest.mark.parametrize("front", FRONT_ENDS)
@pytest.mark.parametrize("refusal", [pin, freeze, forget, part])
def test_refusal_leads_to_the_next_plan(make: Make, front: str, refusal: Callable[[Scene], str]) -> None:
    """What the front end will not do is said with its reason, and the link is taken."""
    scene = make(front)
    scene.export()
    reason = refusal(scene)
    before = tree(scene.prefix)
    shown = scene.typed("--dry-run")
    assert "Not possible: Update libstdc++ in that conda environment" in flat(shown.stdout)
    assert reason in flat(shown.stdout)
    assert "intermittent" not in shown.stdout and "conda config" not in shown.stdout
    assert ".." not in shown.stdout.replace("...", "")
    code, fix, said = scene.fix()
    assert code == 0, said
    assert "link-runtime-first" in remedies(fix)
    (refused,) = fix["refused"]
    assert reason in refused["why"]
    assert scene.undo().returncode == 0
    assert not difference(before, tree(scene.prefix))


@pytest.mark.parametrize("refusal", [pin, freeze])
def test_rattler_honours_what_conda_honours(make: Make, refusal: Callable[[Scene], str]) -> None:
    scene = make("none")
    scene.export()
    refusal(scene)
    code, fix, said = scene.fix()
    assert code == 0, said
    assert "update-libstdcxx" not in remedies(fix)
    assert scene.versions()["libstdcxx-ng"] == "11.2.0 0"


@pytest.mark.parametrize("front", FRONT_ENDS)
def test_no_trial_stays_on_the_list(make: Make, front: str) -> None:
    """~/.conda/environments.txt names what there was, however often a plan is made."""
    scene = make(front)
    scene.export()
    listed = scene.place.home / ".conda/environments.txt"
    assert scene.typed("--dry-run").returncode == 1
    assert scene.typed("--yes").returncode == 0
    assert scene.undo().returncode == 0
    assert listed.read_text() == f"{scene.prefix}\n"


@pytest.mark.parametrize("front", FRONT_ENDS)
def test_variables_of_the_shell_do_not_reach_it(make: Make, front: str) -> None:
    """A module that shadows one of the front end's own, and a PYTHONHOME that is none."""
    scene = make(front)
    scene.export()
    for name in ("requests", "asyncio", "json"):
        scene.place.write(scene.place.here / f"shadow/{name}.py", "raise ImportError('shadow')")
    scene.place.set(PYTHONPATH=scene.place.here / "shadow", PYTHONWARNINGS="error")
    shown = scene.typed("--dry-run")
    assert "upgraded: libstdcxx-ng" in flat(shown.stdout), shown.stdout + shown.stderr


@pytest.mark.parametrize("front", FRONT_ENDS)
def test_command_is_the_one_that_runs(make: Make, front: str) -> None:
    scene = make(front)
    scene.export()
    line = f"{scene.program} install -p {scene.prefix} -c {scene.forge} 'libstdcxx-ng>=12'"
    assert line in scene.typed("--dry-run").stdout
    _, fix, _ = scene.fix("--dry-run")
    assert [line] in [one["commands"] for one in fix["steps"]]


@pytest.mark.parametrize("front", [*FRONT_ENDS, "none"])
def test_same_python_again(make: Make, front: str) -> None:
    """The same build of the same channel, not conda-forge's of that version."""
    scene = make(front)
    for library in (scene.prefix / "lib").glob("libpython*"):
        library.unlink()
    done = scene.doctor.run("fix", "--prefix", str(scene.prefix), "--yes", "--no-selftest")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "reinstalled: python 3.10.13 h390" in flat(done.stdout)
    assert scene.versions()["python"] == "3.10.13 h390"
    record = next((scene.prefix / "conda-meta").glob("python-*.json"))
    assert scene.defaults in json.loads(record.read_text())["url"]
    assert not scene.altered()


def test_another_result_than_planned_is_undone(make: Make) -> None:
    """Between the dry run and the installation something changed: nobody tried this."""
    scene = make("stand-in")
    scene.export()
    scene.mode("other=toy")
    before = tree(scene.prefix)
    done = scene.typed("--yes")
    assert done.returncode == 1
    assert "did not install what was planned" in flat(done.stdout)
    assert "toy" in done.stdout and "Nothing was changed." in flat(done.stdout)
    assert not difference(before, tree(scene.prefix))
    assert "no recorded fix" in scene.doctor.run("undo", "--list").stdout


def test_failure_in_the_middle_is_put_back(make: Make) -> None:
    scene = make("stand-in")
    scene.export()
    scene.mode("full")
    before = tree(scene.prefix)
    done = scene.typed("--yes")
    assert done.returncode == 1
    assert "No space left on device. Nothing was changed." in flat(done.stdout)
    assert not difference(before, tree(scene.prefix))


@pytest.mark.parametrize("front", FRONT_ENDS)
def test_installed_since_and_undone(make: Make, front: str) -> None:
    """The user goes on with conda: undo takes its own part out of the history, and all else stays."""
    scene = make(front)
    scene.export()
    history = (scene.prefix / "conda-meta/history").read_text()
    assert scene.typed("--yes").returncode == 0
    toy = scene.conda("install", "-y", "-q", "-p", str(scene.prefix), "-c", scene.forge, "toy")
    assert toy.returncode == 0, toy.stdout + toy.stderr
    undone = scene.undo()
    assert undone.returncode == 0, undone.stdout
    after = (scene.prefix / "conda-meta/history").read_text()
    assert after.startswith(history) and "toy" in after and ">=12" not in after
    assert scene.versions()["libstdcxx-ng"] == "11.2.0 0"
    assert scene.versions()["toy"] == "1.0 0"


def test_what_activation_sets_again_is_named_and_comes_first(make: Make) -> None:
    """The user's own script brings an old libstdc++ at each activation, and its name comes late."""
    scene = make("none")
    old = scene.place.here / "opt/old"
    scene.place.write(
        old / "libstdc++.so.6", (scene.prefix / "lib/libstdc++.so.6").resolve().read_bytes()
    )
    script = scene.prefix / "etc/conda/activate.d/zz.sh"
    scene.place.write(script, f"# mine\nexport LD_LIBRARY_PATH={old}\n")
    scene.place.set(LD_LIBRARY_PATH=old)
    check = flat(scene.doctor.run("check", "-v", "--prefix", str(scene.prefix)).stdout)
    assert f"{script} line 2 sets it" in check.replace("~", str(scene.place.home))
    scene.place.unset("LD_LIBRARY_PATH", "CONDA_PREFIX")  # from outside
    before = tree(scene.prefix)
    done = scene.typed("--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    found = scene.activated('echo "[$LD_LIBRARY_PATH]"').split()[0]
    assert found == f"[{scene.prefix}/lib:{old}]"
    scene.place.set(LD_LIBRARY_PATH=found.strip("[]"), CONDA_PREFIX=scene.prefix)
    assert scene.serves()
    assert scene.undo().returncode == 0
    assert not difference(before, tree(scene.prefix))


def test_record_that_cannot_be_undone_is_forgotten(make: Make) -> None:
    scene = make("stand-in")
    scene.export()
    assert scene.typed("--yes").returncode == 0
    library = scene.prefix / "lib/libstdc++.so.6"
    library.unlink()
    library.write_text("somebody's own")
    undone = scene.undo()
    assert undone.returncode == 1
    record = json.loads(scene.doctor.run("undo", "--list", "--json").stdout)["fixes"][0]["id"]
    assert f"tritondoctor undo --forget {record}" in undone.stdout
    assert scene.doctor.run("undo", "--forget", "20010101-000000", "--yes").returncode == 1
    gone = scene.doctor.run("undo", "--forget", record, "--yes")
    assert gone.returncode == 0 and "The record was deleted" in gone.stdout
    assert library.read_text() == "somebody's own"
    assert "no recorded fix" in scene.doctor.run("undo", "--list").stdout


@pytest.mark.parametrize("mode", ["silent slow=4", "silent slow=4 grandchild"])
@pytest.mark.parametrize(
    "number", [signal.SIGKILL, signal.SIGHUP, signal.SIGTERM], ids=lambda number: number.name
)
def test_doctor_dies_while_it_works(make: Make, mode: str, number: signal.Signals) -> None:
    """Nothing is changed any more once an undo has said that all is as it was."""
    scene = make("stand-in")
    scene.export()
    scene.mode(mode)
    before = tree(scene.prefix)
    variables = {**scene.place.variables, **scene.doctor.own}
    command = [
        *real.with_variables(variables), scene.place.doctor, "-I", "-m", "tritondoctor", "fix",
        "--conda", "--prefix", str(scene.prefix), "--yes", "--no-selftest", "--channel", scene.forge,
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    record = Path(scene.doctor.own["XDG_STATE_HOME"]) / "tritondoctor/fixes"
    deadline = time.monotonic() + 60
    while not list(record.glob("*/record.json")) or not list(scene.prefix.glob(".tritondoctor-*/.whole")):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.02)
    time.sleep(1)
    os.kill(process.pid, number)
    process.wait(30)
    undone = subprocess.run([*command[:-8], "undo", "--yes"], capture_output=True, text=True, check=False)
    assert "Undone" in undone.stdout or "no recorded fix" in undone.stderr
    assert not difference(before, tree(scene.prefix))
    time.sleep(5)
    assert not difference(before, tree(scene.prefix))
    assert scene.versions()["libstdcxx-ng"] == "11.2.0 0"
