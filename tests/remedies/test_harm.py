"""What a repair must not touch: other folders, whatever a list of files or a link says."""

from __future__ import annotations

import os
import pty
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.remedies.cycle import Doctor
from tests.remedies.scene import Scene
from tests.remedies.tree import difference, tree
from tests.remedies.venv_place import fix, venv_place
from tests.truth.place import Place
from tests.unit.build import an_interpreter, facts
from tritondoctor.checks.edits import Link, Mode, Pip
from tritondoctor.remedies import bounds, pip, reach
from tritondoctor.remedies.apply import apply
from tritondoctor.remedies.command import ProgramWatch
from tritondoctor.remedies.emptied import folders
from tritondoctor.remedies.fix import _prefix
from tritondoctor.remedies.journal import journals
from tritondoctor.remedies.operations import Operation, PutFile, RemedyError, Remove
from tritondoctor.remedies.undo import undo
from tritondoctor.target import Target

SERVER = "pytriton/tritonserver/bin/tritonserver"


@pytest.fixture
def place() -> Iterator[Place]:
    """A venv that serves."""
    with venv_place() as found:
        yield found


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


@pytest.fixture
def thesis(tmp_path: Path) -> Path:
    path = tmp_path / "mine/papers/thesis.txt"
    path.parent.mkdir(parents=True)
    path.write_text("weeks of it")
    return path


