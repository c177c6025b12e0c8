"""The machine's properties that decide which environments are possible; read-only."""

from __future__ import annotations

import glob
import importlib.util
import os
import shutil
import sys
from collections.abc import Mapping
from typing import NamedTuple, Optional

from tritondoctor.facts.gpu import devices as gpu
from tritondoctor.facts.interpreter import account, libpythons
from tritondoctor.facts.interpreter.question import Question
from tritondoctor.facts.machine import host
from tritondoctor.facts.machine.model import Host
from tritondoctor.installing.pips import uv
from tritondoctor.loader import Files
from tritondoctor.remedies.front_end import FrontEnd, front_end
from tritondoctor.target import Target
from tritondoctor.target.identity import owner_of


class Python(NamedTuple):
    """An interpreter that can create a venv.

    `libpython` says whether the shared library of the same release is installed; the stub embeds it.
    """

    minor: str
    version: str
    path: str
    libpython: bool
    headers: bool


class Machine(NamedTuple):
    """The machine, for choosing a recipe; `pythons` holds the best of each minor version.

    `card`: there is an NVIDIA card or a way to one; `driver` is the loaded kernel module's version.
    """

    host: Host
    card: bool
    driver: Optional[str]
    pythons: dict[str, Python]
    front: Optional[FrontEnd]
    rattler: bool
    uv: Optional[str]
    compiler: bool


def look(variables: Mapping[str, str], cwd: str) -> Machine:
    """Examine the machine; all interpreters are queried in parallel."""
    path, seen = variables.get("PATH"), gpu.look(Files())
    return Machine(
        host=host.probe(Files(), variables),
        card=seen.present,
        driver=seen.module.version,
        pythons=_pythons(variables, cwd),
        front=front_end(variables),
        rattler=importlib.util.find_spec("rattler") is not None,
        uv=uv(variables),
        compiler=all(shutil.which(name, path=path) for name in ("cc", "c++")),
    )


def _pythons(variables: Mapping[str, str], cwd: str) -> dict[str, Python]:
    files = Files()
    plain = {key: value for key, value in variables.items() if key[:3] != "LD_"}
    # root makes no environment of an interpreter that another user can change
    own = [interpreter for interpreter in _interpreters(variables) if owner_of(interpreter) is None]
    questions = [Question(Target(path, None, "", plain, cwd)) for path in own]
    found: dict[str, Python] = {}
    for question in questions:
        interpreter = account.probe(question, files, cwd, plain)
        if not interpreter.starts or interpreter.implementation not in ("", "cpython", "CPython"):
            continue
        if not os.path.isdir(os.path.join(interpreter.stdlib, "venv")):
            continue
        places = libpythons.candidates(files, interpreter, plain, [], cwd)
        there = any(
            libpythons.read_version(files, path) == interpreter.stdlib_version for path, _ in places
        )
        headers = os.path.exists(f"{interpreter.base_prefix}/include/python{interpreter.minor}/Python.h")
        known = found.get(interpreter.minor)
        if known is None or (there and not known.libpython):
            found[interpreter.minor] = Python(
                interpreter.minor, interpreter.version, question.path, there, headers
            )
    return found


def _interpreters(variables: Mapping[str, str]) -> list[str]:
    """The programs named python3.N: on PATH, the system's, pyenv's, uv's, and the doctor's own base."""
    home = variables.get("HOME", "")
    folders = [part for part in variables.get("PATH", "").split(os.pathsep) if os.path.isabs(part)]
    patterns = [
        *(f"{folder}/python3.[0-9]*" for folder in (*folders, "/usr/bin", "/usr/local/bin")),
        f"{home}/.pyenv/versions/3.*/bin/python3.[0-9]*",
        f"{home}/.local/share/uv/python/cpython-3.*/bin/python3.[0-9]*",
        f"{sys.base_prefix}/bin/python3.[0-9]*",
    ]
    found: dict[str, str] = {}
    for pattern in patterns:
        for path in sorted(glob.glob(pattern)):
            numbers = os.path.basename(path)[len("python3.") :]
            # pyenv's shims start another Python each time; a venv is no base for a venv
            if numbers.isdigit() and "/shims/" not in path and not _in_venv(path):
                found.setdefault(os.path.realpath(path), path)
    return list(found.values())


def _in_venv(path: str) -> bool:
    folder = os.path.dirname(os.path.dirname(path))
    return os.path.exists(os.path.join(folder, "pyvenv.cfg"))


def free_mb(path: str) -> int:
    """Free space for this user where `path` will be, in MB."""
    while not os.path.exists(path):
        path = os.path.dirname(path)
    info = os.statvfs(path)
    return info.f_bavail * info.f_frsize // 1_000_000
