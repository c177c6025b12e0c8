"""The conda packages of a lock (conda-lock's v1 format), and of a new solution."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional

import msgspec

from tritondoctor.installing import InstallError
from tritondoctor.support import structs
from tritondoctor.support.reading import Limit, read_text

SUBDIR = "linux-64"


class LockedPackage(msgspec.Struct, frozen=True):
    """One package's archive; the channel's index may lack a hash, a lock does not."""

    name: str
    version: str
    url: str
    md5: Optional[str] = None
    sha256: Optional[str] = None
    depends: tuple[str, ...] = ()
    size: Optional[int] = None

    @property
    def file_name(self) -> str:
        """The archive's name."""
        return self.url.rsplit("/", 1)[1]

    @property
    def subdir(self) -> str:
        """The folder of the channel that it lies in: linux-64 or noarch."""
        return self.url.rsplit("/", 2)[1]


#: an archive in a channel: what the cache is laid out by holds nothing that leads out of it
_ARCHIVE = re.compile(
    r"(?P<scheme>https?|file)://[!-~]*?/(?:linux-64|noarch)/[A-Za-z0-9_][A-Za-z0-9_.+!-]*\.(?:conda|tar\.bz2)"
)
_LEADS_ELSEWHERE = re.compile(r"[?#\\]|%00|/(?:\.|%2e){1,2}/", re.I)


def of_lock(path: str, *, local: bool = False) -> list[LockedPackage]:
    """The packages of a conda-lock.yml for this platform; `local`: archives may be files of this machine.

    A lock may be somebody else's: no variable of this process gets into its addresses.  Raises
    InstallError where it is no lock, or an address is none of a channel's archive.
    """
    from tritondoctor.support import yaml_text

    try:
        read: Any = yaml_text.load(read_text(path, Limit.LOCK, errors="strict"))
        if read["version"] != "1":
            raise InstallError(f"{path}: lock version {read['version']} is not supported; version 1 is")
        packages = [
            {**entry, **entry["hash"], "depends": list(entry.get("dependencies", {}))}
            for entry in read["package"]
            if entry["manager"] == "conda" and entry["platform"] == SUBDIR
        ]
        return checked(structs.convert(packages, list[LockedPackage]), path, local=local)
    except OSError as failure:
        raise InstallError(f"{path}: {failure.strerror}") from failure
    except (KeyError, TypeError, ValueError, AttributeError) as failure:
        raise InstallError(f"{path} is not a conda-lock.yml: {_line(failure)}") from failure


def checked(packages: list[LockedPackage], source: str, *, local: bool) -> list[LockedPackage]:
    """The packages; raises InstallError at the first with an address that may not be fetched."""
    for package in packages:
        wrong = _wrong_address(package.url, local)
        if wrong:
            raise InstallError(f"{source}: the address of {package.name!a} {wrong}")
    return packages


def _wrong_address(url: str, local: bool) -> str:
    if "${" in url:
        return "contains a variable. Variables are not expanded: write the address itself into the lock."
    match = _ARCHIVE.fullmatch(url)
    if match is None or _LEADS_ELSEWHERE.search(url):
        return f"is not an archive in a conda channel: {ascii(url)[:200]}"
    if match["scheme"] == "file" and not local:
        return "is a local file; use --allow-local to install from local folders."
    return ""


def _line(failure: Exception) -> str:
    return " ".join(str(failure).split())[:200]


def explicit(packages: Sequence[LockedPackage], places: dict[str, str]) -> str:
    """The text of an `@EXPLICIT` file that takes the archives from `places` (address -> path)."""
    lines = [f"{Path(places[package.url]).as_uri()}#{package.md5}" for package in in_order(packages)]
    return "\n".join(["@EXPLICIT", *lines, ""])


def in_order(packages: Sequence[LockedPackage]) -> list[LockedPackage]:
    """Sort packages so that each follows its dependencies; cycles keep their order."""
    by_name = {package.name: package for package in packages}
    done: dict[str, LockedPackage] = {}
    begun: set[str] = set()
    waiting = [*reversed(packages)]
    while waiting:
        package = waiting[-1]
        if package.name in begun:
            done.setdefault(package.name, package)
            waiting.pop()
            continue
        begun.add(package.name)
        names = [name for name in reversed(package.depends) if name in by_name and name not in begun]
        waiting += [by_name[name] for name in names]
    return list(done.values())