@pytest.mark.parametrize("form", ["relative", "absolute", "through a link"])
def test_what_a_record_lists_outside_of_the_prefix_stays(place: Place, form: str) -> None:
    thesis = place.write(place.here / "mine/papers/thesis.txt", "weeks of it")
    listed = os.path.relpath(thesis, place.packages) if form == "relative" else str(thesis)
    if form == "through a link":
        (place.packages / "linked").symlink_to(thesis.parent)
        listed = "linked/thesis.txt"
    record = place.edit(place.packages / "nvidia_pytriton-0.7.0.dist-info/RECORD")
    record.write_text(f"{record.read_text()}{listed},,\n")
    place.write(place.packages / SERVER, "x")
    before = tree(place.here)
    done = fix(place, "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert thesis.read_text() == "weeks of it"
    assert Doctor(place).run("undo", "--yes").returncode == 0
    assert not difference(before, tree(place.here))


def test_no_folder_outside_of_the_prefix_is_emptied(scene: Scene, thesis: Path) -> None:
    assert folders([str(thesis)], (), str(scene.prefix)) == []


def test_inside_of_a_prefix(scene: Scene, thesis: Path) -> None:
    (scene.prefix / "out").symlink_to(thesis.parent)
    own = [f"{scene.prefix}/lib/text", f"{scene.prefix}/gone/with/its/folder"]
    others = [
        str(thesis),
        f"{scene.prefix}/out/thesis.txt",
        f"{scene.prefix}/../mine/x",
        f"{scene.prefix}x/y",
    ]
    assert bounds.inside([*own, *others], str(scene.prefix)) == own


@pytest.mark.parametrize("kind", ["remove", "put", "mode", "link"])
def test_nothing_is_done_that_no_undo_would_take_back(scene: Scene, thesis: Path, kind: str) -> None:
    """Neither planned nor applied, though it was planned: a folder may have been exchanged since."""
    (scene.prefix / "out").symlink_to(thesis.parent)
    path = f"{scene.prefix}/out/thesis.txt"
    operations: dict[str, Operation] = {
        "remove": Remove(path),
        "put": PutFile(path, str(scene.prefix / "lib/text")),
        "mode": Mode(path, 0o777),
        "link": Link(path, "elsewhere"),
    }
    operation, before = operations[kind], thesis.stat()
    with pytest.raises(RemedyError, match="outside of"):
        reach.examine([operation], str(scene.prefix))
    with pytest.raises(RemedyError, match="outside of"):
        apply([Remove(f"{scene.prefix}/lib/goes"), operation], scene.begin())
    assert (thesis.read_text(), thesis.stat().st_mode) == ("weeks of it", before.st_mode)
    assert (scene.prefix / "lib/goes").exists()
    assert journals(scene.variables) == []


def test_a_package_that_is_a_link_out_of_the_prefix(place: Place) -> None:
    """Somebody's checkout: the plan refuses what an undo would."""
    outside = place.here / "checkout/pytriton"
    shutil.copytree(place.packages / "pytriton", outside, symlinks=True)
    place.remove("pytriton")
    (place.packages / "pytriton").symlink_to(outside)
    (outside / "tritonserver/bin/tritonserver").write_text("x")
    before = tree(place.here)
    done = fix(place, "--yes")
    assert done.returncode == 1
    assert "lies outside of" in " ".join(done.stdout.split())
    assert not difference(before, tree(place.here))


@pytest.mark.parametrize("inside", [True, False])
def test_a_mode_is_not_set_through_a_link_unrecorded(place: Place, inside: bool) -> None:
    """Inside of the environment its target is changed, recorded and undone; outside nothing is."""
    server = place.edit(place.packages / SERVER)
    moved = (place.prefix / "share" if inside else place.here / "elsewhere") / "ts"
    moved.parent.mkdir(exist_ok=True)
    server.rename(moved)
    server.symlink_to(moved)
    moved.chmod(0o600)
    before = tree(place.here)
    done = fix(place, "--yes")
    assert done.returncode == (0 if inside else 1), done.stdout
    assert moved.stat().st_mode & 0o777 == (0o755 if inside else 0o600)
    if inside:
        assert Doctor(place).run("undo", "--yes").returncode == 0
    else:
        assert str(moved) in done.stdout
    assert not difference(before, tree(place.here))


def test_a_mode_of_a_link_is_not_set(scene: Scene) -> None:
    mode = (scene.prefix / "lib/text").stat().st_mode
    with pytest.raises(RemedyError, match="is not a file"):
        apply([Mode(f"{scene.prefix}/lib/link", 0o777)], scene.begin())
    assert (scene.prefix / "lib/text").stat().st_mode == mode


def test_a_mode_of_a_file_that_a_cache_shares(scene: Scene, tmp_path: Path) -> None:
    """uv and conda link files out of their cache: that of other environments stays as it is."""
    program = scene.prefix / "bin/program"
    os.link(program, tmp_path / "shared")
    apply([Mode(str(program), 0o755)], scene.begin())
    assert program.stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "shared").stat().st_mode & 0o777 == 0o640
    assert undo(journals(scene.variables)[0]) == []
    assert program.stat().st_mode & 0o777 == 0o640


def test_a_venv_without_its_configuration_is_not_installed_into_its_base(place: Place) -> None:
    """Its Python is the base's then, and so is its pip; what restores pyvenv.cfg keeps the packages."""
    (place.prefix / "pyvenv.cfg").unlink()
    before = tree(place.here)
    for target in (["--python", place.python], ["--prefix", str(place.prefix)]):
        done = Doctor(place).run("fix", "--dry-run", *target)
        assert done.returncode == 1
        assert "pip install" not in done.stdout
        (command,) = re.findall(r"^\s+(/.* -m venv .*)$", done.stdout, re.M)
    assert not difference(before, tree(place.here))
    subprocess.run(shlex.split(command), check=True)
    assert {*map(str, tree(place.here))} - {*map(str, before)} == {f"{place.prefix}/pyvenv.cfg"}
    assert fix(place, "--yes").returncode == 0


def test_a_fix_stays_in_the_folder_that_was_named(tmp_path: Path) -> None:
    """bin/python is a link into another environment."""
    for name, unconfigured, expected in (
        (None, "", "/base"),
        (None, f"{tmp_path}/env", f"{tmp_path}/env"),
        (f"{tmp_path}/env", "", f"{tmp_path}/env"),
        ("/base", "", "/base"),
    ):
        interpreter = an_interpreter(prefix="/base", unconfigured=unconfigured)
        target = Target(f"{tmp_path}/env/bin/python", name, "--prefix", {}, "/")
        assert _prefix(target, facts(interpreter=interpreter)) == expected


