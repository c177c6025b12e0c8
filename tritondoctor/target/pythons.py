"""Whether a file is a Python interpreter: nothing else that a path leads to is ever started."""

from __future__ import annotations

import os
import shlex

from tritondoctor.support.messages import _
from tritondoctor.support.patterns import pattern
from tritondoctor.support.reading import Limit, open_regular, read_head
from tritondoctor.target.model import TargetError

#: as releases, distributions and shims (pyenv, asdf, mise) call it; python3-config is none
_NAME = pattern(r"(?:[Pp]ython|pypy|graalpy)[\d.]*t?d?(?:-dbg|-nogil|-intel64)?")
#: ELF, and the three kinds of Mach-O
_PROGRAMS = (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
#: what an interpreter's main() calls; gdb, vim and others that hold a Python do not
_MAIN = pattern(rb"\0_?(?:Py_BytesMain|Py_Main|_Py_UnixMain|pypy_main_startup)\0")
_SHELL = pattern(rb"#![ \t]*(?:\S*/env[ \t]+(?:-\S+[ \t]+)*)?(?:\S*/)?(?:ba|da|z|k|a)?sh\s")
_PIECE, _OVERLAP = 1 << 22, 64


def is_python(path: str) -> bool:
    """Whether a file may be started as one: by its name, so that a broken one is found broken, or by what
    is in it.
    """
    return has_name(path) or has_name(os.path.realpath(path)) or is_program(path)


def has_name(path: str) -> bool:
    """Whether it is called as an interpreter is."""
    return bool(_NAME.fullmatch(os.path.basename(path)))


def is_program(path: str) -> bool:
    """Whether it is a program that does what Python's own does."""
    try:
        if not read_head(path, 4).startswith(_PROGRAMS):
            return False
        with open_regular(path, Limit.LIBRARY) as file:
            before = b""
            while piece := file.read(_PIECE):
                if _MAIN.search(before + piece):
                    return True
                before = piece[-_OVERLAP:]
    except OSError:
        pass
    return False


def none_in(path: str, shown: str) -> TargetError:
    """What to say of a file that is no interpreter; `shown` is the path as the user gave it."""
    try:
        head = read_head(path, 256)
    except OSError:
        head = b"?"
    name = shlex.quote(shown)
    if not head:
        return TargetError(
            _("{path} is empty, not a Python interpreter; name the Python that you start PyTriton with.",
              path=name)
        )  # fmt: skip
    if _SHELL.match(head):
        return TargetError(
            _("{path} is a shell script, not a Python interpreter; name the Python that you start "
              "PyTriton with.", path=name)
        )  # fmt: skip
    return TargetError(
        _("{path} is not a Python interpreter; name the Python that you start PyTriton with.", path=name)
    )
