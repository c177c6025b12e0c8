"""The installed PyTriton distribution, read from its own files."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Optional

from tritondoctor.facts.imports import records
from tritondoctor.facts.interpreter.model import Interpreter
from tritondoctor.facts.launch.model import PyTriton, WheelFile
from tritondoctor.loader import BadElf, Files, Skipped, read_elf
from tritondoctor.loader.header import EM_AARCH64, EM_X86_64
from tritondoctor.support.digests import sha256, urlsafe
from tritondoctor.support.reading import Limit

DISTRIBUTION = re.compile(r"nvidia_pytriton-(.+)\.dist-info$")
STUBS = "tritonserver/python_backend_stubs"
MACHINES = {EM_X86_64: "x86_64", EM_AARCH64: "aarch64"}
SINGLE_STUB = "tritonserver/backends/python/triton_python_backend_stub"
_MOST_FILES = 20_000  # PyTriton 0.7.0 has 152
STUB = "triton_python_backend_stub"


def probe(files: Files, interpreter: Interpreter, search_path: Sequence[str]) -> Optional[PyTriton]:
    """The distribution whose `pytriton` package the search path gives; None where there is none."""
    entry = next((path for path in search_path if files.is_file(f"{path}/pytriton/triton.py")), None)
    if entry is None:
        return None
    package = f"{entry}/pytriton"
    info = next((name for name in _names(files, entry) if DISTRIBUTION.match(name)), None)
    version = DISTRIBUTION.match(info).group(1) if info else None  # type: ignore[union-attr]
    stubs = tuple(
        name
        for name in _names(files, f"{package}/{STUBS}")
        if files.exists(f"{package}/{STUBS}/{name}/{STUB}")
    )
    libs = f"{entry}/{_libs_name(files, package)}"
    single = None if stubs else _minor_of(files, f"{package}/{SINGLE_STUB}")
    damaged = tuple(_damaged(files, entry, f"{entry}/{info}/RECORD")) if info else ()
    code = f"{package}/triton.py"
    is_cut = any(file.path == code and file.state == "size" for file in damaged)
    return PyTriton(
        version=version,
        package=package,
        libs=libs_path(interpreter, package, libs),
        libs_expected=libs,
        arch=_architecture(files, f"{package}/tritonserver/bin/tritonserver"),
        stubs=(single,) if single else stubs,
        single_stub=single is not None,
        copies=is_cut or "copytree(" in _text(files, code),
        obeys_home="PYTRITON_HOME" in _text(files, f"{package}/constants.py"),
        server_mode=_mode(files, f"{package}/tritonserver/bin/tritonserver"),
        damaged=damaged,
    )


def _libs_name(files: Files, package: str) -> str:
    named = re.search(r'"((?:nvidia_)?pytriton\.libs)"', _text(files, f"{package}/utils/distribution.py"))
    return named.group(1) if named else "nvidia_pytriton.libs"


def _minor_of(files: Files, stub: str) -> Optional[str]:
    """The Python that a stub embeds, from the library that it needs."""
    try:
        needed = read_elf(files, stub).needed
    except (OSError, BadElf, Skipped):
        return None
    matches = (re.match(r"libpython3(?:-[0-9a-f]{8})?\.(\d+)", name) for name in needed)
    return next((f"3.{match.group(1)}" for match in matches if match), None)


def _text(files: Files, path: str) -> str:
    try:
        return files.read(path, Limit.SOURCE).decode("utf-8", "replace")
    except OSError:
        return ""


def libs_path(interpreter: Interpreter, package: str, expected: str) -> str:
    """Where PyTriton takes its libraries from (its pytriton/utils/distribution.py, `get_libs_path`).

    A package outside every site-packages folder of the interpreter passes for an editable install.
    """
    places = [*interpreter.site_packages, *([interpreter.user_site] if interpreter.user_site else [])]
    if any(package == place or package.startswith(place.rstrip("/") + "/") for place in places):
        return expected
    return os.path.join(package, "tritonserver/external_libs")


def _damaged(files: Files, entry: str, record: str) -> list[WheelFile]:
    """Files that are not as RECORD says: sizes of all, the content of the Python files."""
    try:
        rows = records.rows(files, record, _MOST_FILES)
    except (OSError, ValueError):
        return [WheelFile(record, "unreadable")]
    damaged = []
    for row in rows:
        # what lies outside (bin/pytriton) is written by the installer, and the launch does not use it
        if len(row) != 3 or not row[1] or row[0].endswith((".pyc", "RECORD")) or row[0][:2] == "..":
            continue
        path = os.path.normpath(os.path.join(entry, row[0]))
        if not path.startswith(f"{entry}/"):
            continue
        state = _state(files, path, row[1], row[2])
        if state is not None:
            damaged.append(state)
    return damaged


def _state(files: Files, path: str, digest: str, size: str) -> Optional[WheelFile]:
    try:
        stat = files.stat(path)
    except PermissionError as failure:
        return WheelFile(path, "unreadable", "", failure.strerror or "")
    except OSError:
        return WheelFile(path, "missing")
    if size != str(stat.size) and size:
        # importlib.metadata decodes it when PyTriton asks for its own version
        binary = path.endswith(".dist-info/METADATA") and "\ufffd" in _text(files, path)
        return WheelFile(path, "not-utf-8" if binary else "size", size, str(stat.size))
    if not path.endswith(".py"):
        return None
    try:
        actual = files.parsed(path, Limit.SOURCE, "sha256", _sha256)
    except OSError as failure:
        return WheelFile(path, "unreadable", "", failure.strerror or "")
    name, _, expected = digest.partition("=")
    if name != "sha256":
        return None
    return WheelFile(path, "content", expected, actual) if actual != expected else None


def _sha256(content: bytes) -> str:
    return urlsafe(sha256(content).digest()).rstrip("=")


def _mode(files: Files, path: str) -> Optional[int]:
    try:
        return files.stat(path).mode & 0o7777
    except OSError:
        return None


def _architecture(files: Files, server: str) -> Optional[str]:
    try:
        return MACHINES.get(read_elf(files, server).abi.machine)
    except (OSError, BadElf, Skipped):
        return None


def _names(files: Files, folder: str) -> list[str]:
    try:
        return files.listdir(folder)
    except OSError:
        return []
