"""What environments are composed of: small changes of a `Place`, each with a name that says which."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Union

from tests.truth.place import Place

Builder = Callable[..., None]

#: the order in which atoms are applied; each finds what the stages before it have made
STAGES = ("layout", "interpreter", "packages", "libraries", "variables", "machine", "user")


@dataclass(frozen=True)
class Atom:
    """One change; of one `subject` an environment has one atom at most.

    `source` is a digest of the code that builds it, so that what was seen with other code is not
    taken for its truth.
    """

    name: str
    subject: str
    stage: str
    build: Callable[[Place], None]
    source: str


ATOMS: dict[str, Atom] = {}


def atom(
    stage: str,
    cases: Union[Mapping[str, Any], Iterable[str]] = (),
    *,
    subject: str = "",
) -> Callable[[Builder], Builder]:
    """Declares the atoms that a function builds, one for each case."""
    assert stage in STAGES, stage
    values: dict[str, Any] = dict(cases) if isinstance(cases, Mapping) else {case: case for case in cases}

    def register(build: Builder) -> Builder:
        base = build.__name__.strip("_").replace("_", "-")
        code = inspect.getsource(build).partition("\ndef ")[2]
        for case, value in values.items() if values else [("", None)]:
            name = f"{base}:{case}" if case else base
            assert name not in ATOMS, name
            digest = hashlib.sha256(f"{code}{value!r}".encode()).hexdigest()[:8]
            step = _with(build, value) if values else build
            ATOMS[name] = Atom(name, subject or base, stage, step, digest)
        return build

    return register


def _with(build: Builder, value: object) -> Callable[[Place], None]:
    return lambda place: build(place, value)
