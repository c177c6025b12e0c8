"""Writes the stubs of a new check in its four files: `make new-check ID=foo-bar SUBJECT=workspace`.

A stub works: it fires on a fact that nobody observes yet.  `new-check foo-bar:` marks what is left to
write, and `missing` says for a finding which file lacks what.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import tritondoctor
from tests.unit.checks import case
from tritondoctor.checks import CATALOGUE

ROOT = Path(tritondoctor.__file__).parents[1]
FACTS = ROOT / "tritondoctor" / "facts"
UNIT = ROOT / "tests" / "unit" / "checks"
ENVIRONMENTS = ROOT / "tests" / "truth" / "environments"
PAGES = ROOT / "docs" / "findings"
#: stands wherever a stub is to be replaced
MARK = "new-check {id}:"

_FIELD = """\
    #: {mark} where it is observed: a probe in tritondoctor/facts (see `gather`)
    {name}: bool = False
"""
_CHECK = """\
@check(
    "{id}",
    "error",
    title="{mark} what is wrong",
    explanation="{mark} what PyTriton does because of it.",
    means="{mark} how an environment comes to this.",
    verified="{mark} the real start that shows it.",
    by_hand="{mark} what a person types.",
    reads=("{name}",),
)
def {name}(facts: Facts) -> Iterator[CheckResult]:
    if facts.{name}:
        yield CheckResult({{}})


"""
_CASE = """\
        # {mark} a look-alike that is sound, and pieces of the text
        Case("{id}", fires=facts({name}=True), silent=facts({name}=False)),
"""
_UNIT_FILE = '''\
"""Findings about {subject}."""

from __future__ import annotations

from tests.unit.build import facts
from tests.unit.checks.case import Case, FindingTests


class Test{title}(FindingTests):
    CASES = (
    )
'''
_ENVIRONMENT = '''

@environment("{id}")
def {name}(place: Place) -> None:
    """{mark} what is wrong here."""
    raise NotImplementedError("{mark} change one thing in `place`")
'''


def main() -> None:
    """Write the stubs, then what follows from them."""
    if len(sys.argv) != 3:
        sys.exit("usage: make new-check ID=foo-bar SUBJECT=workspace")
    id, subject = sys.argv[1:]
    try:
        files = write(id, subject)
    except ValueError as refusal:
        sys.exit(f"new-check: {refusal}")
    _regenerate(files)
    mark = MARK.format(id=id)
    print(f"The finding {id} exists. Write what `{mark}` marks in these files, then `make docs`:")
    for file in files:
        print(f"  {file.relative_to(ROOT)}")


def write(id: str, subject: str) -> list[Path]:
    """Write four stubs; return their files.  Raises ValueError for an id or subject that cannot be."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", id):
        raise ValueError(f"ID={id} is no id: small letters, digits and hyphens, as in foo-bar")
    if id in CATALOGUE:
        raise ValueError(f"there is a finding {id} already")
    members = [rule.id for rule in CATALOGUE.values() if rule.subject == subject and rule.run]
    if not members:
        subjects = dict.fromkeys(rule.subject for rule in CATALOGUE.values() if rule.run)
        raise ValueError(f"SUBJECT={subject} is none of {', '.join(subjects)}")
    names = {"id": id, "name": id.replace("-", "_"), "mark": MARK.format(id=id), "subject": subject}
    return [
        _add_field(names),
        _add_check(names, members),
        _add_case(names, members),
        _add_environment(names, members),
    ]


def _add_field(names: dict[str, str]) -> Path:
    """A field of `Facts`, for want of a better place."""
    path = next(path for path in sorted(FACTS.rglob("*.py")) if "\nclass Facts(" in path.read_text())
    facts = _named(path, "Facts")
    last = [node for node in facts.body if isinstance(node, ast.AnnAssign)][-1]
    _insert(path, last.end_lineno or 0, _FIELD.format(**names))
    return path


def _add_check(names: dict[str, str], members: list[str]) -> Path:
    """A function in the file of the subject's other checks, and its name in `RULES`."""
    run = CATALOGUE[members[-1]].run
    assert run is not None
    path = Path(sys.modules[run.__module__].__file__ or "")
    rules = next(
        node for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "RULES"
    )  # fmt: skip
    assert isinstance(rules.value, ast.Tuple)
    listed = [ast.unparse(element) for element in rules.value.elts] + [names["name"]]
    lines = path.read_text().splitlines(keepends=True)
    lines[rules.lineno - 1 : rules.end_lineno] = [f"RULES = ({', '.join(listed)},)\n"]
    lines.insert(rules.lineno - 1, _CHECK.format(**names))
    path.write_text("".join(lines))
    return path


