"""Each package of the launch in the last minor releases before, and the first after, what is allowed.

Wheels only, each in a copy of a sound environment in which nothing else is changed; PyTriton is really
started there, and compared with `check`.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from tests.generated.judge import hopeless
from tests.sweep import published
from tests.sweep.trials import GRACE_S, SURELY_S
from tests.truth import stock
from tests.truth.bench import Bench
from tests.truth.declare import Environment
from tests.truth.place import Place
from tests.truth.stock import Absent
from tritondoctor.facts.imports import requirements
from tritondoctor.facts.interpreter.model import Interpreter
from tritondoctor.loader import Files

#: minor releases on either side
_SIDE = 3
TABLE = Path(__file__).parents[2] / "tritondoctor/data/fails_with.json"


@dataclass(frozen=True)
class Trial:
    """A package in a release that is not allowed: what PyTriton did, what the doctor said."""

    package: str
    release: str
    served: bool
    verdict: str
    errors: tuple[str, ...]
    warnings: tuple[str, ...]
    last_line: str

    @property
    def agrees(self) -> bool:
        """Whether the verdict is right, and the violation named as an error or a warning."""
        named = {"package-version-conflict", "numpy-too-new", "built-for-another-version"}
        says = bool(named & {*self.errors, *self.warnings})
        return says and self.served == (self.verdict in ("ok", "warn"))


def _launch(python: str, release: str) -> requirements.Environment:
    """The packages of the sound environment's launch."""
    prefix = stock.pytriton(python, release)
    interpreter = Interpreter("python", True, version=stock.interpreter(python).version)
    return requirements.of_launch(Files(), [str(stock.site_packages(prefix))], interpreter)


def allowed(here: requirements.Environment) -> dict[str, SpecifierSet]:
    """The releases of each package of the launch that the metadata of all others allow together."""
    found: dict[str, SpecifierSet] = {}
    for wanted in here.requirements():
        name = canonicalize_name(wanted.name)
        found[name] = found.get(name, SpecifierSet()) & wanted.specifier
    return {name: specifier for name, specifier in found.items() if name in here.packages}


def outside(python: str, package: str, specifier: SpecifierSet) -> list[str]:
    """The newest release of each of the three minor ones before, and after, what is allowed."""
    minors: dict[tuple[int, ...], Version] = {}
    for release in _releases(python, package):
        minor = release.release[:2]
        minors[minor] = max(release, minors.get(minor, release))
    fitting = [minor for minor, release in minors.items() if release in specifier]
    if not fitting:
        return []
    before = sorted(minor for minor in minors if minor < min(fitting))[-_SIDE:]
    after = sorted(minor for minor in minors if minor > max(fitting))[:_SIDE]
    return [str(minors[minor]) for minor in (*before, *after)]


def _releases(python: str, package: str) -> Iterator[Version]:
    """What the index has of a package for this Python."""
    command = [f"{stock.venv(python)}/bin/python", "-m", "pip", "index", "versions", package]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    listed = re.search(r"^Available versions: (.*)$", done.stdout, re.M)
    for text in listed.group(1).split(", ") if listed else ():
        try:
            release = Version(text)
        except InvalidVersion:
            continue
        if not release.is_prerelease:
            yield release


def run(python: str, release: str, store: Path) -> int:
    """Tries them all, goes on where it stopped; 1 where doctor and PyTriton disagree.

    What a start did is kept; the doctor is asked again about what it was wrong about.
    """
    store.mkdir(parents=True, exist_ok=True)
    path = store / f"{python}-{release}-versions.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    known = {(row["package"], row["release"]): row for row in rows}
    here = _launch(python, release)
    bench = Bench()
    try:
        for package, specifier in sorted(allowed(here).items()):
            for other in outside(python, package, specifier):
                before = known.get((package, other), {})
                if before.get("agrees") or before.get("absent"):
                    continue
                row = _try(bench, python, release, package, other, before.get("served"))
                known[package, other] = row
                with path.open("a") as file:
                    file.write(json.dumps(row) + "\n")
                print(row, flush=True)
    finally:
        bench.close()
    wrong = _sum(path, python, release, list(known.values()))
    _write_table([row for row in known.values() if "served" in row], here)
    print(f"{len(known)} tried, {wrong} disagreements")
    return 1 if wrong else 0


def _failing(tried: list[dict[str, object]], installed: dict[str, Version]) -> Iterator[tuple[str, str]]:
    """The releases of each package with which PyTriton failed, as a specifier; it serves with those that
    are installed.
    """
    failed: dict[str, list[Version]] = {}
    served: dict[str, list[Version]] = {name: [version] for name, version in installed.items()}
    for row in tried:
        kept = served if row["served"] else failed
        kept.setdefault(str(row["package"]), []).append(Version(str(row["release"])))
    for package, releases in sorted(failed.items()):
        older = all(release < other for release in releases for other in served.get(package, ()))
        if older:
            yield package, f"<={max(releases)}"
        elif all(release > other for release in releases for other in served.get(package, ())):
            yield package, f">={min(releases)}"


def _try(
    bench: Bench, python: str, release: str, package: str, other: str, served: bool | None
) -> dict[str, object]:
    """A trial; where it is known whether PyTriton served, it is not started again."""

    def build(place: Place) -> None:
        place.pip("--no-deps", "--only-binary", ":all:", f"{package}=={other}")

    try:
        with bench.build(Environment("versions", (), "", python, release, build)) as work:
            said = work.predict()
            outcome = work.start(SURELY_S, hopeless(GRACE_S)) if served is None else None
    except Absent as absent:
        return {"package": package, "release": other, "absent": str(absent)[-200:]}
    lines = [line for line in outcome.log.splitlines() if line.strip()] if outcome else []
    serves = outcome.served if outcome else bool(served)
    trial = Trial(package, other, serves, said.verdict or "none", said.ids, said.warnings,
                  "" if serves or not lines else lines[-1][:200])  # fmt: skip
    return {**asdict(trial), "agrees": trial.agrees}


def _sum(path: Path, python: str, release: str, rows: list[dict[str, object]]) -> int:
    tried = [row for row in rows if "served" in row]
    wrong = [row for row in tried if not row["agrees"]]
    seen = {"date": time.strftime("%F"), "python": python, "release": release, "tried": len(tried),
            "without-wheel": len(rows) - len(tried), "fail": sum(not row["served"] for row in tried),
            "disagreements": len(wrong), "seen": tried}  # fmt: skip
    path.with_suffix(".json").write_text(published.text_of(seen))
    return len(wrong)


def _write_table(tried: list[dict[str, object]], here: requirements.Environment) -> None:
    """Of the packages in it, and of those that the doctor was wrong about; others it sees itself."""
    before = json.loads(TABLE.read_text())["versions"]
    kept = {*before, *(row["package"] for row in tried if not row["agrees"])}
    installed = {name: Version(package.version) for name, package in here.packages.items()}
    failing = {name: releases for name, releases in _failing(tried, installed) if name in kept}
    table = {"date": time.strftime("%F"), "versions": dict(sorted({**before, **failing}.items()))}
    TABLE.write_text(json.dumps(table, indent=1) + "\n")
