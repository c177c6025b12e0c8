"""Files that are there and that this user may not use: told as such, never as missing."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from shlex import quote

from tritondoctor.checks.edits import OWN_ENVIRONMENT
from tritondoctor.checks.model import CheckResult, Remedy, check, counted, text
from tritondoctor.facts.imports.model import ImportProblem
from tritondoctor.facts.interpreter.model import LinkProblem
from tritondoctor.facts.machine.model import Barrier
from tritondoctor.facts.model import Facts

_MOST = 4
#: what the loader notes of a place that it may not read
_DENIED = os.strerror(errno.EACCES)
#: an interpreter that lies behind one of these looks as if it were not there
_UNREACHED = ("missing", "broken-link", "refused")


@check(
    "access-denied",
    "error",
    title="{user} may not use {path}, which PyTriton needs",
    explanation="It exists, but its permissions (mode {mode}, owner {owner}) do not let this user {what} "
    "it. To Python, what lies there is missing.",
    means="Somebody else installed the environment with a umask such as 077, or the interpreter lies in "
    "a home folder that others may not enter (/root, mode 700).",
    verified="Packages that root installed under umask 077, used by another user: ModuleNotFoundError; "
    "a venv on an interpreter below /root (flathunter#228, pyenv#1843): Permission denied.",
    by_hand="Whoever owns the files gives access: chmod -R a+rX FOLDER. Or make the environment with a "
    "Python that everybody may use.",
    reads=(
        "barriers", "host.user", "interpreter.path", "interpreter.program",
        "interpreter.site_packages", "interpreter.state", "launch.imports", "launch.programs", "pytriton",
    ),
)  # fmt: skip
def access_denied(facts: Facts) -> Iterator[CheckResult]:
    for barrier in facts.barriers:
        stops = [path for path in barrier.blocks if _needed(facts, barrier, path)]
        if not stops:
            continue
        evidence = [text("cannot be reached: {path}", path=path) for path in stops[:_MOST]]
        if len(stops) > _MOST:
            evidence.append(counted("and {n} more", "and {n} more", len(stops) - _MOST))
        fields = {
            "user": facts.host.user,
            "path": barrier.path,
            "mode": barrier.mode,
            "owner": text("root") if barrier.owner == 0 else text("uid {uid}", uid=barrier.owner),
            "what": text("read") if _is_to_be_read(barrier) else text("enter"),
        }
        yield CheckResult(fields, tuple(evidence), _remedies(facts, barrier))


def _is_to_be_read(barrier: Barrier) -> bool:
    """Return whether it is a file, or a folder that may be entered and not listed."""
    return barrier.kind == "file" or {*barrier.blocks} == {barrier.path}


def _remedies(facts: Facts, barrier: Barrier) -> tuple[Remedy, ...]:
    another = Remedy(
        "own-environment",
        text("Make an environment with a Python that this user may use"),
        (OWN_ENVIRONMENT,),
    )
    if barrier.kind == "folder" and facts.interpreter.path in barrier.blocks:
        return (another,)
    return (give_access(barrier.path), another)


def give_access(path: str) -> Remedy:
    """Return the advice for whoever owns a file or folder: this user may not change its mode."""
    title = text("Whoever owns it gives access (this user may not)")
    return Remedy("give-access", title, (f"chmod -R a+rX {quote(path)}",))


def _needed(facts: Facts, barrier: Barrier, path: str) -> bool:
    """Whether the launch fails because of it."""
    if path == facts.interpreter.path:
        return facts.interpreter.state in _UNREACHED
    if facts.pytriton is None:
        places = facts.interpreter.site_packages
        return any(_inside(f"{place}/pytriton", barrier.path) for place in places)
    return any(hides(barrier, problem, facts) for problem in _problems(facts)) or any(
        _is_tried(barrier, problem) for problem in _link_problems(facts)
    )


def _problems(facts: Facts) -> Iterator[ImportProblem]:
    for closure in facts.launch.imports if facts.launch else ():
        yield from closure.problems


def _link_problems(facts: Facts) -> Iterator[LinkProblem]:
    own = facts.interpreter.program
    for program in (*((own,) if own else ()), *(facts.launch.programs if facts.launch else ())):
        yield from program.problems
    for problem in _problems(facts):
        yield from problem.link


def keeps_from_loading(facts: Facts, problem: LinkProblem) -> bool:
    """Return whether a library that was not found lies behind a barrier."""
    return any(_is_tried(barrier, problem) for barrier in facts.barriers)


def _is_tried(barrier: Barrier, problem: LinkProblem) -> bool:
    tried = (os.path.normpath(place.path) for place in problem.tried if place.why == _DENIED)
    return any(_inside(path, barrier.path) for path in tried)


def hides(barrier: Barrier, problem: ImportProblem, facts: Facts) -> bool:
    """Return whether a module that is missing, or not read, lies behind a barrier."""
    if problem.kind == "damaged":
        return problem.path == barrier.path
    interpreter = facts.interpreter
    own = (interpreter.prefix, interpreter.base_prefix)
    closures = facts.launch.imports if facts.launch else ()
    entries = {entry for closure in closures for entry in closure.search_path}
    if any(
        _inside(entry, barrier.path) for entry in entries if any(_inside(entry, folder) for folder in own)
    ):
        return problem.kind == "missing"
    parts = problem.module.split(".")
    places = ("/".join((entry, *parts[: count + 1])) for entry in entries for count in range(len(parts)))
    return problem.kind == "missing" and any(_inside(place, barrier.path) for place in places)


def explained(facts: Facts, path: str) -> bool:
    """Return whether a file is not seen because of a barrier."""
    return any(_inside(path, barrier.path) for barrier in facts.barriers)


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


RULES = (access_denied,)
