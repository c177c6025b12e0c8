"""What the installed packages require of each other, and which of it does not hold.

Distributions by the packaging specification "Core metadata" (Requires-Dist, markers, extras), conda
packages by `depends` of their records in conda-meta.
"""

from __future__ import annotations

import contextlib
import functools
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Optional

import msgspec

from tritondoctor.facts.imports import records
from tritondoctor.facts.imports.dependencies import (
    LONGEST_LINE,
    Dependency,
    applies,
    canonical,
    dependency,
    environment,
    fits,
    written,
)
from tritondoctor.facts.imports.model import UnmetRequirement
from tritondoctor.facts.interpreter.model import Interpreter
from tritondoctor.loader import Files
from tritondoctor.support.reading import Limit

if TYPE_CHECKING:
    from packaging.requirements import Requirement

#: in place of a reason: a requirement that is not read
TOO_LONG = "long-requirement"
#: rows of a RECORD that are compared with the files
_MOST_COMPARED = 200
_SUFFIXES = (".dist-info", ".egg-info")
_VERSION = r"[\w.!+]+"
PYTRITON = "nvidia-pytriton"
#: a header of RFC 822, which may go on in lines that begin with a blank
_FIELD = re.compile(r"^(Name|Version|Requires-Dist):(.*(?:\n[ \t].*)*)", re.M | re.I)
#: a requirement that one extra alone brings
_OF_EXTRA = re.compile(
    r"""[^;]*;(?: *\([^()]*\) and |(?:(?! or ).)*)\bextra *== *["']([\w.-]+)["'] *\)?$"""
)


class InstalledPackage(msgspec.Struct, frozen=True):
    """An installed package: `requires` as it is written, `folder` holds its metadata."""

    name: str
    version: str
    requires: tuple[str, ...] = ()
    folder: str = ""


class Environment(msgspec.Struct, frozen=True):
    """All packages of one Python by canonical name; `conda` are those of its prefix."""

    packages: Mapping[str, InstalledPackage]
    conda: Mapping[str, InstalledPackage]
    markers: Mapping[str, str]

    def unmet(self) -> frozenset[UnmetRequirement]:
        """Every requirement that does not hold."""
        return frozenset([*_unmet_wheels(self), *_unmet_conda(self)])

    def files_of(self, files: Files, names: Iterable[str]) -> frozenset[str]:
        """The files of these distributions, as their RECORDs have them."""
        found: set[str] = set()
        for package in (self.packages[name] for name in names if name in self.packages):
            with contextlib.suppress(OSError, ValueError):
                rows = records.rows(files, posixpath.join(package.folder, "RECORD"))
                found.update(posixpath.join(posixpath.dirname(package.folder), row[0]) for row in rows)
        return frozenset(found)

    def dependents(self, names: Iterable[str]) -> set[str]:
        """The distributions that require one of `names`, directly or through others."""
        users: dict[str, set[str]] = {}
        for user, needed in self._edges():
            users.setdefault(needed, set()).add(user)
        return _reached(users, names)

    def requirements_of(self, name: str) -> set[str]:
        """The distribution and all that it requires, directly or through others."""
        needs: dict[str, set[str]] = {}
        for user, needed in self._edges():
            needs.setdefault(user, set()).add(needed)
        return {name} | _reached(needs, [name])

    def requirements(self) -> Iterator[Requirement]:
        """Every requirement that applies."""
        from packaging.requirements import Requirement

        for name, extras in _extras(self).items():
            for wanted in _wanted(self.packages[name], extras, self.markers):
                with contextlib.suppress(ValueError):  # it holds for `dependency`, which is laxer
                    yield Requirement(wanted.line)

    def _edges(self) -> Iterator[tuple[str, str]]:
        for name, extras in _extras(self).items():
            for wanted in _wanted(self.packages[name], extras, self.markers):
                yield name, wanted.name


def _reached(edges: Mapping[str, set[str]], start: Iterable[str]) -> set[str]:
    found: set[str] = set()
    waiting = list(start)
    while waiting:
        new = edges.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found


def changed(before: Environment, after: Environment) -> set[str]:
    """The names of distributions that come, go, or are of another version."""
    versions = [
        {name: package.version for name, package in environment.packages.items()}
        for environment in (before, after)
    ]
    return {name for name, _ in versions[0].items() ^ versions[1].items()}


