"""Root and an environment that another user can change: nothing of theirs runs as root."""

from __future__ import annotations

import grp
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile import access_lists
from tritondoctor.target import identity

ALICE, BOB = 4242, 4243
SYSTEM = "/usr/bin/python3"

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not os.path.exists(SYSTEM) or identity._alone_in_namespace(),
    reason="it takes root, other users' ids and a Python of the system",
)


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder of root's in which every user may look."""
    with tempfile.TemporaryDirectory(prefix="td-owner-", dir="/var/tmp") as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


def _given(path: Path, uid: int) -> Path:
    for root, folders, files in os.walk(path):
        for name in (*folders, *files):
            os.lchown(os.path.join(root, name), uid, uid)
    os.lchown(path, uid, uid)
    return path


def _venv(path: Path, uid: int) -> Path:
    """An environment whose interpreter belongs to the system and whose packages to a user."""
    subprocess.run([SYSTEM, "-m", "venv", "--without-pip", str(path)], check=True)
    return _given(path, uid)


def _script(path: Path, uid: int) -> Path:
    """An interpreter that writes down who it is, before it answers."""
    path.mkdir()
    python = path / "python"
    python.write_text(f'#!/bin/sh\nid -u >>{path}/ran\nexec {SYSTEM} "$@"\n')
    python.chmod(0o755)
    _given(path, uid)
    return python


DOCTOR = (sys.executable, "-I", "-m", "tritondoctor")


def _run(
    *words: str, doctor: tuple[str, ...] = DOCTOR, **variables: str
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*doctor, *words],
        env={"PATH": os.environ["PATH"], "HOME": "/root", **variables},
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done


def _asked_as(*words: str) -> int | None:
    seen = json.loads(_run("check", "--json", *words).stdout)["facts"]["interpreter"]
    assert seen["starts"], seen
    asked: int | None = seen["asked_as"]
    return asked


def test_no_code_of_their_packages_runs(place: Path) -> None:
    venv = _venv(place / "venv", ALICE)
    packages = next(venv.glob("lib/python3*/site-packages"))
    code = f"import os; open({str(place / 'ran')!r}, 'a').write('x')\n"
    for name in ("zz.pth", "sitecustomize.py", "usercustomize.py"):
        (packages / name).write_text(code)
    assert _asked_as("--prefix", str(venv)) == ALICE
    assert _asked_as("--prefix", str(venv), "--trust-owner") is None
    assert not (place / "ran").exists()


def test_their_interpreter_runs_as_theirs(place: Path) -> None:
    python = _script(place / "theirs", ALICE)
    assert _asked_as("--python", str(python)) == ALICE
    assert (python.parent / "ran").read_text().split() == [str(ALICE)]


def test_a_link_of_roots_leads_to_it(place: Path) -> None:
    _script(place / "theirs", ALICE)
    (place / "bin").mkdir()
    (place / "bin/other").symlink_to("../theirs/python")
    (place / "bin/python").symlink_to("other")
    assert _asked_as("--python", str(place / "bin/python")) == ALICE


def test_the_first_on_the_way_decides(place: Path) -> None:
    python = _script(place / "theirs", ALICE)
    (place / "bobs").mkdir()
    (place / "bobs/python").symlink_to(python)
    _given(place / "bobs", BOB)
    python.parent.joinpath("ran").touch()
    os.chmod(python.parent / "ran", 0o666)
    assert _asked_as("--python", str(place / "bobs/python")) == BOB


@pytest.mark.parametrize("what", ["folder", "file", "pyvenv.cfg", "standard library"])
def test_what_anybody_may_write_runs_as_nobody(what: str, place: Path) -> None:
    if what == "standard library":
        python = place / "own/bin/python"
        (place / "own/lib/python3.99").mkdir(parents=True)
        os.chmod(place / "own/lib/python3.99", 0o777)
        python.parent.mkdir()
        python.write_text(f'#!/bin/sh\nexec {SYSTEM} "$@"\n')
        python.chmod(0o755)
    elif what == "pyvenv.cfg":
        python = _venv(place / "venv", 0) / "bin/python"
        os.chmod(place / "venv/pyvenv.cfg", 0o666)
    else:
        python = _script(place / "mine", 0)
        os.chmod(python.parent if what == "folder" else python, 0o777)
    assert _asked_as("--python", str(python)) == 65534


def test_what_only_root_may_write_runs_as_root(place: Path) -> None:
    """A sticky folder protects what is root's; a group without members is nobody."""
    python = _script(place / "mine", 0)
    os.chmod(place, 0o1777)
    assert _asked_as("--python", str(python)) is None
    empty = next((one.gr_gid for one in grp.getgrall() if not identity._has_members(one.gr_gid)), None)
    if empty is not None:
        os.chown(python.parent, 0, empty)
        os.chmod(python.parent, 0o775)
        assert _asked_as("--python", str(python)) is None


@pytest.mark.parametrize("what", ["python", "", "pyvenv.cfg"])
@pytest.mark.parametrize("who", ["user", "group"])
def test_what_an_access_list_lets_them_write(what: str, who: str, place: Path) -> None:
    """The mode looks as a group's of root, which nobody is in: under a list those bits are its mask."""
    python = _script(place / "mine", 0)
    (python.parent / "pyvenv.cfg").write_text("home = /usr/bin\n")
    access_lists.give(python.parent / what, **{who: ALICE})
    assert (python.parent / what).stat().st_gid == 0
    assert _asked_as("--python", str(python)) == (ALICE if who == "user" else 65534)
    access_lists.give(python.parent / what, **{who: ALICE}, mask=5)
    assert _asked_as("--python", str(python)) is None, "masked"


