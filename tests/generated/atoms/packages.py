"""Packages of the launch: missing, damaged, hidden, of other versions; and what lies about."""

from __future__ import annotations

import os
import zipfile

from tests.generated.atom import atom
from tests.truth import stock
from tests.truth.place import Place
from tests.truth.stock import Absent

SHADOW = 'raise SystemExit("not the module that was meant")\n'
MODULES = (
    "wrapt/__init__.py", "typing_inspect.py", "zmq/__init__.py", "gevent/hub.py", "grpc/__init__.py",
    "google/protobuf/message.py", "numpy/linalg/linalg.py", "pytriton/proxy/data.py",
    "pytriton/model_config/parser.py", "tritonclient/http/_client.py", "sh/__init__.py",
)  # fmt: skip


@atom("packages", ("wrapt", "typing_inspect.py", "mypy_extensions.py", "sh", "zmq", "gevent", "greenlet",
                   "google", "numpy.libs", "pyzmq.libs", "brotli.py", "tritonclient/grpc",
                   "typer", "rich", "urllib3", "certifi", "importlib_metadata"))  # fmt: skip
def removed(place: Place, name: str) -> None:
    _there(place, name)
    place.remove(name)


def _there(place: Place, name: str) -> None:
    if not os.path.lexists(place.packages / name):
        raise Absent(f"this environment has no {name}")


@atom("packages", {f"{how} {name}": (how, name) for name in MODULES
                   for how in ("cut", "nul", "latin", "commented", "dangling", "folder")})  # fmt: skip
def source_damaged(place: Place, case: tuple[str, str]) -> None:
    how, name = case
    _there(place, name)
    path = place.packages / name
    text = path.read_bytes()
    path.unlink()
    if how == "dangling":
        path.symlink_to("/nonexistent/module.py")
    elif how == "folder":
        path.mkdir()
    else:
        damaged = {
            "cut": text[: len(text) // 2].rstrip(),
            "nul": bytes(len(text)),
            "latin": b"# caf\xe9\n" + text,
            "commented": b"# ours\n" + text.replace(b"\r\n", b"\n"),
        }
        place.write(path, damaged[how])


@atom("packages", {f"{how} {name}": (how, name)
                   for name in ("greenlet/_greenlet*.so", "gevent/libev/corecext*.so",
                                "numpy/core/_multiarray_umath*.so", "google/_upb/_message*.so",
                                "zmq/backend/cython/*.so")
                   for how in ("cut", "empty", "text", "loop", "folder")})  # fmt: skip
def extension_damaged(place: Place, case: tuple[str, str]) -> None:
    how, pattern = case
    path = next(iter(sorted(place.packages.glob(pattern))), None)
    if path is None:
        raise Absent(f"this environment has no {pattern}")
    content = path.read_bytes()
    path.unlink()
    if how == "loop":
        path.symlink_to(path.name)
    elif how == "folder":
        path.mkdir()
    else:
        text = b"version https://git-lfs.github.com/spec/v1\n"
        place.write(path, {"cut": content[:30_000], "empty": b"", "text": text}[how])


@atom("packages", ("1.26.4", "2.0.2", "2.2.6"))
def numpy(place: Place, version: str) -> None:
    _replaced(place, f"numpy=={version}", ("numpy", "numpy.libs"))


@atom("packages", ("protobuf<4", "protobuf<5", "protobuf>=6", "grpcio<1.60"))
def another(place: Place, requirement: str) -> None:
    _replaced(place, requirement, ("google",) if requirement.startswith("protobuf") else ("grpc",))


def _replaced(place: Place, requirement: str, names: tuple[str, ...]) -> None:
    """Another version's files in the place of this one's, as pip would put them, kept for all."""
    # nothing is compiled for this
    other = stock.site_packages(stock.venv(place.name, requirement, "--only-binary=:all:"))
    for name in names:
        if (place.packages / name).exists():
            place.remove(name)
        if (other / name).exists():
            stock.link_tree(other / name, place.packages / name)
    project = requirement.partition("=")[0].rstrip("<>").partition("<")[0].partition(">")[0]
    for old in place.packages.glob(f"{project}-*.dist-info"):
        place.remove(old.name)
    for new in other.glob(f"{project}-*.dist-info"):
        stock.link_tree(new, place.packages / new.name)


@atom("packages", ("empty", "binary", "record-removed", "metadata-removed", "folder-removed", "twice"))
def dist_info(place: Place, how: str) -> None:
    folder = next(iter(place.packages.glob("nvidia_pytriton-*.dist-info")), None)
    if folder is None:
        raise Absent("there is no metadata of PyTriton")
    if how == "empty":
        place.write(folder / "METADATA", "")
    elif how == "binary":
        place.write(folder / "METADATA", b"\xff\x00\xfe" * 100)
    elif how == "twice":
        stock.link_tree(folder, folder.with_name("nvidia_pytriton-0.0.1.dist-info"))
        place.write(folder.with_name("nvidia_pytriton-0.0.1.dist-info") / "METADATA",
                    "Metadata-Version: 2.1\nName: nvidia-pytriton\nVersion: 0.0.1\n")  # fmt: skip
    else:
        names = {"record-removed": "RECORD", "metadata-removed": "METADATA", "folder-removed": ""}
        place.remove(f"{folder.name}/{names[how]}".rstrip("/"))


@atom("packages", {f"{how} {name}": (how, name)
                   for name in ("numpy.py", "types.py", "queue.py", "token.py", "test.py", "model.py",
                                "sh.py", "client.py", "triton_python_backend_utils.py", "secrets.py",
                                "zmq.py", "_socket.py", "site.py", "json.py", "multiprocessing.py")
                   for how in ("raises", "empty", "dangling", "folder")})  # fmt: skip
def file_beside_the_script(place: Place, case: tuple[str, str]) -> None:
    how, name = case
    path = place.cwd / name
    if how == "dangling":
        path.symlink_to("/nonexistent")
    elif how == "folder":
        path.mkdir()
    else:
        place.write(path, SHADOW if how == "raises" else "")


@atom("packages", ("numpy", "zmq", "json", "pytriton", "data", "queue"))
def package_beside_the_script(place: Place, name: str) -> None:
    place.write(place.cwd / name / "__init__.py", SHADOW)


@atom("packages", {"prints": "print('hello')\n", "raises": "raise ValueError('x')\n",
                   "exits": "raise SystemExit(3)\n", "syntax": "def (\n", "empty": "",
                   "environ": "import os\nos.environ['EDITOR'] = 'vi'\n"})  # fmt: skip
def sitecustomize(place: Place, text: str) -> None:
    place.write(place.packages / "sitecustomize.py", text)


@atom("packages", {"comments": "# odd\n\n/nope\n../../..\n", "raises": "import no_such_module\n",
                   "latin": b"# caf\xe9\n/nope\n", "nul": b"/no\0pe\n", "empty": "",
                   "crlf": "/nope\r\nimport os\r\n", "exits": "import sys; sys.exit(3)\n"})  # fmt: skip
def pth_file(place: Place, text: str | bytes) -> None:
    place.write(place.packages / "odd.pth", text)


@atom("packages", ("pythonpath", "pth"))
def module_in_a_zip(place: Place, way: str) -> None:
    _there(place, "typing_inspect.py")
    module, archive = place.packages / "typing_inspect.py", place.here / "more.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.write(module, "typing_inspect.py")
    module.unlink()
    if way == "pth":
        place.write(place.packages / "zipped.pth", f"{archive}\n")
    else:
        before = place.variables.get("PYTHONPATH")
        place.set(PYTHONPATH=f"{before}:{archive}" if before else archive)
