"""Prefixes as conda makes them: a library folder of their own, with an old libstdc++ in it."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.truth import stock
from tests.truth.declare import environment
from tests.truth.place import Place
from tests.truth.stock import Absent

LIBSTDCXX = "libstdc++.so.6"


def _prefix(place: Place, *, libstdcxx: str = "bullseye", name: str = "conda") -> Path:
    prefix = place.conda(name)
    library = stock.debian_library(libstdcxx, LIBSTDCXX)
    shutil.copy(library.resolve(), prefix / "lib" / LIBSTDCXX)
    return prefix


def _link_libpython(place: Place, prefix: Path) -> None:
    name = f"libpython{place.base.minor}.so.1.0"
    libs = prefix / f"lib/python{place.base.minor}/site-packages/nvidia_pytriton.libs"
    (libs / name).symlink_to(prefix / "lib" / name)


@environment("libstdcxx-too-old", python="3.10")
def conda_lib_on_library_path(place: Place) -> None:
    """LD_LIBRARY_PATH=$CONDA_PREFIX/lib: the cure of the first failure causes the second."""
    place.library_path(_prefix(place) / "lib")


@environment("libpython-missing", python="3.10")
def conda_without_library_path(place: Place) -> None:
    """The first failure, as conda users meet it."""
    if stock.cached_by_loader("libpython3.10.so.1.0"):
        raise Absent("this machine's loader knows a libpython 3.10")
    _prefix(place)


@environment(python="3.10")
def conda_libpython_linked(place: Place) -> None:
    """The link cures it, and the old libstdc++ stays out of the way."""
    _link_libpython(place, _prefix(place))


@environment("libstdcxx-too-old", python="3.10")
def conda_libpython_linked_and_library_path(place: Place) -> None:
    """A right cure beside the wrong one: the wrong one wins."""
    prefix = _prefix(place)
    _link_libpython(place, prefix)
    place.library_path(prefix / "lib")


@environment(python="3.10")
def conda_with_new_libstdcxx(place: Place) -> None:
    """Where the environment's libstdc++ is new enough, the usual cure is one."""
    place.library_path(_prefix(place, libstdcxx="bookworm") / "lib")


@environment(python="3.10")
def conda_folk_link(place: Place) -> None:
    """A folk cure: the system's libstdc++ linked into the environment."""
    prefix = place.conda()
    system = next(Path("/usr/lib").glob(f"*-linux-gnu/{LIBSTDCXX}"), None)
    if system is None:
        raise Absent("there is no libstdc++ in the system")
    (prefix / "lib" / LIBSTDCXX).symlink_to(system)
    place.library_path(prefix / "lib")


@environment("libpython-missing", python="3.10")
def library_path_frozen_at_base(place: Place) -> None:
    """The export in ~/.bashrc froze at base, which has another Python."""
    if stock.cached_by_loader("libpython3.10.so.1.0"):
        raise Absent("this machine's loader knows a libpython 3.10")
    base = place.here / "miniconda"
    (base / "conda-meta").mkdir(parents=True)
    (base / "condabin").mkdir()
    (base / "lib").mkdir()
    shutil.copy(f"{stock.interpreter('3.12').lib}/libpython3.12.so.1.0", base / "lib")
    place.conda()
    place.write(place.home / ".bashrc", "export LD_LIBRARY_PATH=$CONDA_PREFIX/lib\n")
    place.library_path(base / "lib")


@environment("libpython-missing", "libstdcxx-too-old", python="3.10")
def frozen_at_base_with_old_libstdcxx(place: Place) -> None:
    """Two causes at once: no libpython for this Python, and base's old libstdc++ before the system's."""
    if stock.cached_by_loader("libpython3.10.so.1.0"):
        raise Absent("this machine's loader knows a libpython 3.10")
    place.conda()
    place.library_path(place.debian("bullseye", LIBSTDCXX))


@environment("libstdcxx-too-old", python="3.13")
def conda_lib_on_library_path_without_need(place: Place) -> None:
    """3.13 needs no libpython; the advice is followed all the same, and breaks what worked."""
    place.library_path(_prefix(place) / "lib")


@environment(python="3.13")
def conda_of_3_13(place: Place) -> None:
    """Nothing to do: the wheel brings the stub's libpython."""
    _prefix(place)


@environment("libstdcxx-too-old", python="3.10")
def named_by_prefix(place: Place) -> None:
    """The doctor is given the prefix instead of the interpreter."""
    prefix = _prefix(place)
    place.library_path(prefix / "lib")
    place.arguments = ["--prefix", str(prefix)]


@environment("libstdcxx-too-old", python="3.10")
def active_environment(place: Place) -> None:
    """The doctor is told nothing and takes the active environment."""
    prefix = _prefix(place)
    place.library_path(prefix / "lib")
    place.arguments = []