def _add_case(names: dict[str, str], members: list[str]) -> Path:
    files = Counter(file for id, file in case.files().items() if id in members)
    module = names["subject"].replace("-", "_")
    path = UNIT / (files.most_common(1)[0][0] if files else f"test_{module}.py")
    if not path.exists():
        path.write_text(_UNIT_FILE.format(title=module.title().replace("_", ""), **names))
    classes = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef)]
    cases = next(node for node in classes[-1].body if isinstance(node, ast.Assign))
    _insert(path, (cases.end_lineno or 0) - 1, _CASE.format(**names))
    if not re.search(r"import.*\bfacts\b|^ {4}facts,$", path.read_text(), re.MULTILINE):
        text = path.read_text()
        path.write_text(
            text.replace("\nfrom tests", "\nfrom tests.unit.build import facts\nfrom tests", 1)
        )
    return path


def _add_environment(names: dict[str, str], members: list[str]) -> Path:
    """At the end of the file that declares most environments of the subject."""
    counts = {
        path: sum(f'"{id}"' in path.read_text() for id in members) for path in ENVIRONMENTS.glob("*.py")
    }
    path = max(sorted(counts), key=lambda path: counts[path])
    path.write_text(path.read_text() + _ENVIRONMENT.format(**names))
    return path


def _named(path: Path, name: str) -> ast.ClassDef:
    classes = (node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef))
    return next(node for node in classes if node.name == name)


def _insert(path: Path, line: int, text: str) -> None:
    lines = path.read_text().splitlines(keepends=True)
    lines.insert(line, text)
    path.write_text("".join(lines))


def _regenerate(files: list[Path]) -> None:
    """What is made from the code: its layout, the pages of the findings, the schemas."""
    commands = [["docs/build.py"], ["-m", "tritondoctor.data.make_schema"]]
    if importlib.util.find_spec("ruff"):
        names = [str(file) for file in files]
        commands += [["-m", "ruff", "format", "-q", *names]]
        commands += [["-m", "ruff", "check", "-q", "--select=I", "--fix", *names]]
    for command in commands:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        subprocess.run([sys.executable, *command], cwd=ROOT, check=True, env=environment)


def missing(id: str) -> list[str]:
    """What a finding lacks, each with the file that lacks it; nothing where it is complete."""
    return [f"{id}: {what}" for look in _LOOKS for what in look(id)]


def _of_facts(id: str) -> Iterator[str]:
    known = importlib.import_module("tritondoctor.facts.model").Facts.__struct_fields__
    for path in CATALOGUE[id].reads:
        if path.partition(".")[0] not in known:
            yield f"tritondoctor/facts: no field {path}, which the check reads"


def _of_unit_tests(id: str) -> Iterator[str]:
    if "check" in CATALOGUE[id].seen_by and id not in case.files():
        yield f"tests/unit/checks/test_{CATALOGUE[id].subject.replace('-', '_')}.py: no Case"


def _of_truth(id: str) -> Iterator[str]:
    from tests.truth.environments import ALL
    from tests.truth.test_truth import NOT_HERE

    shown = {id for environment in ALL.values() for id in environment.ids}
    if CATALOGUE[id].severity == "error" and id not in shown and id not in NOT_HERE:
        yield "tests/truth/environments: no environment that shows this error"


def _of_pages(id: str) -> Iterator[str]:
    if not (PAGES / f"{id}.md").exists():
        yield f"docs/findings/{id}.md: no page (make docs)"


def _of_stubs(id: str) -> Iterator[str]:
    """The files of a finding in which a stub is left."""
    run = CATALOGUE[id].run
    paths = [Path(sys.modules[run.__module__].__file__ or "")] if run else []
    paths += [*FACTS.rglob("*.py"), *UNIT.glob("*.py"), *ENVIRONMENTS.glob("*.py")]
    for path in paths:
        if MARK.format(id=id) in path.read_text():
            yield f"{path.relative_to(ROOT)}: a stub is left"


_LOOKS: tuple[Callable[[str], Iterator[str]], ...] = (
    _of_facts, _of_unit_tests, _of_truth, _of_pages, _of_stubs,
)  # fmt: skip


if __name__ == "__main__":
    main()
