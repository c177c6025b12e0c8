"""tritondoctor.pyz: with every interpreter here, and whatever surrounds it."""

from __future__ import annotations

import glob
import importlib.util
import io
import json
import os
import random
import shlex
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile

from tests.conftest import MINORS, ROOT, interpreters
from tests.test_cli import RUN
from tritondoctor.installing import recipe

OLD = sorted(
    path
    for minor in ("2.7", "3.5", "3.6", "3.7", "3.8")
    for path in glob.glob(os.path.expanduser(f"~/.pyenv/versions/{minor}.*/bin/python{minor}"))
)
NEW = [minor for minor in MINORS if minor != "3.8"]
#: what is another at the next moment, or another process's
_FLEETING = {
    "seconds", "free", "free_inodes", "memory_left", "threads_left", "leftovers", "bindable", "owner",
    "holder", "why_not",
}  # fmt: skip


def start(command: list[str], **more: Any) -> subprocess.CompletedProcess[str]:
    """Runs it; no run may end in a traceback."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    assert "Traceback" not in done.stderr + done.stdout
    return done


def python_of(minor: str) -> str:
    """An interpreter of that version; skips where there is none."""
    if minor not in interpreters():
        pytest.skip(f"there is no Python {minor} here")
    return interpreters()[minor]


@pytest.mark.parametrize("python", OLD)
def test_an_old_python_says_what_to_type_instead(python: str, pyz: str) -> None:
    path = {
        "PATH": os.pathsep.join(os.path.dirname(interpreter) for interpreter in interpreters().values())
    }
    done = start([python, pyz, "--version"], env=path)
    assert done.returncode == 2 and done.stdout == ""
    assert python in done.stderr and "3.9 or newer" in done.stderr
    said = next(line for line in done.stderr.splitlines() if line.startswith("    "))
    again = start(shlex.split(said), env=path)
    assert again.returncode == 0 and again.stdout.startswith("tritondoctor ")
    none = start([python, pyz, "--version"], env={"PATH": "/no/such"})
    assert none.returncode == 2 and none.stderr.count("\n") >= 3


def _lasting(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: _lasting(inner) for key, inner in part.items() if key not in _FLEETING}
    return [_lasting(one) for one in part if not _left(one)] if isinstance(part, list) else part


def _left(one: Any) -> bool:
    """What other tests' PyTritons leave behind meanwhile is no difference."""
    return isinstance(one, dict) and one.get("id") in ("orphaned-resources", "port-in-use")


@pytest.mark.parametrize("minor", NEW)
def test_it_reports_what_the_installed_doctor_reports(minor: str, pyz: str, environment: str) -> None:
    words = ["check", "--json", "--prefix", environment]
    alone = start([python_of(minor), pyz, *words])
    installed = start([*RUN, *words])
    assert alone.stderr == "" and alone.returncode == installed.returncode
    assert _lasting(json.loads(alone.stdout)) == _lasting(json.loads(installed.stdout))


def test_it_is_a_program(pyz: str) -> None:
    path = {"PATH": f"{os.path.dirname(python_of('3.11'))}:/usr/bin:/bin"}
    done = start([f"./{os.path.basename(pyz)}", "--version"], cwd=os.path.dirname(pyz), env=path)
    assert done.returncode == 0 and done.stdout.startswith("tritondoctor ")


def test_every_command_and_what_it_needs_is_inside(pyz: str, tmp_path: Path) -> None:
    doctor = [python_of("3.11"), "-I", pyz]
    variables = {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path), "PATH": "/usr/bin:/bin"}
    help = start([*doctor, "--help"], env=variables).stdout
    commands = [
        line.split()[1] for line in help.splitlines() if line.startswith("│ ") and line[2].isalpha()
    ]
    assert {"check", "fleet", "selftest"} <= set(commands)
    for command in ("check", "fleet"):
        assert start([*doctor, command, "--help"], env=variables).returncode == 0
    advised = start([*doctor, "advise", "--json"], env=variables).stdout
    assert all(one.name in advised for one in recipe.every() if one.family == "minimal")
    assert start([*doctor, "init", str(tmp_path / "linear")], env=variables).returncode == 0
    assert (tmp_path / "linear" / "server.py").exists()
    assert start([*doctor, "explain", "libpython-missing"], env=variables).returncode == 0
    page = start([*doctor, "check", "--format", "html", "--output", "-"], env=variables, cwd=tmp_path)
    assert "<style>" in page.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"linear"}, "nothing else is left"


def test_the_self_test_from_one_file(pyz: str, environment: str, tmp_path: Path) -> None:
    """serve_linear.py and what starts it must be files; they are gone afterwards."""
    variables = {**os.environ, "TMPDIR": str(tmp_path)}
    words = ["selftest", "--json", "--prefix", environment, "--device", "cpu"]
    command = [python_of("3.12"), pyz, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=variables)
    told = json.loads(done.stdout)
    assert told["selftest"]["phases"], "it came to a start"
    assert done.returncode == int(not told["selftest"]["passed"])
    assert not list(tmp_path.glob("tritondoctor*"))


