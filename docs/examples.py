"""An example of every finding: as its unit test draws it, or as the real line of a log fills it."""

from __future__ import annotations

import importlib
import string
from pathlib import Path

from tests.unit.checks import case
from tests.unit.running import test_judge
from tritondoctor.checks import CATALOGUE, Finding, Rule
from tritondoctor.logs.finding import finding
from tritondoctor.logs.signs import SIGNS
from tritondoctor.running import judge

#: what neither a check nor a line of a log fills: a start, a policy, a running server
_BY_HAND: dict[str, dict[str, str]] = {
    "device-not-usable": {"why": "torch 2.1.2+cpu is built without CUDA"},
    "failed-beside-pytriton": {"what": "CUDA's compiler is missing, and a package has to be compiled"},
    "framework-not-usable": {
        "framework": "jax",
        "why": "jax 0.10.2 needs NumPy 2, PyTriton needs NumPy 1",
    },
    "inference-function-fails": {"error": "ValueError: my own model failed"},
    "pytriton-call-refused": {
        "error": "TypeError: ModelConfig.__init__() got an unexpected keyword argument 'max_batchsize'"
    },
    "requirement-not-met": {"what": "Python", "wanted": ">=3.10", "found": "3.9.18"},
    "server-ended": {"how": "signal 9 (SIGKILL) ended it"},
    "start-ended": {"how": "it ended with code 1"},
    "start-stands-still": {"who": "tritonserver", "what": "a lock", "seconds": "30"},
    "start-too-slow": {"seconds": "120"},
    "stub-ended-early": {"stub": "the stub", "how": "signal 9 (SIGKILL) ended it"},
    "selftest-ensemble-broken": {"why": "The second model was not asked"},
    "selftest-llama-broken": {"why": "The text differs from one time to the next"},
    "selftest-stream-broken": {"why": "All parts came at the end"},
    "selftest-no-answer": {"what": "The server ended with exit code 1"},
    "selftest-wrong-answer": {"name": "raw HTTP", "expected": "4.5", "got": "4.25"},
}


def example(rule: Rule) -> tuple[str, str]:
    """Title and explanation of the finding as a person may read them."""
    found = _drawn(rule.id) or _judged(rule.id) or _logged(rule.id) or _filled(rule)
    return str(found.title), str(found.explanation)


def has_fields(rule: Rule) -> bool:
    """Whether the texts of the finding depend on what is found."""
    return bool(_fields(rule))


def _fields(rule: Rule) -> set[str]:
    texts = (rule.title, rule.explanation)
    return {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name}


def _drawn(id: str) -> Finding | None:
    for path in sorted(Path(case.__file__).parent.glob("test_*.py")):
        for value in vars(importlib.import_module(f"{case.__package__}.{path.stem}")).values():
            if isinstance(value, type) and issubclass(value, case.FindingTests):
                for tested in value.CASES:
                    if tested.id == id:
                        return case.draws(id, tested.fires)[0]
    return None


def _judged(id: str) -> Finding | None:
    """Of a server that runs."""
    for judged in test_judge.CASES:
        if judged.id == id:
            return next(found for found in judge.findings(judged.fires) if found.id == id)
    return None


def _logged(id: str) -> Finding | None:
    for sign in SIGNS:
        match = sign.pattern.search(sign.line) if sign.id == id and sign.role == "cause" else None
        if match:
            said = {name: text for name, text in match.groupdict().items() if text}
            fields = {**{name: text.format_map(said) for name, text in sign.fields.items()}, **said}
            if _fields(CATALOGUE[id]) <= set(fields):
                return finding(id, fields)
    return None


def _filled(rule: Rule) -> Finding:
    """With the fields above; what is in none of them reads "(not known)", and a test fails."""
    return finding(rule.id, _BY_HAND.get(rule.id, {}))
