"""As whom root asks, repairs and starts an environment: whoever could put code of theirs into it.

Only root asks these questions: anybody else has the same rights before and after.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Optional

from tritondoctor.support import writers
from tritondoctor.support.messages import _
from tritondoctor.support.processes import Identity, become, tries_as
from tritondoctor.support.reading import Limit, list_folder, read_text
from tritondoctor.support.variables import replace

#: path_resolution(7): the kernel follows no more links
_MOST_LINKS = 40
_NOBODY = Identity(65534, 65534, (), "nobody")


def owner_of(python: str) -> Optional[Identity]:
    """The user that an interpreter has to be run as; None: this one, because nobody else can change it.

    Of several the first on the way to it; who may write is nobody in particular where that is anyone.
    """
    if os.geteuid() != 0 or _alone_in_namespace():
        return None
    look = cache(os.lstat)  # most of these files have most of their way in common
    uid = next((uid for path in _deciding(python) for uid in _others_on(path, look)), None)
    return None if uid is None else _NOBODY if uid == _NOBODY.uid else _identity(uid)


def who_can_change(owner: Identity) -> str:
    """Who an owner stands for, in a sentence: `nobody` is nobody in particular."""
    return _("any user") if owner == _NOBODY else owner.name


def may_start(identity: Identity, python: str) -> bool:
    """Whether that user can start it, or root cannot either."""
    if not os.access(python, os.X_OK):
        return True
    return tries_as(identity, lambda: os.access(python, os.X_OK))


def may_run_us(identity: Identity) -> bool:
    """Whether that user may read this doctor and start its Python."""
    needed = [_in_archive(path) for path in (__file__, str(os.__file__), *_packages())]
    return tries_as(
        identity,
        lambda: os.access(sys.executable, os.X_OK) and all(os.access(path, os.R_OK) for path in needed),
    )


def _in_archive(path: str) -> str:
    """The path, or the archive that it lies in."""
    while not os.path.exists(path):
        path = os.path.dirname(path)
    return path


def act_as(identity: Identity, variables: Mapping[str, str]) -> dict[str, str]:
    """Makes this process that user's for good; the variables that it then has, root's own left out.

    Raises OSError where the kernel does not allow it.
    """
    become(identity)
    kept = _for_others(variables)
    kept |= {"HOME": identity.home, "USER": identity.name, "LOGNAME": identity.name}
    replace(kept)
    if not os.access(".", os.R_OK | os.X_OK):
        os.chdir(identity.home)
    return kept


def _for_others(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that may be shown and do not lead into root's home."""
    from tritondoctor.privacy import environment

    shown, _hidden = environment.variables(variables)
    home = os.path.join(variables.get("HOME", "/root"), "")
    searched = ("PATH", "LD_LIBRARY_PATH", "LD_PRELOAD", "PYTHONPATH")
    return {
        name: variables[name] for name in shown
        if name in searched or not variables[name].startswith(home)
    }  # fmt: skip


def _packages() -> list[str]:
    import msgspec
    import rich

    return [str(msgspec.__file__), str(rich.__file__)]


def _alone_in_namespace() -> bool:
    """Whether root here is one user of a namespace that has no other, with no rights over others."""
    try:
        lines = read_text("/proc/self/uid_map", Limit.TINY).split("\n")
    except OSError:
        return False
    return [line.split()[2:] for line in lines if line] == [["1"]]


def _identity(uid: int) -> Identity:
    import pwd

    try:
        known = pwd.getpwuid(uid)
    except KeyError:
        return Identity(uid, _NOBODY.gid, (), f"uid {uid}")
    groups = tuple(os.getgrouplist(known.pw_name, known.pw_gid))
    return Identity(uid, known.pw_gid, groups, known.pw_name, known.pw_dir)


def _deciding(python: str) -> Iterator[str]:
    """The files that decide what runs: itself, pyvenv.cfg, the standard library that these lead to."""
    yield python
    bins = {os.path.dirname(path): None for path in (python, os.path.realpath(python))}
    for folder in list(bins):
        for config in (f"{folder}/pyvenv.cfg", f"{os.path.dirname(folder)}/pyvenv.cfg"):
            if os.path.lexists(config):
                yield config
                bins.update(dict.fromkeys(_home_in(config)))
    for prefix in dict.fromkeys(map(os.path.dirname, bins)):
        library = f"{prefix}/lib"
        try:
            names = [name for name in list_folder(library) if re.match(r"python3|libpython3", name)]
        except OSError:
            continue
        yield from (f"{library}/{name}" for name in names)


def _home_in(config: str) -> list[str]:
    try:
        return re.findall(r"(?m)^home\s*=\s*(/.*?)\s*$", read_text(config, Limit.SETTINGS))
    except OSError:
        return []


def _others_on(path: str, look: Callable[[str], os.stat_result]) -> Iterator[int]:
    """The uids, but root's, that own or may replace what lies on the way to a file, links followed."""
    parts, at, links = [part for part in path.split("/") if part][::-1], "/", 0
    while parts:
        part = parts.pop()
        at = os.path.dirname(at) if part == ".." else os.path.join(at, part)
        try:
            info = look(at)
        except OSError:
            return
        if info.st_uid != 0:
            yield info.st_uid
        if stat.S_ISLNK(info.st_mode):
            links += 1
            aim = os.readlink(at)
            if links > _MOST_LINKS:
                return
            parts += [part for part in aim.split("/") if part not in ("", ".")][::-1]
            at = "/" if aim.startswith("/") else os.path.dirname(at)
        else:
            yield from _others_than_its_owner(at, info)


def _others_than_its_owner(path: str, info: os.stat_result) -> Iterator[int]:
    """Uids, but root's, that may change it without owning it; in a sticky folder only what is theirs."""
    if stat.S_ISDIR(info.st_mode) and info.st_mode & stat.S_ISVTX:
        return
    may_write = writers.of(path, info)
    yield from (uid for uid in may_write.users if uid != 0)
    if may_write.anyone or any(gid != 0 and _has_members(gid) for gid in may_write.groups):
        yield _NOBODY.uid


def _has_members(gid: int) -> bool:
    """Whether anybody but root is in a group (Debian's staff, of /usr/local, has no member)."""
    import grp
    import pwd

    try:
        members = set(grp.getgrgid(gid).gr_mem)
    except KeyError:
        return True
    return bool(members - {"root"}) or any(user.pw_gid == gid and user.pw_uid for user in pwd.getpwall())
