"""The shape of what the launch imports, and of what its distributions require."""

from __future__ import annotations

from typing import Literal, Optional

from tritondoctor.facts.fact import Fact
from tritondoctor.facts.interpreter.model import LinkProblem

ImportReason = Literal[
    "",
    "lacks-names",  # the module is there, without these names
    "folder",  # where its file should be
    "no-init",  # the package's folder has no __init__.py
    "empty",  # its file has no byte
    "broken-link",
    "in-archive",  # a compiled module in a zip file
    "other-python",  # built for another one
    "hides",
    "lacks-import",  # it hides another, and imports what is not there
    "set-to-none",  # in sys.modules, by code at Python's start
    "invalid-syntax",
    "other-bytecode",  # of another Python
    "cut-bytecode",  # too short for its header
    "cut-name",  # the file ends within it
    "cut-source",  # it ends within a line, and was longer
    "undecodable",  # which Python calls a syntax error as well
    "encoding-refused",  # the one that its first lines state
    "runtime-too-old",
    "generated-too-old",  # code of protobuf, for the runtime that is there
]


class ImportProblem(Fact, frozen=True):
    """A module that the launch imports and that would not import.

    `reason` says more, with `at` (the file in its place, or the one that it hides), `names` (those that a
    module lacks), `have` and `least` (versions); `detail` are the words of Python, loader or kernel.
    `importer` is the file whose line `line` asks for it.  `link` holds the loader's problems of an
    extension module; `hidden_at` is where the other process would find a missing one; `owner` is the
    installed distribution that it belongs to (`name==version`), `asked_by` that of the importer.
    """

    module: str
    kind: Literal["missing", "not-loadable", "damaged", "shadowed", "too-old"]
    importer: str
    line: int
    detail: str = ""
    path: str = ""
    link: tuple[LinkProblem, ...] = ()
    hidden_at: str = ""
    owner: Optional[str] = None
    asked_by: Optional[str] = None
    reason: ImportReason = ""
    at: str = ""
    names: tuple[str, ...] = ()
    have: str = ""
    least: str = ""

    @property
    def ends_it_all(self) -> bool:
        """Whether `except ImportError` does not catch it: a syntax error; the AttributeError of a module
        of which nothing is left; or the signal SIGBUS, by which a process ends that maps a library beyond
        its file's end.
        """
        syntax = self.reason in ("invalid-syntax", "undecodable", "encoding-refused")
        emptied = self.reason == "empty" and not self.names
        return syntax or emptied or any(link_problem.kind == "truncated" for link_problem in self.link)


class ChangedSource(Fact, frozen=True):
    """A source that has another size than its distribution (`name==version`) installed it with."""

    path: str
    owner: str


class Imports(Fact, frozen=True):
    """The import closure of one process: where it searches, what it finds, what it misses.

    `numpy` is the version of the NumPy that it finds, at `numpy_path`.  `touched` are the modules of
    which code at Python's start replaced a part.  `changed` are sources that are not as they were
    installed.
    """

    role: Literal["client", "stub"]
    search_path: tuple[str, ...]
    numpy: Optional[str]
    numpy_path: str
    modules: int
    extensions: tuple[str, ...]
    problems: tuple[ImportProblem, ...]
    touched: tuple[str, ...] = ()
    changed: tuple[ChangedSource, ...] = ()


class UnmetRequirement(Fact, frozen=True):
    """What an installed package requires, and does not have.

    `requirement` is as it is written, `needs` the distribution's name, `found` the version that is there
    (None: it is not installed), with its metadata in the folder `place`.
    """

    name: str
    version: str
    requirement: str
    needs: str
    found: Optional[str]
    place: str = ""

    @property
    def claim(self) -> tuple[str, str]:
        """Who requires what, whatever is installed."""
        return self.name, self.requirement


class BuiltForAnother(Fact, frozen=True):
    """A package whose compiled modules were built for other versions of what they extend.

    `wanted` are the versions of `base` that it works with, `found` the one that is there.
    """

    package: str
    version: str
    base: str
    wanted: str
    found: str
