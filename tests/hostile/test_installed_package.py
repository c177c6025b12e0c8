"""The server of a release that runs out of site-packages is ended; the package is never a leftover."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.truth import real
from tests.truth.place import Place
from tests.truth.stock import Absent

pytestmark = pytest.mark.truth


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="ti-", dir="/tmp"))  # short: sockets' paths have little room
    yield made / "0"
    shutil.rmtree(made, ignore_errors=True)


def test_release_0_2_5(folder: Path) -> None:
    try:
        place = Place(folder, "3.8", "0.2.5", lambda: sys.executable)
        python = place.python
    except Absent as absent:
        pytest.skip(str(absent))
    place.own_tmp()
    shutil.copyfile(real.LINEAR, place.cwd / "linear_quick_start.py")
    script = shutil.copyfile(Path(__file__).with_name("stopped.py"), place.here / "stopped.py")
    done = subprocess.run(
        [*real.sandbox(place.options), *real.with_variables(place.variables), sys.executable,
         str(script), python, place.doctor],
        env={"PATH": "/usr/bin:/bin"}, cwd=place.cwd, capture_output=True, text=True, timeout=180,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-3000:]
    seen = json.loads(done.stdout)
    package = seen["program"].removesuffix("/tritonserver/bin/tritonserver")
    assert package.endswith("site-packages/pytriton")
    assert seen["alive"]["found"] == []
    assert package not in [leftover["where"] for leftover in seen["shown"]["found"]]
    assert package not in seen["cleaned"]["removed"]
    assert str(seen["server"]) in seen["cleaned"]["removed"]
    assert seen["there"] and not seen["living"]
    assert [(one["where"], one["kept"]) for one in seen["shown"]["kept"]] == [(package, "installed")]
    assert seen["again"]["found"] == []
