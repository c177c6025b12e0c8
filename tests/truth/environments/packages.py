"""The Python packages that the launch imports: missing, hidden, shadowed, damaged, of a wrong version."""

from __future__ import annotations

import re
import shutil

from tests.truth import stock
from tests.truth.declare import environment
from tests.truth.place import Place

SHADOW = 'raise SystemExit("not the module that was meant")\n'


@environment(
    "package-missing",
    cases=(
        "wrapt", "typing_inspect.py", "mypy_extensions.py", "sh", "google", "grpc", "gevent",
        "geventhttpclient", "greenlet", "zmq", "numpy", "brotli.py", "tritonclient/grpc",
        "tritonclient/http",
    ),
)  # fmt: skip
def package_removed(place: Place, name: str) -> None:
    """A package of the launch, or a part of one, is gone."""
    place.remove(name)


@environment(cases=("typer", "rich", "importlib_metadata", "zipp", "urllib3", "certifi"))
def package_not_needed_removed(place: Place, name: str) -> None:
    """Installed with PyTriton, and not imported at start."""
    place.remove(name)


@environment("package-missing", cases=("wrapt", "grpc", "gevent", "zmq", "numpy", "sh", "zope/interface"))
def package_without_its_init(place: Place, name: str) -> None:
    """An uninstall that was cut off left the folder: to Python an empty namespace package."""
    place.remove(f"{name}/__init__.py")


@environment(cases=("tritonclient", "google/protobuf"))
def package_that_needs_no_init(place: Place, name: str) -> None:
    """Only its modules are used."""
    place.remove(f"{name}/__init__.py")


@environment(
    "package-shadowed",
    cases=(
        "numpy.py", "zmq.py", "types.py", "queue.py", "random.py", "token.py", "sh.py",
        "triton_python_backend_utils.py",
    ),
)  # fmt: skip
def file_named_like_a_module(place: Place, name: str) -> None:
    """A file beside the quick start has a module's name."""
    place.write(place.cwd / name, SHADOW)


@environment(cases=("test.py", "data.py", "model.py", "client.py", "server.py", "utils.py"))
def file_named_like_no_module(place: Place, name: str) -> None:
    """Files that lie about in working directories."""
    place.write(place.cwd / name, SHADOW)


@environment("package-shadowed", python=("3.9", "3.11"))
def shadow_on_pythonpath(place: Place) -> None:
    """A folder on PYTHONPATH holds a numpy.py."""
    place.write(place.here / "mine/numpy.py", SHADOW)
    place.set(PYTHONPATH=place.here / "mine")


@environment("package-hidden-from-stub", python="3.12")
def installed_for_the_user_only(place: Place) -> None:
    """pip install --user: from 3.11 on the stub does not see it."""
    _user_site(place)


@environment(python="3.9")
def installed_for_the_user(place: Place) -> None:
    """pip install --user: up to 3.10 the stub sees it."""
    _user_site(place)


def _user_site(place: Place) -> None:
    folder = place.home / f".local/lib/python{place.base.minor}"
    folder.mkdir(parents=True)
    stock.link_tree(place.kept_packages(), folder / "site-packages")
    place.python = place.base.path


@environment("pytriton-outside-site-packages", python=("3.9", "3.11"))
def packages_by_pythonpath(place: Place) -> None:
    """PyTriton takes itself for an editable install and its libraries are not found."""
    place.venv_without_packages()
    place.set(PYTHONPATH=place.kept_packages())


@environment("pytriton-outside-site-packages")
def packages_by_pth(place: Place) -> None:
    """The same through a line in a .pth file."""
    fresh = stock.site_packages(place.venv_without_packages())
    place.write(fresh / "more.pth", f"{place.kept_packages()}\n")


@environment("package-damaged")
def module_cut_short(place: Place) -> None:
    """A module of the launch ends in the middle of a statement."""
    path = place.packages / "wrapt/__init__.py"
    place.write(path, path.read_text()[:-40] + "\nfrom .x import (")


