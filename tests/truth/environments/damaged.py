"""Packages that are not as they were installed: cut short, edited, mixed of two releases, packed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.truth import stock
from tests.truth.declare import environment
from tests.truth.place import Place


@environment("package-damaged", cases=("typing_inspect.py", "gevent/hub.py", "numpy/lib/npyio.py"))
def source_edited_behind_its_imports(place: Place, name: str) -> None:
    """RECORD has another size, so the file is read to its end."""
    path = place.packages / name
    place.write(path, path.read_text() + "\nx = = 1\n")


@environment(cases=("typing_inspect.py", "gevent/hub.py"))
def source_edited_as_python_takes_it(place: Place, name: str) -> None:
    """A warning says that it is changed."""
    path = place.packages / name
    place.write(path, path.read_text() + "\n# a word of ours\n")


@environment("package-damaged")
def source_cut_within_a_name(place: Place) -> None:
    """What is left is Python, and nothing binds the name that it ends with."""
    path = place.packages / "zmq/sugar/version.py"
    place.write(path, path.read_text().partition("\nversion_info")[0] + "\nversi")


@environment("wheel-damaged", cases={"a-third": 0.3, "half": 0.5})
def source_of_pytriton_cut_between_two_lines(place: Place, part: float) -> None:
    """What is left is Python, and has no class Triton; the server is not what is damaged."""
    path = place.packages / "pytriton/triton.py"
    text = path.read_text()
    place.write(path, text[: text.rindex("\n", 0, int(len(text) * part)) + 1])


@environment("package-damaged", python=("3.12", "3.13"))
def source_cut_within_a_string(place: Place) -> None:
    """The doctor may be an older Python than the one that it examines."""
    path = place.packages / "wrapt/decorators.py"
    place.write(path, path.read_text()[:20])


@environment("package-damaged")
def backend_of_protobuf_cut_short(place: Place) -> None:
    """google/protobuf/pyext, which message_factory.py chooses by a condition."""
    path = place.packages / "google/protobuf/pyext/cpp_message.py"
    place.write(path, path.read_text()[:400])


def _unpacked(place: Place, requirement: str) -> Path:
    """What a wheel of another release holds."""
    folder = place.here / "other"
    options = ["--no-deps", "--only-binary", ":all:", "--target", str(folder)]
    stock.pip(str(place.python), *options, requirement)
    return folder


@environment("package-missing")
def half_of_another_release_laid_over(place: Place) -> None:
    """A name that the other half of the package does not bind."""
    _ = place.prefix
    other = _unpacked(place, "wrapt==1.16.0")
    place.write(place.packages / "wrapt/__init__.py", (other / "wrapt/__init__.py").read_bytes())


@environment(
    "package-damaged",
    disagreement="a warning names the package: in which order its modules import each other is not seen",
)
def sources_of_another_release_laid_over(place: Place) -> None:
    """NumPy 1.24's Python files over those of 1.26."""
    _ = place.prefix
    other = _unpacked(place, "numpy==1.24.4")
    for path in other.glob("numpy/**/*.py"):
        place.write(place.packages / path.relative_to(other), path.read_bytes())


@environment("package-missing", cases=("grpc", "numpy"))
def compiled_package_in_a_zip(place: Place, name: str) -> None:
    """zipimport finds the package, and loads no compiled module of it (spark-submit --py-files)."""
    shutil.make_archive(str(place.here / "deps"), "zip", place.packages, name)
    place.remove(name)
    place.write(place.packages / "deps.pth", f"{place.here}/deps.zip\n")


@environment(cases=("wrapt", "sh"))
def package_of_python_in_a_zip(place: Place, name: str) -> None:
    """… but one that has Python for everything works."""
    shutil.make_archive(str(place.here / "deps"), "zip", place.packages, name)
    place.remove(name)
    place.write(place.packages / "deps.pth", f"{place.here}/deps.zip\n")


@environment("access-denied", python=stock.SYSTEM)
def folder_that_may_be_entered_and_not_listed(place: Place) -> None:
    """Its `__init__` is found by name, the modules beside it are not (`FileFinder._fill_cache`)."""
    (place.packages / "numpy/fft").chmod(0o311)
    place.as_nobody()


@environment(python=stock.SYSTEM)
def folder_that_no_function_of_a_start_uses(place: Place) -> None:
    """To Python aiohttp is an empty namespace here, of which only functions take names."""
    (place.packages / "aiohttp").chmod(0o644)
    place.as_nobody()


@environment("package-not-loadable")
def library_named_like_a_module(place: Place) -> None:
    """A .so beside the script comes before the standard library."""
    place.write(place.cwd / "random.so", b"\x7fELF" + bytes(100))


@environment("package-damaged")
def bytecode_of_another_python_beside_the_script(place: Place) -> None:
    """Left by an older Python, its source gone: bad magic number."""
    source = place.write(place.cwd / "random.py", "x = 1\n")
    other = stock.interpreter("3.9").path
    subprocess.run([other, "-I", "-m", "compileall", "-q", "-b", str(source)], check=True)
    source.unlink()


@environment("package-missing")
def brotlipy_without_cffi(place: Place) -> None:
    """Its compiled module alone imports cffi's."""
    place.remove("brotli.py")
    for path in place.packages.glob("_brotli*"):
        path.unlink()
    other = _unpacked(place, "brotlipy==0.7.0")
    stock.link_tree(other / "brotli", place.packages / "brotli")


@environment(python="3.13")
def older_client_on_pythonpath(place: Place) -> None:
    """`pip install --target`: it hides the installed one, and lacks what only a message names."""
    place.set(PYTHONPATH=_unpacked(place, "tritonclient==2.52.0"))


@environment("package-not-loadable", cases=("yarl/_quoting_c", "multidict/_multidict", "wrapt/_wrappers"))
def optional_compiled_module_cut_short(place: Place, name: str) -> None:
    """Without it Python's twin is used, but the loader maps what is left beyond its end: SIGBUS."""
    path = next(place.packages.glob(f"{name}.*.so"))
    place.write(path, path.read_bytes()[:8000])


@environment(
    cases={
        "YARL_NO_EXTENSIONS": "yarl/_quoting_c",
        "MULTIDICT_NO_EXTENSIONS": "multidict/_multidict",
        "WRAPT_DISABLE_EXTENSIONS": "wrapt/_wrappers",
    }
)
def optional_compiled_module_that_is_not_wanted(place: Place, name: str) -> None:
    """The same behind the variable with which its package does not try it."""
    optional_compiled_module_cut_short(place, name)
    package = name.partition("/")[0].upper()
    place.set(**{f"{package}_{'DISABLE' if package == 'WRAPT' else 'NO'}_EXTENSIONS": "1"})


@environment(cases=("yarl/_quoting_c", "zope/interface/_zope_interface_coptimizations"))
def optional_compiled_module_gone_or_empty(place: Place, name: str) -> None:
    """ImportError, which is expected there."""
    path = next(place.packages.glob(f"{name}.*.so"))
    path.unlink()
    if name.startswith("yarl"):
        path.touch()
