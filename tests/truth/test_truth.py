"""The doctor's verdict on an environment is what PyTriton really does there, and its cause the cause.

Each environment is built, the doctor predicts, PyTriton is started: `pytest -m truth`, and
`-m truth_slice` for the part that every CI run does.  TRITONDOCTOR_TEST_LOGS=DIR keeps each report
and each log of a start there; TRITONDOCTOR_TEST_KEEP=1 keeps what was built.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.truth.declare import Environment
from tests.truth.environments import ALL
from tests.truth.stock import Absent
from tests.truth.trial import Trial, Trials
from tritondoctor.checks import CATALOGUE

#: diverse, and most of them decided within seconds
SLICE = {
    "serves 3.11",
    "serves 3.13",
    "libpython-on-no-path 3.10",
    "conda-lib-on-library-path",
    "debian-libpython-of-another-release",
    "package-removed wrapt",
    "file-named-like-a-module numpy.py",
    "path-that-bash-splits space",
    "no-pytriton 3.11",
    "workspace-on-noexec",
    "port-taken http",
    "no-pseudo-terminal no-devpts",
    "number-expected",
    "a-driver-in-trouble 999",
    "stubs-on-the-path without",
    "a-driver-without-its-module 550",
}
TEST = "test_prediction_is_the_truth"
#: error ids that no environment shows here, and why
NOT_HERE = {
    **dict.fromkeys(
        (
            "selftest-no-answer",
            "selftest-wrong-answer",
            "device-not-usable",
            "server-ended",
            "stub-ended-early",
            "start-ended",
            "start-stands-still",
            "start-too-slow",
            "framework-not-usable",
            "selftest-stream-broken",
            "selftest-ensemble-broken",
            "selftest-llama-broken",
        ),
        "only a start of our own can find it: tests/selftest",
    ),
    **dict.fromkeys(
        ("infer-hangs", "server-silent", "stub-ended"), "only a server that runs shows it: tests/running"
    ),
    "python-slow": "how long one waits is no matter of PyTriton's: tests/hostile/test_interpreters.py",
    "requirement-not-met": "what a project states, whatever PyTriton does: tests/test_policy.py",
    **dict.fromkeys(
        (id for id, rule in CATALOGUE.items() if "log" in rule.seen_by and not rule.run),
        "only a log shows it: tests/logs",
    ),
    "platform-unsupported": "PyTriton's programs start on no other platform: nothing to compare",
    "program-interpreter-missing": "the wheel's programs name the loader that also starts "
    "Python; without it nothing starts here",
}


def _label(environment: Environment) -> str:
    return environment.name.replace(" ", "-")


def _parameters() -> list[object]:
    found: list[object] = []
    for name, one in ALL.items():
        marks = [pytest.mark.truth]
        if name in SLICE:
            marks.append(pytest.mark.truth_slice)
        found.append(pytest.param(one, id=_label(one), marks=marks))
    return found


@pytest.fixture(scope="session")
def trials(request: pytest.FixtureRequest) -> Iterator[Trials]:
    """Trials of the environments that this run selected."""
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap (bwrap) is not installed")
    wanted = {item.name for item in request.session.items}
    running = Trials([one for one in ALL.values() if f"{TEST}[{_label(one)}]" in wanted])
    request.config.pluginmanager.register(Table(running))
    yield running
    running.close()


@pytest.mark.parametrize("environment", _parameters())
def test_prediction_is_the_truth(environment: Environment, trials: Trials) -> None:
    try:
        trial = trials.result(environment)
    except Absent as absent:
        pytest.skip(str(absent))
    prediction, outcome = trial.prediction, trial.outcome
    told = f"{environment.why}\n--- the doctor\n{prediction.said}\n--- PyTriton\n{outcome.log[-4000:]}"
    assert outcome.served == (not environment.ids), f"declared wrong: {told}"
    if environment.disagreement:
        assert not trial.agrees, "the doctor is right now: take the note away"
        pytest.xfail(environment.disagreement)
    assert prediction.verdict is not None, f"the doctor gave no report: {told}"
    assert prediction.serves == outcome.served, told
    assert sorted(set(prediction.ids)) == sorted(environment.ids), told


def test_every_error_has_an_environment() -> None:
    errors = {one.id for one in CATALOGUE.values() if one.severity == "error"}
    shown = {id for one in ALL.values() if not one.disagreement for id in one.ids}
    assert shown <= set(CATALOGUE), "an environment expects an id that does not exist"
    assert not NOT_HERE.keys() & shown, "an allowed gap is none"
    assert errors - shown == NOT_HERE.keys(), "ids without an environment"


def test_slice_exists() -> None:
    assert ALL.keys() >= SLICE, SLICE - ALL.keys()


class Table:
    """Prints what was predicted and what happened, once at the end."""

    def __init__(self, trials: Trials) -> None:
        self.trials = trials

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """One line an environment, in the order of their declaration."""
        order = list(ALL)
        done = sorted(self.trials.done, key=lambda one: order.index(one.environment.name))
        write = terminalreporter.write_line
        terminalreporter.section("truth: predicted and real")
        write(f"{'environment':46} {'predicted':9} {'real':6} {'check':>6} {'start':>6}  causes")
        for trial in done:
            write(_line(trial))
        agree = Counter(trial.agrees for trial in done)
        write(f"{agree[True]} of {len(done)} agree in verdict and cause")


def _line(trial: Trial) -> str:
    said, real = trial.prediction, trial.outcome
    predicted = "no report" if said.verdict is None else "serves" if said.serves else "fails"
    happened = "serves" if real.served else "fails"
    mark = "" if trial.agrees else f"   <-- expected {', '.join(trial.environment.ids) or 'none'}"
    return (
        f"{trial.environment.name:46} {predicted:9} {happened:6} {said.seconds:5.2f}s "
        f"{real.seconds:5.1f}s  {', '.join(dict.fromkeys(said.ids))}{mark}"
    )


if os.environ.get("TRITONDOCTOR_TEST_LOGS"):
    Path(os.environ["TRITONDOCTOR_TEST_LOGS"]).mkdir(parents=True, exist_ok=True)