def of_launch(files: Files, search_path: Sequence[str], interpreter: Interpreter) -> Environment:
    """PyTriton and all that it requires, directly or through others.

    Of other distributions only the names are read: an environment may have thousands.
    """
    folders = _folders(files, search_path)
    packages: dict[str, InstalledPackage] = {}
    waiting = [PYTRITON]
    while waiting:
        name = waiting.pop()
        if name in packages or name not in folders:
            continue
        package = _package(_text(files, _metadata(folders[name]), Limit.METADATA), folders[name])
        if package is not None:
            packages[name] = package
            waiting += _required_names(package)
            if any(len(line) > LONGEST_LINE for line in package.requires):
                files.leave_out(_metadata(package.folder), TOO_LONG)
    everything = Environment(packages, {}, _markers(interpreter))
    reached = everything.requirements_of(PYTRITON) if packages else set()
    kept = {name: package for name, package in packages.items() if name in reached}
    return msgspec.structs.replace(everything, packages=kept)


def _folders(files: Files, search_path: Sequence[str]) -> dict[str, str]:
    """The folder of each distribution's metadata, by its canonical name: of the first entry that has it,
    and there of what is installed, where an interrupted pip left more than one.
    """
    found: dict[str, str] = {}
    for entry in search_path:
        here: dict[str, list[str]] = {}
        for name in _names(files, entry):
            if name.endswith(".dist-info"):
                distribution = canonical(name[: -len(".dist-info")].rpartition("-")[0])
                here.setdefault(distribution, []).append(posixpath.join(entry, name))
        for distribution, folders in here.items():
            if distribution not in found:
                found[distribution] = _installed(files, folders) if folders[1:] else folders[0]
    return found


def _installed(files: Files, folders: Sequence[str]) -> str:
    """That folder of metadata of which most files have the size that its RECORD tells."""
    return max(folders, key=lambda folder: sum(_as_recorded(files, folder)))


def _as_recorded(files: Files, folder: str) -> Iterator[bool]:
    """Whether files of a distribution are as they were installed, the first ones of its RECORD."""
    site = posixpath.dirname(folder)
    with contextlib.suppress(OSError, ValueError):
        for row in records.rows(files, posixpath.join(folder, "RECORD"))[:_MOST_COMPARED]:
            yield _has_size(files, posixpath.join(site, row[0]), row[-1])


def _has_size(files: Files, path: str, size: str) -> bool:
    with contextlib.suppress(OSError):
        return size == str(files.stat(path).size)
    return False


def _required_names(package: InstalledPackage) -> Iterator[str]:
    """The canonical names of what a distribution may require, whatever the markers and extras."""
    matches = (re.match(r"\s*([A-Za-z0-9][\w.-]*)", line) for line in package.requires)
    return (canonical(match.group(1)) for match in matches if match)


def installed(files: Files, interpreter: Interpreter) -> Environment:
    """What is installed where an interpreter imports from, the first of a name as Python takes it."""
    packages: dict[str, InstalledPackage] = {}
    for entry in interpreter.sys_path:
        for distribution in _distributions(files, entry):
            packages.setdefault(canonical(distribution.name), distribution)
    conda = {
        conda_package.name: conda_package for conda_package in _conda_packages(files, interpreter.prefix)
    }
    return Environment(packages, conda, _markers(interpreter))


def _markers(interpreter: Interpreter) -> dict[str, str]:
    """The environment that markers are evaluated in: the target's Python on this machine."""
    found = environment()
    if interpreter.version:
        found.update(
            python_version=interpreter.minor,
            python_full_version=interpreter.version,
            implementation_version=interpreter.version,
        )
    return found


def _distributions(files: Files, entry: str) -> Iterator[InstalledPackage]:
    for name in _names(files, entry):
        if name.endswith(_SUFFIXES):
            folder = posixpath.join(entry, name)
            package = _package(_text(files, _metadata(folder), Limit.METADATA), folder)
            if package is not None:
                yield package


def _metadata(folder: str) -> str:
    return posixpath.join(folder, "METADATA" if folder.endswith(".dist-info") else "PKG-INFO")


def _names(files: Files, folder: str) -> list[str]:
    try:
        return files.listdir(folder)
    except OSError:
        return []


def _text(files: Files, path: str, limit: int) -> str:
    try:
        return files.read(path, limit).decode("utf-8", "replace")
    except OSError:
        return ""


