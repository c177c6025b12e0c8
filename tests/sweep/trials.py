"""What PyTriton does, and what the doctor says, with some variables set; kept, so that a run goes on."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.generated.judge import hopeless
from tests.generated.store import engine_digest
from tests.sweep.groups import Settings
from tests.truth import real
from tests.truth.bench import Bench
from tests.truth.declare import Environment

#: a sound start takes 5 s here; PyTriton itself gives up after 120 s
START_S, SURELY_S, CHECK_S = 30.0, 60.0, 150.0
#: … once its log has said that it fails
GRACE_S = 4.0
_TAIL = 1500


class Trials:
    """Starts and checks of one Python, each made once; `starts` counts those of this run.

    `doctor` is the command as a person types it, the starter.
    """

    def __init__(self, python: str, release: str, store: Path, doctor: str) -> None:
        self.starts = self.checks = 0
        self.folder = store
        self._environment = Environment("sweep", (), "", python, release, lambda place: None)
        self._bench = Bench()
        self._doctor = doctor
        self._engine = engine_digest() if doctor == own_doctor() else doctor
        store.mkdir(parents=True, exist_ok=True)
        self._path = store / f"{python}-{release}.jsonl"
        self._known: dict[str, Any] = {}
        if self._path.exists():
            for line in self._path.read_text(encoding="utf-8").splitlines():
                seen = json.loads(line)
                self._known[seen["key"]] = seen["seen"]

    def close(self) -> None:
        """Removes what was built."""
        self._bench.close()

    def start(self, settings: Settings, deadline_s: float = START_S) -> tuple[bool, str]:
        """Whether Linear is served, and the end of the log where it is not."""
        key = f"start {deadline_s:.0f} {_digest(settings)}"
        if key not in self._known:
            with self._bench.build(self._environment) as work:
                work.place.variables.update(_placed(settings, work.place.here))
                outcome = work.start(deadline_s, hopeless(GRACE_S))
            self.starts += 1
            self._keep(key, [outcome.served, "" if outcome.served else outcome.log[-_TAIL:]])
        served, log = self._known[key]
        return served, log

    def check(self, settings: Settings) -> tuple[str, list[str], list[str]]:
        """The verdict (`none`: the doctor fails, or its exit code is another), the ids of the errors,
        and the variables that they name.
        """
        key = f"check {self._engine} {_digest(settings)}"
        if key not in self._known:
            with self._bench.build(self._environment) as work:
                variables = {**work.place.variables, **_placed(settings, work.place.here)}
                command = [*work.wrap, *real.with_variables(variables), self._doctor, "check", "--json",
                           "--python", work.place.python]  # fmt: skip
                self._keep(key, list(_ask(command, str(work.place.cwd))))
            self.checks += 1
        verdict, ids, words = self._known[key]
        return verdict, ids, [setting.name for setting in settings if setting.name in words]

    def _keep(self, key: str, seen: Any) -> None:
        self._known[key] = seen
        with self._path.open("a", encoding="utf-8", errors="surrogateescape") as file:
            file.write(json.dumps({"key": key, "at": time.strftime("%F %T"), "seen": seen}) + "\n")


def own_doctor() -> str:
    """The command of the doctor that is being worked on."""
    return str(Path(sys.executable).with_name("tritondoctor"))


def _ask(command: list[str], cwd: str) -> tuple[str, list[str], list[str]]:
    """The verdict, the ids of the errors, and all capital words in them."""
    try:
        done = subprocess.run(
            command, env={"PATH": "/usr/bin:/bin"}, cwd=cwd, capture_output=True, timeout=CHECK_S,
            text=True, errors="replace", check=False,
        )  # fmt: skip
        report = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        return "none", ["no answer in time"], []
    except ValueError:
        return "none", [f"exit code {done.returncode}: {(done.stderr or done.stdout)[-400:]}"], []
    errors = [finding for finding in report["findings"] if finding["severity"] == "error"]
    ids = list(dict.fromkeys(finding["id"] for finding in errors))
    if done.returncode != (report["verdict"] == "fail"):
        return "none", [f"verdict {report['verdict']}, exit code {done.returncode}"], []
    return report["verdict"], ids, sorted(set(re.findall(r"\w{3,}", json.dumps(errors))))


def _placed(settings: Settings, here: Path) -> Mapping[str, str]:
    """The variables; `{file}`, `{folder}` and `{missing}` are made or named below the place."""
    folder, file = here / "a-folder", here / "a-file"
    folder.mkdir(exist_ok=True)
    file.write_text("a text\n")
    paths = {"{file}": str(file), "{folder}": str(folder), "{missing}": str(here / "missing/x")}
    return {setting.name: paths.get(setting.value, setting.value) for setting in settings}


def _digest(settings: Settings) -> str:
    text = "\0".join(f"{name}={value}" for name, value in sorted(settings))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:20]
