"""bash between the server and the stub: which one, and what it makes of the variables.

Triton's python backend starts its stub as `bash -c " exec <path> …"` (stub_launcher.cc).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Optional

import msgspec

from tritondoctor.facts.launch.model import ShellEffects
from tritondoctor.facts.machine import shell_files
from tritondoctor.loader import Files
from tritondoctor.support.reading import Limit

if TYPE_CHECKING:
    from tritondoctor.facts.launch.shell_walk import Walk

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
_PROFILE = "/etc/profile"
_MOST_SCRIPTS = 5
#: what every shell has in its binary, and no other program: the name of the prompt's variable
_OF_SHELLS = b"PS1"
_BUSYBOX, _ITS_BASH = "busybox", b"basename\0bash\0"  # the sorted names of its applets


class Shell(msgspec.Struct, frozen=True):
    """What runs where `bash` is asked for.

    `path` is what PATH leads to (None: nothing), `program` the shell that reads the command in the end
    (None: none does), `script` the script that stands before it, `environment` what scripts make of the
    variables.
    """

    path: Optional[str]
    program: Optional[str]
    environment: ShellEffects
    script: Optional[str] = None


class BashEnvironment(msgspec.Struct, frozen=True):
    """The file that BASH_ENV names, the effects of all that runs before the stub, and what the stub gets.

    `stops`: bash never comes to start it.
    """

    path: Optional[str]
    effects: tuple[str, ...]
    variables: dict[str, str]
    stops: bool = False


def on_path(files: Files, name: str, path: Optional[str], cwd: str) -> Optional[str]:
    """The program that execvp(3) would run: an empty element of PATH is the working directory."""
    return next(_all_on_path(files, name, path, cwd), None)


def _all_on_path(files: Files, name: str, path: Optional[str], cwd: str) -> Iterator[str]:
    for folder in (path or "").split(":"):
        candidate = os.path.join(cwd, folder, name)
        if files.is_file(candidate) and files.access(candidate, os.X_OK):
            yield candidate


def shell(files: Files, variables: Mapping[str, str], cwd: str, *, bold: bool = False) -> Shell:
    """Follow `bash` through scripts of that name (execvp(3)); `bold` as `Walk` has it."""
    given = ShellEffects(dict(variables))
    first = None
    for path in _all_on_path(files, "bash", variables.get("PATH"), cwd):
        first = first or path
        interpreter = _interpreter(files, path)
        if interpreter is None:
            is_shell = _is_shell(files, path)
            return Shell(path, path if is_shell else None, given)
        if not interpreter or files.is_file(os.path.join(cwd, interpreter.split()[0])):
            return _through_script(files, path, given, cwd, bold)
    return Shell(first, None, given)


def _interpreter(files: Files, path: str) -> Optional[str]:
    """The words behind `#!`, "" for a text without them; None for a program."""
    try:
        head = files.head(path, 256)
    except OSError:
        return None
    if head[:4] == b"\x7fELF":
        return None
    return head[2:].split(b"\n")[0].decode("utf-8", "replace").strip() if head[:2] == b"#!" else ""


def _is_shell(files: Files, path: str) -> bool:
    name = os.path.basename(files.realpath(path))
    if name == "bash":
        return True
    try:
        content = files.read(path, Limit.LOADER)
    except OSError:
        return True
    return _OF_SHELLS in content and (not name.startswith(_BUSYBOX) or _ITS_BASH in content)


def _walk(files: Files, variables: Mapping[str, str], cwd: str, bold: bool) -> Walk:
    from tritondoctor.facts.launch.shell_walk import Walk

    return Walk(files, variables, cwd, bold=bold)


def _through_script(files: Files, path: str, given: ShellEffects, cwd: str, bold: bool) -> Shell:
    script, effects = path, list(given.effects)
    for _ in range(_MOST_SCRIPTS):
        text = shell_files.read(files, path) or ""
        seen = _walk(files, given.variables, cwd, bold).script(text)
        effects += seen.effects
        program = _handed_to(files, seen, cwd)
        if program is None:
            return Shell(script, None, ShellEffects({}, tuple(effects), stops=True), script)
        given = _logged_in(files, seen, cwd, bold)
        effects += given.effects[len(seen.effects) :]
        if _interpreter(files, program) is None:
            found = program if _is_shell(files, program) else None
            stops = given.stops or found is None or "-r" in seen.hands_over
            return Shell(script, found, ShellEffects(given.variables, tuple(effects), stops), script)
        path = program
    return Shell(script, None, ShellEffects({}, tuple(effects), stops=True), script)


def _handed_to(files: Files, seen: ShellEffects, cwd: str) -> Optional[str]:
    if not seen.hands_over:
        return None
    words = [word for word in seen.hands_over if not re.match(r"(?:\S*/)?env$|\w+=|-u$", word)]
    name = words[0] if words else ""
    if "/" not in name:
        return on_path(files, name, seen.variables.get("PATH"), cwd) if name else None
    path = os.path.join(cwd, name)
    return path if files.is_file(path) else None


def _logged_in(files: Files, seen: ShellEffects, cwd: str, bold: bool) -> ShellEffects:
    """What a login shell makes of the variables (bash(1), INVOCATION), where it is one."""
    if not {"-l", "--login"}.intersection(seen.hands_over):
        return seen
    text = shell_files.read(files, _PROFILE) or ""
    return _walk(files, seen.variables, cwd, bold).startup(text)


def environment_after(files: Files, shell: Shell, cwd: str, *, bold: bool = False) -> BashEnvironment:
    """The environment that bash gives to the stub, once it has read BASH_ENV (bash(1), INVOCATION)."""
    given = shell.environment.variables
    path = _startup_file(given) if _is_bash(files, shell) else ""
    place = os.path.join(cwd, path) if path else ""
    if (bold and path is None and given.get("BASH_ENV")) or _never_ends(files, place):
        return BashEnvironment(given["BASH_ENV"], (given["BASH_ENV"],), {}, stops=True)
    text = shell_files.read(files, place) if place else None
    if shell.environment.stops or (text is None and not _begins_otherwise(given)):
        stops = shell.environment.stops
        return BashEnvironment(None, shell.environment.effects, dict(given), stops)
    walk = _walk(files, given, cwd, bold)
    walk.exported_functions(given)
    after = walk.startup(text or "")
    effects = (*shell.environment.effects, *after.effects)
    return BashEnvironment(None if text is None else path, effects, after.variables, after.stops)


def _never_ends(files: Files, path: str) -> bool:
    """Whether reading it waits or goes on for ever: a device but /dev/null, a pipe, standard input."""
    if path in ("/dev/stdin", "/dev/fd/0"):
        return True
    special = bool(path) and files.exists(path) and not (files.is_file(path) or files.is_dir(path))
    return special and files.realpath(path) != os.devnull


def _is_bash(files: Files, shell: Shell) -> bool:
    return shell.program is not None and "bash" in os.path.basename(files.realpath(shell.program))


def _startup_file(variables: Mapping[str, str]) -> Optional[str]:
    """What BASH_ENV names, None where that takes a program; nothing in posix and in privileged mode
    (bash's shell.c).
    """
    modes = {"posix", "privileged"}.intersection(variables.get("SHELLOPTS", "").split(":"))
    if modes or "POSIXLY_CORRECT" in variables:
        return ""
    path = shell_files.expand(variables.get("BASH_ENV", ""), variables)
    return path and re.sub(r"^~(?=/|$)", lambda tilde: variables.get("HOME", "~"), path)


def _begins_otherwise(variables: Mapping[str, str]) -> bool:
    return "SHELLOPTS" in variables or "BASH_FUNC_exec%%" in variables
