"""What a killed PyTriton leaves is found and removed; what lives, and what is others', is not touched."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.truth import real
from tests.truth.place import Place
from tests.truth.stock import Absent

pytestmark = pytest.mark.truth
KILL = Path(__file__).with_name("kill.py")


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="tl-", dir="/tmp"))  # short: sockets' paths have little room
    yield made / "0"
    shutil.rmtree(made, ignore_errors=True)


def _course(folder: Path, *, can_start: bool) -> dict[str, Any]:
    try:
        place = Place(folder, "3.11" if can_start else "3.10", "0.7.0", lambda: sys.executable)
        python = place.python
    except Absent as absent:
        pytest.skip(str(absent))
    if not can_start:
        place.unset("LD_LIBRARY_PATH")
    place.set(PYTHONUNBUFFERED="1")
    place.own_tmp()
    shutil.copyfile(real.LINEAR, place.cwd / "linear_quick_start.py")
    script = shutil.copyfile(KILL, place.here / "kill.py")
    done = subprocess.run(
        [*real.sandbox(place.options), *real.with_variables(place.variables), sys.executable,
         str(script), python, place.doctor, "yes" if can_start else "no"],
        env={"PATH": "/usr/bin:/bin"}, cwd=place.cwd, capture_output=True, text=True, timeout=180,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-3000:]
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def _kinds(said: dict[str, Any]) -> set[str]:
    return {one["kind"] for one in said["found"]}


def _is_clean(seen: dict[str, Any]) -> None:
    """Nothing was taken from the living, nothing was removed unasked, and all is gone in the end."""
    assert seen["alive"]["found"] == []
    assert seen["alive-folders"]
    assert [one for one in seen["alive-segments"] if one not in seen["made"]]
    assert seen["shown"]["removed"] == []
    code, words, _ = seen["asked"]
    assert code == 0
    assert "Nothing was removed." in words
    for one in seen["shown"]["found"]:
        assert one["where"] in words
    assert seen["still-there"]
    assert seen["cleaned"]["not_removed"] == []
    assert seen["after"] == []
    assert seen["others"] == seen["made"]
    assert seen["servers-after"] == []
    assert seen["again"]["found"] == []


@pytest.mark.truth_slice
def test_killed_while_serving(folder: Path) -> None:
    seen = _course(folder, can_start=True)
    _is_clean(seen)
    assert seen["servers"] == []
    assert "workspace" in _kinds(seen["shown"])
    assert seen["checked"]["verdict"] == "ok", "what is left does not colour a sound environment"
    assert "orphaned-resources" in [one["id"] for one in seen["checked"]["findings"]]


def test_killed_while_its_stub_could_not_start(folder: Path) -> None:
    seen = _course(folder, can_start=False)
    _is_clean(seen)
    (orphan,) = seen["servers"]
    assert {"server", "segment", "workspace"} <= _kinds(seen["shown"])
    (busy,) = [one for one in seen["checked"]["findings"] if one["id"] == "port-in-use"]
    assert busy["remedies"][0]["commands"] == [f"kill -9 {orphan}"]
    assert any(f"process {orphan} (tritonserver" in one for one in busy["evidence"])


def test_a_stub_that_outlives_its_server(folder: Path) -> None:
    """Nobody answers over HTTP: PyTriton gives up, its server ends, and the model's process waits on."""
    try:
        place = Place(folder, "3.13", "0.7.0", lambda: sys.executable)
        python = place.python
    except Absent as absent:
        pytest.skip(str(absent))
    place.set(PYTRITON_TRITON_CONFIG_HTTP_THREAD_COUNT="0")
    place.own_tmp()
    shutil.copyfile(real.LINEAR, place.cwd / "linear.py")
    doctor = f"{place.doctor} -I -m tritondoctor"
    script = (
        f"{python} linear.py > log 2>&1 & main=$!; "
        f"while {doctor} clean --json > now; kill -0 $main; do mv now alive; done; sleep 1; "
        f"{doctor} check --json --python {python} > checked; {doctor} clean --json > shown; "
        # what its children used is nobody's once they have ended
        f"{doctor} clean --json --yes > cleaned; {doctor} clean --json --yes > rest; "
        f"{doctor} clean --json > again; ls /dev/shm > left"
    )
    subprocess.run(
        [*real.sandbox(place.options), *real.with_variables(place.variables), "sh", "-c", script],
        env={"PATH": "/usr/bin:/bin"}, cwd=place.cwd, timeout=240, check=True,
    )  # fmt: skip
    names = ("alive", "checked", "shown", "cleaned", "again")
    said = {name: json.loads((place.cwd / name).read_text()) for name in names}
    assert not _kinds(said["alive"]) & {"server", "stub"}
    assert {"stub", "segment"} <= _kinds(said["shown"])
    assert "orphaned-resources" in [one["id"] for one in said["checked"]["findings"]]
    assert said["cleaned"]["not_removed"] == []
    assert not _kinds(said["again"]) & {"server", "stub", "segment"}
    assert (place.cwd / "left").read_text() == ""


_STORE = """
import os, time
import numpy as np
from pytriton.proxy.data import TensorStore

if __name__ == "__main__":
    store = TensorStore("store.sock", auth_key=b"x")
    store.start()
    names = store.put([np.arange(5000, dtype=np.float32), np.array([b"a", b"bc"], dtype=object)])
    print("ready", flush=True)
    time.sleep(100)
"""


def test_segments_of_tensors(folder: Path) -> None:
    """TensorStore's segments bear no pid; they are told by what PyTriton writes into them."""
    try:
        place = Place(folder, "3.11", "0.7.0", lambda: sys.executable)
        python = place.python
    except Absent as absent:
        pytest.skip(str(absent))
    place.write(place.cwd / "store.py", _STORE)
    doctor = f"{place.doctor} -I -m tritondoctor clean --json --yes"
    script = (
        f"setsid {python} store.py > out & until grep -q ready out; do sleep 0.1; done; "
        f"{doctor} > alive; "
        f"ls /dev/shm > there; kill -9 -$!; sleep 0.5; {doctor} > dead; ls /dev/shm > left"
    )
    subprocess.run(
        [*real.sandbox(place.options), *real.with_variables(place.variables), "sh", "-c", script],
        env={"PATH": "/usr/bin:/bin"}, cwd=place.cwd, timeout=60, check=True,
    )  # fmt: skip
    said = {name: json.loads((place.cwd / name).read_text()) for name in ("alive", "dead")}
    there = [part for part in (place.cwd / "there").read_text().split() if part.startswith("psm_")]
    assert there
    assert said["alive"]["found"] == []
    assert sorted(said["dead"]["removed"]) == [f"/dev/shm/{name}" for name in there]
    assert (place.cwd / "left").read_text() == ""
