"""What `libs --versions` and `libs --verify` show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tritondoctor.checks.links import ROLES
from tritondoctor.examination.suitable import Suitability
from tritondoctor.loader.second_reader import ObjectVersions, order
from tritondoctor.reports.layout import Line, padded, wrapped
from tritondoctor.support.messages import _, plural

_COLUMN = 10


def lines(
    path: str, read: ObjectVersions, programs: Sequence[Suitability], environment: str, width: int,
    *, every: bool,
) -> Iterator[Line]:  # fmt: skip
    """An object's versions, and which programs they suffice; `every`: not only the newest of a kind."""
    yield path, "bold"
    for head, text in (
        ("SONAME", read.soname or _("none")),
        (_("build id"), read.build_id or _("none")),
        (_("compiler"), "; ".join(read.compilers) or _("not named")),
        (_("defines"), _versions(read.defines, every) or _("no versions")),
        *((_("needs"), f"{file}: {_versions(names, every)}") for file, names in read.needs.items()),
    ):
        yield from wrapped(f"    {padded(head, _COLUMN)}  {text}", " " * (6 + _COLUMN), width, hang=True)
    if programs:
        head = _("In place of the {name} of {environment}:", name=read.soname, environment=environment)
        yield f"    {head}", ""
    for program in programs:
        yield from _program(program, width)


def in_one_line(path: str, read: ObjectVersions) -> str:
    """The newest versions that a file defines."""
    return _(
        "{name}: {reason}", name=path, reason=_versions(read.defines, every=False) or _("no versions")
    )


def _program(program: Suitability, width: int) -> Iterator[Line]:
    role = str(ROLES.get(program.role, program.role))
    if not program.missing:
        line = _("{program} finds all it needs", program=role)
        yield from wrapped(f"      [ok] {line}", " " * 11, width, hang=True)
        return
    missing = ", ".join(sorted(program.missing, key=order))
    line = _("{program} needs {versions}, which it does not define", program=role, versions=missing)
    yield from wrapped(f"      [x]  {line}", " " * 11, width, "bold red", hang=True)


def _versions(names: Iterable[str], every: bool) -> str:
    """The newest of each kind (GLIBCXX, CXXABI, GLIBC) and how many there are, or all."""
    kinds: dict[str, list[str]] = {}
    for name in names:
        kinds.setdefault(name.rpartition("_")[0] or name, []).append(name)
    shown = []
    for kind in kinds.values():
        kind.sort(key=order)
        if every or len(kind) == 1:
            shown.append(", ".join(kind))
        else:
            shown.append(_("{newest} (the newest of {count})", newest=kind[-1], count=len(kind)))
    return "; ".join(shown)


def as_json(path: str, read: ObjectVersions, programs: Sequence[Suitability]) -> dict[str, Any]:
    """One object."""
    return {
        "path": path,
        "soname": read.soname or None,
        "build_id": read.build_id or None,
        "compilers": list(read.compilers),
        "defines": sorted(read.defines, key=order),
        "needs": {file: list(names) for file, names in read.needs.items()},
        "programs": [
            {"role": program.role, "suits": not program.missing, "missing": list(program.missing)}
            for program in programs
        ],
    }


def verified_lines(count: int, differing: Sequence[tuple[str, str, str, str]]) -> Iterator[str]:
    """What pyelftools says of the objects: (path, what, by us, by pyelftools) where it differs."""
    for path, name, ours, second in differing:
        yield f"{path}: {name}"
        yield f"    tritondoctor: {ours}"
        yield f"    pyelftools:   {second}"
    if differing:
        yield plural(
            "pyelftools reads {count} field differently.", "pyelftools reads {count} fields differently.",
            len(differing),
        )  # fmt: skip
    else:
        yield plural(
            "pyelftools agrees on {count} object.", "pyelftools agrees on all {count} objects.", count
        )
