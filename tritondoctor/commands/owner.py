"""What root does with an environment of another user: nothing of theirs runs as root."""

import os
from collections.abc import Callable
from typing import NoReturn

import msgspec

from tritondoctor.support.errors import UsageError
from tritondoctor.support.messages import _
from tritondoctor.support.processes import Identity
from tritondoctor.target import Target, identity


def as_owner(target: Target, *, acting: bool, notify: Callable[[str], None]) -> Target:
    """Return the target, to be examined as the user who may change it, where that is not root.

    With `acting` this process becomes that user, and `notify` gets a line about it.  Raises
    UsageError where the kernel or the files do not allow it.
    """
    if not acting:
        owner = identity.owner_of(target.python)
        if owner is not None and not identity.may_start(owner, target.python):
            _refuse(target.python, owner, _("that user cannot start it"))
        return msgspec.structs.replace(target, identity=owner)
    found = identity.owner_of_all(target.python, target.variables)
    return target if found is None else _acting_as(target, *found, notify)


def _acting_as(target: Target, owner: Identity, changes: str, notify: Callable[[str], None]) -> Target:
    """`changes` is the file that they can change."""
    if not identity.may_start(owner, target.python):
        _refuse(changes, owner, _("that user cannot start it"))
    if not identity.may_run_us(owner):
        _refuse(changes, owner, _("that user cannot read this tritondoctor"))
    try:
        variables = identity.act_as(owner, target.variables)
    except OSError as failure:
        _refuse(
            changes,
            owner,
            _("this process cannot become that user ({reason})", reason=failure.strerror),
        )
    who = identity.who_can_change(owner)
    notify(
        _("working as {user}, because {who} can change {python}.",
          user=owner.name, who=who, python=changes)
    )  # fmt: skip
    return msgspec.structs.replace(target, variables=variables, cwd=_here(owner))


def _here(owner: Identity) -> str:
    try:
        return os.getcwd()
    except OSError:
        return owner.home


def _refuse(changes: str, owner: Identity, reason: str) -> NoReturn:
    raise UsageError(
        _(
            "{user} can change {python}, so it does not run as root, and {reason}. "
            "To run it as root anyway: --trust-owner.",
            user=identity.who_can_change(owner),
            python=changes,
            reason=reason,
        )
    )
