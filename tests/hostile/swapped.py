"""Runs on a private machine: what is swapped between the listing and the removal, and what was left."""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path

from tritondoctor.remedies import cleanup

TMP, SHM = Path("/tmp"), Path("/dev/shm")
HOME = TMP / "home/root/.cache/pytriton"
TENSOR = struct.pack("<II16scH", 100, 19 + 8, b"<f4", b"C", 1) + bytes(500)


def main() -> None:
    seen = {}
    for swap in (link, another, home_link, segment, segment_link, used, precious_inside, model):
        VICTIM.mkdir(exist_ok=True)
        (VICTIM / "precious.txt").write_text("weeks of work")
        workspace(HOME / "workspace_dead0000")
        model_folder(TMP / "folderDEADAA", HOME / "workspace_dead0000")
        (SHM / "psm_0a0a0a0a").write_bytes(TENSOR)
        found = cleanup.find(os.environ, "/", {0})
        survivor = swap()
        before = survivor.read_text()
        result = cleanup.remove(found)
        alive = survivor.exists() and survivor.read_text() == before
        seen[swap.__name__] = [len(found.leftovers), alive, sum(bool(one.problem) for one in result)]
        wipe()
    print(json.dumps(seen))


VICTIM = TMP / "victim"


def link() -> Path:
    (HOME / "workspace_dead0000").rename(TMP / "away")
    (HOME / "workspace_dead0000").symlink_to(VICTIM)
    return VICTIM / "precious.txt"


def another() -> Path:
    (HOME / "workspace_dead0000").rename(TMP / "away")
    workspace(VICTIM)
    VICTIM.rename(HOME / "workspace_dead0000")
    return HOME / "workspace_dead0000/precious.txt"


def home_link() -> Path:
    HOME.rename(TMP / "away")
    workspace(VICTIM / "workspace_dead0000")
    (VICTIM / "workspace_dead0000/mine.txt").write_text("mine")
    HOME.symlink_to(VICTIM)
    return VICTIM / "workspace_dead0000/mine.txt"


def segment() -> Path:
    (SHM / "psm_0a0a0a0a").rename(SHM / "away")
    (SHM / "psm_0a0a0a0a").write_bytes(TENSOR)
    return SHM / "psm_0a0a0a0a"


def segment_link() -> Path:
    (SHM / "psm_0a0a0a0a").unlink()
    (SHM / "psm_0a0a0a0a").symlink_to(VICTIM / "precious.txt")
    return VICTIM / "precious.txt"


def used() -> Path:
    """A process starts to use them."""
    program = HOME / "workspace_dead0000/tritonserver/bin/tritonserver"
    KEPT.extend(os.open(path, os.O_RDONLY) for path in (program, SHM / "psm_0a0a0a0a"))
    return program


def precious_inside() -> Path:
    """Another user's file is put into it."""
    path = HOME / "workspace_dead0000/notes.txt"
    path.write_text("notes")
    os.chown(path, 4242, 4242)
    return path


def model() -> Path:
    (TMP / "folderDEADAA").rename(TMP / "away")
    model_folder(VICTIM, HOME / "workspace_dead0000")
    VICTIM.rename(TMP / "folderDEADAA")
    return TMP / "folderDEADAA/precious.txt"


KEPT: list[int] = []


def workspace(path: Path) -> None:
    for name in ("bin/tritonserver", "backends/python/triton_python_backend_stub"):
        program = path / "tritonserver" / name
        program.parent.mkdir(parents=True)
        program.write_text("x")
    for each in (path, *path.rglob("*")):
        os.utime(each, (1e9, 1e9))


def model_folder(path: Path, workspace: Path) -> None:
    path.mkdir(exist_ok=True)
    (path / "config.pbtxt").write_text(f'"{workspace}"')


def wipe() -> None:
    while KEPT:
        os.close(KEPT.pop())
    os.system("rm -rf /tmp/home/root/.cache /tmp/away /tmp/victim /tmp/folder* /dev/shm/*")


main()
