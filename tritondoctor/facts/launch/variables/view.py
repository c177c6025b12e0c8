"""What the readers of variables see of the launch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Optional

import msgspec

from tritondoctor.facts.imports.finder import ModuleLocation
from tritondoctor.facts.imports.model import ImportProblem
from tritondoctor.loader import Files
from tritondoctor.support.reading import Limit


class LaunchView(msgspec.Struct, frozen=True):
    """The caller's process after its imports: where a module lies, the problem of importing it, whether
    it was imported, and the path of a library that is loaded, by how its name begins.

    `server` is the path of tritonserver; `cpu` are the flags of this machine's processor, none where they
    are not known.
    """

    files: Files
    variables: Mapping[str, str]
    cwd: str
    server: str
    find: Callable[[str], Optional[ModuleLocation]]
    problem: Callable[[str], Optional[ImportProblem]]
    imported: Callable[[str], bool]
    library: Callable[[str], Optional[str]]
    cpu: frozenset[str] = frozenset()

    def text(self, module: str) -> str:
        """The source of a module; empty where there is none."""
        path = self.path(module)
        if not path.endswith(".py"):
            return ""
        try:
            return self.files.read(path, Limit.SOURCE).decode("utf-8", "replace")
        except OSError:
            return ""

    def path(self, module: str) -> str:
        """The file of a module; empty where there is none."""
        location = self.find(module)
        return location.path if location else ""

    def content(self, path: str) -> bytes:
        """The bytes of a binary; empty where it cannot be read."""
        try:
            return self.files.read(path, Limit.LIBRARY)
        except OSError:
            return b""

    def holds(self, path: str, part: bytes) -> bool:
        """Whether a binary holds these bytes."""
        try:
            return self.files.holds(path, part)
        except OSError:
            return False
