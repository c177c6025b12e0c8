"""The conda packages of a lock (conda-lock's v1 format), and of a new solution."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional

import msgspec

from tritondoctor.installing import InstallError
from tritondoctor.support.reading import Limit, read_text

SUBDIR = "linux-64"


class Package(msgspec.Struct, frozen=True):
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


def of_lock(path: str) -> list[Package]:
    """The packages of a conda-lock.yml for this platform.  Raises InstallError where it is none."""
    import yaml

    try:
        text = read_text(path, Limit.LOCK, errors="strict")
        read: Any = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        if read["version"] != 1:
            raise InstallError(f"{path}: a lock of version {read['version']}; the doctor reads version 1")
        return [
            Package(
                one["name"], one["version"], _address(one["url"], path), one["hash"]["md5"],
                one["hash"].get("sha256"), tuple(one.get("dependencies", {})),
            )
            for one in read["package"]
            if one["manager"] == "conda" and one["platform"] == SUBDIR
        ]  # fmt: skip
    except OSError as failure:
        raise InstallError(f"{path}: {failure.strerror}") from failure
    except RecursionError:
        raise InstallError(f"{path} is no conda-lock.yml: too deeply nested") from None
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as failure:
        raise InstallError(f"{path} is no conda-lock.yml: {failure}") from failure


def _address(url: str, path: str) -> str:
    """An address of a lock.

    Its variables are not filled in: whoever wrote it would be sent their values.
    """
    name = re.search(r"\$\{?(\w+)", url)
    if name:
        raise InstallError(
            f"{path}: an address holds ${{{name[1]}}}, and the doctor sends no variable "
            "to an address of a lock. Write the address itself, or give --channel URL."
        )
    return url


def explicit(packages: Sequence[Package], places: dict[str, str]) -> str:
    """The text of an `@EXPLICIT` file that takes the archives from `places` (address -> path)."""
    lines = [f"{Path(places[one.url]).as_uri()}#{one.md5}" for one in in_order(packages)]
    return "\n".join(["@EXPLICIT", *lines, ""])


def in_order(packages: Sequence[Package]) -> list[Package]:
    """Each after those that it depends on; what depends on each other in a circle as it comes."""
    by_name = {one.name: one for one in packages}
    done: dict[str, Package] = {}
    open_: set[str] = set()

    def visit(one: Package) -> None:
        if one.name in done or one.name in open_:
            return
        open_.add(one.name)
        for name in one.depends:
            if name in by_name:
                visit(by_name[name])
        done[one.name] = one

    for one in packages:
        visit(one)
    return list(done.values())
