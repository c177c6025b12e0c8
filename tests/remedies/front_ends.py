"""An environment of conda's, broken as in the notes, with a front end beside it: the stand-in, a real
one where TRITONDOCTOR_TEST_CONDA names it or PATH has it, or none, so that py-rattler does the work.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.remedies import channel
from tests.remedies.cycle import Doctor
from tests.truth import real, stock
from tests.truth.bench import PATIENCE_S
from tests.truth.place import Place

STANDIN = Path(__file__).parents[1] / "standins/conda"
NAME = "3.10"
FRONT_ENDS = ("stand-in", "real")


def real_front_end() -> str:
    """The real one of this machine; skips where there is none."""
    named = os.environ.get("TRITONDOCTOR_TEST_CONDA", "")
    found = named or next(filter(None, map(shutil.which, ("conda", "mamba", "micromamba"))), "")
    if not found:
        pytest.skip("no conda, mamba or micromamba here; TRITONDOCTOR_TEST_CONDA may name one")
    return found


class Scene:
    """The environment MS: Python and libstdc++ 11 of `defaults`, PyTriton in it, nothing exported."""

    def __init__(self, here: Path, front: str, *specs: str) -> None:
        if stock.cached_by_loader(f"libpython{NAME}.so.1.0"):
            raise stock.Absent(f"this machine's loader knows a libpython {NAME}")
        self.defaults, self.forge = channel.two_channels(NAME)
        self.place = Place(here, NAME, "0.7.0", lambda: "")
        self.prefix = here / "conda/envs/MS"
        self.packages = here / "packages"
        channel.install(self.prefix, self.defaults, f"python={NAME}", *specs)
        (self.prefix / "conda-meta/history").write_text(
            f"==> 2026-01-01 10:00:00 <==\n# cmd: conda create -n MS python={NAME}\n"
            f"# update specs: {[f'python={NAME}', *specs]}\n"
        )
        self.place.write(self.place.home / ".conda/environments.txt", f"{self.prefix}\n")
        for record in (self.prefix / "conda-meta").glob("*.json"):
            record.chmod(0o644)
        self.place.python = channel.with_pytriton(self.prefix, NAME)
        self.place.unset("LD_LIBRARY_PATH")
        self.place.set(
            CONDA_PREFIX=self.prefix, PATH=f"{self.prefix}/bin:/usr/bin:/bin", CONDA_DEFAULT_ENV="MS",
            CONDA_PKGS_DIRS=self.packages, CONDA_NUMBER_CHANNEL_NOTICES="0", CONDA_CHANNELS=self.defaults,
        )  # fmt: skip
        self.program = self._program(front)
        if self.program:
            self.place.set(CONDA_EXE=self.program)
        self.doctor = Doctor(self.place)

    def _program(self, front: str) -> str:
        if front == "real":
            return real_front_end()
        program = self.place.here / "front/conda"
        line = f'#!/bin/sh\nexec {sys.executable} -I {STANDIN} "$@"\n'
        if front == "stand-in":
            self.place.write(program, line).chmod(0o755)
        return str(program) if front == "stand-in" else ""

    def export(self) -> None:
        """`export LD_LIBRARY_PATH=$LD_LIBRARY_PATH:$CONDA_PREFIX/lib`, as the notes have it."""
        before = self.place.variables.get("LD_LIBRARY_PATH", "")
        self.place.set(LD_LIBRARY_PATH=f"{before}:{self.prefix}/lib")

    def mode(self, words: str) -> None:
        """Another way of the stand-in (see there)."""
        self.place.set(STANDIN=words)

    def typed(self, *options: str, channel: str = "") -> subprocess.CompletedProcess[str]:
        """`tritondoctor fix --conda` in a console."""
        return self.doctor.run(
            "fix", "--conda", "--prefix", str(self.prefix), "--no-selftest", "--channel",
            channel or self.forge, *options,
        )  # fmt: skip

    def fix(self, *options: str, channel: str = "") -> tuple[int, dict[str, Any], str]:
        """The same with --json: exit code, what stands under `fix`, what it said beside."""
        done = self.typed("--yes", "--json", *options, channel=channel)
        return done.returncode, json.loads(done.stdout or "{}").get("fix", {}), done.stderr

    def undo(self, *options: str) -> subprocess.CompletedProcess[str]:
        return self.doctor.run("undo", "--yes", *options)

    def conda(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The front end itself, as the user runs it."""
        variables = {
            name: value for name, value in self.place.variables.items() if name != "LD_LIBRARY_PATH"
        }
        return subprocess.run(
            [self.program, *arguments], env=variables, capture_output=True, text=True, check=False
        )

    def serves(self, deadline_s: float = PATIENCE_S) -> bool:
        """Whether PyTriton really serves with the variables of the place."""
        started = real.serve_linear(
            self.place.python, self.place.variables, str(self.place.cwd), self.doctor.wrap, deadline_s
        )
        return started.served

    def activated(self, line: str) -> str:
        """What a shell prints that sources the environment's scripts as conda does."""
        scripts = f"{self.prefix}/etc/conda"
        script = (
            f"for f in {scripts}/activate.d/*.sh; do . $f; done; {line}; "
            f"for f in {scripts}/deactivate.d/*.sh; do . $f; done; {line}"
        )
        done = subprocess.run(
            ["bash", "--norc", "-c", script], env=self.place.variables, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        return done.stdout

    def versions(self) -> dict[str, str]:
        """Name -> version and build, from the environment's records."""
        records = [json.loads(path.read_text()) for path in (self.prefix / "conda-meta").glob("*.json")]
        return {record["name"]: f"{record['version']} {record['build']}" for record in records}

    def altered(self) -> list[str]:
        """As `conda doctor` finds them: files of packages that are missing or not as they were packed,
        records that others cannot read, packages with two records.
        """
        found, names = [], []
        for path in sorted((self.prefix / "conda-meta").glob("*.json")):
            record = json.loads(path.read_text())
            names.append(record["name"])
            found += [str(path)] if path.stat().st_mode & 0o777 != 0o644 else []
            for entry in record["paths_data"]["paths"]:
                file = self.prefix / entry["_path"]
                digest = entry.get("sha256_in_prefix") or entry.get("sha256")
                if not os.path.lexists(file):
                    found.append(str(file))
                elif digest and not file.is_symlink():
                    same = hashlib.sha256(file.read_bytes()).hexdigest() == digest
                    found += [] if same or "site-packages" in str(file) else [str(file)]
        return found + [name for name in names if names.count(name) > 1]
