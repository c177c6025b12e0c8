"""docker/matrix.toml, read and unfolded: bases, and the cells of their products."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, TypeVar, Union

import msgspec

from tritondoctor.checks import CATALOGUE

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DOCKER = Path(__file__).parents[2] / "docker"
MATRIX = DOCKER / "matrix.toml"
FAMILIES = ("debian", "rpm", "alpine", "conda", "cuda")
SOURCES = ("system", "global", "deadsnakes", "pyenv", "bare", "uv", "virtualenv", "conda")
DEFAULT_RELEASE = "0.7.0"
#: what a defect brings in (materials.py)
MATERIAL = re.compile(r"(debian|python|wheel|compiled|paper):")
Many = Union[str, tuple[str, ...]]
T = TypeVar("T")


class Wrong(Exception):  # noqa: N818 - its text is what the user reads
    """The declaration cannot be used; the text says where, what and why."""


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table in which every name is known."""


class Base(Strict, frozen=True, kw_only=True):
    """What a cell stands on.

    `suite` is made here of Debian's `packages` where that can be done, and `image` is pulled
    otherwise.  `doctor` is the Python that the doctor may run with; it is not the target.
    """

    family: Literal["debian", "rpm", "alpine", "conda", "cuda"]
    image: str
    suite: str = ""
    packages: tuple[str, ...] = ()
    doctor: str = "/usr/bin/python3"


class Options(Strict, frozen=True, kw_only=True):
    """Where a cell's container differs from Docker's defaults.  Sizes as Docker writes them."""

    shm_size: str = ""
    memory: str = ""
    pids: int = 0
    read_only: bool = False
    user: str = ""
    ulimits: dict[str, int] = {}
    tmpfs: dict[str, str] = {}


class Expect(Strict, frozen=True, kw_only=True):
    """The error findings, the remedies of the plan, and what PyTriton does after the fix.

    `pasted`: it serves once the lines that `fix` prints are pasted into the shell.
    """

    ids: tuple[str, ...] = ()
    plan: tuple[str, ...] = ()
    after: Literal["serves", "pasted", "fails"] = "serves"


class Declared(Strict, frozen=True, kw_only=True):
    """A table [[cells]]: one cell for each base, Python and release."""

    name: str
    on: Many
    python: Many
    release: Many = DEFAULT_RELEASE
    defects: tuple[str, ...] = ()
    set: dict[str, str] = {}
    unset: tuple[str, ...] = ()
    shell: str = ""
    force: bool = False
    libstdcxx: str = "libstdcxx-ng"
    outside: bool = False
    docker: Options = Options()
    expect: Expect = Expect()
    why: str


class Matrix(Strict, frozen=True, kw_only=True):
    """The whole file; `unseen` are the error ids that no container can show, and why."""

    bases: dict[str, Base]
    unseen: dict[str, str] = {}
    cells: tuple[Declared, ...]


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One environment: what it is made of, how it is run, and what is expected of it."""

    id: str
    base_name: str
    base: Base
    source: str
    minor: str
    release: str
    needs: tuple[str, ...]
    declared: Declared

    @property
    def environment(self) -> str:
        """The key of the environment that it stands on, before its defects."""
        parts = [self.base_name, self.source, self.minor, self.release]
        parts += ["forced"] if self.declared.force else []
        parts += [self.declared.libstdcxx] if self.source == "conda" else []
        return "-".join(part.replace(" ", "").replace("=", "-").replace("*", "") for part in parts)

    @property
    def serves(self) -> bool:
        """Whether PyTriton is expected to serve before any repair."""
        return not self.declared.expect.ids

    @property
    def installable(self) -> str:
        """The release whose wheels a repair finds."""
        return DEFAULT_RELEASE if self.release == "none" else self.release

    @property
    def python(self) -> str:
        """The target's interpreter."""
        return "/usr/bin/python3" if self.source == "global" else "/opt/env/bin/python"

    @property
    def variables(self) -> dict[str, str]:
        """All variables of the target."""
        bin_ = "" if self.source == "global" else "/opt/env/bin:"
        found = {"PATH": f"{bin_}/usr/local/bin:/usr/bin:/bin", "HOME": "/home/ana"}
        if self.source == "conda":
            found |= {"CONDA_PREFIX": "/opt/env", "CONDA_DEFAULT_ENV": "/opt/env"}
        elif self.source not in ("global", "bare"):
            found["VIRTUAL_ENV"] = "/opt/env"
        site = f"/opt/env/lib/python{self.minor}/site-packages"
        for name, value in self.declared.set.items():
            found[name] = value.replace("{site}", site).replace("{minor}", self.minor)
        for name in self.declared.unset:
            found.pop(name, None)
        return found

    @property
    def key(self) -> str:
        """Changes with all that its declaration says of the environment and the run."""
        said = msgspec.to_builtins(self)
        del said["id"]
        for name in ("name", "why", "on", "python", "release", "expect"):
            del said["declared"][name]
        return hashlib.sha256(msgspec.json.encode([said, self.serves])).hexdigest()[:16]


