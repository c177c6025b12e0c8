"""Facts hold codes and data: no sentence for a person, and no id of a finding."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import tritondoctor
from tritondoctor.checks.catalogue import CATALOGUE

FACTS = Path(tritondoctor.__file__).parent / "facts"
#: two words of English in a row, and none of what patterns, code and formats are made of
SENTENCE = re.compile(r"\b[A-Za-z]{2,} (?:[a-z]{2,}|a)\b")
CODE = re.compile(r"[\\^$*|()\[\]=;_]")
#: words of other programs, looked for in what they wrote
QUOTED = {
    "Open Kernel Module", ": undefined symbol: ", "No module named ", "Unknown option: -I",
    "import usercustomize",
}  # fmt: skip
#: sentences that are still to be made codes; the numbers may only shrink
TO_DO = {
    "conda/packages.py": 2,
    "imports/closure.py": 5,
    "imports/module_cache.py": 2,
    "imports/records.py": 2,
    "imports/statements.py": 1,
    "imports/syntax.py": 3,
    "imports/zipped.py": 2,
    "interpreter/answer.py": 4,
    "interpreter/libpythons.py": 7,
    "interpreter/question.py": 2,
    "launch/processes.py": 2,
    "launch/runtimes.py": 3,
    "launch/server_copy.py": 4,
}


def _strings(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documentation = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in documentation:
            yield node.value


def _files() -> list[Path]:
    return sorted(FACTS.rglob("*.py"))


def _sentences(path: Path) -> list[str]:
    texts = (text for text in _strings(path) if text not in QUOTED and not CODE.search(text))
    return [text for text in texts if SENTENCE.search(text)]


def test_no_sentence_ends_up_in_a_fact() -> None:
    sentences = {str(path.relative_to(FACTS)): _sentences(path) for path in _files()}
    excess = {name: texts for name, texts in sentences.items() if len(texts) > TO_DO.get(name, 0)}
    assert not excess, "state a code and its data; the check words them"


def test_no_fact_names_a_finding() -> None:
    """Ids of one word, or that are codes of facts as well, cannot be told from those."""
    ids = {id for id in CATALOGUE if id.count("-") >= 2}
    names = {str(path.relative_to(FACTS)): ids.intersection(_strings(path)) for path in _files()}
    assert not {name: found for name, found in names.items() if found}
