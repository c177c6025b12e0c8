"""`tritondoctor fix` and `undo` as a user meets them: asked, refused, interrupted, with no room."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.remedies.cycle import Doctor
from tests.remedies.tree import difference, tree
from tests.remedies.venv_place import NAME, fix, venv_place
from tests.truth import real
from tests.truth.place import Place
from tritondoctor.checks.edits import Link
from tritondoctor.remedies.apply import apply
from tritondoctor.remedies.journal import begin
from tritondoctor.remedies.prefix_lock import locked


@pytest.fixture
def place() -> Iterator[Place]:
    """A venv whose libpython is on no path."""
    with venv_place() as found:
        found.unset("LD_LIBRARY_PATH")
        yield found


def test_dry_run_shows_all_and_changes_nothing(place: Place) -> None:
    before = tree(place.here)
    done = fix(place, "--dry-run")
    assert done.returncode == 1
    assert "ln -sfn" in done.stdout and "libpython-missing" in done.stdout
    assert "before  not found" in done.stdout
    assert not difference(before, tree(place.here))


def test_the_plan_as_a_page(place: Place) -> None:
    page = place.here / "plan.html"
    assert fix(place, "--dry-run", "--html", str(page)).returncode == 1
    told = page.read_text()
    plan, _, findings = told.partition("<h2>Findings</h2>")
    assert "<h2>The plan: 1 step</h2>" in plan and "no errors remain" in plan
    assert "ln -sfn" in plan and "nvidia_pytriton.libs/libpython3.10.so.1.0" in plan
    assert 'class="broken missing"' in findings and 'class="broken missing"' not in plan
    assert fix(place, "--yes", "--html", str(page)).returncode == 2


def test_fits_80_columns(place: Place) -> None:
    """But for commands and paths, which stay whole so that they can be copied."""
    place.set(COLUMNS="80")
    for line in fix(place, "--dry-run").stdout.splitlines():
        assert len(line) <= 80 or str(place.here) in line, line


def test_nobody_to_ask(place: Place) -> None:
    before = tree(place.here)
    done = fix(place)
    assert done.returncode == 2
    assert "--yes" in done.stderr and "--dry-run" in done.stderr
    assert not difference(before, tree(place.here))


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 1), ("\n", 1)])
def test_asks(place: Place, answer: str, code: int) -> None:
    doctor = Doctor(place)
    ours, theirs = pty.openpty()
    command = [
        *doctor.wrap, *real.with_variables({**place.variables, **doctor.own}), place.doctor, "-I", "-m",
        "tritondoctor", "fix", *doctor.target(), "--no-selftest",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, text=True, cwd=place.cwd)
    os.write(ours, answer.encode())
    said, _ = process.communicate(timeout=60)
    assert process.returncode == code, said
    assert "Apply this plan? [y/N]" in said
    assert ("Repaired" in said) == (code == 0)


def test_undo_lists_and_takes_back(place: Place) -> None:
    doctor = Doctor(place)
    before = tree(place.here)
    assert fix(place, "--yes").returncode == 0
    listed = doctor.run("undo", "--list").stdout
    assert str(place.prefix) in listed and "libpython" in listed
    assert doctor.run("undo").returncode == 2  # nobody can be asked
    assert doctor.run("undo", "--yes").returncode == 0
    assert not difference(before, tree(place.here))
    assert "no recorded fix" in doctor.run("undo", "--list").stdout


def test_undo_of_another_environment_is_not_taken(place: Place) -> None:
    assert fix(place, "--yes").returncode == 0
    doctor = Doctor(place)
    done = doctor.run("undo", "--prefix", str(place.cwd), "--yes")
    assert done.returncode == 2
    assert "is not an environment" in done.stderr
    assert doctor.run("undo", "--prefix", str(place.prefix), "--yes").returncode == 0


@pytest.mark.cycle
def test_venv_that_its_activation_repairs(place: Place) -> None:
    """--venv: besides the cure, activating sets the path; both are really started."""
    before = tree(place.here)
    done = fix(place, "--venv", "--yes", "--json")
    told = json.loads(done.stdout)["fix"]
    assert done.returncode == 0
    assert [one["remedy"] for one in told["steps"]] == ["link-libpython", "activation"]
    wrap = Doctor(place).wrap
    python, cwd = place.python, str(place.cwd)
    assert real.serve_linear(python, place.variables, cwd, wrap).served
    (place.packages / f"nvidia_pytriton.libs/libpython{NAME}.so.1.0").unlink()
    line = f'. {place.prefix}/bin/activate; [ "$LD_LIBRARY_PATH" = {place.base.lib} ] && exec "$@"'
    started = subprocess.run(
        [*wrap, *real.with_variables(place.variables), "bash", "-c", line, "bash", python,
         f"{cwd}/linear_quick_start.py"],
        cwd=cwd, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert "SERVED" in started.stdout
    assert Doctor(place).run("undo", "--yes").returncode == 0
    assert not difference(before, tree(place.here))


def test_second_fix_finds_nothing_to_do(place: Place) -> None:
    """It makes no record of its own: the undo that follows takes the first one back."""
    before = tree(place.here)
    assert fix(place, "--venv", "--yes").returncode == 0
    again = fix(place, "--venv", "--yes")
    assert again.returncode == 0 and again.stdout.endswith("Nothing needs repair here.\n")
    doctor = Doctor(place)
    assert len(json.loads(doctor.run("undo", "--list", "--json").stdout)["fixes"]) == 1
    assert doctor.run("undo", "--yes").returncode == 0
    assert not difference(before, tree(place.here))


def test_wrong_options(place: Place) -> None:
    done = fix(place, "--conda", "--yes")
    assert done.returncode == 2
    assert "not a conda environment" in done.stderr
    assert fix(place, "--conda", "--venv", "--yes").returncode == 2


def test_another_doctor_is_at_work(place: Place) -> None:
    before = tree(place.here)
    with locked(str(place.prefix)):
        done = fix(place, "--yes")
    assert done.returncode == 1
    assert "Another tritondoctor is working" in done.stderr
    assert not difference(before, tree(place.here))


def test_prefix_of_somebody_else(place: Place) -> None:
    """The link goes where the user can write; where that is nowhere, the owner is told."""
    prefix = str(place.prefix)
    place.options += ["--ro-bind", prefix, prefix]
    done = fix(place, "--yes", "--json")
    (step,) = json.loads(done.stdout)["fix"]["steps"]
    assert step["touches"] == [f"~/.cache/pytriton/nvidia_pytriton.libs/libpython{NAME}.so.1.0"]
    assert done.returncode == 0
    Doctor(place).run("undo", "--yes")
    libs = f"{place.home}/.cache/pytriton/nvidia_pytriton.libs"
    os.makedirs(libs)
    place.options += ["--ro-bind", libs, libs]
    done = fix(place, "--yes")
    assert done.returncode == 1
    assert "on a file system that is mounted read-only" in " ".join(done.stdout.split())
    assert "ln -sfn" in done.stdout


def test_no_room_for_the_record(place: Place) -> None:
    before = tree(place.here)
    place.options += ["--size", "4096", "--tmpfs", "/mnt"]
    doctor = Doctor(place)
    doctor.own["XDG_STATE_HOME"] = "/mnt"
    done = doctor.run("fix", *doctor.target(), "--yes", "--no-selftest")
    assert done.returncode == 1
    assert "No space left on device" in done.stdout + done.stderr
    assert not difference(before, tree(place.here))


def test_disk_full_in_the_middle(place: Place) -> None:
    """A real one: the third file has no room any more."""
    script = place.write(place.here / "full.py", FULL)
    command = ["bwrap", "--dev-bind", "/", "/", "--size", "1048576", "--tmpfs", "/mnt"]
    source = os.path.dirname(os.path.dirname(os.path.abspath(apply.__code__.co_filename)))
    done = subprocess.run(
        [*command, sys.executable, str(script), os.path.dirname(source), str(place.home)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "No space left on device" in done.stdout and "Nothing was changed" in done.stdout


FULL = """
import os, sys
sys.path.insert(0, sys.argv[1])
from tritondoctor.remedies.apply import apply
from tritondoctor.remedies.journal import begin, journals
from tritondoctor.remedies.operations import PutFile, RemedyError
home = sys.argv[2]
source = os.path.join(home, "new")
open(source, "wb").write(b"n" * 300_000)
for name in "abc":
    open(f"/mnt/{name}", "wb").write(b"o" * 200_000)
