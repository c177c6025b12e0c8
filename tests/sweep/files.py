"""Each file that a start opens in its environment: missing, empty, or cut in half.

The doctor is asked about each.  All that it calls sound are damaged together, and PyTriton is started
there: one that serves shows that all of them were called sound rightly; one that does not is halved.  Of
those that it calls broken a part is started, each alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.generated.judge import hopeless
from tests.generated.store import engine_digest
from tests.sweep import published
from tests.sweep.groups import culprits
from tests.sweep.trials import GRACE_S, START_S, SURELY_S
from tests.truth import real
from tests.truth.bench import Bench, Workpiece
from tests.truth.declare import Environment
from tests.truth.stock import Absent

WAYS = ("missing", "empty", "half")
#: of the files that are called broken, so many are started in each way
_SAMPLE = 40
#: `7  openat(AT_FDCWD, "/path", O_RDONLY) = 3`, `7 execve("/path", …) = 0`
_OPENED = re.compile(r'^\d+ +(?:openat|open|execve)\((?:[^",]*, )?"([^"]+)".*\) = \d+')
_SOURCE = re.compile(r"^(?P<folder>.*)/__pycache__/(?P<module>[^/]+)\.cpython-\d+(?:\.opt-\d)?\.pyc$")


class Damage(NamedTuple):
    """A file below the environment's prefix, and what is wrong with it."""

    path: str
    way: str


def opened(work: Workpiece, prefix: Path) -> list[str]:
    """The files below the prefix that a start, its answer and its end open; sources for compiled ones."""
    if shutil.which("strace") is None:
        raise Absent("strace is not installed")
    trace = work.place.here / "trace"
    strace = ["strace", "-f", "-s", "4096", "-e", "trace=open,openat,execve", "-o", str(trace), "--"]
    place = work.place
    outcome = real.serve_linear(place.python, place.variables, str(place.cwd), [*work.wrap, *strace], 120)
    assert outcome.served, outcome.log[-2000:]
    found: dict[str, None] = {}
    for line in trace.read_text(errors="replace").splitlines():
        match = _OPENED.match(line)
        path = os.path.normpath(match[1]) if match else ""
        if path.startswith(f"{prefix}/"):
            source = _SOURCE.match(path)
            found[f"{source['folder']}/{source['module']}.py" if source else path] = None
    files = (os.path.relpath(path, prefix) for path in found if os.path.isfile(path))
    return sorted(files)


