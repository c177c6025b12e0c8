"""What a project says about findings: which count, which it ignores and why, and what it requires.

It stands in `tritondoctor.toml` or below `[tool.tritondoctor]` in `pyproject.toml`, in the working
directory or the nearest one above it.
"""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterable
from typing import Any, Literal, Optional

import msgspec

from tritondoctor.checks import REGISTRY, examine_requirements
from tritondoctor.checks.requirements import Require
from tritondoctor.report import Ignored, Report
from tritondoctor.support.reading import Limit, read_bytes, read_text

FailOn = Literal["error", "warning"]
_FILES = ("tritondoctor.toml", "pyproject.toml")


class PolicyError(Exception):
    """What the project or the options say cannot be followed; the message says why."""


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """`ignore` maps an id to the reason; with `select` only these ids are told at all."""

    fail_on: FailOn = "error"
    select: tuple[str, ...] = ()
    ignore: dict[str, str] = {}
    require: Require = Require()


def find(folder: str) -> Policy:
    """The policy that holds in a folder; raises `PolicyError` where its file is not understood."""
    while True:
        for name in _FILES:
            path = os.path.join(folder, name)
            data = _read(path) if os.path.isfile(path) else None
            if data is not None:
                return _policy(data, path)
        above = os.path.dirname(folder)
        if above == folder:
            return Policy()
        folder = above


def _read(path: str) -> Optional[dict[str, Any]]:
    if path.endswith("pyproject.toml"):
        try:
            content = read_bytes(path, Limit.SETTINGS)
        except OSError:
            return None
        if b"tritondoctor" not in content:  # spares the parser of a file that is somebody else's
            return None
    data = _parsed(path)
    if not path.endswith("pyproject.toml"):
        return data
    tool = data.get("tool")
    own = tool.get("tritondoctor") if isinstance(tool, dict) else None
    return own if isinstance(own, dict) else None


def _parsed(path: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        data: dict[str, Any] = tomllib.loads(read_text(path, Limit.SETTINGS, errors="strict"))
        return data
    except OSError as failure:
        raise PolicyError(f"{path}: {failure.strerror}.") from None
    except RecursionError:
        raise PolicyError(f"{path}: too deeply nested.") from None
    except ValueError as failure:
        raise PolicyError(f"{path}: not valid TOML: {failure}.") from None


def _policy(data: dict[str, Any], path: str) -> Policy:
    try:
        policy = msgspec.convert(data, Policy)
        policy.require.specifiers()
    except ValueError as failure:
        raise PolicyError(f"{path}: {failure}.") from None
    for id, reason in policy.ignore.items():
        if not reason.strip():
            raise PolicyError(f"{path}: ignore.{id}: say why it is ignored.")
    _known([*policy.ignore, *policy.select], path)
    return policy


def with_options(policy: Policy, *, fail_on: str, select: Iterable[str], ignore: Iterable[str]) -> Policy:
    """The policy with what the command line says: it selects anew, and ignores in addition."""
    select, ignore = tuple(select), tuple(ignore)
    if fail_on not in ("", "error", "warning"):
        raise PolicyError(f"--fail-on {fail_on}: it is error or warning.")
    _known(select, "--select")
    _known(ignore, "--ignore")
    return msgspec.structs.replace(
        policy,
        fail_on=fail_on or policy.fail_on,
        select=select or policy.select,
        ignore={**dict.fromkeys(ignore, "asked for with --ignore"), **policy.ignore},
    )


def _known(ids: Iterable[str], where: str) -> None:
    for id in ids:
        if id not in REGISTRY:
            near = difflib.get_close_matches(id, REGISTRY, 3, 0.4)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            raise PolicyError(f"{where}: there is no finding {id!r}.{hint}")


def applied(report: Report, policy: Policy) -> Report:
    """The report with the project's requirements examined, and what it ignores set apart."""
    found = examine_requirements(report.facts, policy.require)
    findings = [*found, *report.findings]
    if policy.select:
        findings = [one for one in findings if one.id in policy.select]
    return msgspec.structs.replace(
        report,
        strict=policy.fail_on == "warning",
        selected=bool(policy.select),
        findings=tuple(one for one in findings if one.id not in policy.ignore),
        ignored=tuple(Ignored(one, policy.ignore[one.id]) for one in findings if one.id in policy.ignore),
    )
