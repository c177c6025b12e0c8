"""What is: read-only probes, each surviving a broken machine, together one frozen `Facts`."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Optional

import msgspec

from tritondoctor.facts.conda.model import PathElement
from tritondoctor.facts.gpu.model import Wanted
from tritondoctor.facts.interpreter.model import Interpreter, LibPython
from tritondoctor.facts.interpreter.question import Question
from tritondoctor.facts.launch.model import Launch, PyTriton
from tritondoctor.facts.machine.model import NotRead, Surroundings
from tritondoctor.facts.model import Facts
from tritondoctor.target import Target
from tritondoctor.target.conda_environments import prefix_of

if TYPE_CHECKING:
    from tritondoctor.facts.machine.machine import MachineFacts
    from tritondoctor.loader import Files

__all__ = ["Facts", "ObservedTarget", "gather", "observe", "observe_environment", "observe_machine"]


class ObservedTarget(msgspec.Struct, frozen=True):
    """The facts of a target, and what they were observed with, as other worlds can be."""

    facts: Facts
    target: Target
    files: Files
    machine: MachineFacts
    question: Question


def gather(target: Target, *, wanted_gpu: Wanted = "auto") -> Facts:
    """All facts about a target, as it is.  Nothing is written."""
    return observe(target, Question(target), wanted_gpu=wanted_gpu).facts


def observe(target: Target, question: Question, *, wanted_gpu: Wanted = "auto") -> ObservedTarget:
    """The target as it is; its interpreter is asked the question already.  Nothing is written.

    Only the target's interpreter is started, and where there is a card, what asks its driver; a copy of
    this process tries what a start needs of the kernel.
    """
    # imported while the interpreter thinks
    from tritondoctor.loader import Files

    files = Files()
    machine = observe_machine(target, wanted_gpu, files.apart())
    facts = observe_environment(files, target, machine, question)
    return ObservedTarget(facts, target, files, machine, question)


def observe_machine(
    target: Target, wanted_gpu: Wanted = "auto", files: Optional[Files] = None
) -> MachineFacts:
    """What is true of this machine whatever is simulated: ports, processes, limits, cards."""
    from tritondoctor.facts.machine.machine import MachineFacts

    return MachineFacts(target, wanted_gpu, files)


def observe_environment(files: Files, target: Target, machine: MachineFacts, question: Question) -> Facts:
    """What follows from files and variables, which may be those of a simulated world.

    The disk is read through `files` alone; the interpreter answers the `question`.
    """
    from tritondoctor.facts import gpu
    from tritondoctor.facts.barriers import barriers
    from tritondoctor.facts.conda import activation, packages
    from tritondoctor.facts.interpreter import account
    from tritondoctor.facts.launch import launch, pytriton, runtimes
    from tritondoctor.facts.machine import shell_files
    from tritondoctor.privacy import environment

    card = gpu.Probe(files, target, machine)
    lines = (*shell_files.probe(files, target.variables), *activation.probe(files, target.variables))
    interpreter = account.probe(question, files, target.cwd, target.variables)
    own = account.changed(target.variables, question.changes())
    target = msgspec.structs.replace(target, variables=own)
    conda = packages.probe(
        files, target.variables, machine.conda_prefixes(target.variables),
        [interpreter.prefix, interpreter.base_prefix],
    )  # fmt: skip
    prefixes = [prefix.prefix for prefix in conda]

    installed: Optional[PyTriton] = None
    launched: Optional[Launch] = None
    path: list[str] = []
    if interpreter.starts:
        path, interpreter = _search_path(files, interpreter, target)
        installed = pytriton.probe(files, interpreter, path)
        if installed is not None:
            launched = launch.probe(files, target, machine, interpreter, installed)
    shown, hidden = environment.variables(target.variables)
    return Facts(
        host=machine.host,
        gpu=card.facts(
            machine.host.container,
            path,
            installed.libs if installed else None,
            launched.driver_libraries if launched else (),
        ),
        interpreter=interpreter,
        variables=shown,
        hidden_variables=hidden,
        library_path=_library_path(files, target),
        preload_missing=_preload_missing(files, target),
        libpythons=_libpythons(files, interpreter, target, prefixes)
        if launched is not None and not _is_settled(launched, interpreter)
        else (),
        runtimes=runtimes.probe(files, interpreter, launched, prefixes),
        conda=conda,
        shell=lines,
        pytriton=installed,
        launch=launched,
        cwd=target.cwd,
        surroundings=_surroundings(machine, target, launched),
        kernel=machine.kernel,
        conda_front_end=machine.conda_front_end(target.variables) if conda else "",
        barriers=barriers(files),
        not_read=tuple(NotRead(path, why) for path, why in sorted(files.set_aside.items())),
    )


def _search_path(files: Files, interpreter: Interpreter, target: Target) -> tuple[list[str], Interpreter]:
    """The search path of a script, and the interpreter with the code of PYTHONPATH and of the user's
    site-packages.
    """
    from tritondoctor.facts.interpreter import startup_code, sys_path

    path = sys_path.of_script(files, interpreter, target.variables, target.cwd)
    first = sys_path.before_own(target.variables, target.cwd)[1:]
    code = startup_code.of_search_path(files, interpreter, first, target.variables)
    folder = sys_path.user_site(files, interpreter, target.variables)
    if folder is not None:
        code = (*code, *startup_code.of_user_site(files, interpreter, folder, target.variables))
    return path, msgspec.structs.replace(interpreter, startup_code=code)


def _surroundings(
    machine: MachineFacts, target: Target, launched: Optional[Launch]
) -> Optional[Surroundings]:
    if launched is None:
        return None
    from tritondoctor.facts.machine import surroundings

    leftovers = machine.leftovers(launched.workspace.path)
    return surroundings.probe(machine.resources, target.variables, leftovers)


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
    prefix = prefix_of(path, files.is_dir)
    if not files.lexists(path):
        return PathElement(text, "missing", prefix)
    if not files.is_dir(path):
        return PathElement(text, "not-a-folder", prefix)
    return PathElement(text, "folder" if os.path.isabs(text) else "relative", prefix)


def _is_settled(launched: Launch, interpreter: Interpreter) -> bool:
    """Whether the stub loads its own interpreter's libpython, so that no other is of interest."""
    loaded, child = launched.libpython, launched.child_libpython
    right = loaded is not None and loaded.version == interpreter.stdlib_version == interpreter.version
    return right and (child is None or child.version == interpreter.stdlib_version)


def _libpythons(
    files: Files, interpreter: Interpreter, target: Target, prefixes: list[str]
) -> tuple[LibPython, ...]:
    if not interpreter.starts:
        return ()
    from tritondoctor.facts.interpreter import libpythons

    places = libpythons.candidates(files, interpreter, target.variables, prefixes, target.cwd)
    return tuple(LibPython(path, where, libpythons.read_version(files, path)) for path, where in places)
