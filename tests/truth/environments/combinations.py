"""Two causes at once, and cures that are undone or expose the next fault."""

from __future__ import annotations

import shutil

from tests.truth import stock
from tests.truth.declare import environment
from tests.truth.place import Place
from tests.truth.stock import Absent


@environment("libpython-missing", "package-missing", python="3.9")
def two_causes_package_and_library(place: Place) -> None:
    """No libpython, and a package of the client removed: curing one shows the other."""
    if stock.cached_by_loader("libpython3.9.so.1.0"):
        raise Absent("this machine's loader knows a libpython 3.9")
    place.remove("wrapt")
    place.unset("LD_LIBRARY_PATH")


@environment("workspace-path-unsafe", "libstdcxx-too-old")
def two_causes_path_and_library(place: Place) -> None:
    """A space in the workspace's path hides an old libstdc++."""
    place.set(PYTRITON_HOME=place.here / "a b")
    place.library_path(place.debian("bullseye", "libstdc++.so.6"), place.base.lib)


@environment("port-in-use", "numpy-too-new")
def two_causes_port_and_numpy(place: Place) -> None:
    """Neither would be seen while the other is there."""
    place.occupy("0.0.0.0", 8001)
    place.pip("numpy==2.2.6")


@environment("limit-too-low", "shared-memory-unusable")
def two_causes_limits(place: Place) -> None:
    """A container that is too small in two ways."""
    place.limit(nofile=40)
    place.options += ["--size", "1000000", "--tmpfs", "/dev/shm"]


@environment("libpython-wrong-build")
def linked_to_the_wrong_libpython(place: Place) -> None:
    """The least invasive cure, with the distribution's libpython."""
    library = stock.debian_library("bookworm", "libpython3.11.so.1.0").resolve()
    if place.base.version in ("3.11.0", "3.11.1", "3.11.2"):
        raise Absent("this Python is not newer than Debian's library")
    place.unset("LD_LIBRARY_PATH")
    (place.packages / "nvidia_pytriton.libs/libpython3.11.so.1.0").symlink_to(library)


@environment("libpython-wrong-build")
def right_for_the_stub_wrong_for_its_children(place: Place) -> None:
    """A link in PYTRITON_HOME serves the stub; the Python that it starts finds the wheel folder's."""
    linked_to_the_wrong_libpython(place)
    first = place.home / ".cache/pytriton/nvidia_pytriton.libs"
    first.mkdir(parents=True)
    (first / "libpython3.11.so.1.0").symlink_to(f"{place.base.lib}/libpython3.11.so.1.0")


@environment("libpython-missing", python="3.9")
def linked_libpython_dangles(place: Place) -> None:
    """The cure's link outlived the Python that it led to."""
    if stock.cached_by_loader("libpython3.9.so.1.0"):
        raise Absent("this machine's loader knows a libpython 3.9")
    place.unset("LD_LIBRARY_PATH")
    link = place.packages / "nvidia_pytriton.libs/libpython3.9.so.1.0"
    link.symlink_to("/opt/removed/lib/libpython3.9.so.1.0")


@environment("libstdcxx-too-old", python="3.10")
def old_libstdcxx_in_the_wheels_folder(place: Place) -> None:
    """Somebody copied a whole environment's libraries beside PyTriton's."""
    place.link_libpython()
    old = stock.debian_library("bullseye", "libstdc++.so.6").resolve()
    shutil.copy(old, place.packages / "nvidia_pytriton.libs/libstdc++.so.6")