def test_where_they_may_not_go_root_has_to_say_so(place: Path) -> None:
    python = _script(place / "theirs", ALICE)
    os.chmod(place, 0o700)
    for words in (["check"], ["check", "--json"], ["fix", "--dry-run"], ["selftest"], ["snapshot", "-"]):
        done = _run(*words, "--python", str(python))
        assert done.returncode == 2 and done.stdout == "", done
        assert done.stderr.count("\n") == 1 and "--trust-owner" in done.stderr
    assert not (python.parent / "ran").exists()
    assert _asked_as("--python", str(python), "--trust-owner") is None


def test_fix_and_selftest_are_theirs(place: Path, pyz: str) -> None:
    venv = _venv(place / "venv", ALICE)
    packages = next(venv.glob("lib/python3*/site-packages"))
    ran = place / "ran"
    ran.write_text("")
    os.chmod(ran, 0o666)
    (packages / "zz.pth").write_text(f"import os; open({str(ran)!r}, 'a').write(f'{{os.getuid()}} ')\n")
    (venv / "pip.conf").write_text("[global]\nno-index = true\n")
    for words in (["selftest"], ["fix", "--dry-run", "--no-selftest"]):
        done = _run(*words, "--prefix", str(venv), doctor=(SYSTEM, pyz), AWS_SECRET_ACCESS_KEY="x")
        assert done.returncode == 1, done.stderr
        assert f"working as uid {ALICE}" in done.stderr
    assert set(ran.read_text().split()) == {str(ALICE)}


def _package(path: Path, mark: Path) -> Path:
    path.mkdir(parents=True)
    (path / "__init__.py").write_text(f"import os; open({str(mark)!r}, 'a').write(f'{{os.getuid()}} ')\n")
    return path


@pytest.mark.parametrize(
    "theirs", ["package", "module", "bytecode", "folder", ".pth", "editable", "PYTHONPATH", "list"]
)
def test_packages_of_theirs_in_roots_environment(theirs: str, place: Path, pyz: str) -> None:
    """selftest and fix ran a user's pytriton as root, of a venv whose interpreter is root's."""
    venv, ran = _venv(place / "venv", 0), place / "ran"
    ran.write_text("")
    os.chmod(ran, 0o666)
    (venv / "pip.conf").write_text("[global]\nno-index = true\n")
    packages, variables = next(venv.glob("lib/python3*/site-packages")), {}
    (packages / "zz.pth").write_text("import pytriton\n")
    source = _package(place / "source/pytriton", ran)
    if theirs in ("editable", "PYTHONPATH"):
        _given(source.parent, ALICE)
        variables = {"PYTHONPATH": str(source.parent)} if theirs == "PYTHONPATH" else {}
        (packages / "aa.pth").write_text(f"{source.parent}\n" if theirs == "editable" else "")
    else:
        inside = _package(packages / "pytriton", ran)
        if theirs == "bytecode":
            compiled = inside / "__pycache__/__init__.cpython-311.pyc"
            compiled.parent.mkdir()
            compiled.write_bytes(b"")
            os.chown(compiled, ALICE, ALICE)
        elif theirs == "list":
            access_lists.give(inside, user=ALICE)
        elif theirs == "package":
            _given(inside, ALICE)
        else:
            file = {"module": inside / "__init__.py", "folder": packages, ".pth": packages / "zz.pth"}[
                theirs
            ]
            os.chown(file, ALICE, ALICE)
    for words in (["selftest"], ["fix", "--dry-run", "--no-selftest"]):
        done = _run(*words, "--prefix", str(venv), doctor=(SYSTEM, pyz), **variables)
        assert f"working as uid {ALICE}" in done.stderr, done
    assert "0" not in ran.read_text().split()


def test_packages_of_roots_alone_run_as_root(place: Path) -> None:
    venv = _venv(place / "venv", 0)
    source = _package(place / "source/model", place / "ran")
    _given(_package(place / "source/data-of-others", place / "ran"), ALICE)
    (source / "around").symlink_to("..")
    (next(venv.glob("lib/python3*/site-packages")) / "aa.pth").write_text(f"{place}/source\nnowhere\n")
    python, variables = str(venv / "bin/python"), {"PYTHONPATH": f"{place}/source:nowhere"}
    assert identity.owner_of_all(python, variables) is None
    os.chown(source / "__init__.py", ALICE, ALICE)
    assert identity.owner_of_all(python, variables) == (
        identity._identity(ALICE),
        f"{source}/__init__.py",
    )


def test_a_root_that_is_alone_asks_as_itself(place: Path) -> None:
    """In a user namespace of one user root has no rights over others, and all files seem another's."""
    if shutil.which("unshare") is None:
        pytest.skip("unshare is not installed")
    os.chmod(place, 0o777)
    tried = subprocess.run(
        ["setpriv", "--reuid", str(ALICE), "--clear-groups", "unshare", "-r", SYSTEM, "-c", "import os"],
        check=False, capture_output=True,
    )  # fmt: skip
    if tried.returncode:
        pytest.skip("no user namespaces here")
    done = subprocess.run(
        ["setpriv", "--reuid", str(ALICE), "--clear-groups", "unshare", "-r", SYSTEM, "-c",
         f"import sys; sys.path.insert(0, {str(Path(identity.__file__).parents[2])!r}); "
         f"from tritondoctor.target import identity; print(identity.owner_of({SYSTEM!r}))"],
        capture_output=True, text=True, check=False,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.path.dirname(os.path.dirname(_msgspec()))},
    )  # fmt: skip
    assert done.stdout.strip() == "None", done.stderr


def _msgspec() -> str:
    import msgspec

    return str(msgspec.__file__)
