"""The venv form: from nothing to a Linear that serves, and everything that may come between."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from tests.installing.boxed import Box, box, wheels
from tests.truth import stock
from tritondoctor.installing import InstallError, pips, recipe
from tritondoctor.installing.location import mark_of

__all__ = ["box"]
pytestmark = pytest.mark.cycle
NAME = "minimal-3.11"


@pytest.fixture
def folder(box: Box) -> Path:
    """What `download --venv` leaves: a folder of wheels."""
    try:
        box.with_python("3.11")
        kept = wheels(NAME)
    except stock.Absent as absent:
        pytest.skip(str(absent))
    made = box.here / "packages"
    made.mkdir()
    stock.link_tree(kept, made / "wheels")
    return made


def install(
    box: Box, folder: Path, *more: str, extra: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    return box.run(
        "install", NAME, "--venv", "--prefix", "env", "--offline", str(folder), *more, extra=extra
    )


def damage(folder: Path, name: str, how: str = "corrupted") -> Path:
    """One byte of a wheel; or another wheel of that name, itself sound."""
    path = next((folder / "wheels").glob(f"{name}-*"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= how == "corrupted"
    path.unlink()
    path.write_bytes(content)
    if how == "another":
        with zipfile.ZipFile(path, "a") as archive:
            archive.comment = b"another"
    return path


def marked(box: Box) -> bool:
    return os.path.exists(mark_of(str(box.work / "env")))


@pytest.mark.cycle_slice
def test_from_nothing_to_a_served_linear(box: Box, folder: Path) -> None:
    """One command; then the example that it names, with its client."""
    done = install(box, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{NAME} is installed and verified" in done.stdout
    assert "PyTriton serves Linear here" in done.stdout
    assert max(len(line) for line in done.stdout.splitlines() if "/" not in line) <= 80
    assert not marked(box) and os.listdir(box.work) == ["env"]
    init, activation, server = re.findall(
        r"^    (\S.* init .*|\. .*|python .*/server\.py)$", done.stdout, re.M
    )
    said = box.shell(
        f"set -e; {init}; {activation}; {server} >log 2>&1 & sleep 1; "
        f"{activation}; python linear/client.py; kill %1; wait"
    )
    assert said.stdout.splitlines()[-1] == "right", said.stdout + said.stderr
    again = install(box, folder)
    assert again.returncode == 1 and "already exists; nothing was changed" in again.stderr
    checked = box.shell(f"{activation}; python -m pip check")
    assert checked.returncode == 0, "the pip part is complete: " + checked.stdout


@pytest.mark.parametrize("how", ["corrupted", pytest.param("another", marks=pytest.mark.cycle_slice)])
def test_wrong_wheel(box: Box, folder: Path, how: str) -> None:
    """Refused, by its hash at the latest; run the same command again once the right one is there."""
    path = damage(folder, "tritonclient", how)
    done = install(box, folder)
    assert done.returncode == 1
    assert "tritonclient" in done.stderr, done.stderr
    assert how == "corrupted" or "hash" in done.stderr.lower(), done.stderr
    assert marked(box)
    path.unlink()
    os.link(wheels(NAME) / path.name, path)
    done = install(box, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "resuming the unfinished" in done.stdout
    assert not marked(box)


def test_wheel_that_is_missing(box: Box, folder: Path) -> None:
    next((folder / "wheels").glob("pyzmq-*")).unlink()
    done = install(box, folder)
    assert done.returncode == 1 and "pyzmq" in done.stderr
    assert marked(box)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("moment", ["make a venv", "install"])
def test_interrupted(box: Box, folder: Path, number: signal.Signals, moment: str) -> None:
    """At once, with nothing left running; the same command completes it."""
    command = box.command("install", NAME, "--venv", "--prefix", "env", "--offline", str(folder))
    # without the sandbox's own process table, so that the signal reaches the doctor
    command = command[command.index("/usr/bin/env") :]
    process = subprocess.Popen(
        command, cwd=box.work, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    if moment == "install":
        assert any("[ok] create a venv" in line for line in process.stdout)
    else:
        assert any(str(box.work) in line for line in process.stdout)
    time.sleep(0.7)
    process.send_signal(number)
    _, said = process.communicate(timeout=20)
    assert process.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -9}[number]
    assert "Traceback" not in said
    if number == signal.SIGINT:
        assert "run the same command again" in said
    assert marked(box) or not (box.work / "env").exists()
    done = install(box, folder)
    deadline = time.monotonic() + 60
    while "Another tritondoctor" in done.stderr and time.monotonic() < deadline:
        assert number == signal.SIGKILL, "what was started ends with the doctor"
        time.sleep(1)
        done = install(box, folder)
    assert done.returncode == 0, done.stdout + done.stderr


def test_two_at_once(box: Box, folder: Path) -> None:
    """The second is refused; the first goes on undisturbed."""
    command = box.command("install", NAME, "--venv", "--prefix", "env", "--offline", str(folder))
    first = subprocess.Popen(command, cwd=box.work, stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while not marked(box) and time.monotonic() < deadline:
        time.sleep(0.05)
    second = install(box, folder)
    assert second.returncode == 1 and "Another tritondoctor is installing" in second.stderr
    out, _ = first.communicate(timeout=200)
    assert first.returncode == 0, out


def test_no_room(box: Box, folder: Path) -> None:
    """Told before anything is begun; and where it runs out in the middle, what is there is marked."""
    small = ("--size", "120000000", "--tmpfs", str(box.work))
    done = install(box, folder, extra=small)
    assert done.returncode == 1 and "MB are free" in done.stdout, done.stdout + done.stderr
    assert "Nothing was downloaded or changed" in done.stdout
    own = recipe.copied(recipe.named(NAME)[0], str(box.here / NAME))
    path = Path(own.path(recipe.TOML))
    path.write_text(re.sub(r"(pip|installed) = \d+", r"\1 = 1", path.read_text()))
    script = (
        f"{sys.executable} -m tritondoctor install {own.folder} --venv --prefix env --offline {folder}; "
        "ls -A"
    )
    command = box.command(extra=small)
    command = [*command[: command.index(sys.executable)], "bash", "-c", f"cd {box.work}; {script}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=200)
    assert "No space left" in done.stderr, done.stdout + done.stderr
    assert ".env.tritondoctor-install" in done.stdout


def test_unfit_machine(box: Box) -> None:
    done = box.run("install", "torch-cuda12", "--venv")
    if "nvidia" in " ".join(os.listdir("/proc/driver") if os.path.isdir("/proc/driver") else []):
        pytest.skip("this machine has an NVIDIA driver")
    assert done.returncode == 1
    assert "does not suit this machine" in done.stdout and not os.listdir(box.work)


def test_wrong_names(box: Box) -> None:
    done = box.run("install", "maximal")
    assert done.returncode == 2 and "minimal" in done.stderr
    assert box.run("install", NAME, "--prefix", "a", "--name", "b").returncode == 2
    assert not os.listdir(box.work)


def test_through_pip(box: Box, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no uv: the venv's own pip, with the same hashes; and one that is wrong."""
    monkeypatch.setattr(pips, "uv", lambda variables: None)
    python = stock.make_venv(stock.interpreter("3.11"), box.work / "env")
    chosen = recipe.named(NAME)[0]
    damage(folder, "wrapt")
    with pytest.raises(InstallError, match=r"pip failed: .*wrapt"):
        pips.install(python, chosen, str(folder / "wheels"), box.variables, lambda line: None)
    shutil.rmtree(folder / "wheels")
    stock.link_tree(wheels(NAME), folder / "wheels")
    pips.install(python, chosen, str(folder / "wheels"), box.variables, lambda line: None)
    done = subprocess.run([python, "-m", "pip", "check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_init_overwrites_nothing(box: Box) -> None:
    assert box.run("init", "linear").returncode == 0
    (box.work / "linear/server.py").write_text("mine")
    done = box.run("init", "linear")
    assert done.returncode == 1 and "already exists" in done.stderr
    assert (box.work / "linear/server.py").read_text() == "mine"
