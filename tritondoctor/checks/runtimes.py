"""The C and C++ run-time libraries: libstdc++, libgcc and glibc."""

from __future__ import annotations

import os
from collections.abc import Iterator

from tritondoctor.checks import advice
from tritondoctor.checks.installing import conda_installs
from tritondoctor.checks.library_path import brought, drop_folder, link_runtime
from tritondoctor.checks.links import ProblemGroup, groups, loading_evidence, messages
from tritondoctor.checks.model import CheckResult, Remedy, check, cure, listed, text
from tritondoctor.facts.model import Facts
from tritondoctor.support.numbers import whole
from tritondoctor.target.conda_environments import conda_prefix_in


@check(
    "libstdcxx-too-old",
    "error",
    title="{library} is too old: it does not have {versions}",
    explanation="The loader uses the first libstdc++ on its paths and does not look for a newer one. "
    "What fails to start: {who}.",
    means="An older libstdc++.so.6 comes first on the loader's paths. Often it belongs to a conda "
    "environment and was exposed by LD_LIBRARY_PATH=$CONDA_PREFIX/lib, set to fix a missing libpython.",
    verified="Debian 11's libstdc++ first on LD_LIBRARY_PATH, in LD_PRELOAD, and in the working "
    "directory with an empty path element: `GLIBCXX_3.4.30' not found, PyTriton hangs for 121 s.",
    by_hand="Take its folder off LD_LIBRARY_PATH (link libpython instead), or install a newer "
    "libstdc++ there: conda install -c conda-forge 'libstdcxx-ng>=12'.",
    reads=(
        "conda",
        "conda_front_end",
        "cwd",
        "interpreter.program.problems",
        "launch.imports",
        "launch.programs",
        "launch.stub",
        "launch.uncopyable",
        "launch.workspace.path",
        "library_path",
        "pytriton.damaged",
        "pytriton.libs",
        "pytriton.package",
        "runtimes",
        "shell",
    ),
)
def libstdcxx_too_old(facts: Facts) -> Iterator[CheckResult]:
    for group in groups(facts, "libstdcxx-too-old"):
        path = group.first.provider
        if _old_distribution(facts, path):
            continue
        remedies = [*link_runtime(facts, path), *drop_folder(facts, path)]
        prefix = conda_prefix_in(path, [conda_prefix.prefix for conda_prefix in facts.conda])
        if prefix:
            remedies.append(
                cure(
                    "update-libstdcxx",
                    text("Update libstdc++ in that conda environment"),
                    conda_installs(facts, prefix, "libstdcxx-ng>=12"),
                )
            )
        elif not remedies:
            remedies.append(
                Remedy(
                    "newer-libstdcxx",
                    text("Use a distribution or environment with libstdc++ of GCC 12 or newer"),
                    (f"{facts.conda_front_end or 'conda'} install -c conda-forge 'libstdcxx-ng>=12'",),
                )
            )
        yield CheckResult(
            {"library": path, "versions": listed(group.versions), "who": group.who},
            loading_evidence(facts, group),
            tuple(remedies),
        )


@check(
    "libgcc-too-old",
    "error",
    title="{library} is too old: it does not have {versions}",
    explanation="What fails to start: {who}.",
    means="An older libgcc_s.so.1 comes first on the loader's paths, as with libstdc++.",
    verified="Seen with the old libstdc++ of Debian 11, which comes with its libgcc.",
    by_hand="Take its folder off LD_LIBRARY_PATH, or update libgcc-ng in that environment.",
    reads=(
        "cwd",
        "interpreter.program.problems",
        "launch.imports",
        "launch.programs",
        "launch.stub",
        "launch.uncopyable",
        "launch.workspace.path",
        "library_path",
        "pytriton.damaged",
        "pytriton.libs",
        "pytriton.package",
        "runtimes",
        "shell",
    ),
)
def libgcc_too_old(facts: Facts) -> Iterator[CheckResult]:
    for group in groups(facts, "libgcc-too-old"):
        path = group.first.provider
        yield CheckResult(
            {"library": path, "versions": listed(group.versions), "who": group.who},
            loading_evidence(facts, group),
            (*link_runtime(facts, path), *drop_folder(facts, path)),
        )