def test_a_prefix_replaced_while_it_is_asked_about(place: Place) -> None:
    """A link to another environment is put in its place; then the user agrees."""
    place.unset("LD_LIBRARY_PATH")
    decoy, away = place.here / "decoy", place.here / "away"
    shutil.copytree(place.prefix, decoy, symlinks=True)
    before = tree(decoy)
    doctor = Doctor(place)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        doctor.command("fix", *doctor.target(), "--no-selftest"), stdin=theirs, stdout=subprocess.PIPE,
        text=True, cwd=place.cwd,
    )  # fmt: skip
    assert process.stdout
    said = ""
    while "Apply this plan?" not in said:
        character = process.stdout.read(1)
        assert character, said
        said += character
    place.prefix.rename(away)
    place.prefix.symlink_to(decoy)
    os.write(ours, b"y\n")
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 1, rest
    assert "another folder by now" in " ".join(rest.split())
    assert not difference(before, tree(decoy))


def test_undo_of_an_environment_that_was_created_again(place: Place) -> None:
    server = place.edit(place.packages / SERVER)
    server.chmod(0o644)
    assert fix(place, "--yes").returncode == 0
    shutil.copytree(place.prefix, place.here / "again", symlinks=True)
    shutil.rmtree(place.prefix)
    gone = Doctor(place).run("undo", "--yes")
    assert gone.returncode != 0
    assert "is missing" in gone.stderr
    (place.here / "again").rename(place.prefix)
    done = Doctor(place).run("undo", "--yes")
    assert done.returncode != 0
    assert "created again since" in done.stderr
    assert server.stat().st_mode & 0o777 == 0o755


#: a build backend: code that an archive brings, and pip runs to learn what it requires
BACKEND = """
import os
open(os.environ["MARKER"], "w").close()
def get_requires_for_build_wheel(settings=None): return []
def prepare_metadata_for_build_wheel(folder, settings=None):
    os.mkdir(f"{folder}/sourced-1.0.dist-info")
    with open(f"{folder}/sourced-1.0.dist-info/METADATA", "w") as file:
        file.write("Metadata-Version: 2.1\\nName: sourced\\nVersion: 1.0\\n")
    return "sourced-1.0.dist-info"
"""


@pytest.mark.parametrize("again", [False, True])
def test_nothing_of_an_index_runs_before_the_plan_is_agreed_to(tmp_path: Path, again: bool) -> None:
    """Only a source archive is there: a plan does not build it, and shows what does."""
    source = tmp_path / "sourced-1.0"
    source.mkdir()
    (source / "backend.py").write_text(BACKEND)
    (source / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: sourced\nVersion: 1.0\n")
    (source / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    subprocess.run(["tar", "czf", "sourced-1.0.tar.gz", "sourced-1.0"], cwd=tmp_path, check=True)
    marker = tmp_path / "ran"
    variables = {
        "PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "MARKER": str(marker), "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(tmp_path),
    }  # fmt: skip
    (tmp_path / "staging").mkdir()
    edit = Pip(sys.executable, ("sourced==1.0",), again=again)
    with pytest.raises(RemedyError, match=r"runs its code.*pip install .*sourced==1\.0") as refused:
        pip.stage(edit, sys.prefix, variables, str(tmp_path / "staging"), ProgramWatch())
    assert not marker.exists(), refused
    # the user agreed to it with --yes
    (tmp_path / "agreed").mkdir()
    place = str(tmp_path / "agreed")
    with pytest.raises(RemedyError, match="build_wheel"):  # which the backend does not have
        pip.stage(edit, sys.prefix, variables, place, ProgramWatch(), may_build=True)
    assert marker.exists()
