"""The conda form over a local channel with real packages: lock, download, install, serve."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

pytest.importorskip("rattler", reason="py-rattler is not installed")

from tests.installing.boxed import Box, box, wheels
from tests.remedies import channel
from tests.truth import stock
from tritondoctor.installing import packages, recipe
from tritondoctor.installing.location import mark_of

__all__ = ["box"]
pytestmark = pytest.mark.cycle
PYTHONS = ("3.10", "3.11", "3.12")
ENVIRONMENT = """name: local
channels: [{channel}]
platforms: [linux-64]
dependencies:
  - python={python}
  - libstdcxx-ng>=12
"""


@pytest.fixture
def address() -> str:
    try:
        return channel.channel(*PYTHONS)
    except stock.Absent as absent:
        pytest.skip(str(absent))


def own_recipe(box: Box, python: str, address: str) -> recipe.Recipe:
    """minimal-3.X as a recipe of the user's own, over the local channel, without a lock yet."""
    try:
        box.with_wheels(wheels(f"minimal-{python}"))
    except stock.Absent as absent:
        pytest.skip(str(absent))
    made = recipe.copied(recipe.named(f"minimal-{python}")[0], str(box.work / "own"))
    Path(made.path(recipe.ENVIRONMENT)).write_text(ENVIRONMENT.format(channel=address, python=python))
    os.unlink(made.path(recipe.LOCK))
    return made


def lock(box: Box, made: recipe.Recipe) -> str:
    """`tritondoctor lock`: conda-lock, with py-rattler as its solver."""
    pytest.importorskip("conda_lock", reason="conda-lock is not installed")
    done = box.run("lock", "./own")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "python",
    [
        pytest.param(python, marks=[pytest.mark.cycle_slice] if python == "3.11" else [])
        for python in PYTHONS
    ],
)
def test_from_a_lock_to_a_served_linear(box: Box, address: str, python: str) -> None:
    """Solved, locked, fetched, linked, repaired, really started; without any conda and any network."""
    made = own_recipe(box, python, address)
    said = lock(box, made)
    locked = packages.of_lock(made.path(recipe.LOCK), local=True)
    version = stock.interpreter(python).version
    assert {one.name for one in locked} == {"python", "libstdcxx-ng", "libgcc-ng"}
    assert all(one.url.startswith(address) and one.sha256 for one in locked)
    assert f"+ conda python python-{version}-0.tar.bz2" in said
    assert "nothing has changed\n" in lock(box, made)
    done = box.run("install", "./own", "--allow-local", "--prefix", "env")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PyTriton serves Linear here" in done.stdout
    assert "fetch 3 conda packages" in done.stdout and "py-rattler" in done.stdout
    prefix = box.work / "env"
    records = {path.name: json.loads(path.read_text()) for path in (prefix / "conda-meta").glob("*.json")}
    assert {record["sha256"] for record in records.values()} == {one.sha256 for one in locked}
    assert (prefix / "etc/where").read_text() == f"prefix={prefix}\n"
    activation = re.findall(r"^    (export .*)$", done.stdout, re.M)[0]
    asked = box.shell(f"{activation}; python3 -c 'import sys, pytriton; print(sys.prefix)'")
    assert asked.stdout.strip() == str(prefix), asked.stderr


def test_solved_for_a_channel(box: Box, address: str) -> None:
    """--channel asks no lock."""
    own_recipe(box, "3.11", address)
    done = box.run("install", "./own", "--allow-local", "--prefix", "env", "--channel", address)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "solve for the given channels" in done.stdout


def test_recipe_without_a_lock(box: Box, address: str) -> None:
    own_recipe(box, "3.11", address)
    done = box.run("install", "./own", "--allow-local", "--prefix", "env")
    assert done.returncode == 1 and "conda-lock.yml: No such file" in done.stderr
    assert os.listdir(box.work) == ["own"]


def test_channel_that_is_gone(box: Box, address: str) -> None:
    own_recipe(box, "3.11", address)
    done = box.run(
        "install", "./own", "--allow-local", "--prefix", "env", "--channel", "file:///nonexistent"
    )
    assert done.returncode == 1 and "py-rattler failed" in done.stderr
    assert os.listdir(box.work) == ["own"]


