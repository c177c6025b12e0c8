"""What a simulated world costs beside the real one: seconds of processor time, in one process.

    python -m tests.bench.worlds --prefix ENVIRONMENT [--count 80]

Every kind of change is tried in turn: a link beside the libraries, a file that is no longer there and
that no process reads, a variable that the loader reads, another one; and each world is examined, as
`fix --dry-run` does.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Callable, Iterator

from tritondoctor.checks import examine
from tritondoctor.checks.edits import Link
from tritondoctor.facts import Facts, observe
from tritondoctor.facts.interpreter.question import Question
from tritondoctor.remedies.operations import Remove
from tritondoctor.remedies.simulate import Simulation, World
from tritondoctor.target import Named, find_target

VARIABLES = {"PATH": "/usr/bin:/bin:/usr/sbin", "HOME": "/nonexistent"}


def worlds(facts: Facts) -> Iterator[tuple[str, World]]:
    """Worlds without end, each with its kind: no two are alike."""
    prefix = facts.interpreter.prefix
    libraries = facts.pytriton.libs if facts.pytriton else f"{prefix}/lib"
    site = (facts.pytriton.package if facts.pytriton else f"{prefix}/lib/pytriton").rpartition("/")[0]
    for number in itertools.count():
        link = Link(f"{libraries}/libnowhere{number}.so", f"/nowhere/{number}")
        yield "link", World((link,), {})
        unused = (Remove(f"{site}/zmq/ssh/tunnel.py"), Link(f"{site}/zmq/ssh/{number}", "/nowhere"))
        yield "unused file", World(unused, {})
        yield "variable", World((), {"LD_LIBRARY_PATH": f"/nowhere/{number}"})
        yield "other variable", World((), {f"TRITON_NOWHERE_{number}": "1"})


def _taken(run: Callable[[], object]) -> float:
    began = time.process_time()
    run()
    return time.process_time() - began


def costs(prefix: str, count: int) -> tuple[float, dict[str, list[float]]]:
    """(seconds of the real world, those of the simulated worlds by their kind)."""
    target = find_target(VARIABLES, "/", Named(prefix=prefix))
    began = time.process_time()
    observed = observe(target, Question(target))
    examine(observed.facts)
    real = time.process_time() - began
    simulation = Simulation.of_observed(observed)
    found: dict[str, list[float]] = {}
    for kind, world in itertools.islice(worlds(observed.facts), count):
        taken = _taken(lambda world=world: examine(simulation.facts(world)))  # type: ignore[misc]
        found.setdefault(kind, []).append(taken)
    return real, found


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prefix", required=True, help="the environment to check")
    parser.add_argument("--count", type=int, default=80)
    options = parser.parse_args()
    real, found = costs(options.prefix, options.count)
    print(f"{'the real world':16} {real:.3f} s")
    for kind, taken in found.items():
        print(f"{kind:16} {sum(taken) / len(taken):.3f} s each, {len(taken)} worlds")
    print(f"{options.count} worlds {sum(map(sum, found.values())):.2f} s")


if __name__ == "__main__":
    main()
