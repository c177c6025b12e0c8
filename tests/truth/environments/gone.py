"""Files of a whole Python that are gone, emptied or cut short: what `make sweep-files` found unseen."""

from __future__ import annotations

from pathlib import Path

from tests.truth.declare import environment
from tests.truth.place import Place


def _whole(place: Place) -> Path:
    """A Python with a library of its own, in which PyTriton serves; returns where that lies."""
    prefix = place.conda()
    folder = prefix / f"lib/python{place.base.minor}"
    library = next((prefix / "lib").glob("libpython3.*.so.1.0"))
    (folder / "site-packages/nvidia_pytriton.libs" / library.name).symlink_to(library)
    return folder


@environment()
def whole_python(place: Place) -> None:
    """Nothing is wrong."""
    _whole(place)


@environment(
    "package-missing",
    cases=(
        "asyncio/base_futures.py", "decimal.py", "email/iterators.py", "encodings/hex_codec.py",
        "importlib/_abc.py", "importlib/metadata/_text.py", "multiprocessing/process.py", "pkgutil.py",
        "site-packages/numpy/core/_exceptions.py", "site-packages/numpy/lib/format.py",
        "site-packages/zmq/_future.py",
    ),
)  # fmt: skip
def file_of_a_start_gone(place: Place, name: str) -> None:
    """Some other text has the name, but does not give it; compiled code asks for it; a function does."""
    (_whole(place) / name).unlink()


@environment("package-missing", cases=("_datetime", "_posixsubprocess"))
def compiled_module_of_python_gone(place: Place, name: str) -> None:
    """NumPy needs the compiled datetime, and subprocess has its import below a condition."""
    next((_whole(place) / "lib-dynload").glob(f"{name}.*")).unlink()


@environment(
    "package-damaged",
    cases=("asyncio/locks.py", "fnmatch.py", "json/scanner.py", "site-packages/numpy/dtypes.py"),
)
def file_of_a_start_emptied(place: Place, name: str) -> None:
    """Of which names are used in functions, after a star, by compiled code."""
    place.write(_whole(place) / name, "")


@environment(
    "package-damaged", cases=("copy.py", "re/_parser.py", "site-packages/numpy/core/arrayprint.py")
)
def file_of_a_start_cut_in_half(place: Place, name: str) -> None:
    """What is left is Python, and ends within a line."""
    path = _whole(place) / name
    place.write(path, path.read_bytes()[: path.stat().st_size // 2])


@environment(cases=("bz2.py", "concurrent/__init__.py", "site-packages/idna/__init__.py"))
def file_gone_that_a_start_does_without(place: Place, name: str) -> None:
    """Tried only, or a package's folder does as well."""
    (_whole(place) / name).unlink()
