"""PyTriton's own files: missing, cut short, without their execute bit."""

from __future__ import annotations

from tests.truth.declare import environment
from tests.truth.place import Place

SERVER = "pytriton/tritonserver"


@environment(
    "wheel-damaged",
    cases={
        "libraries": "nvidia_pytriton.libs",
        "backend": f"{SERVER}/backends/python/libtriton_python.so",
        "utils": f"{SERVER}/backends/python/triton_python_backend_utils.py",
        "stub": f"{SERVER}/python_backend_stubs/3.11/triton_python_backend_stub",
        "server": f"{SERVER}/bin/tritonserver",
        "module": "pytriton/proxy/communication.py",
    },
)
def file_of_the_wheel_removed(place: Place, name: str) -> None:
    """An interrupted install, or a script that cleaned up."""
    place.remove(name)


@environment("wheel-damaged", cases=("stub", "server"))
def file_of_the_wheel_cut_short(place: Place, name: str) -> None:
    """The disk was full."""
    path = place.stub if name == "stub" else place.packages / f"{SERVER}/bin/tritonserver"
    mode, content = path.stat().st_mode, path.read_bytes()
    place.write(path, content[: len(content) // 2]).chmod(mode)


@environment(cases=(f"{SERVER}/caches", f"{SERVER}/python_backend_stubs/3.8"))
def unused_part_of_the_wheel_removed(place: Place, name: str) -> None:
    """A folder that the quick start does not use."""
    place.remove(name)


@environment("tritonserver-not-executable")
def server_without_execute_bit(place: Place) -> None:
    """Copied through a file system that keeps no modes."""
    place.edit(place.packages / f"{SERVER}/bin/tritonserver").chmod(0o644)


@environment()
def stub_without_execute_bit(place: Place) -> None:
    """Triton sets the stub's bit itself."""
    place.edit(place.stub).chmod(0o644)


@environment()
def source_of_pytriton_edited(place: Place) -> None:
    """A comment more in a module of PyTriton."""
    path = place.packages / "pytriton/triton.py"
    place.write(path, path.read_text() + "\n# ours\n")