def test_a_patients_packages_are_not_imported(pyz: str, tmp_path: Path) -> None:
    for name in ("msgspec", "typer", "rich", "psutil", "tritondoctor", "start", "yaml"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the patient was imported')\n")
    for variables in ({"PYTHONPATH": str(tmp_path)}, {}):
        done = start(
            [python_of("3.11"), pyz, "check", "--json", "--python", "/usr/bin/python3"],
            cwd=tmp_path, env={"PATH": "/usr/bin:/bin", **variables},
        )  # fmt: skip
        assert done.stderr == "" and json.loads(done.stdout)["schema"] == "tritondoctor.report/1"


def test_packages_that_a_pth_file_has_loaded_already_are_not_taken(pyz: str, tmp_path: Path) -> None:
    base = python_of("3.11")
    subprocess.run([base, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
    site = next((tmp_path / "venv").glob("lib/python3*/site-packages"))
    (site / "msgspec.py").write_text("Struct = None\n")
    (site / "early.pth").write_text("import msgspec\n")
    done = start(
        [str(tmp_path / "venv/bin/python"), pyz, "check", "--json"], env={"PATH": "/usr/bin:/bin"}
    )
    assert json.loads(done.stdout)["schema"] == "tritondoctor.report/1"


def test_killed_at_any_moment_it_leaves_nothing(pyz: str, tmp_path: Path) -> None:
    python = python_of("3.11")
    for name in ("tmp", "home", "run", "cwd"):
        (tmp_path / name).mkdir()
    variables = {
        "PATH": "/usr/bin:/bin", "TMPDIR": f"{tmp_path}/tmp", "HOME": f"{tmp_path}/home",
        "XDG_RUNTIME_DIR": f"{tmp_path}/run",
    }  # fmt: skip
    before = set(os.listdir("/dev/shm"))
    chance = random.Random(10)
    for number in range(8):
        process = subprocess.Popen(
            [python, pyz, "check", "--json"], env=variables, cwd=tmp_path / "cwd",
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(chance.uniform(0, 0.8))
        process.send_signal((signal.SIGKILL, signal.SIGTERM)[number % 2])
        process.wait()
    assert not [path for path in tmp_path.rglob("*") if not path.is_dir()]
    assert {name for name in os.listdir("/dev/shm") if name.startswith("tritondoctor")} <= before


def test_what_must_be_unpacked_is_removed_when_it_is_ended(pyz: str, tmp_path: Path) -> None:
    ends = (
        "import os, signal; from tritondoctor.support import own_files, signals; "
        "signals.take_over(); print(os.listdir(own_files.path('recipes')) != []); "
    )
    layer = next(
        name for name in ZipFile(pyz).namelist() if name.endswith("tritondoctor/support/own_files.py")
    )
    inside = f"import sys; sys.path.insert(0, '{pyz}/{layer.partition('/')[0]}'); {ends}"
    for last, code in (("", 0), ("os.kill(os.getpid(), signal.SIGTERM)", 128 + signal.SIGTERM)):
        done = start([python_of("3.11"), "-c", inside + last], env={"TMPDIR": str(tmp_path)})
        assert done.stdout == "True\n" and done.returncode == code
        assert not list(tmp_path.iterdir())


def test_many_at_once_and_as_another_user(pyz: str) -> None:
    if os.geteuid() == 0:
        commands = [["setpriv", "--reuid", "65534", "--clear-groups", "/usr/bin/python3", pyz],
                    ["/usr/bin/python3", pyz]]  # fmt: skip
    else:
        commands = [["/usr/bin/python3", pyz]]
    words = ["check", "--json", "--python", "/usr/bin/python3"]
    with ThreadPoolExecutor(4) as pool:
        some = list(pool.map(lambda number: start([*commands[number % len(commands)], *words]), range(8)))
    assert not [one.stderr for one in some if one.stderr]
    told = [json.loads(one.stdout)["findings"] for one in some]
    assert all([one["id"] for one in found] == [one["id"] for one in told[0]] for found in told)


def test_every_target_has_what_is_compiled_for_it(pyz: str) -> None:
    with ZipFile(pyz) as archive:
        targets = json.loads(archive.read("contents.json"))["targets"]
        assert len(targets) == 6 * 2 * 2
        for name, target in targets.items():
            _, machine, libc = name.split("-")
            assert set(target["compiled"]) == {"msgspec._core", "psutil._psutil_linux"}
            for entry in target["compiled"].values():
                elf = ELFFile(io.BytesIO(archive.read(entry)))
                assert elf["e_machine"] == {"x86_64": "EM_X86_64", "aarch64": "EM_AARCH64"}[machine]
                dynamic = elf.get_section_by_name(".dynamic")
                assert isinstance(dynamic, DynamicSection)
                needed = {tag.needed for tag in dynamic.iter_tags("DT_NEEDED")}  # type: ignore[attr-defined]
                own = {one for one in needed if one.startswith("libc.")}
                assert own <= (
                    {"libc.so.6"} if libc == "glibc" else {f"libc.musl-{machine}.so.1", "libc.so"}
                )


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("pyz_build", ROOT / "pyz" / "build.py")
    assert spec and spec.loader
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    files = build.own()
    made = []
    for number, order in enumerate((sorted(files), sorted(files, reverse=True))):
        stored, _ = build.in_layers({"3.11-x86_64-glibc": {name: files[name] for name in sorted(order)}})
        path = tmp_path / f"{number}.pyz"
        build.write(path, {name: stored[name] for name in (stored if number else reversed(stored))})
        made.append(path.read_bytes())
    assert made[0] == made[1]
