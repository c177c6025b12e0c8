"""What a fix may change: nothing of the system or of conda's base unless allowed, nothing that this
user cannot write.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterable
from typing import NamedTuple

from packaging.utils import canonicalize_name

from tritondoctor.remedies.operations import Operation, RemedyError, paths_of
from tritondoctor.target.conda_environments import is_base, prefix_of

SYSTEM = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/etc",
    "/boot",
    "/snap",
    "/nix",
)


class Permissions(NamedTuple):
    """What the user has allowed; `breaking` names packages whose requirements may be broken."""

    base: bool = False
    system: bool = False
    breaking: tuple[str, ...] = ()

    def may_break(self, name: str) -> bool:
        """Whether a requirement of that package may be broken."""
        return canonicalize_name(name) in {canonicalize_name(package) for package in self.breaking}

    def examine(self, operations: Iterable[Operation]) -> None:
        """Raises RemedyError at the first path that may not be changed."""
        folders = {os.path.dirname(path) for operation in operations for path in paths_of(operation)}
        for folder in sorted(folders):
            self._folder(folder)

    def _folder(self, folder: str) -> None:
        real = os.path.realpath(folder)
        if not self.system and f"{real}/".startswith(
            tuple(f"{system_folder}/" for system_folder in SYSTEM)
        ):
            raise RemedyError(f"{folder} belongs to the system (use --allow-system to change it)")
        prefix = prefix_of(real)
        if not self.base and prefix is not None and is_base(prefix):
            raise RemedyError(f"{prefix} is conda's base environment (use --allow-base to change it)")
        while not os.path.lexists(real):
            real = os.path.dirname(real)
        if not os.path.isdir(real):
            raise RemedyError(f"{real} is not a folder")
        if os.statvfs(real).f_flag & os.ST_RDONLY:
            raise RemedyError(f"{real} is on a file system that is mounted read-only")
        if not os.access(real, os.W_OK | os.X_OK):
            raise RemedyError(f"{real} is not writable by this user; its owner is {_owner(real)}")


def _owner(path: str) -> str:
    uid = os.stat(path).st_uid
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
