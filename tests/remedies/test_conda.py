"""Real conda prefixes, installed from a local channel: broken, repaired by conda's means, started."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("rattler", reason="py-rattler is not installed")

from tests.remedies import channel
from tests.remedies.cycle import Doctor
from tests.remedies.tree import Tree, difference, tree
from tests.truth import real, stock
from tests.truth.place import Place

pytestmark = pytest.mark.cycle
NAME = "3.10"
STANDIN = Path(__file__).parents[1] / "standins/conda"


class Prefix:
    """A real prefix with PyTriton in it, and the doctor at its side."""

    def __init__(self, here: Path, *specs: str) -> None:
        self.place = Place(here, NAME, "0.7.0", lambda: "")
        self.address = channel.channel(NAME)
        self.prefix = here / "conda"
        channel.install(self.prefix, self.address, f"python={NAME}", *specs)
        self.place.python = channel.with_pytriton(self.prefix, NAME)
        self.place.set(CONDA_PREFIX=self.prefix, PATH=f"{self.prefix}/bin:/usr/bin:/bin")
        self.place.unset("LD_LIBRARY_PATH")
        self.doctor = Doctor(self.place)

    def fix(self, *options: str) -> tuple[int, dict[str, object], str]:
        """`tritondoctor fix`: exit code, what stands under `fix` in its JSON, what it said beside."""
        done = self.doctor.run(
            "fix", "--prefix", str(self.prefix), "--yes", "--json", "--no-selftest", "--channel",
            self.address, *options,
        )  # fmt: skip
        return done.returncode, json.loads(done.stdout or "{}").get("fix", {}), done.stderr

    def undo(self) -> int:
        return self.doctor.run("undo", "--yes").returncode

    def serves(self, *before: str) -> bool:
        """Whether PyTriton really serves; `before` is a command line that runs the rest."""
        wrap = self.doctor.wrap
        python, cwd = self.place.python, str(self.place.cwd)
        if before:  # the variables come from the shell that it runs in
            script = Path(cwd, "linear_quick_start.py")
            script.write_text(real.LINEAR.read_text())
            line = [
                *real.sandbox(),
                *real.with_variables(self.place.variables),
                *before,
                python,
                str(script),
            ]
            done = subprocess.run(line, capture_output=True, text=True, cwd=cwd, check=False, timeout=120)
            return "SERVED" in done.stdout
        return real.serve_linear(python, self.place.variables, cwd, wrap).served


@pytest.fixture
def here() -> Iterator[Path]:
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap (bwrap) is not installed")
    folder = Path(tempfile.mkdtemp(prefix="tc-", dir="/tmp"))
    try:
        yield folder
    except stock.Absent as absent:
        pytest.skip(str(absent))
    finally:
        shutil.rmtree(folder)


def made(here: Path, *specs: str) -> Prefix:
    try:
        if stock.cached_by_loader(f"libpython{NAME}.so.1.0"):
            pytest.skip(f"this machine's loader knows a libpython {NAME}")
        return Prefix(here, *specs)
    except stock.Absent as absent:
        pytest.skip(str(absent))


def remedies(fix: dict[str, object]) -> list[str]:
    return [step["remedy"] for step in fix["steps"]]  # type: ignore[attr-defined]


def test_by_conda_as_the_notes_have_it(here: Path) -> None:
    """libpython on no path, and an old libstdc++ beside it that the usual cure would expose."""
    sick = made(here, "libstdcxx-ng=9.3")
    assert not sick.serves()
    before = tree(here)
    code, fix, said = sick.fix("--conda")
    assert code == 0, said
    assert remedies(fix) == ["link-libpython", "update-libstdcxx", "activation"]
    assert sick.serves()
    activate = f". {sick.prefix}/etc/conda/activate.d/~tritondoctor.sh"
    as_activated = f'{activate}; [ "$LD_LIBRARY_PATH" = {sick.prefix}/lib ] && exec "$@"'
    assert sick.serves("bash", "-c", as_activated, "bash")
    versions = [record["version"] for record in _records(sick.prefix) if record["name"] == "libstdcxx-ng"]
    assert versions == ["12.2.0"]
    assert sick.undo() == 0
    assert not difference(before, tree(here))
    assert not sick.serves()


def test_old_library_that_the_variable_exposes(here: Path) -> None:
    """The second failure of the notes, with the variable as the user has it."""
    sick = made(here, "libstdcxx-ng=9.3")
    sick.place.library_path(sick.prefix / "lib")
    assert not sick.serves()
    before = tree(here)
    code, fix, said = sick.fix("--conda")
    assert code == 0, said
    assert "update-libstdcxx" in remedies(fix)
    assert sick.serves()
    assert sick.undo() == 0
    assert not difference(before, tree(here))


def test_prefix_without_its_shared_library(here: Path) -> None:
    """conda restores the library, and a link brings it to the stub: one cure after the other."""
    sick = made(here)
    for library in (sick.prefix / "lib").glob("libpython*"):
        library.unlink()
    before = tree(here)
    code, fix, said = sick.fix()
    assert code == 0, said
    assert remedies(fix) == ["restore-libpython", "link-libpython"]
    assert sick.serves()
    assert sick.undo() == 0
    assert not difference(before, tree(here))


def test_prefix_is_written_into_files(here: Path) -> None:
    """A package is first installed elsewhere, yet with the prefix that it is for."""
    sick = made(here)
    (sick.prefix / "etc/where").unlink()
    for library in (sick.prefix / "lib").glob("libpython*"):
        library.unlink()
    assert sick.fix()[0] == 0
    assert (sick.prefix / "etc/where").read_text() == f"prefix={sick.prefix}\n"


def test_no_channel(here: Path) -> None:
    """What cannot be fetched is told, and nothing is changed."""
    sick = made(here)
    for library in (sick.prefix / "lib").glob("libpython*"):
        library.unlink()
    before = tree(here)
    sick.address = "file:///nonexistent/channel"
    code, fix, _ = sick.fix()
    assert code == 1
    assert "py-rattler failed" in str(fix["refused"])
    assert not difference(before, tree(here))


def front_end(sick: Prefix, modes: str = "") -> None:
    program = sick.place.here / "front/conda"
    sick.place.write(program, f'#!/bin/sh\nexec {sys.executable} -I {STANDIN} "$@"\n').chmod(0o755)
    sick.place.set(CONDA_EXE=program, STANDIN=modes)


def but_condas(here: Path) -> Tree:
    """All but what conda itself keeps at home: which prefixes there are, and its packages."""
    return {path: entry for path, entry in tree(here).items() if "/home/.conda" not in path}


def test_through_a_front_end(here: Path) -> None:
    """It works on the prefix itself; a snapshot makes its work undoable, with what it wrote in place."""
    sick = made(here, "libstdcxx-ng=9.3")
    sick.place.library_path(sick.prefix / "lib")
    (sick.prefix / "conda-meta/history").write_text("==> before <==\n")
    front_end(sick)
    before = but_condas(here)
    code, fix, said = sick.fix("--conda")
    assert code == 0, said
    assert "update-libstdcxx" in remedies(fix)
    assert "# cmd: conda install" in (sick.prefix / "conda-meta/history").read_text()
    assert sick.serves()
    assert sick.undo() == 0
    assert not difference(before, but_condas(here))
    assert not list(sick.prefix.glob(".tritondoctor*"))


def test_console_through_a_front_end(here: Path) -> None:
    """What a person types: the plan on the screen, nothing changed, then the repair."""
    sick = made(here, "libstdcxx-ng=9.3")
    sick.place.library_path(sick.prefix / "lib")
    front_end(sick)
    typed = ("fix", "--conda", "--prefix", str(sick.prefix), "--no-selftest", "--channel", sick.address)
    before = tree(sick.prefix)
    planned = sick.doctor.run(*typed, "--dry-run")
    assert planned.returncode == 1, planned.stderr  # the error is still there
    assert f"runs a package manager in {sick.prefix}" in planned.stdout
    assert not difference(before, tree(sick.prefix))
    done = sick.doctor.run(*typed, "--yes")
    assert done.returncode == 0, done.stderr
    assert "Repaired." in done.stdout
    assert sick.serves()


def test_front_end_that_fails(here: Path) -> None:
    """What it had begun is put back."""
    sick = made(here, "libstdcxx-ng=9.3")
    sick.place.library_path(sick.prefix / "lib")
    front_end(sick, "full")
    before = but_condas(here)
    code, fix, _ = sick.fix("--conda")
    assert code == 1
    assert "No space left" in str(fix["why"])
    assert "Nothing was changed" in str(fix["why"])
    changed = difference(before, but_condas(here))
    assert not [line for line in changed if "/state/tritondoctor" not in line]
    assert [line for line in changed if "/kept/" in line]  # its half file might be somebody's


def test_activation_keeps_what_only_a_variable_can_cure(here: Path) -> None:
    """The home's path has a space: PYTRITON_HOME goes into conda's own scripts."""
    sick = made(here)
    sick.place.home = sick.place.home.rename(here / "my home")
    sick.place.set(HOME=sick.place.home, LD_LIBRARY_PATH=sick.prefix / "lib")
    before = tree(here)
    code, fix, _ = sick.fix()
    assert code == 1  # the shell that runs is as it was
    assert remedies(fix) == ["workspace-elsewhere", "activation"]
    assert not sick.serves()
    activate = f'. {sick.prefix}/etc/conda/activate.d/~tritondoctor.sh; exec "$@"'
    assert sick.serves("bash", "-c", activate, "bash")
    assert sick.undo() == 0
    shutil.rmtree(f"/var/tmp/pytriton-{os.geteuid()}", ignore_errors=True)
    assert not [line for line in difference(before, tree(here)) if str(sick.prefix) in line]


def test_base_is_refused(here: Path) -> None:
    """conda's own environment is not touched without a word of the user."""
    sick = made(here)
    sick.place.write(sick.prefix / "condabin/conda", "")
    (sick.place.home / ".cache/pytriton").mkdir(parents=True)
    (sick.place.home / ".cache/pytriton/nvidia_pytriton.libs").write_text("nor is there another way")
    before = tree(here)
    code, fix, _ = sick.fix()
    assert code == 1
    assert "--allow-base" in str(fix["refused"])
    assert not difference(before, tree(here))
    assert sick.fix("--allow-base")[0] == 0


def _records(prefix: Path) -> list[dict[str, str]]:
    return [json.loads(path.read_text()) for path in (prefix / "conda-meta").glob("*.json")]
