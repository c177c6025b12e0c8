"""Checks of one's own: a module with `RULES`, made with `tritondoctor.checks.model.check`.

Loading one runs it.  A policy may name plug-ins of the project, which is often somebody else's and
just fetched: they are loaded where the command names them too, and in CI, which runs the project's
code anyway.  Those that another user can change are not loaded, nor, as root, those of anybody but root.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from shlex import quote
from types import ModuleType

import msgspec

from tritondoctor.checks import catalogue
from tritondoctor.checks.model import CheckResult, Conclude, Rule
from tritondoctor.facts.model import Facts
from tritondoctor.support.errors import UsageError
from tritondoctor.support.messages import _
from tritondoctor.support.ownership import not_ours
from tritondoctor.support.patterns import pattern

_ID = pattern(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_SEVERITIES = ("error", "warning", "info")


class NotAgreed(UsageError):  # noqa: N818
    """A plug-in that a policy names and the user does not; the message says how to agree."""


class PluginError(UsageError):
    """A plug-in that cannot be loaded, or whose check fails; the message says why."""


def load(name: str, folder: str) -> None:
    """Add the rules of a plug-in to the catalogue, once: a file below `folder`, or a module of that name.

    Raises PluginError.
    """
    if _is_loaded(name, folder):
        return
    rules = getattr(_module(name, folder), "RULES", None)
    if not isinstance(rules, (tuple, list)) or not all(isinstance(rule, Rule) for rule in rules):
        raise PluginError(_("plug-in {name}: it has no RULES, a tuple of checks.", name=name))
    for rule in rules:
        if not _ID.fullmatch(rule.id) or rule.severity not in _SEVERITIES or rule.run is None:
            raise PluginError(
                _(
                    "plug-in {name}: {id} is no check: id, severity or function.",
                    name=name,
                    id=repr(rule.id),
                )
            )
        guarded = msgspec.structs.replace(rule, run=_guarded(name, rule.id, rule.run), subject="plugin")
        if not catalogue.add(guarded):
            raise PluginError(
                _("plug-in {name}: there is a finding {id} already.", name=name, id=rule.id)
            )


def load_of_policy(names: tuple[str, ...], policy: str) -> None:
    """The same for those that a policy file names.

    Raises NotAgreed where nobody has agreed to run them, PluginError where others could change them.
    """
    folder = os.path.dirname(policy)
    for name in names:
        path = _path(name, folder)
        if not (_is_loaded(name, folder) or os.environ.get("CI")):
            shown = os.path.relpath(path) if os.path.isfile(path) else name
            raise NotAgreed(
                _("{policy}: its plug-in is a program of this project; to trust it: {option}",
                  policy=policy, option=f"--plugin {quote(shown)}")
            )  # fmt: skip
        for part in (policy, os.path.dirname(path), path):
            others = not_ours(part)
            if others or (os.geteuid() == 0 and os.path.exists(part) and os.stat(part).st_uid != 0):
                reason = others or _("it is not root's")
                raise PluginError(
                    _("{policy}: plug-in {name} is not loaded: {path}: {reason}.",
                      policy=policy, name=name, path=part, reason=reason)
                )  # fmt: skip
        load(name, folder)


def _is_loaded(name: str, folder: str) -> bool:
    path = _path(name, folder)
    return _module_name(path) in sys.modules or (not os.path.isfile(path) and name in sys.modules)


def _module_name(path: str) -> str:
    return f"tritondoctor_plugin_{os.path.realpath(path)}"


def _path(name: str, folder: str) -> str:
    """The file that a name means below the folder; it need not exist."""
    return os.path.join(folder, name if name.endswith(".py") else f"{name.replace('.', '/')}.py")


def _module(name: str, folder: str) -> ModuleType:
    path = _path(name, folder)
    try:
        if not os.path.isfile(path):
            if name.endswith(".py"):
                raise PluginError(_("plug-in {name}: no such file.", name=name))
            return importlib.import_module(name)
        from importlib import util

        spec = util.spec_from_file_location(_module_name(path), path)
        assert spec is not None and spec.loader is not None
        module = util.module_from_spec(spec)
        spec.loader.exec_module(module)
        sys.modules[spec.name] = module
        return module
    except PluginError:
        raise
    except Exception as failure:
        reason = f"{type(failure).__name__}: {failure}"
        raise PluginError(_("plug-in {name}: {reason}.", name=name, reason=reason)) from failure


def _guarded(plugin: str, id: str, run: Conclude) -> Conclude:
    """The check; what it raises names the plug-in."""

    def conclude(facts: Facts) -> Iterator[CheckResult]:
        try:
            yield from run(facts)
        except Exception as failure:
            reason = f"{type(failure).__name__}: {failure}"
            raise PluginError(
                _("plug-in {name}: check {id}: {reason}.", name=plugin, id=id, reason=reason)
            ) from failure

    return conclude
