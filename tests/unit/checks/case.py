"""What every finding is tested for: it fires, a look-alike is silent, and its text says what matters."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import NamedTuple

from tritondoctor.checks import Finding, examine
from tritondoctor.facts.model import Facts


class Case(NamedTuple):
    """Facts on which a finding fires, similar ones on which it does not, and pieces of its text."""

    id: str
    fires: Facts
    silent: Facts
    says: tuple[str, ...] = ()
    severity: str = ""
    note: str = ""

    @property
    def name(self) -> str:
        """The id, and which of several cases of it this is."""
        return f"{self.id}-{self.note}" if self.note else self.id


def draws(id: str, facts: Facts) -> list[Finding]:
    """Every finding of an id that a check draws from facts."""
    return [finding for finding in examine(facts) if finding.id == id]


def words(finding: Finding) -> str:
    """All that a person reads of a finding."""
    lines = [str(finding.title), str(finding.explanation), *map(str, finding.evidence)]
    for remedy in finding.remedies:
        lines += [str(remedy.title), *remedy.commands]
    return "\n".join(lines)


class FindingTests:
    """The three tests of each case; a subject's class lists its `CASES` (conftest.py hands them out)."""

    CASES: tuple[Case, ...] = ()

    def test_fires(self, case: Case) -> None:
        findings = draws(case.id, case.fires)
        assert findings, f"{case.id} does not fire"
        if case.severity:
            assert findings[0].severity == case.severity

    def test_look_alike_is_silent(self, case: Case) -> None:
        assert not draws(case.id, case.silent)

    def test_text(self, case: Case) -> None:
        for finding in draws(case.id, case.fires):
            title, explanation = str(finding.title), str(finding.explanation)
            assert title and title == title.strip() and not title.endswith(".")
            assert explanation and explanation == explanation.strip()
            assert not re.search(r"\bNone\b(?! of)|\(\)|  |\.\.(?!\.)", f"{title}\n{explanation}"), words(
                finding
            )
            assert all(str(remedy.title) for remedy in finding.remedies)
        text = "\n".join(words(finding) for finding in draws(case.id, case.fires))
        for piece in case.says:
            assert piece in text, text


#: tested by functions, since they need more than facts
_BY_FUNCTIONS = {"requirement-not-met": "test_rest.py"}


def files() -> dict[str, str]:
    """Id of a finding -> the name of the file that tests it."""
    names = dict(_BY_FUNCTIONS)
    for path in Path(__file__).parent.glob("test_*.py"):
        module = importlib.import_module(f"{__package__}.{path.stem}")
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, FindingTests):
                names.update({case.id: path.name for case in value.CASES})
    return names
