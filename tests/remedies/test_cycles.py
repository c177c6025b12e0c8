"""Every broken environment of the truth suite: fixed, really started, undone.

`fix` must be honest: its exit code is 0 exactly where PyTriton then serves with the variables as the
user had them.  After an undo everything is as it was, byte for byte.  `pytest -m cycle` runs all,
`-m cycle_slice` the part that every CI run does.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.remedies.cycle import Cycle, Cycles
from tests.truth.declare import Environment
from tests.truth.environments import ALL
from tests.truth.stock import Absent

TEST = "test_fix_is_honest_and_undo_exact"
#: quick ones that between them use every kind of remedy
SLICE = {
    "libpython-on-no-path 3.10": "link-libpython",
    "conda-lib-on-library-path": "link-runtime-first",
    "package-removed wrapt": "reinstall-package",
    "server-without-execute-bit": "set-execute-bit",
}


def _label(environment: Environment) -> str:
    return environment.name.replace(" ", "-")


def _parameters() -> list[object]:
    found: list[object] = []
    for name, one in ALL.items():
        if one.ids:
            marks = [pytest.mark.cycle, *([pytest.mark.cycle_slice] if name in SLICE else [])]
            found.append(pytest.param(one, id=_label(one), marks=marks))
    return found


@pytest.fixture(scope="session")
def cycles(request: pytest.FixtureRequest) -> Iterator[Cycles]:
    """Cycles of the environments that this run selected."""
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap (bwrap) is not installed")
    wanted = {item.name for item in request.session.items}
    running = Cycles([one for one in ALL.values() if f"{TEST}[{_label(one)}]" in wanted])
    request.config.pluginmanager.register(Table(running))
    yield running
    running.close()


@pytest.mark.parametrize("environment", _parameters())
def test_fix_is_honest_and_undo_exact(environment: Environment, cycles: Cycles) -> None:
    try:
        cycle = cycles.result(environment)
    except Absent as absent:
        pytest.skip(str(absent))
    log = cycle.outcome.log[-3000:]
    told = f"{environment.why}\n--- fix: {cycle.code}\n{cycle.text}\n--- PyTriton\n{log}"
    assert cycle.code in (0, 1), told
    if environment.disagreement:
        pytest.xfail(environment.disagreement)
    assert (cycle.code == 0) == cycle.outcome.served, told
    assert cycle.said.get("fix", {}).get("outcome") != "failed", f"a plan that does not hold\n{told}"
    assert cycle.undone in (0, None), told
    assert not cycle.left, "\n".join(cycle.left[:20])
    if environment.name in SLICE:
        assert SLICE[environment.name] in cycle.remedies, told


def test_slice_exists() -> None:
    assert ALL.keys() >= SLICE.keys(), SLICE.keys() - ALL.keys()


class Table:
    """Prints what was broken, what cured it, and what PyTriton did then."""

    def __init__(self, cycles: Cycles) -> None:
        self.cycles = cycles

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """One line an environment, in the order of their declaration."""
        order = list(ALL)
        done = sorted(self.cycles.done, key=lambda one: order.index(one.environment.name))
        write = terminalreporter.write_line
        terminalreporter.section("cycles: fault, remedy, and the start after it")
        for one in done:
            write(_line(one))
        counts = Counter(one.outcome.served for one in done)
        write(f"{counts[True]} cured, {counts[False]} not, of {len(done)}")


def _line(cycle: Cycle) -> str:
    served = "serves" if cycle.outcome.served else "fails"
    outcome = cycle.said.get("fix", {}).get("outcome", "?")
    return (
        f"{cycle.environment.name:44} {', '.join(cycle.environment.ids):40} {outcome:10} {served:6} "
        f"{', '.join(cycle.remedies)}"
    )
