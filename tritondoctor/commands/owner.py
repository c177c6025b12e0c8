"""What root does with an environment of another user: nothing of theirs runs as root."""

import sys

import msgspec

from tritondoctor.commands.common import usage
from tritondoctor.support.processes import Identity
from tritondoctor.target import Target, identity


def as_owner(target: Target, *, acting: bool) -> Target:
    """The target, asked as the user who may change it, where that is not root; with `acting` this
    process is theirs from now on.  Wrong usage where the kernel or the files do not allow it.
    """
    owner = identity.owner_of(target.python)
    if owner is None:
        return target
    if not identity.may_start(owner, target.python):
        _refuse(target, owner, "cannot be started as that user here")
    if not acting:
        return msgspec.structs.replace(target, identity=owner)
    if not identity.may_run_us(owner):
        _refuse(target, owner, "cannot be worked on as that user, who may not read this tritondoctor")
    try:
        variables = identity.act_as(owner, target.variables)
    except OSError as failure:
        _refuse(target, owner, f"cannot be worked on as that user ({failure.strerror})")
    sys.stderr.write(f"tritondoctor: working as {owner.name}, who can change {target.python}.\n")
    return msgspec.structs.replace(target, variables=variables, cwd=_here(owner))


def _here(owner: Identity) -> str:
    import os

    try:
        return os.getcwd()
    except OSError:
        return owner.home


def _refuse(target: Target, owner: Identity, why: str) -> None:
    usage(
        f"{target.python} can be changed by {owner.name}, and {why}. Nothing of theirs is run as root "
        "unless you say so: --trust-owner."
    )
