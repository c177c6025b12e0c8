"""`sys.path` of the launch's processes, from that of the isolated interpreter."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Optional

from tritondoctor.facts.interpreter.model import Interpreter
from tritondoctor.facts.machine import shell_files
from tritondoctor.loader import Files


def of_script(
    files: Files, interpreter: Interpreter, variables: Mapping[str, str], cwd: str
) -> list[str]:
    """`sys.path` of a script in `cwd`, from the isolated one: script folder, PYTHONPATH, user site."""
    first = [] if variables.get("PYTHONSAFEPATH") else [cwd]
    return _with_environment(files, first, interpreter, variables, cwd)


def of_stub(
    files: Files,
    interpreter: Interpreter,
    variables: Mapping[str, str],
    cwd: str,
    last: Sequence[str],
    *,
    isolated: bool,
) -> list[str]:
    """`sys.path` in the stub: the working directory first, then, unless isolated, what the variables add;
    the folders of the model and of the backend last.
    """
    paths = (
        [cwd, *interpreter.sys_path]
        if isolated
        else _with_environment(files, [cwd], interpreter, variables, cwd)
    )
    return [*paths, *last]


def before_own(variables: Mapping[str, str], cwd: str) -> list[str]:
    """The entries that come before the interpreter's own: working directory and PYTHONPATH."""
    given = variables.get("PYTHONPATH", "")
    return [cwd, *(os.path.normpath(os.path.join(cwd, part)) for part in given.split(":") if part)]


def put_first(interpreter: Interpreter) -> Sequence[str]:
    """What lines of .pth files put before Python's own library, or before the zip file of it
    (`pythonXY.zip`), as those of easy_install do with its eggs.
    """
    library = f"/python{interpreter.minor.replace('.', '')}.zip"
    for number, entry in enumerate(interpreter.sys_path):
        if entry == interpreter.stdlib or entry.endswith(library):
            return interpreter.sys_path[:number]
    return ()


def _with_environment(
    files: Files, first: Sequence[str], interpreter: Interpreter, variables: Mapping[str, str], cwd: str
) -> list[str]:
    given = variables.get("PYTHONPATH", "")
    paths = [os.path.join(cwd, part) for part in given.split(":")] if given else []
    rest = list(interpreter.sys_path)
    user = _user_site(files, interpreter, variables)
    # a virtual environment's own come first (`site.venv`)
    own = f"{interpreter.prefix}/" if interpreter.prefix != interpreter.base_prefix else "//"
    at = next(
        (n for n, path in enumerate(rest)
         if path in interpreter.site_packages and not path.startswith(own)),
        len(rest),
    )  # fmt: skip
    rest[at:at] = user
    return [*first, *(os.path.normpath(path) for path in paths), *rest]


def user_site(files: Files, interpreter: Interpreter, variables: Mapping[str, str]) -> Optional[str]:
    """The user's site-packages where a process that is not isolated has them on its path."""
    folder = interpreter.user_site
    if not folder or variables.get("PYTHONNOUSERSITE") or not files.is_dir(folder):
        return None
    if interpreter.prefix != interpreter.base_prefix and not _system_site(files, interpreter.prefix):
        return None
    return folder


def _user_site(files: Files, interpreter: Interpreter, variables: Mapping[str, str]) -> list[str]:
    """The user's site-packages and what its .pth files add (CPython's Lib/site.py)."""
    folder = user_site(files, interpreter, variables)
    if folder is None:
        return []
    added = [folder]
    for name in _names(files, folder):
        text = shell_files.read(files, os.path.join(folder, name)) if name.endswith(".pth") else None
        for line in (text or "").splitlines():
            path = os.path.join(folder, line.strip())
            if line.strip() and not line.startswith(("#", "import ", "import\t")):
                added += [path] if files.is_dir(path) else []
    return added


def _names(files: Files, folder: str) -> list[str]:
    try:
        return files.listdir(folder)
    except OSError:
        return []


def _system_site(files: Files, prefix: str) -> bool:
    text = shell_files.read(files, os.path.join(prefix, "pyvenv.cfg")) or ""
    return re.search(r"^include-system-site-packages\s*=\s*true", text, re.M | re.I) is not None
