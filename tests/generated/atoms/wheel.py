"""PyTriton's own files, and the folder of its libraries."""

from __future__ import annotations

import os
import shutil

from tests.generated.atom import atom
from tests.truth.place import Place
from tests.truth.stock import Absent

SERVER = "pytriton/tritonserver"
FILES = {
    "server": f"{SERVER}/bin/tritonserver",
    "backend": f"{SERVER}/backends/python/libtriton_python.so",
    "utils": f"{SERVER}/backends/python/triton_python_backend_utils.py",
    "model": "pytriton/proxy/model.py",
    "stub": "",
}


@atom("packages", {f"{how} {name}": (how, name) for name in FILES
                   for how in ("removed", "cut", "empty", "dangling", "linked", "loop", "folder",
                               "no-right")})  # fmt: skip
def file_of_the_wheel(place: Place, case: tuple[str, str]) -> None:
    how, name = case
    path = place.packages / FILES[name] if FILES[name] else place.stub
    if not path.is_file():
        raise Absent(f"this release has no {path.name} there")
    mode, content = path.stat().st_mode, path.read_bytes()
    if how == "no-right":
        place.edit(path).chmod(0o444 if name in ("server", "stub") else 0)
        return
    path.unlink()
    if how == "cut":
        place.write(path, content[: len(content) // 2]).chmod(mode)
    elif how == "empty":
        place.write(path, b"").chmod(mode)
    elif how == "dangling":
        path.symlink_to("/nonexistent")
    elif how == "loop":
        path.symlink_to(path.name)
    elif how == "folder":
        path.mkdir()
    elif how == "linked":
        place.write(place.here / "store" / path.name, content).chmod(mode)
        path.symlink_to(place.here / "store" / path.name)


@atom("packages", ("removed", "empty", "a-file", "linked", "dangling", "absolute-loop"))
def libraries_of_the_wheel(place: Place, how: str) -> None:
    folder = place.packages / "nvidia_pytriton.libs"
    if not folder.is_dir():
        raise Absent("this release has no folder of libraries")
    if how == "linked":
        shutil.move(folder, place.here / "libs")
        folder.symlink_to(place.here / "libs")
        return
    shutil.rmtree(folder)
    if how == "empty":
        folder.mkdir()
    elif how == "a-file":
        place.write(folder, "")
    elif how == "dangling":
        folder.symlink_to("/nonexistent")
    elif how == "absolute-loop":
        folder.symlink_to(folder)


@atom("packages", ("caches", "python_backend_stubs/3.8", "backends/onnxruntime"))
def unused_part_removed(place: Place, name: str) -> None:
    if not os.path.isdir(place.packages / SERVER / name):
        raise Absent(f"this release has no {name}")
    place.remove(f"{SERVER}/{name}")


@atom("packages", ("dangling-link", "loop", "fifo", "hidden", "many"))
def added_to_the_server(place: Place, what: str) -> None:
    folder = place.packages / SERVER
    if what == "dangling-link":
        (folder / "more").symlink_to("/nonexistent")
    elif what == "loop":
        (folder / "more").symlink_to(".")
    elif what == "fifo":
        os.mkfifo(folder / "more")
    elif what == "hidden":
        place.write(folder / ".notes/x", "x")
    else:
        for number in range(200):
            place.write(folder / f"more/{number}", "x")
