"""Two environments: the user's, which is examined, and the one that the doctor and its own children have.

What the dynamic loader or Python obeys is meant for the program examined.  The starter has renamed the
loader's variables before this process began (starter/tritondoctor); here both are taken out of
`os.environ`, and put together again for whoever asks for the user's.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

#: ld.so(8), "Environment"; starter/tritondoctor has the same names
LOADER = (
    "GLIBC_TUNABLES", "LD_ASSUME_KERNEL", "LD_AUDIT", "LD_BIND_NOT", "LD_BIND_NOW", "LD_DEBUG",
    "LD_DEBUG_OUTPUT", "LD_DYNAMIC_WEAK", "LD_HWCAP_MASK", "LD_LIBRARY_PATH", "LD_ORIGIN_PATH",
    "LD_POINTER_GUARD", "LD_PREFER_MAP_32BIT_EXEC", "LD_PRELOAD", "LD_PROFILE", "LD_PROFILE_OUTPUT",
    "LD_SHOW_AUXV", "LD_TRACE_LOADED_OBJECTS", "LD_TRACE_PRELINKING", "LD_USE_LOAD_BIAS", "LD_VERBOSE",
    "LD_WARN",
)  # fmt: skip
#: CPython's Modules/getpath.py takes them for the path of the program, from 3.11 on, even with -I
LAUNCHERS = ("__PYVENV_LAUNCHER__", "PYTHONEXECUTABLE")
_RENAMED = {
    **{f"_{name[1:]}": name for name in LOADER},
    **dict(zip(("_PYVENV_LAUNCHER", "_YTHONEXECUTABLE"), LAUNCHERS)),
}
#: the functions that bash exports, an entry a line; a line break in one is \x01
_FUNCTIONS = "_BASH_FUNC"

_aside: dict[str, str] = {}


def set_aside() -> None:
    """Takes what is meant for the program examined out of this process' environment."""
    unfit = [
        name for name, value in os.environ.items() if _is_for_others(name) or _is_no_size(name, value)
    ]
    _aside.update({name: os.environ.pop(name) for name in unfit})
    for renamed, name in _RENAMED.items():
        if renamed in os.environ:
            _aside[name] = os.environ.pop(renamed)
    for function in os.environ.pop(_FUNCTIONS, "").splitlines():
        name, _, text = function.partition("=")
        _aside[name] = text.replace("\x01", "\n")


def of_user() -> dict[str, str]:
    """The variables that the doctor was started with, as PyTriton would be started with them."""
    return {**os.environ, **_aside}


def replace(variables: Mapping[str, str]) -> None:
    """Makes these the user's variables, in place of those that the doctor was started with."""
    os.environ.clear()
    _aside.clear()
    os.environ.update(variables)
    set_aside()


def for_children(variables: Mapping[str, str]) -> dict[str, str]:
    """The user's variables for a program of ours or of the user's tools: nothing for loader or Python."""
    return {name: value for name, value in variables.items() if not _is_for_others(name)}


def _is_for_others(name: str) -> bool:
    return name.startswith(("LD_", "PYTHON")) or name in ("GLIBC_TUNABLES", *LAUNCHERS)


def _is_no_size(name: str, value: str) -> bool:
    """Whether it tells of a terminal on which nothing can be read; rich takes it as it is."""
    return name in ("COLUMNS", "LINES") and not (value.isdecimal() and 20 <= int(value[:6]) <= 10_000)
