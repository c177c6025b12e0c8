"""Rehearses tests/gpu/run.sh without a card, from beginning to end, and keeps its log.

    python -m tests.gpu.rehearsal.rehearse BRANCH WHEELS

WHEELS is a folder with what pack.sh packed.  Each branch is a machine that is not here (scene.py, without
a network), with the stand-in driver of paper.c and a torch that is none:

  all-is-there    torch for CUDA in a venv, libcuda by LD_LIBRARY_PATH alone, NVML lists the process
  torch-for-cpu   a build of torch without CUDA, NVML lists nothing
  no-libpython    Python without its shared library, no torch at all

The limit of the whole run is longer than on a card, for here many share two cores; only torch-for-cpu has
one that it meets.  The stand-in shows no card to tritonserver itself, whose CUDA runtime asks for more
than it has.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.gpu.scene import Scene
from tests.truth import stock

GPU = Path(__file__).parents[1]
ROOT = GPU.parents[1]
LOGS = Path(__file__).parent
ARCHITECTURES = "sm_75 sm_80 sm_86 sm_90 sm_100 sm_120"
#: seconds that a run may take as a whole
LIMITS = {"all-is-there": 1500, "torch-for-cpu": 420, "no-libpython": 1500}
#: what a log is of: changed, it has to be rehearsed again
SOURCES = ("run.sh", "probe.py", "on_hardware.py")


def digest() -> str:
    """Of the files that are rehearsed."""
    texts = [(GPU / name).read_bytes() for name in SOURCES]
    return hashlib.sha256(b"".join(texts)).hexdigest()[:16]


def torch_in_a_venv(folder: Path, cuda: str | None) -> str:
    """A venv that has the stand-in torch; the path of its Python."""
    base = stock.interpreter("3.12").path
    subprocess.run([base, "-m", "venv", "--without-pip", str(folder)], check=True)
    torch = next(folder.glob("lib/python3*/site-packages")) / "torch"
    (torch / "lib").mkdir(parents=True)
    shutil.copy(LOGS / "torch_standin.py", torch / "__init__.py")
    version = f"2.9.0+{'cpu' if cuda is None else 'cu' + cuda.replace('.', '')}"
    text = f"__version__ = '{version}'\ncuda = {cuda!r}\nARCHITECTURES = {ARCHITECTURES!r}\n"
    (torch / "version.py").write_text(text)
    library = b"\x7fELF" + bytes(60) + b"\0" + ARCHITECTURES.encode() + b"\0"
    (torch / "lib/libtorch_python.so").write_bytes(library if cuda else b"\x7fELF")
    return str(folder / "bin/python")


def all_is_there(scene: Scene) -> None:
    scene.variables["PYTHON"] = torch_in_a_venv(scene.here / "torch-venv", "13.0")


def torch_for_cpu(scene: Scene) -> None:
    scene.variables.update(PYTHON=torch_in_a_venv(scene.here / "torch-venv", None), PAPER_LIST="none")


def no_libpython(scene: Scene) -> None:
    scene.variables.update(PYTHON="/usr/bin/python3.11", PYTHON_VERSION="3.11")
    libraries = Path("/usr/lib/x86_64-linux-gnu")
    scene.without(str(libraries), *(path.name for path in libraries.glob("libpython3.11*.so*")))
    for folder in (Path.home() / ".pyenv", stock.CACHE, Path.home() / ".cache/rattler"):
        if folder.is_dir():
            scene.empty(str(folder))


BRANCHES: dict[str, Callable[[Scene], None]] = {
    "all-is-there": all_is_there, "torch-for-cpu": torch_for_cpu, "no-libpython": no_libpython,
}  # fmt: skip


def rehearse(branch: str, wheels: Path) -> int:
    """Runs one branch; its log goes beside this file."""
    here = Path(tempfile.mkdtemp(prefix="rehearsal-", dir="/tmp"))
    sources = digest()
    try:
        scene = Scene(here, "")
        scene.card("580.65.06")
        scene.shows_processes = True
        scene.paper(version="580.65.06", cuda=13000, server=0, name="NVIDIA Paper H100")
        work = here / "scratch"
        shutil.copytree(wheels, work / "wheels")
        for name in ("state", "out", "home"):
            (here / name).mkdir()
        scene.variables.update(
            PAPER_STATE=str(here / "state"), WORK=str(work), OUT=str(here / "out"),
            HOME=str(here / "home"), LIMIT=str(LIMITS[branch]),
        )  # fmt: skip
        BRANCHES[branch](scene)
        command = scene.command("bash", str(GPU / "run.sh"))
        began = time.monotonic()
        done = subprocess.run(
            [command[0], "--unshare-net", "--unshare-pid", *command[1:]], cwd=here,
            env={"PATH": os.environ["PATH"]}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
            check=False,
        )  # fmt: skip
        seconds = time.monotonic() - began
        with tarfile.open(here / "out/tritondoctor-gpu.tar.gz") as archive:
            names = sorted(name[2:] for name in archive.getnames() if name != ".")
        (LOGS / f"{branch}.log").write_text(
            f"REHEARSAL, no card: {branch}, {time.strftime('%Y-%m-%d')}, of {sources}\n"
            f"ended with {done.returncode} after {seconds:.0f} s; the archive holds {' '.join(names)}\n\n"
            + _without_this_machine(done.stdout, here)
        )
        return done.returncode
    finally:
        shutil.rmtree(here, ignore_errors=True)


def _without_this_machine(text: str, here: Path) -> str:
    """No path of the machine that rehearses."""
    base = Path(os.path.realpath(stock.interpreter("3.12").path)).parents[1]
    for path, name in (
        (str(here), "HERE"), (str(ROOT), "CHECKOUT"), (str(base), "PYTHON-3.12"), (str(Path.home()), "~"),
    ):  # fmt: skip
        text = text.replace(path, name)
    return re.sub(r"[ \t]+$", "", text, flags=re.M)


if __name__ == "__main__":
    sys.exit(rehearse(sys.argv[1], Path(sys.argv[2])))