variables = {"HOME": home}
try:
    apply([PutFile(f"/mnt/{n}", source) for n in "abc"], begin(variables, "/mnt", "python", ()))
except RemedyError as failure:
    print(failure)
assert all(open(f"/mnt/{n}", "rb").read() == b"o" * 200_000 for n in "abc")
assert sorted(os.listdir("/mnt")) == ["a", "b", "c"], os.listdir("/mnt")
assert not journals(variables)
"""


def test_interrupted_fix_is_found(place: Place) -> None:
    """Killed between the record and the change: the next check tells, the next fix finishes."""
    doctor = Doctor(place)
    path = f"{place.packages}/nvidia_pytriton.libs/libother.so"
    child = os.fork()
    if child == 0:

        def kill(step: str) -> None:
            if step == "finish":
                os.kill(os.getpid(), signal.SIGKILL)

        variables = {"HOME": str(place.home), **doctor.own}
        journal = begin(variables, str(place.prefix), place.python, ("a link",))
        apply([Link(path, "somewhere")], journal, kill)
    os.waitpid(child, 0)
    assert os.path.islink(path)
    told = doctor.run("check", *doctor.target()).stderr
    assert "was interrupted" in told and "tritondoctor undo" in told
    assert "(interrupted)" in doctor.run("undo", "--list").stdout
    done = fix(place, "--yes")
    assert "undid it first" in done.stdout
    assert done.returncode == 0
    assert not os.path.lexists(path)


def test_sound_environment_is_left_alone(place: Place) -> None:
    place.set(LD_LIBRARY_PATH=place.base.lib)
    before = tree(place.here)
    done = fix(place, "--yes")
    assert done.returncode == 0
    assert "Nothing needs repair" in done.stdout
    assert not difference(before, tree(place.here))


def test_incomplete_plans_only_when_asked_for(place: Place) -> None:
    """One fault that can be repaired, and one that no program can."""
    place.limit(nofile=64)
    before = tree(place.here)
    done = fix(place, "--yes")
    assert done.returncode == 1
    assert "--partial" in done.stdout and "ulimit -n 1024" in done.stdout
    assert not difference(before, tree(place.here))
    done = fix(place, "--yes", "--partial", "--json")
    told = json.loads(done.stdout)["fix"]
    assert done.returncode == 1
    assert (told["outcome"], [one["id"] for one in told["left"]]) == ("incomplete", ["limit-too-low"])
    assert Doctor(place).run("undo", "--yes").returncode == 0


def test_start_file_is_commented_and_still_runs(place: Place) -> None:
    """The line may be all that an `if` holds; a link into a folder of dotfiles stays a link."""
    bad = place.debian("trixie", "libstdc++.so.6")
    text = f"alias x=y\nif true; then\n    export LD_LIBRARY_PATH={bad}:{place.base.lib}\nfi\necho end\n"
    dotfiles = place.write(place.here / "dotfiles/bashrc", text)
    dotfiles.chmod(0o600)
    (place.home / ".bashrc").symlink_to(dotfiles)
    place.library_path(bad, place.base.lib)
    before = tree(place.here)
    done = fix(place, "--yes", "--json")
    told = json.loads(done.stdout)["fix"]
    assert [one["remedy"] for one in told["steps"]] == ["shorten-library-path"]
    assert told["shell"] == [f"export LD_LIBRARY_PATH={place.base.lib}"]
    assert done.returncode == 1  # the running shell is as it was
    assert (place.home / ".bashrc").is_symlink()
    assert dotfiles.stat().st_mode & 0o777 == 0o600
    question = f". {place.home}/.bashrc; echo [$LD_LIBRARY_PATH]"
    said = subprocess.run(["bash", "-c", question], env={}, capture_output=True, text=True, check=True)
    assert (said.stdout, said.stderr) == ("end\n[]\n", "")
    assert Doctor(place).run("undo", "--yes").returncode == 0
    assert not difference(before, tree(place.here))
