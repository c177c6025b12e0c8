"""As whom root asks, repairs and starts an environment: whoever could put code of theirs into it.

Only root asks these questions: anybody else has the same rights before and after.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Optional

from tritondoctor.support import writers
from tritondoctor.support.messages import _
from tritondoctor.support.processes import Identity, become, tries_as
from tritondoctor.support.reading import Limit, list_folder, read_text, scan_folder
from tritondoctor.support.variables import replace

#: path_resolution(7): the kernel follows no more links
_MOST_LINKS = 40
Look = Callable[[str], os.stat_result]
_CODE = (".py", ".pyc", ".so", ".pth", ".zip", ".egg")
_NOBODY = Identity(65534, 65534, (), "nobody")


def owner_of(python: str) -> Optional[Identity]:
    """The user that an interpreter has to be run as; None: this one, because nobody else can change it.

    Of several the first on the way to it; who may write is nobody in particular where that is anyone.
    """
    if os.geteuid() != 0 or _alone_in_namespace():
        return None
    return next((_identity(uid) for _path, uid in _others_of(_deciding(python), cache(os.lstat))), None)


def owner_of_all(python: str, variables: Mapping[str, str]) -> Optional[tuple[Identity, str]]:
    """The same for a Python that is started as PyTriton starts it, with its packages; and the file that
    this user can change.
    """
    if os.geteuid() != 0 or _alone_in_namespace():
        return None
    deciding, look = list(_deciding(python)), cache(os.lstat)
    added = [os.path.abspath(path) for path in variables.get("PYTHONPATH", "").split(":") if path]
    libraries = [path for path in deciding if os.path.basename(path).startswith("python3")]
    others = chain(_others_of(deciding, look), _inside(libraries, added, look))
    return next(((_identity(uid), path) for path, uid in others), None)


def _others_of(paths: Iterable[str], look: Look) -> Iterator[tuple[str, int]]:
    return ((path, uid) for path in paths for uid in _others_on(path, look))


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

    if uid == _NOBODY.uid:
        return _NOBODY
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
        for library in (f"{prefix}/lib", f"{prefix}/lib64", f"{prefix}/local/lib"):
            try:
                names = [name for name in list_folder(library) if re.match(r"python3|libpython3", name)]
            except OSError:
                continue
            yield from (f"{library}/{name}" for name in names)


def _inside(libraries: Sequence[str], added: Sequence[str], look: Look) -> Iterator[tuple[str, int]]:
    """All that Python's libraries hold, and what can be imported of other folders of its search path:
    (path, uid of whom it belongs to or may be changed by), but for root's.
    """
    waiting, seen = [(path, True) for path in libraries] + [(path, False) for path in added], set[str]()
    while waiting:
        folder, whole = waiting.pop()
        yield from ((folder, uid) for uid in _others_on(folder, look))
        for entry in _below(os.path.realpath(folder), seen, whole=whole):
            if entry.is_symlink():
                yield from ((entry.path, uid) for uid in _others_on(entry.path, look))
                if entry.is_dir():
                    waiting.append((entry.path, whole))
            else:
                yield from ((entry.path, uid) for uid in _others_of_entry(entry))
                if entry.name.endswith(".pth"):
                    waiting += [(path, False) for path in _added_by(entry.path)]


def _others_of_entry(entry: os.DirEntry[str]) -> Iterator[int]:
    try:
        info = entry.stat(follow_symlinks=False)
    except OSError:  # it has just gone
        return
    yield from _others_at(entry.path, info)


def _below(folder: str, seen: set[str], *, whole: bool) -> Iterator[os.DirEntry[str]]:
    """What is imported, a folder before what is in it; no link is followed, and no folder seen twice."""
    waiting = [folder]
    while waiting:
        folder = waiting.pop()
        if folder in seen:
            continue
        seen.add(folder)
        for entry in _entries(folder):
            if whole or _is_imported(entry.name, entry.is_dir()):
                yield entry
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)


def _is_imported(name: str, is_folder: bool) -> bool:
    return name.isidentifier() if is_folder else name.endswith(_CODE)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        return scan_folder(folder)
    except OSError:
        return []


def _added_by(path: str) -> list[str]:
    try:
        lines = read_text(path, Limit.SETTINGS).split("\n")
    except OSError:
        return []
    named = [line.strip() for line in lines if not line.startswith(("#", "import ", "import\t"))]
    return [os.path.join(os.path.dirname(path), line) for line in named if line]


def _home_in(config: str) -> list[str]:
    try:
        return re.findall(r"(?m)^home\s*=\s*(/.*?)\s*$", read_text(config, Limit.SETTINGS))
    except OSError:
        return []


def _others_on(path: str, look: Look) -> Iterator[int]:
    """The uids, but root's, that own or may replace what lies on the way to a file, links followed."""
    parts, at, links = [part for part in path.split("/") if part][::-1], "/", 0
    while parts:
        part = parts.pop()
        at = os.path.dirname(at) if part == ".." else os.path.join(at, part)
        try:
            info = look(at)
        except OSError:
            return
        yield from _others_at(at, info)
        if stat.S_ISLNK(info.st_mode):
            links += 1
            aim = os.readlink(at)
            if links > _MOST_LINKS:
                return
            parts += [part for part in aim.split("/") if part not in ("", ".")][::-1]
            at = "/" if aim.startswith("/") else os.path.dirname(at)


def _others_at(path: str, info: os.stat_result) -> Iterator[int]:
    """The uids, but root's, that own it or may change it; in a sticky folder they only change theirs."""
    if info.st_uid != 0:
        yield info.st_uid
    if stat.S_ISLNK(info.st_mode) or (stat.S_ISDIR(info.st_mode) and info.st_mode & stat.S_ISVTX):
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