@check(
    "glibc-too-old",
    "error",
    title="This machine's glibc {glibc} is too old: {file} needs {versions}",
    explanation="What fails to start: {who}. No program can bring its own newer glibc.",
    means="A file was built for a newer distribution: PyTriton's wheel forced onto an old one, or a "
    "newer libstdc++ put on the path as a fix, which itself needs a newer glibc.",
    verified="Debian 13's libstdc++ on Debian 12: `GLIBC_2.38' not found. PyTriton 0.7.0 in Debian 11: "
    "`GLIBC_2.34' not found.",
    by_hand="If a library on LD_LIBRARY_PATH needs it, remove that library. Otherwise use a newer "
    "distribution or container, or an older PyTriton.",
    reads=(
        "cwd",
        "host.glibc",
        "interpreter.program.problems",
        "launch.imports",
        "launch.programs",
        "launch.stub",
        "launch.uncopyable",
        "launch.workspace.path",
        "library_path",
        "pytriton.damaged",
        "pytriton.libs",
        "pytriton.package",
        "runtimes",
        "shell",
    ),
)
def glibc_too_old(facts: Facts) -> Iterator[CheckResult]:
    sightings = [sighting for group in groups(facts, "glibc-too-old") for sighting in group.sightings]
    cures = [sighting for sighting in sightings if brought(facts, sighting.problem.needed_by)]
    others = tuple(sighting for sighting in sightings if sighting not in cures)
    # a library that the user put on a path is a separate cause; all the rest is this one old glibc
    for path in dict.fromkeys(sighting.problem.needed_by for sighting in cures):
        seen = tuple(sighting for sighting in cures if sighting.problem.needed_by == path)
        remedies = (*link_runtime(facts, path), *drop_folder(facts, path))
        yield _glibc(facts, ProblemGroup("glibc-too-old", path, seen), remedies)
    if others:
        yield _glibc(facts, ProblemGroup("glibc-too-old", "", others), advice.install(facts))


def _glibc(facts: Facts, group: ProblemGroup, remedies: tuple[Remedy, ...]) -> CheckResult:
    newest = max(group.sightings, key=lambda sighting: _number(sighting.problem.version)).problem
    return CheckResult(
        {
            "glibc": facts.host.glibc,
            "file": newest.needed_by,
            "versions": newest.version,
            "who": group.who,
        },
        (*messages(group), text("affects {who}", who=group.who)),
        remedies,
    )


def _old_distribution(facts: Facts, path: str) -> bool:
    """Return whether a library is the system's own and the system's glibc is too old, too: one cause."""
    return not brought(facts, path) and any(
        not brought(facts, sighting.problem.needed_by)
        for group in groups(facts, "glibc-too-old")
        for sighting in group.sightings
    )


def _number(version: str) -> tuple[int, ...]:
    return tuple(whole(part) for part in version.rpartition("_")[2].split(".") if part.isdecimal())


@check(
    "glibc-from-elsewhere",
    "error",
    title="{folder} contains another glibc",
    explanation="Its parts do not fit those of this machine's glibc. These fail at start: {who}.",
    means="A folder with libc.so.6, libpthread.so.0 or librt.so.1 of another distribution is on "
    "LD_LIBRARY_PATH (a sysroot, an unpacked container or package). The parts of glibc and ld.so must "
    "come from the same build.",
    verified="Debian 11's and Debian 13's libraries on LD_LIBRARY_PATH of Debian 12: nothing starts, "
    "not even Python (`version GLIBC_2.34 not found`, `undefined symbol … GLIBC_PRIVATE`).",
    by_hand="Take that folder off LD_LIBRARY_PATH.",
    reads=(
        "cwd",
        "interpreter.program.problems",
        "launch.imports",
        "launch.programs",
        "launch.stub",
        "launch.uncopyable",
        "launch.workspace.path",
        "library_path",
        "pytriton.damaged",
        "pytriton.package",
        "shell",
    ),
)
def glibc_from_elsewhere(facts: Facts) -> Iterator[CheckResult]:
    for group in groups(facts, "glibc-from-elsewhere"):
        first = group.first
        path = first.provider if os.path.dirname(first.provider) == group.name else first.needed_by
        yield CheckResult(
            {"folder": group.name, "who": group.who},
            loading_evidence(facts, group),
            drop_folder(facts, path),
        )


RULES = (libstdcxx_too_old, libgcc_too_old, glibc_too_old, glibc_from_elsewhere)