def damage(prefix: Path, harmed: Sequence[Damage]) -> None:
    """Do it to files that are hard links into a kept environment."""
    for path, way in harmed:
        file = prefix / path
        content, mode = file.read_bytes(), file.stat().st_mode
        file.unlink()
        if way != "missing":
            file.write_bytes(b"" if way == "empty" else content[: len(content) // 2])
            file.chmod(mode)


class Files:
    """The starts and checks of one Python; each is made once and kept in a file."""

    def __init__(self, python: str, release: str, store: Path) -> None:
        self._bench = Bench()
        self._environment = Environment("files", (), "", python, release, lambda place: None)
        store.mkdir(parents=True, exist_ok=True)
        self._path = store / f"{python}-{release}-files.jsonl"
        lines = self._path.read_text().splitlines() if self._path.exists() else []
        self._known = {row["key"]: row["seen"] for row in map(json.loads, lines)}
        self._check_key = f"check {engine_digest()}"
        self.starts = 0

    def close(self) -> None:
        """Remove what was built."""
        self._bench.close()

    @contextmanager
    def _build(self) -> Iterator[tuple[Workpiece, Path]]:
        with self._bench.build(self._environment) as work:
            prefix = work.place.conda()
            library = next((prefix / "lib").glob("libpython3.*.so.1.0"))
            libraries = next(prefix.glob("lib/python3*/site-packages/nvidia_pytriton.libs"))
            (libraries / library.name).symlink_to(library)
            yield work, prefix

    def opened(self) -> list[str]:
        """The files of a sound start."""
        if "opened" not in self._known:
            with self._build() as (work, prefix):
                self._keep("opened", opened(work, prefix))
        return list(self._known["opened"])

    def check_all(self, harms: Sequence[Damage]) -> dict[Damage, tuple[bool, list[str]]]:
        """Whether the doctor says that it serves, and the errors that it names, for each damage alone."""
        waiting = [harm for harm in harms if _key(self._check_key, [harm]) not in self._known]
        if waiting:
            with self._build() as (work, prefix):
                for number, harm in enumerate(waiting):
                    self._keep(_key(self._check_key, [harm]), self._check(work, prefix, harm))
                    if number % 50 == 0:
                        print(f"{number} of {len(waiting)} checks", flush=True)
        seen = {harm: self._known[_key(self._check_key, [harm])] for harm in harms}
        return {harm: (serves, ids) for harm, (serves, ids) in seen.items()}

    @staticmethod
    def _check(work: Workpiece, prefix: Path, harm: Damage) -> list[object]:
        file, aside = prefix / harm.path, work.place.here / "aside"
        os.link(file, aside)
        try:
            damage(prefix, [harm])
            prediction = work.predict()
        finally:
            file.unlink(missing_ok=True)
            aside.rename(file)
        words = [] if prediction.serves else [prediction.said[-300:]]
        return [prediction.serves, list(prediction.ids) or words]

    def is_called_sound(self, harms: Sequence[Damage]) -> bool:
        """What the doctor says of several damages together."""
        with self._build() as (work, prefix):
            damage(prefix, harms)
            return work.predict().serves

    def start(self, harms: Sequence[Damage]) -> tuple[bool, str]:
        """Whether Linear is served with all of these, and the end of the log where it is not."""
        key = _key("start", harms)
        if key not in self._known:
            with self._build() as (work, prefix):
                damage(prefix, harms)
                outcome = work.start(SURELY_S if len(harms) > 1 else START_S, hopeless(GRACE_S))
            self.starts += 1
            self._keep(key, [outcome.served, "" if outcome.served else outcome.log[-800:]])
        served, log = self._known[key]
        return served, log

    def _keep(self, key: str, seen: object) -> None:
        self._known[key] = seen
        with self._path.open("a") as file:
            file.write(json.dumps({"key": key, "seen": seen}) + "\n")


def _key(what: str, harms: Sequence[Damage]) -> str:
    text = "\n".join(f"{way} {path}" for path, way in sorted(harms))
    return f"{what} {hashlib.sha256(text.encode()).hexdigest()[:20]}"


def run(python: str, release: str, store: Path) -> int:
    """Try them all, go on where it stopped; 1 where doctor and PyTriton disagree."""
    with closing(Files(python, release, store)) as files:
        paths = files.opened()
        print(f"{len(paths)} files are opened", flush=True)
        checked = files.check_all([Damage(path, way) for way in WAYS for path in paths])
        ways = {way: _compared(files, way, checked) for way in WAYS}
    wrong = sum(len(seen["wrong_all_clears"]) + len(seen["wrong_alarms"]) for seen in ways.values())
    seen = {"date": time.strftime("%F"), "python": python, "release": release, "files": len(paths),
            "disagreements": wrong, "ways": ways}  # fmt: skip
    (store / f"files-{python}-{release}.json").write_text(published.text_of(seen))
    print(f"{len(checked)} damages, {files.starts} starts, {wrong} disagreements")
    return 1 if wrong else 0


def _compared(files: Files, way: str, checked: dict[Damage, tuple[bool, list[str]]]) -> dict[str, Any]:
    sound = tuple(harm for harm, (serves, _ids) in checked.items() if serves and harm.way == way)
    groups = culprits(sound, lambda some: files.start(some)[0])
    # what harms only in company is judged by what the doctor says of the company
    wrong = [group for group in groups if len(group) == 1 or files.is_called_sound(group)]
    broken = [harm for harm, (serves, _ids) in checked.items() if not serves and harm.way == way]
    sample = random.Random(7).sample(broken, min(_SAMPLE, len(broken)))
    alarms = [harm.path for harm in sample if files.start([harm])[0]]
    clears = [[harm.path for harm in group] for group in wrong]
    return {"called_sound": len(sound), "wrong_all_clears": clears, "called_broken": len(broken),
            "started": len(sample), "wrong_alarms": alarms}  # fmt: skip
