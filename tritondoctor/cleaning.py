"""Removes what dead PyTriton processes have left; each thing is looked at again before it goes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tritondoctor.facts import home, leftovers
from tritondoctor.facts.model import Leftover

_SECONDS_TO_DIE = 10


class Removal(NamedTuple):
    """What became of a leftover; `problem` is empty where it is gone."""

    leftover: Leftover
    problem: str


def find(variables: Mapping[str, str], cwd: str) -> tuple[Leftover, ...]:
    """Everything of dead PyTritons that this user may remove."""
    return (*leftovers.find(_roots(variables, cwd)), *leftovers.environment_folders())


def remove(found: Sequence[Leftover]) -> tuple[Removal, ...]:
    """Ends orphaned servers first, then removes what they and others have left."""
    order = sorted(found, key=lambda one: one.kind != "server")
    done = [Removal(one, _remove(one, {})) for one in order if one.kind == "server"]
    alive = {one.leftover.where: one.problem for one in done if one.problem}
    rest = [one for one in order if one.kind != "server"]
    return (*done, *(Removal(one, _remove(one, alive)) for one in rest))


def _roots(variables: Mapping[str, str], cwd: str) -> list[str]:
    """Where the releases, newer and older, put their workspaces."""
    return list(
        dict.fromkeys(home.pytriton_home(variables, cwd, named=named)[0] for named in (True, False))
    )


def _remove(one: Leftover, alive: Mapping[str, str]) -> str:
    if one.kind == "server":
        return _end(int(one.where))
    if str(one.held_by) in alive:
        return f"process {one.held_by} still uses it"
    if not leftovers.is_still(one):
        return "a process uses it by now" if os.path.lexists(one.where) else ""
    try:
        if one.kind == "segment":
            os.unlink(one.where)
        elif one.kind == "environment-folder":
            os.rmdir(one.where)
        else:
            shutil.rmtree(one.where)
    except OSError as failure:
        return failure.strerror or str(failure)
    return ""


def _end(pid: int) -> str:
    """Kills an orphaned server with its stubs; psutil knows whether a pid is still the same process."""
    import psutil

    from tritondoctor.facts import holders

    try:
        process = psutil.Process(pid)
        ours = holders.server(pid)
        if ours is None or not ours.orphan:
            return "it is no orphan any more"
        family = [process, *process.children(recursive=True)]
        for one in family:
            one.kill()
        _, living = psutil.wait_procs(family, timeout=_SECONDS_TO_DIE)
    except psutil.NoSuchProcess:
        return ""
    except psutil.AccessDenied:
        return "this user may not end it"
    return "it does not die" if living else ""