def test_download_then_offline(box: Box, address: str) -> None:
    """What `download` fetched is enough; a corrupted archive in it is refused by its hash."""
    made = own_recipe(box, "3.11", address)
    lock(box, made)
    done = box.run("download", "./own", "--allow-local", "mirror")
    assert done.returncode == 0, done.stdout + done.stderr
    mirror = box.work / "mirror"
    archives = sorted(path.name for path in (mirror / "conda").rglob("*.tar.bz2"))
    assert len(archives) == 3
    assert len(list((mirror / "wheels").glob("*.whl"))) == len(made.requirements())
    for name in ("PIP_FIND_LINKS", "UV_FIND_LINKS"):
        del box.variables[name]
    python = next((mirror / "conda").rglob("python-*"))
    whole = python.read_bytes()
    python.write_bytes(whole[:-100] + bytes(100))
    done = box.run("install", "./own", "--allow-local", "--prefix", "env", "--offline", "mirror")
    assert done.returncode == 1 and "does not match the lock" in done.stderr
    assert not (box.work / "env").exists()
    python.write_bytes(whole)
    done = box.run("install", "./own", "--allow-local", "--prefix", "env", "--offline", "mirror")
    assert done.returncode == 0, done.stdout + done.stderr


FRONT_END = """#!{python}
import json, os, re, subprocess, sys
arguments = sys.argv[1:]
with open({told!r}, "a") as file:
    file.write(json.dumps(arguments) + "\\n")
prefix, spec = (arguments[arguments.index(one) + 1] for one in ("-p", "--file"))
if os.path.lexists(prefix):
    sys.exit("error: the prefix exists")
lines = open(spec).read().split("\\n")
assert lines[0] == "@EXPLICIT"
archives = [re.match("file://(.*)#[0-9a-f]{{32}}$", one).group(1) for one in lines[1:] if one]
if {how!r} == "fails":
    os.makedirs(prefix + "/conda-meta"); sys.exit("error: no space left on device")
wish = json.dumps({{"prefix": prefix, "archives": archives}})
sys.exit(subprocess.call([sys.executable, "-I", {installer!r}, wish]))
"""


def front_end(box: Box, how: str) -> Path:
    """A stand-in for conda: it takes what conda takes, and installs with py-rattler."""
    from tritondoctor.installing.conda_part import INSTALLER
    from tritondoctor.support import own_files

    program = box.here / "conda"
    told = str(box.here / "told")
    program.write_text(
        FRONT_END.format(python=sys.executable, told=told, how=how, installer=own_files.path(INSTALLER))
    )
    program.chmod(0o755)
    box.variables["CONDA_EXE"] = str(program)
    return box.here / "told"


def test_through_a_front_end_that_first_fails(box: Box, address: str) -> None:
    """It is told to create the prefix from the verified archives; what it left half is begun afresh."""
    made = own_recipe(box, "3.11", address)
    lock(box, made)
    told = front_end(box, "fails")
    done = box.run("install", "./own", "--allow-local", "--prefix", "env")
    assert done.returncode == 1 and "conda failed: error: no space left on device" in done.stderr
    assert os.path.exists(mark_of(str(box.work / "env")))
    front_end(box, "works")
    done = box.run("install", "./own", "--allow-local", "--prefix", "env")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "resuming the unfinished" in done.stdout
    arguments = json.loads(told.read_text().splitlines()[-1])
    assert arguments[:5] == ["create", "--yes", "--quiet", "-p", str(box.work / "env")]
    assert f"conda activate {box.work}/env" in done.stdout


def test_by_name(box: Box, address: str) -> None:
    """Where conda itself would put it; there has to be one."""
    made = own_recipe(box, "3.11", address)
    lock(box, made)
    done = box.run("install", "./own", "--allow-local", "--name", "inference")
    assert done.returncode == 1 and "needs an active conda" in done.stderr
    box.variables["MAMBA_ROOT_PREFIX"] = str(box.here / "root")
    done = box.run("install", "./own", "--allow-local", "--name", "inference")
    assert done.returncode == 0, done.stdout + done.stderr
    checked = box.run("check", "--prefix", str(box.here / "root/envs/inference"))
    assert checked.returncode == 0, checked.stdout