def load(path: Path = MATRIX) -> tuple[Matrix, tuple[Cell, ...]]:
    """The declaration and its cells; raises `Wrong`, which names the file, the cell and the fault."""
    name = os.path.relpath(path)
    try:
        raw = tomllib.loads(path.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as failure:
        raise Wrong(f"{name}: {failure}") from failure
    for number, one in enumerate(raw.get("cells", ()), 1):
        where = f"{name}: cell {number}" + (f" ({one['name']})" if "name" in one else "")
        _convert(one, Declared, where)
    matrix = _convert(raw, Matrix, name)
    cells = [cell for one in matrix.cells for cell in _unfold(one, matrix, f"{name}: cell {one.name}")]
    ids = [cell.id for cell in cells]
    for id in ids:
        if ids.count(id) > 1:
            raise Wrong(f"{name}: two cells are called {id}: give one another name")
    for id in matrix.unseen:
        if id not in CATALOGUE:
            raise Wrong(f"{name}: unseen: there is no finding {id}")
    return matrix, tuple(cells)


def _convert(raw: object, kind: type[T], where: str) -> T:
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as failure:
        raise Wrong(f"{where}: {failure}") from failure


def _unfold(declared: Declared, matrix: Matrix, where: str) -> Iterator[Cell]:
    _check(declared, matrix, where)
    for base in _many(declared.on):
        for python in _many(declared.python):
            source, _, minor = python.partition(" ")
            for release in _many(declared.release):
                parts = [declared.name, base, python]
                parts += [release] if len(_many(declared.release)) > 1 else []
                yield Cell(
                    id=" ".join(parts), base_name=base, base=matrix.bases[base], source=source,
                    minor=minor, release=release, declared=declared,
                    needs=tuple(
                        word for text in declared.defects for word in text.split() if MATERIAL.match(word)
                    ),
                )  # fmt: skip


def _many(value: Many) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def _check(declared: Declared, matrix: Matrix, where: str) -> None:
    for base in _many(declared.on):
        if base not in matrix.bases:
            raise Wrong(f"{where}: no base is called {base}; there are {', '.join(matrix.bases)}")
    for python in _many(declared.python):
        source, _, minor = python.partition(" ")
        if source not in SOURCES or not minor:
            raise Wrong(
                f"{where}: python {python!r}: say one of {', '.join(SOURCES)} and a minor version"
            )
    for text in declared.defects:
        script = DOCKER / "defects" / f"{text.split()[0]}.sh"
        if not script.is_file():
            raise Wrong(f"{where}: there is no defect {text.split()[0]} ({os.path.relpath(script)})")
    for id in declared.expect.ids:
        if id not in CATALOGUE:
            raise Wrong(f"{where}: there is no finding {id}")
    if not declared.expect.ids and (declared.expect.plan or declared.expect.after != "serves"):
        raise Wrong(f"{where}: without an error there is nothing to repair: take plan and after away")
