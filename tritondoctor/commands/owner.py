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
    owner = identity.owner_of(target.python)
    if owner is None:
        return target
    if not identity.may_start(owner, target.python):
        _refuse(target, owner, _("that user cannot start it"))
    if not acting:
        return msgspec.structs.replace(target, identity=owner)
    if not identity.may_run_us(owner):
        _refuse(target, owner, _("that user cannot read this tritondoctor"))
    try:
        variables = identity.act_as(owner, target.variables)
    except OSError as failure:
        _refuse(
            target,
            owner,
            _("this process cannot become that user ({reason})", reason=failure.strerror),
        )
    who = identity.who_can_change(owner)
    notify(
        _("working as {user}, because {who} can change {python}.",
          user=owner.name, who=who, python=target.python)
    )  # fmt: skip
    return msgspec.structs.replace(target, variables=variables, cwd=_here(owner))


def _here(owner: Identity) -> str:
    try:
        return os.getcwd()
    except OSError:
        return owner.home


def _refuse(target: Target, owner: Identity, reason: str) -> NoReturn:
    raise UsageError(
        _(
            "{user} can change {python}, so it does not run as root, and {reason}. "
            "To run it as root anyway: --trust-owner.",
            user=identity.who_can_change(owner),
            python=target.python,
            reason=reason,
        )
    )