def test_lock_that_cannot_be_solved(box: Box, address: str) -> None:
    """The old locks stay."""
    made = own_recipe(box, "3.11", address)
    lock(box, made)
    before = {name: Path(made.path(name)).read_text() for name in (recipe.LOCK, recipe.REQUIREMENTS)}
    environment = Path(made.path(recipe.ENVIRONMENT))
    environment.write_text(environment.read_text().replace("libstdcxx-ng>=12", "libstdcxx-ng>=99"))
    done = box.run("lock", "./own")
    assert done.returncode == 1 and "libstdcxx-ng" in done.stderr, done.stdout + done.stderr
    assert before == {name: Path(made.path(name)).read_text() for name in before}


def test_a_lock_of_another_kind(box: Box, address: str) -> None:
    made = own_recipe(box, "3.11", address)
    for text, said in (
        ("version: 6\npackages: []\n", "lock version 6"),
        ("[", "is not a conda-lock.yml"),
    ):
        Path(made.path(recipe.LOCK)).write_text(text)
        done = box.run("install", "./own", "--allow-local", "--prefix", "env")
        assert done.returncode == 1 and said in done.stderr, done.stderr
    assert not (box.work / "env").exists()


class Line(ThreadingHTTPServer):
    """A channel over HTTP whose line goes dead after `most` bytes, until that is None."""

    most: int | None

    def __init__(self, folder: str, most: int) -> None:
        handler = functools.partial(Dying, directory=folder)
        super().__init__(("127.0.0.1", 0), handler)
        self.most = most
        self.asked: list[str] = []


class Dying(SimpleHTTPRequestHandler):
    server: Line

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        asked = self.headers.get("Range") or ""
        self.server.asked.append(f"{path.name.partition('-')[0]} {asked}")
        start = int(asked[len("bytes=") : -1]) if asked else 0
        body = path.read_bytes()[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.server.most is None:
            self.wfile.write(body)
        else:
            self.wfile.write(body[: self.server.most])
            self.server.most -= min(self.server.most, len(body))

    def log_message(self, *_: object) -> None:
        pass


def test_network_lost_in_the_middle(box: Box, address: str) -> None:
    """A clear error, nothing lost; once it is back the same command goes on within the same archive."""
    made = own_recipe(box, "3.11", address)
    lock(box, made)
    with Line(address.partition("file://")[2], 5_000_000) as line:
        threading.Thread(target=line.serve_forever, daemon=True).start()
        path = Path(made.path(recipe.LOCK))
        path.write_text(path.read_text().replace(address, f"http://127.0.0.1:{line.server_port}"))
        command = box.command("install", "./own", "--allow-local", "--prefix", "env")
        command = command[command.index("/usr/bin/env") :]  # the sandbox has no way to the server
        done = subprocess.run(command, cwd=box.work, capture_output=True, text=True, check=False)
        assert done.returncode == 1 and "run the same command again" in done.stderr, done.stderr
        assert not (box.work / "env").exists()
        line.most = None
        done = subprocess.run(command, cwd=box.work, capture_output=True, text=True, check=False)
        line.shutdown()
    assert done.returncode == 0, done.stdout + done.stderr
    assert any(one.startswith("python bytes=") for one in line.asked), line.asked


def test_killed_while_it_links(box: Box, address: str) -> None:
    """py-rattler goes on with what is there."""
    made = own_recipe(box, "3.11", address)
    lock(box, made)
    command = box.command("install", "./own", "--allow-local", "--prefix", "env")
    command = command[command.index("/usr/bin/env") :]
    process = subprocess.Popen(command, cwd=box.work, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert any("fetch 3 conda packages" in line for line in process.stdout)
    while not (box.work / "env/conda-meta").exists() and process.poll() is None:
        pass
    process.kill()
    process.communicate()
    assert os.path.exists(mark_of(str(box.work / "env")))
    done = box.run("install", "./own", "--allow-local", "--prefix", "env")
    assert done.returncode == 0, done.stdout + done.stderr
    assert shutil.which("python3", path=str(box.work / "env/bin"))
