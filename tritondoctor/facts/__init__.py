"""What is: read-only probes, each surviving a broken machine, together one frozen `Facts`."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Optional

import msgspec

from tritondoctor.facts.gpu.model import Wanted
from tritondoctor.facts.interpreter.question import Question
from tritondoctor.facts.model import (
    Facts,
    Interpreter,
    Launch,
    LibPython,
    NotRead,
    PathElement,
    PyTriton,
    Surroundings,
)
from tritondoctor.target import Target
from tritondoctor.target.conda_environments import prefix_of

if TYPE_CHECKING:
    from tritondoctor.loader import Files

__all__ = ["Facts", "gather"]


def gather(
    target: Target,
    files: Optional[Files] = None,
    question: Optional[Question] = None,
    *,
    wanted_gpu: Wanted = "auto",
) -> Facts:
    """All facts about a target.  Nothing is written.

    Only the target's interpreter is started, and where there is a card, what asks its driver.  With
    `files` they are the facts of a machine that has those files; a `question` that was answered before
    is not asked again.
    """
    question = question or Question(target)
    # imported while the interpreter thinks
    from tritondoctor.facts import gpu
    from tritondoctor.facts.conda import packages
    from tritondoctor.facts.interpreter import libpythons, startup_code, sys_path
    from tritondoctor.facts.launch import launch, pytriton, runtimes
    from tritondoctor.facts.machine import host, shell_files
    from tritondoctor.loader import Files
    from tritondoctor.privacy import environment

    files = files or Files()
    card = gpu.Probe(files, target, wanted_gpu)
    machine = host.probe(files, target.variables)
    elements = _library_path(files, target)
    lines = shell_files.probe(files, target.variables)
    asked = libpythons.interpreter(question, files, target.cwd)
    prefixes = packages.probe(files, target.variables, [asked.prefix, asked.base_prefix])

    installed: Optional[PyTriton] = None
    launched = None
    path: list[str] = []
    if asked.starts:
        path = sys_path.of_script(files, asked, target.variables, target.cwd)
        theirs = sys_path.user_site(files, asked, target.variables)
        if theirs is not None:
            code = (*asked.startup_code, *startup_code.of_user_site(files, asked, theirs))
            asked = msgspec.structs.replace(asked, startup_code=code)
        installed = pytriton.probe(files, asked, path)
        if installed is not None:
            launched = launch.probe(files, target, asked, installed, has_gpu=card.present)
    shown, hidden = environment.variables(target.variables)
    return Facts(
        host=machine,
        gpu=card.facts(
            machine.container,
            path,
            installed.libs if installed else None,
            launched.driver_libraries if launched else (),
        ),
        interpreter=asked,
        variables=shown,
        hidden_variables=hidden,
        library_path=elements,
        preload_missing=_preload_missing(files, target),
        libpythons=_libpythons(files, asked, target, [prefix.prefix for prefix in prefixes])
        if launched is not None and not _settled(launched, asked)
        else (),
        runtimes=runtimes.probe(files, asked, launched, [prefix.prefix for prefix in prefixes]),
        conda=prefixes,
        shell=lines,
        pytriton=installed,
        launch=launched,
        cwd=target.cwd,
        surroundings=_surroundings(target, launched),
        not_read=tuple(NotRead(path, why) for path, why in sorted(files.set_aside.items())),
    )


def _surroundings(target: Target, launched: Optional[Launch]) -> Optional[Surroundings]:
    if launched is None:
        return None
    from tritondoctor.facts.machine import surroundings

    return surroundings.probe(target, launched.workspace.path)


def _preload_missing(files: Files, target: Target) -> tuple[str, ...]:
    """Elements of LD_PRELOAD with a slash that do not exist; others are searched for."""
    given = re.split("[ :]+", target.variables.get("LD_PRELOAD", ""))
    return tuple(
        path for path in given
        if "/" in path and "$" not in path and not files.exists(os.path.join(target.cwd, path))
    )  # fmt: skip


def _library_path(files: Files, target: Target) -> tuple[PathElement, ...]:
    given = target.variables.get("LD_LIBRARY_PATH", "")
    return tuple(_element(files, part, target.cwd) for part in re.split("[:;]", given)) if given else ()


def _element(files: Files, text: str, cwd: str) -> PathElement:
    if not text:
        return PathElement(text, "empty")
    path = os.path.join(cwd, text)
    prefix = prefix_of(path)
    if not files.lexists(path):
        return PathElement(text, "missing", prefix)
    if not files.is_dir(path):
        return PathElement(text, "not-a-folder", prefix)
    return PathElement(text, "folder" if os.path.isabs(text) else "relative", prefix)


def _settled(launched: Launch, asked: Interpreter) -> bool:
    """Whether the stub loads its own interpreter's libpython, so that no other is of interest."""
    loaded, child = launched.libpython, launched.child_libpython
    right = loaded is not None and loaded.version == asked.stdlib_version == asked.version
    return right and (child is None or child.version == asked.stdlib_version)


def _libpythons(
    files: Files, asked: Interpreter, target: Target, prefixes: list[str]
) -> tuple[LibPython, ...]:
    if not asked.starts:
        return ()
    from tritondoctor.facts.interpreter import libpythons

    found = libpythons.candidates(files, asked, target.variables, prefixes, target.cwd)
    return tuple(LibPython(path, where, libpythons.read_version(files, path)) for path, where in found)
