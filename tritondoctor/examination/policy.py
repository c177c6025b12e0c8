"""What a project says about findings: which count, which it ignores and why, and what it requires.

It stands in `tritondoctor.toml` or below `[tool.tritondoctor]` in `pyproject.toml`, in the working
directory or the nearest one above it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Any, Literal, Optional

import msgspec

from tritondoctor.checks import CATALOGUE, Finding, examine_requirements, renamed
from tritondoctor.checks.requirements import Require
from tritondoctor.examination import plugins
from tritondoctor.examination.report import Ignored, Report
from tritondoctor.support import structs
from tritondoctor.support.errors import UsageError
from tritondoctor.support.messages import _
from tritondoctor.support.ownership import not_ours
from tritondoctor.support.reading import Limit, read_bytes

FailOn = Literal["error", "warning"]
_BY_OPTION = "ignored by --ignore"
_FILES = ("tritondoctor.toml", "pyproject.toml")


class PolicyError(UsageError):
    """What the project or the options say cannot be followed; the message says why."""


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """`ignore` maps an id to the reason; with `select` only these ids are reported.

    `plugins` are modules with checks of the project's own (plugins.py).
    """

    fail_on: FailOn = "error"
    select: tuple[str, ...] = ()
    ignore: dict[str, str] = {}
    require: Require = Require()
    plugins: tuple[str, ...] = ()


class Located(msgspec.Struct, frozen=True):
    """A policy, its file, the files that are ignored with the reason, and the old ids that it names."""

    policy: Policy
    file: str = ""
    set_aside: tuple[str, ...] = ()
    old_ids: tuple[str, ...] = ()


def find(folder: str, home: str = "") -> Located:
    """The policy that holds in a folder; raises `PolicyError` where its file is not understood.

    Nothing above `home` is read, nor above a folder that other users can write (as git's
    safe.directory); files in such a folder, or of another user, are ignored.
    """
    while True:
        foreign = not_ours(folder)
        for name in _FILES:
            path = os.path.join(folder, name)
            why = foreign or not_ours(path)
            if why and _may_hold_a_policy(path):
                return Located(Policy(), "", (f"{path}: {why}",))
            data = _read(path) if not why and os.path.isfile(path) else None
            if data is not None:
                return _located(data, path)
        above = os.path.dirname(folder)
        if foreign or above == folder or folder == home.rstrip("/"):
            return Located(Policy())
        folder = above


def _may_hold_a_policy(path: str) -> bool:
    """A pyproject.toml that does not name tritondoctor is of no interest."""
    if not os.path.isfile(path):
        return False
    try:
        return path.endswith(_FILES[0]) or b"tritondoctor" in read_bytes(path, Limit.SETTINGS)
    except OSError:
        return False


def _read(path: str) -> Optional[dict[str, Any]]:
    try:
        content = read_bytes(path, Limit.SETTINGS)
    except OSError as failure:
        if path.endswith(_FILES[1]):
            return None
        raise PolicyError(f"{path}: {failure.strerror}.") from None
    if path.endswith(_FILES[0]):
        return _parsed(content, path)
    if b"tritondoctor" not in content:  # spares the parser of a file that is somebody else's
        return None
    tool = _parsed(content, path).get("tool")
    own = tool.get("tritondoctor") if isinstance(tool, dict) else None
    return own if isinstance(own, dict) else None


def _parsed(content: bytes, path: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        data: dict[str, Any] = tomllib.loads(content.decode())
        return data
    except ValueError as failure:
        raise PolicyError(_("{path}: not valid TOML: {reason}.", path=path, reason=failure)) from None
    except RecursionError:
        raise PolicyError(_("{path}: its tables and lists are nested too deep.", path=path)) from None


def _located(data: dict[str, Any], path: str) -> Located:
    try:
        policy = _policy(data, path)
    except plugins.NotAgreed as refusal:
        return Located(Policy(), "", (str(refusal),))
    current = msgspec.structs.replace(
        policy,
        select=_current(policy.select),
        ignore={renamed.current(id): reason for id, reason in policy.ignore.items()},
    )
    return Located(current, path, old_ids=old_ids([*policy.select, *policy.ignore]))


def old_ids(ids: Iterable[str]) -> tuple[str, ...]:
    """Return those ids that findings no longer have."""
    return tuple(id for id in dict.fromkeys(ids) if id in renamed.RENAMED)


def _current(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(renamed.current(id) for id in ids)


def _policy(data: dict[str, Any], path: str) -> Policy:
    try:
        policy = structs.convert(data, Policy)
        policy.require.specifiers()
    except ValueError as failure:
        raise PolicyError(f"{path}: {failure}.") from None
    plugins.load_of_policy(policy.plugins, path)
    for id, reason in policy.ignore.items():
        if not reason.strip():
            raise PolicyError(_("{path}: ignore.{id}: give a reason.", path=path, id=id))
    _known([*policy.ignore, *policy.select], path)
    return policy


def with_options(
    policy: Policy, *, fail_on: Optional[FailOn], select: Iterable[str], ignore: Iterable[str]
) -> Policy:
    """The policy with what the command line says: it selects again, and ignores in addition."""
    select, ignore = _current(select), _current(ignore)
    _known(select, "--select")
    _known(ignore, "--ignore")
    return msgspec.structs.replace(
        policy,
        fail_on=fail_on or policy.fail_on,
        select=select or policy.select,
        ignore={**dict.fromkeys(ignore, _BY_OPTION), **policy.ignore},
    )


def _known(ids: Iterable[str], where: str) -> None:
    for id in ids:
        if renamed.current(id) not in CATALOGUE:
            import difflib

            similar = _(" or ").join(difflib.get_close_matches(id, CATALOGUE, 3, 0.4))
            fields = {"where": where, "id": repr(id), "ids": similar}
            if similar:
                raise PolicyError(_("{where}: there is no finding {id}. Did you mean {ids}?", **fields))
            raise PolicyError(_("{where}: there is no finding {id}.", **fields))


def applied(report: Report, located: Located) -> Report:
    """The report with the project's requirements examined, and what it ignores set apart."""
    policy = located.policy
    found = examine_requirements(report.facts, policy.require)
    findings = [*found, *report.findings]
    if policy.select:
        findings = [finding for finding in findings if finding.id in policy.select]
    return msgspec.structs.replace(
        report,
        strict=policy.fail_on == "warning",
        selected=bool(policy.select),
        findings=tuple(finding for finding in findings if finding.id not in policy.ignore),
        policy_file=located.file,
        policies_set_aside=located.set_aside,
        ignored=tuple(_ignored(finding, located) for finding in findings if finding.id in policy.ignore),
    )


def _ignored(finding: Finding, located: Located) -> Ignored:
    reason = located.policy.ignore[finding.id]
    return Ignored(finding, reason, "--ignore" if reason == _BY_OPTION else located.file)
