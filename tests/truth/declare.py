"""How an environment is declared: a function that builds it, and the ids that the doctor must name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Union

from tests.truth.place import Place

Builder = Callable[..., None]


@dataclass(frozen=True)
class Environment:
    """One environment; `ids` are the error findings expected of it, none where it serves.

    `python` is a minor version, or `system` for /usr/bin/python3; `release` is None where PyTriton is
    not installed.  `disagreement` says why the doctor is known to be wrong here.
    """

    name: str
    ids: tuple[str, ...]
    why: str
    python: str
    release: str | None
    build: Callable[[Place], None]
    disagreement: str = ""


ALL: dict[str, Environment] = {}


def environment(
    *ids: str,
    python: Union[str, Sequence[str]] = "3.11",
    release: Union[str, Sequence[str], None] = "0.7.0",
    cases: Union[Mapping[str, Any], Sequence[str]] = (),
    disagreement: str = "",
) -> Callable[[Builder], Builder]:
    """Declares the environments that a function builds: one for each case, Python and release."""
    values = cases if isinstance(cases, Mapping) else {case: case for case in cases}
    pythons = (python,) if isinstance(python, str) else tuple(python)
    releases = (release,) if release is None or isinstance(release, str) else tuple(release)

    def register(build: Builder) -> Builder:
        assert build.__doc__, build
        for one_release in releases:
            for one_python in pythons:
                for case, value in values.items() if values else [("", None)]:
                    parts = [build.__name__.replace("_", "-")]
                    parts += [case] if case else []
                    parts += [one_python] if len(pythons) > 1 else []
                    parts += [str(one_release)] if len(releases) > 1 else []
                    name = " ".join(parts)
                    assert name not in ALL, name
                    ALL[name] = Environment(
                        name, ids, inspect.cleandoc(build.__doc__ or ""), one_python, one_release,
                        _with(build, value) if values else build, disagreement,
                    )  # fmt: skip
        return build

    return register


def _with(build: Builder, value: object) -> Callable[[Place], None]:
    return lambda place: build(place, value)
