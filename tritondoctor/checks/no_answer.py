"""Why an interpreter gave no answer, as texts."""

from __future__ import annotations

from tritondoctor.checks.model import Text, text
from tritondoctor.facts.interpreter.model import Interpreter
from tritondoctor.support.messages import mark
from tritondoctor.support.processes import MOST_BYTES

#: the facts that these words come from
NO_ANSWER = (
    "interpreter.exit_code",
    "interpreter.problem",
    "interpreter.state",
    "interpreter.waited_s",
)
_WORDS = {
    "missing": mark("there is no such file"),
    "broken-link": "it is a link to {words}, which does not exist",
    "refused": "{words}",
    "not-loaded": mark("its loader does not start it"),
    "slow": "it did not answer within {seconds} s",
    "flood": "it printed more than {most} MB and no answer",
    "silent": mark("it ended without an error and without an answer"),
    "nonsense": "{words}",
}


def why(interpreter: Interpreter) -> Text:
    """Describe why, as the end of a sentence."""
    words = interpreter.problem
    if interpreter.state == "ended":
        return (
            text("{how}: {words}", how=_ending(interpreter), words=words)
            if words
            else _ending(interpreter)
        )
    if interpreter.state == "too-old" and words:
        return text("Python {version} is too old to answer", version=words)
    if interpreter.state == "too-old":
        return text("it is older than Python 3.4, and PyTriton needs 3.8")
    fields = {
        "words": words,
        "seconds": f"{interpreter.waited_s or 0:g}",
        "most": MOST_BYTES >> 20,
    }
    template = _WORDS[interpreter.state]
    return text(template, **{name: value for name, value in fields.items() if f"{{{name}}}" in template})


def _ending(interpreter: Interpreter) -> Text:
    code = interpreter.exit_code or 0
    if code < 0:
        return text("signal {number} ended it", number=-code)
    return text("it ended with code {code}", code=code)
