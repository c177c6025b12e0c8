"""A target that the command line names: by a path, an interpreter, a folder, a name or a process."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping

import msgspec

from tritondoctor.support.messages import _
from tritondoctor.target import nearby, programs, pythons, strangers
from tritondoctor.target.conda_environments import environment_names, named_prefixes
from tritondoctor.target.model import Named, Target, TargetError, python_of


def chosen(known: dict[str, str], cwd: str, named: Named) -> Target:
    """The target that one field of `named` leads to.  Raises TargetError where it leads to none."""
    if named.path is not None:
        return _of_path(named.path, known, cwd)
    if named.python is not None:
        return _of_python(named.python, known, cwd)
    if named.conda_env is not None:
        found = _of_name(named.conda_env, known)
        return Target(python_of(found), found, f"--conda-env {shlex.quote(named.conda_env)}", known, cwd)
    if named.prefix is not None:
        return _of_prefix(named.prefix, known, cwd)
    from tritondoctor.target.process import of_process

    return of_process(named.pid or 0)


def _of_python(python: str, known: dict[str, str], cwd: str) -> Target:
    path = python if "/" in python else programs.first_on_path(python, known.get("PATH"))
    if not path:
        raise TargetError(_("--python {name}: no such program on PATH. Give its full path.", name=python))
    path = os.path.join(cwd, os.path.expanduser(path))
    if not os.path.lexists(path):
        raise TargetError(_("--python {path}: no such file.", path=python))
    if os.path.isdir(path):
        raise TargetError(
            _("--python {path} is a folder. For an environment's folder use --prefix.", path=python)
        )
    if not pythons.is_python(path):
        raise pythons.none_in(path, python)
    return Target(path, None, f"--python {shlex.quote(python)}", known, cwd)


def _of_prefix(prefix: str, known: dict[str, str], cwd: str) -> Target:
    folder = os.path.normpath(os.path.join(cwd, os.path.expanduser(prefix)))
    if not os.path.isdir(folder):
        raise TargetError(_("--prefix {path}: no such folder.", path=prefix))
    if not nearby.is_environment(folder):
        raise TargetError(_("{path} is not an environment: it has no bin/python.", path=prefix))
    return Target(python_of(folder), folder, f"--prefix {shlex.quote(prefix)}", known, cwd)


def _of_path(path: str, known: dict[str, str], cwd: str) -> Target:
    """A folder is an environment or a project that has one; a file an interpreter or a script."""
    full = os.path.normpath(os.path.join(cwd, os.path.expanduser(path)))
    if os.path.isdir(full):
        if nearby.is_environment(full):
            return _of_prefix(path, known, cwd)
        return _of_project(path, full, known, cwd)
    if not os.path.lexists(full):
        raise TargetError(_no_such_path(path, known))
    if pythons.is_python(full):
        return _of_python(path if "/" in path else f"./{path}", known, cwd)
    from tritondoctor.target.script import interpreter_of

    python = interpreter_of(full, known)
    if python is None or not (os.path.isabs(python) and pythons.is_python(python)):
        raise pythons.none_in(full, path)
    if strangers.program_of(python, os.path.dirname(full)):
        raise strangers.refusal(python, python)
    return msgspec.structs.replace(
        _of_python(python, known, cwd), chosen_by=f"--python {shlex.quote(python)}"
    )


def _of_project(path: str, folder: str, known: dict[str, str], cwd: str) -> Target:
    from tritondoctor.target.unnamed import several, shown

    found = nearby.environments(folder, {**known, "HOME": folder})
    if not found:
        raise TargetError(
            _("{path} is not an environment (it has no bin/python), and none was found in it.", path=path)
        )
    chosen = nearby.only_with_pytriton(found)
    if chosen is None:
        raise TargetError(several(found, cwd))
    if chosen.stranger:
        raise strangers.refusal(shown(chosen.stranger, cwd), shown(chosen.prefix, cwd))
    return Target(
        python_of(chosen.prefix), chosen.prefix, f"--prefix {shlex.quote(shown(chosen.prefix, cwd))}",
        known, cwd,
    )  # fmt: skip


def _no_such_path(path: str, known: Mapping[str, str]) -> str:
    if path in environment_names(known):
        return _(
            "{path}: no such file or folder. The conda environment of that name: --conda-env {path}",
            path=path,
        )
    return _("{path}: no such file or folder.", path=path)


def _of_name(name: str, variables: Mapping[str, str]) -> str:
    found = named_prefixes(name, variables)
    if len(found) > 1:
        raise TargetError(
            _(
                "--conda-env {name}: several environments have that name: {first} (the one that conda "
                "takes here), {others}. Use --prefix DIR for the one that you mean.",
                name=name, first=found[0], others=", ".join(found[1:]),
            )
        )  # fmt: skip
    if not found:
        names = ", ".join(sorted(environment_names(variables))) or _("none found")
        raise TargetError(
            _(
                "--conda-env {name}: no such conda environment (known here: {names}). Use --prefix DIR "
                "for one that lies elsewhere.",
                name=name, names=names,
            )
        )  # fmt: skip
    return found[0]
