"""The machine around the launch: what is left to take of it, and what is in the way."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator, Mapping
from typing import Optional

from tritondoctor.facts import cgroup, leftovers, listed, network
from tritondoctor.facts.model import OddSetting, PyTriton, Surroundings
from tritondoctor.facts.settings import PREFIX, Settings
from tritondoctor.loader import Files
from tritondoctor.support.reading import list_folder
from tritondoctor.target import Target

_MOST_MODELS = 10_000


def probe(files: Files, target: Target, installed: PyTriton, workspaces: str) -> Surroundings:
    """Reads /proc and /dev/shm; the pseudo-terminal that it opens is closed at once."""
    proxied = tuple(
        host for host in ("localhost", "127.0.0.1") if network.grpc_proxy(target.variables, host)
    )
    return Surroundings(
        pty_problem=_pty_problem(),
        memory_left=cgroup.memory_left(),
        threads_left=cgroup.threads_left(),
        cpu_seconds=_cpu_seconds(),
        shared_memory_total=_total(leftovers.SHARED_MEMORY),
        localhost=network.localhost(),
        grpc_proxy=network.grpc_proxy(target.variables, proxied[0]) if proxied else None,
        grpc_proxied=proxied,
        odd_settings=tuple(_odd_settings(files, installed.package, target.variables)),
        leftovers=leftovers.own((workspaces,)),
    )


def _pty_problem() -> str:
    """Why there is no pseudo-terminal, on which the `sh` package runs the server; "" where there is."""
    try:
        for end in os.openpty():
            os.close(end)
    except OSError as failure:
        return failure.strerror or str(failure)
    return ""


def _cpu_seconds() -> Optional[int]:
    limit = resource.getrlimit(resource.RLIMIT_CPU)[0]
    return None if limit == resource.RLIM_INFINITY else limit


def _total(path: str) -> Optional[int]:
    try:
        stats = os.statvfs(path)
    except OSError:
        return None
    return stats.f_blocks * stats.f_frsize


def _odd_settings(files: Files, package: str, variables: Mapping[str, str]) -> Iterator[OddSetting]:
    if not any(name.startswith(PREFIX) for name in variables):
        return
    import difflib

    settings = Settings(files, package, variables)
    for key, value in settings.values.items() if settings.types else ():
        name = PREFIX + key.upper()
        known = {key, listed.base_of(key) if settings.release.numbered else key} & settings.types.keys()
        if not known:
            near = difflib.get_close_matches(key, settings.types, 1, 0.7)
            yield OddSetting(name, "unknown", PREFIX + near[0].upper() if near else "")
        elif settings.types.get(key) == "bool" and value.lower() in ("false", "no", "off", "0"):
            yield OddSetting(name, "reads-true")
        elif key == "log_verbose" and value.isdigit() and int(value):
            yield OddSetting(name, "verbose")
        elif key == "model_repository" and (models := _models(value)):
            yield OddSetting(name, "other-models", str(models))


def _models(repository: str) -> int:
    """How many folders of a model repository hold a model: a configuration, or a version."""
    folders = (os.path.join(repository, name) for name in _names(repository))
    return sum(any(name == "config.pbtxt" or name.isdigit() for name in _names(one)) for one in folders)


def _names(folder: str) -> list[str]:
    try:
        return list_folder(folder, _MOST_MODELS)
    except OSError:
        return []