def _package(metadata: str, folder: str) -> Optional[InstalledPackage]:
    head = metadata.replace("\r\n", "\n").partition("\n\n")[0]
    fields: dict[str, list[str]] = {}
    for name, value in _FIELD.findall(head):
        fields.setdefault(name.lower(), []).append(" ".join(value.split()))
    if not all(fields.get(name, [""])[0] for name in ("name", "version")):
        return None
    requires = tuple(fields.get("requires-dist", ()))
    return InstalledPackage(fields["name"][0], fields["version"][0], requires, folder)


def _conda_packages(files: Files, prefix: str) -> Iterator[InstalledPackage]:
    folder = posixpath.join(prefix, "conda-meta")
    for name in _names(files, folder):
        if name.endswith(".json"):
            try:
                import json

                record = json.loads(_text(files, posixpath.join(folder, name), Limit.CONDA_RECORD))
                depends = tuple(str(spec) for spec in record.get("depends", ()))
                yield InstalledPackage(str(record["name"]), str(record["version"]), depends)
            except (ValueError, KeyError, TypeError, AttributeError):
                continue


def _unmet_wheels(here: Environment) -> Iterator[UnmetRequirement]:
    for name, extras in _extras(here).items():
        package = here.packages[name]
        for wanted in _wanted(package, extras, here.markers):
            there = here.packages.get(wanted.name)
            if there is None or fits(wanted.specifier, there.version) is False:
                found = (there.version, there.folder) if there else (None, "")
                yield UnmetRequirement(
                    package.name, package.version, written(wanted), wanted.name, *found
                )


def _extras(here: Environment) -> dict[str, set[str]]:
    """The extras of each distribution that others ask for."""
    found: dict[str, set[str]] = {name: set() for name in here.packages}
    waiting = list(here.packages)
    while waiting:
        name = waiting.pop()
        for wanted in _wanted(here.packages[name], found[name], here.markers):
            needed = wanted.name
            if needed in found and not wanted.extras <= found[needed]:
                found[needed] |= wanted.extras
                waiting.append(needed)
    return found


def _wanted(
    package: InstalledPackage, extras: set[str], markers: Mapping[str, str]
) -> Iterator[Dependency]:
    """The requirements that apply; what is no requirement asks for nothing."""
    for line in package.requires:
        extra = _only_extra(line)
        if extra and extra not in extras:
            continue  # most lines, and slow to read
        wanted = dependency(line)
        if wanted is not None and (not wanted.marker or applies(wanted.marker, extras, markers)):
            yield wanted


@functools.lru_cache(maxsize=4096)
def _only_extra(line: str) -> str:
    """The extra that alone brings a requirement; "" where there is no such one."""
    found = _OF_EXTRA.fullmatch(line) if "extra" in line else None
    return canonical(found[1]) if found else ""


def _unmet_conda(here: Environment) -> Iterator[UnmetRequirement]:
    for package in here.conda.values():
        for line in package.requires:
            name, _, rest = line.partition(" ")
            version = _version_of(here, name)
            wanted = rest.split(" ")[0]
            if version is not None and wanted and not _conda_holds(wanted, version):
                yield UnmetRequirement(package.name, package.version, f"{name} {wanted}", name, version)


def _version_of(here: Environment, name: str) -> Optional[str]:
    """pip may have put another version in than conda's record says."""
    there = here.packages.get(canonical(name)) or here.conda.get(name)
    return there.version if there else None


def _conda_holds(wanted: str, version: str) -> bool:
    """Whether a version fits one of conda's specifications (`>=1.2,<2.0a0|3.*`), as far as they are of
    the kind that Python's versions have too.
    """
    from packaging.specifiers import InvalidSpecifier

    choices = (map(_python_clause, choice.split(",")) for choice in wanted.split("|"))
    try:
        return any(fits(",".join(choice), version) is not False for choice in choices)
    except InvalidSpecifier:
        return True


def _python_clause(clause: str) -> str:
    if clause == "*":
        return ""
    fuzzy = re.fullmatch(rf"=({_VERSION}?)(\.\*)?", clause)
    if fuzzy:
        return f"=={fuzzy.group(1)}.*"
    if re.fullmatch(rf"{_VERSION}(\.\*)?", clause):
        return f"=={clause}"
    return re.sub(r"^([<>]=?)(.*)\.\*$", r"\1\2", clause)
