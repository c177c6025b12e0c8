"""What a project requires of a machine beyond that PyTriton starts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, Optional

import msgspec

from tritondoctor.checks.model import REGISTRY, Finding, Found, check, finding_of, text
from tritondoctor.facts.model import Facts

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet


class Require(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Versions are specifiers as pip has them (`>=0.5,<0.8`)."""

    python: str = ""
    pytriton: str = ""
    driver: str = ""
    gpu: Literal["", "required"] = ""

    def specifiers(self) -> dict[str, SpecifierSet]:
        """What is asked of whom; raises ValueError for what is no specifier."""
        given = {"python": self.python, "pytriton": self.pytriton, "driver": self.driver}
        if not any(given.values()):
            return {}
        from packaging.specifiers import SpecifierSet

        return {what: SpecifierSet(asked) for what, asked in given.items() if asked}


@check(
    "requirement-not-met",
    "error",
    title="The project requires {what} {wanted}; here is {found}",
    explanation="It says so in its tritondoctor.toml, or in pyproject.toml below [tool.tritondoctor].",
    means="PyTriton may well start here, but the project has stated what it needs of a machine, and this "
    "one does not have it.",
    verified="Requirements of each kind, met and not met, against the facts of real environments.",
    by_hand="Provide what is required, or change the requirement under `require`.",
)
def requirement_not_met(facts: Facts) -> Iterator[Found]:
    yield from ()


def unmet(facts: Facts, require: Require) -> Iterator[Finding]:
    """A finding for each requirement that does not hold."""
    one = REGISTRY["requirement-not-met"]
    if require.gpu == "required" and not (facts.gpu.cards and facts.gpu.driver):
        seen = text("{cards} card(s), driver {driver}", cards=facts.gpu.cards, driver=facts.gpu.driver)
        yield finding_of(
            one, Found({"what": "a GPU", "wanted": "with its driver", "found": "none"}, (seen,))
        )
    here: dict[str, tuple[str, Optional[str]]] = {
        "python": ("Python", facts.interpreter.version or None),
        "pytriton": ("PyTriton", facts.pytriton.version if facts.pytriton else None),
        "driver": ("NVIDIA's driver", facts.gpu.driver),
    }
    for what, asked in require.specifiers().items():
        name, found = here[what]
        if found is None or not asked.contains(found, prereleases=True):
            yield finding_of(one, Found({"what": name, "wanted": asked, "found": found or "none"}))