@environment("package-damaged")
def module_cut_within_a_function(place: Place) -> None:
    """The disk was full: the file ends in the middle, far behind its imports."""
    path = place.packages / "gevent/hub.py"
    text = path.read_text()
    place.write(path, text[: len(text) // 2].rstrip())


@environment("package-damaged")
def module_of_nul_bytes(place: Place) -> None:
    """After a crash some file systems leave a file's size and nothing of its content."""
    path = place.packages / "typing_inspect.py"
    place.write(path, bytes(path.stat().st_size))


@environment("package-not-loadable")
def extension_cut_short(place: Place) -> None:
    """A compiled module has lost all but its start."""
    path = next(place.packages.glob("greenlet/_greenlet*.so"))
    place.write(path, path.read_bytes()[:40_000])


@environment("package-not-loadable")
def optional_extension_cut_short(place: Place) -> None:
    """protobuf would do without this module, but loading it ends the process (SIGBUS)."""
    path = next(place.packages.glob("google/_upb/_message*.so"))
    place.write(path, path.read_bytes()[:30_000])


@environment()
def optional_extension_is_empty(place: Place) -> None:
    """An ImportError of the same module is caught."""
    path = next(place.packages.glob("google/_upb/_message*.so"))
    place.write(path, b"")


@environment()
def extension_without_its_debug_part(place: Place) -> None:
    """… and one that lost only what is never loaded."""
    path = next(place.packages.glob("greenlet/_greenlet*.so"))
    content = path.read_bytes()
    place.write(path, content[: len(content) // 2])


@environment("package-not-loadable")
def extension_is_a_text(place: Place) -> None:
    """A pointer of Git LFS in a module's place."""
    path = next(place.packages.glob("gevent/libev/corecext*.so"))
    place.write(path, "version https://git-lfs.github.com/spec/v1\n")


@environment("package-missing", python="3.10")
def extensions_of_another_python(place: Place) -> None:
    """site-packages copied from an environment of another Python."""
    other = stock.site_packages(stock.pytriton("3.9", "0.7.0"))
    place.remove("zmq")
    stock.link_tree(other / "zmq", place.packages / "zmq")


@environment("numpy-too-new")
def numpy_2(place: Place) -> None:
    """The server starts, the model loads, and the answer has no data."""
    place.pip("numpy==2.2.6")


@environment("package-version-conflict")
def grpcio_too_old(place: Place) -> None:
    """Generated code refuses a runtime older than its generator, and the metadata say so."""
    place.pip("grpcio<1.60")


@environment("package-too-old")
def grpcio_too_old_without_a_word(place: Place) -> None:
    """The same where the package beside it does not state what it needs."""
    place.pip("grpcio<1.60")
    for metadata in place.packages.glob("*.dist-info/METADATA"):
        lines = metadata.read_text().splitlines(keepends=True)
        kept = [line for line in lines if not line.startswith("Requires-Dist: grpcio")]
        if kept != lines:
            place.write(metadata, "".join(kept))


@environment("package-version-conflict")
def protobuf_too_old(place: Place) -> None:
    """Another package pinned protobuf to 3."""
    place.pip("protobuf<4")


@environment()
def protobuf_newer(place: Place) -> None:
    """A runtime newer than the generator is none of a fault."""
    place.pip("protobuf>=6")


@environment("package-missing")
def optional_tracer_missing(place: Place) -> None:
    """PYTRITON_VIZTRACER asks for a package that is not installed."""
    place.set(PYTRITON_VIZTRACER="1")


@environment()
def pure_python_protobuf(place: Place) -> None:
    """protobuf's slow implementation, chosen by variable."""
    place.set(PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION="python")


@environment("access-denied", python=stock.SYSTEM, cases=("zmq", "grpc", "pytriton", "."))
def packages_that_another_user_may_not_read(place: Place, name: str) -> None:
    """root installed under umask 077: to others, what is there is missing."""
    (place.packages / name).chmod(0o700)
    place.as_nobody()


@environment(
    "access-denied",
    python=stock.SYSTEM,
    cases={
        "of-the-wheel": "nvidia_pytriton.libs/libb64-*", "of-numpy": "numpy.libs/libopenblas*",
        "numpy-folder": "numpy.libs", "extension": "grpc/_cython/cygrpc*.so",
    },
)  # fmt: skip
def library_that_another_user_may_not_read(place: Place, pattern: str) -> None:
    """To the loader it is as if it were not there."""
    (found,) = place.packages.glob(pattern)
    (place.edit(found) if found.is_file() else found).chmod(0o700)
    place.as_nobody()


@environment("server-not-copyable", python=stock.SYSTEM)
def part_of_the_server_that_another_user_may_not_enter(place: Place) -> None:
    """PyTriton copies all of it."""
    (place.packages / "pytriton/tritonserver/bin").chmod(0o700)
    place.as_nobody()


@environment("package-missing")
def wheel_of_a_mac(place: Place) -> None:
    """greenlet was installed for a Mac, in a version that is too new for others, too."""
    (module,) = (place.packages / "greenlet").glob("_greenlet.cpython-*.so")
    module.rename(module.with_name(f"_greenlet.cpython-{place.base.minor.replace('.', '')}-darwin.so"))
    for metadata in place.packages.glob("greenlet-*.dist-info/METADATA"):
        text = re.sub(r"^Version: .*", "Version: 99.0", metadata.read_text(), count=1, flags=re.M)
        place.write(metadata, text)


@environment(cases=("gevent", "greenlet", "numpy", "protobuf"))
def metadata_of_an_older_release_left_behind(place: Place, name: str) -> None:
    """An upgrade that was interrupted: two dist-infos, and the files of the newer one."""
    (newer,) = place.packages.glob(f"{name}-*.dist-info")
    older = place.packages / f"{name}-0.4.16.dist-info"
    version = newer.name[len(name) + 1 : -len(".dist-info")]
    metadata = (newer / "METADATA").read_text()
    place.write(older / "METADATA", metadata.replace(f"Version: {version}", "Version: 0.4.16"))
    record = (newer / "RECORD").read_text().replace(newer.name, older.name)
    place.write(older / "RECORD", re.sub(r",(\d+)$", r",1\1", record, flags=re.M))


@environment("package-not-loadable")
def wheel_for_later_pythons(place: Place) -> None:
    """pyzmq's wheel for 3.12 and later (cp312-abi3), as a folder of packages for 3.13 has it: its module
    asks for a function that 3.11 does not have.
    """
    newer = stock.site_packages(stock.pytriton("3.13", "0.7.0"))
    for name in ("zmq", *(info.name for info in place.packages.glob("pyzmq-*.dist-info"))):
        shutil.rmtree(place.packages / name)
    for item in (newer / "zmq", *newer.glob("pyzmq-*.dist-info")):
        stock.link_tree(item, place.packages / item.name)


@environment(python=stock.SYSTEM, cases=("pip", "aiohttp"))
def unneeded_package_that_may_not_be_read(place: Place, name: str) -> None:
    """The launch does without it; aiohttp is imported (as an empty namespace), and not used at start."""
    (place.packages / name).chmod(0o700)
    place.as_nobody()


@environment(
    "package-damaged",
    cases=(
        "numpy/__init__.py",
        "gevent/__init__.py",
        "sh/__init__.py",
        "grpc/__init__.py",
    ),
)
def module_emptied(place: Place, name: str) -> None:
    """A full disk left the file without a byte: what others use of it is not there."""
    place.write(place.packages / name, b"")


@environment()
def unused_module_emptied(place: Place) -> None:
    """Only functions that no start calls use it."""
    place.write(place.packages / "aiohttp/__init__.py", b"")


@environment("package-missing")
def namespace_by_pkg_resources(place: Place) -> None:
    """google/__init__.py of an old package, and a setuptools that has no pkg_resources any more."""
    line = "__import__('pkg_resources').declare_namespace(__name__)\n"
    place.write(place.packages / "google/__init__.py", line)
    place.remove("pkg_resources")


@environment()
def protobuf_half_downgraded(place: Place) -> None:
    """The version is an older one's, and the check that generated code calls is still the newer one's."""
    init = place.packages / "google/protobuf/__init__.py"
    text = re.sub(r"__version__ = '[\d.]+'", "__version__ = '4.25.3'", init.read_text())
    place.write(init, text)
