"""The environment examined: which interpreter, below which prefix, with which variables."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tritondoctor.support.messages import _
from tritondoctor.target.model import DEADLINE_S, Kind, Named, Target, TargetError, kind_of, python_of

__all__ = ["DEADLINE_S", "Kind", "Named", "Target", "TargetError", "find_target", "kind_of", "python_of"]
_NOTHING = Named()


def find_target(
    variables: Mapping[str, str],
    cwd: str,
    named: Named = _NOTHING,
    *,
    deadline_s: float = DEADLINE_S,
) -> Target:
    """The target that is named, else the active environment, else one that lies here.

    Raises `TargetError` where more than one is named, what is named does not exist, or several lie here.
    """
    if sum(option is not None for option in msgspec.structs.astuple(named)) > 1:
        raise TargetError(
            _("Name one environment: by PATH, --python, --prefix, --conda-env or --pid, not several.")
        )
    known = dict(variables)
    if named == _NOTHING:
        from tritondoctor.target import unnamed

        found = unnamed.chosen(known, cwd)
    else:
        from tritondoctor.target import named as by_name

        found = by_name.chosen(known, cwd, named)
    return msgspec.structs.replace(found, deadline_s=deadline_s)
