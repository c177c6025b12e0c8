"""`libs --versions` and `libs --verify`: pyelftools reads what readelf and our own reader read."""

from __future__ import annotations

import glob
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_cli import run
from tests.unit.build import facts
from tritondoctor.examination.suitable import suitability
from tritondoctor.loader import second_reader

LIBSTDCXX = next(iter(glob.glob("/usr/lib/*-linux-gnu/libstdc++.so.6")), "")


def _readelf(*words: str) -> str:
    return subprocess.run(["readelf", "-W", *words], capture_output=True, text=True, check=True).stdout


@pytest.mark.skipif(not LIBSTDCXX, reason="the machine has no libstdc++")
def test_versions_are_those_of_readelf() -> None:
    done = run("libs", "--versions", "--json", LIBSTDCXX)
    (read,) = json.loads(done.stdout)["objects"]
    shown = _readelf("-V", LIBSTDCXX).partition("Version definition section")[2]
    defined, _, needed = shown.partition("Version needs section")
    names = re.findall(r"Flags: none +Index: \d+ +Cnt: \d+ +Name: (\S+)", defined)
    assert sorted(names) == sorted(read["defines"]) and "GLIBCXX_3.4" in names
    wanted = {name for names in read["needs"].values() for name in names}
    assert wanted == set(re.findall(r"Name: (\S+)  Flags", needed))
    assert read["build_id"] in _readelf("-n", LIBSTDCXX)
    assert read["soname"] == "libstdc++.so.6"


def test_second_opinion_on_every_object_of_python() -> None:
    done = run("libs", "--verify", sys.executable, "/bin/sh")
    assert (done.returncode, "pyelftools agrees on all" in done.stdout) == (0, True), done.stdout


@pytest.mark.parametrize("content", [b"", b"text", b"\x7fELF", b"\x7fELF\x02\x01\x01" + bytes(57)])
def test_what_is_no_object(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    done = run("libs", "--versions", str(tmp_path / "file"))
    assert (done.returncode, done.stdout) in ((2, ""), (0, done.stdout))
    if not content.startswith(b"\x7fELF"):
        done = run("libs", "--verify", str(tmp_path / "file"))
        assert (done.returncode, done.stdout) == (2, ""), "agreement on nothing is none"


def test_newer_versions_come_last() -> None:
    names = ["GLIBCXX_3.4.9", "GLIBCXX_3.4.30", "GLIBCXX_3.4", "CXXABI_1.3"]
    assert sorted(names, key=second_reader.order)[-2:] == ["GLIBCXX_3.4.9", "GLIBCXX_3.4.30"]


def test_who_would_not_be_content() -> None:
    here = facts()
    assert here.launch is not None
    server = next(program for program in here.launch.programs if program.role == "tritonserver")

    def needs(path: str) -> list[tuple[str, str]]:
        return [("libstdc++.so.6", "GLIBCXX_3.4.30")] if "tritonserver" in path else []

    found = suitability(here, "libstdc++.so.6", ["GLIBCXX_3.4.29"], needs)
    assert (server.role, ("GLIBCXX_3.4.30",)) in found
    assert all(
        not program.missing for program in suitability(here, "libstdc++.so.6", ["GLIBCXX_3.4.30"], needs)
    )
