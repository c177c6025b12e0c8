"""PyTriton's own files: missing, cut short, without their execute bit."""

from __future__ import annotations

import os

from tests.truth.declare import environment
from tests.truth.place import Place
from tests.truth.stock import SYSTEM

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


@environment("program-not-loadable")
def server_removed_where_nothing_is_recorded(place: Place) -> None:
    """Without RECORD nobody knows that a file is missing; that the server is not there shows."""
    place.remove("nvidia_pytriton-0.7.0.dist-info", f"{SERVER}/bin/tritonserver")


@environment("server-not-copyable", cases=("dangling", "loop", "pipe"))
def server_with_more_in_it(place: Place, what: str) -> None:
    """PyTriton copies the whole folder, and follows links."""
    more = place.packages / SERVER / "more"
    if what == "pipe":
        os.mkfifo(more)
    else:
        more.symlink_to("/nonexistent" if what == "dangling" else ".")


@environment()
def server_with_a_link_in_it(place: Place) -> None:
    """A link to a folder that holds it not."""
    (place.packages / SERVER / "more").symlink_to("backends")


@environment(
    "server-not-copyable", python=SYSTEM, cases=("libtriton_python.so", "triton_python_backend_utils.py")
)
def server_that_another_user_may_not_read(place: Place, name: str) -> None:
    """root's umask kept the others from a file of the server."""
    place.edit(place.packages / f"{SERVER}/backends/python/{name}").chmod(0o600)
    place.as_nobody()


@environment("wheel-damaged")
def model_is_a_dangling_link(place: Place) -> None:
    """PyTriton sends its model's files to the server, and one of them leads nowhere."""
    path = place.packages / "pytriton/proxy/model.py"
    path.unlink()
    path.symlink_to("/nonexistent")


@environment("wheel-damaged")
def file_of_the_wheel_of_nul_bytes(place: Place) -> None:
    """A crash left its size and nothing of its content."""
    path = place.packages / "pytriton/proxy/data.py"
    place.write(path, bytes(path.stat().st_size))


@environment("wheel-damaged", python="3.8", release=("0.2.5", "0.1.5"))
def model_of_an_old_release_is_a_folder(place: Place) -> None:
    """Old releases copy the model's files too, and name them otherwise in their code."""
    path = place.packages / "pytriton/proxy/model.py"
    path.unlink()
    path.mkdir()


@environment("wheel-damaged", python="3.8", release="0.2.5")
def libraries_of_an_old_release_removed(place: Place) -> None:
    """Its code names another folder than the one that its programs find by their own path."""
    place.remove("nvidia_pytriton.libs")
    place.unset("LD_LIBRARY_PATH")


@environment("wheel-damaged")
def metadata_is_no_text(place: Place) -> None:
    """A disk fault in the file from which PyTriton reads its own version when it is imported."""
    metadata = next(place.packages.glob("nvidia_pytriton-*.dist-info/METADATA"))
    place.write(metadata, b"\xff\x00\xfe" * 100)


@environment()
def release_newer_than_the_doctor(place: Place) -> None:
    """Only a note is due: what is installed is read as it is."""
    (folder,) = place.packages.glob("nvidia_pytriton-*.dist-info")
    metadata = (folder / "METADATA").read_text()
    place.write(folder / "METADATA", metadata.replace("Version: 0.7.0", "Version: 9.9.9", 1))
    folder.rename(folder.with_name("nvidia_pytriton-9.9.9.dist-info"))


_OF_THE_STUB = "pytriton/tritonserver/backends/python/triton_python_backend_utils.py"


@environment("wheel-damaged")
def module_of_the_stub_emptied(place: Place) -> None:
    """The stub asks it for functions by name, when the first model is loaded."""
    place.write(
        place.packages / "pytriton/tritonserver/backends/python/triton_python_backend_utils.py", b""
    )


@environment()
def module_of_the_stub_with_other_line_ends(place: Place) -> None:
    """The same file as an editor of another system saves it."""
    utils = place.packages / _OF_THE_STUB
    place.write(utils, utils.read_bytes().replace(b"\n", b"\r\n"))
