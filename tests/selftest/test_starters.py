"""What `tritondoctor init` writes, started as a user starts it: the server, the client, then curl."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.selftest.boxed import named, place_of
from tests.truth import real
from tests.truth.place import Place
from tritondoctor.installing import starter

SECONDS = 180
#: the server in the background as of a shell, the client, and one more command; then Ctrl-C
_USER = """
cd {folder}
set -m
{python} server.py 8000 >server.log 2>&1 &
server=$!
timeout 120 {python} client.py; echo client ended with $?
{extra}
kill -INT -- -$server; wait $server; echo server ended with $?
"""


def started(place: Place, kind: starter.Kind, extra: str) -> str:
    """What the user sees of the server's client and of the command `extra`."""
    folder = place.cwd / kind
    starter.write(str(folder), kind)
    script = _USER.format(folder=folder, python=place.python, extra=extra)
    done = subprocess.run(
        [*real.sandbox(place.options), *real.with_variables(place.variables), "bash", "-c", script],
        capture_output=True, text=True, timeout=SECONDS, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    log = folder / "server.log"
    return done.stdout + done.stderr + (log.read_text()[-3000:] if "wrong" in done.stdout else "")


def _curl() -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")


@pytest.mark.truth
@pytest.mark.truth_slice
def test_streaming() -> None:
    _curl()
    events = "curl -sN localhost:8000/v2/models/Squares/generate_stream -d '{\"count\": 4}'"
    with place_of(named("serves 3.11")) as place:
        seen = started(place, "streaming", events)
    assert "right\nclient ended with 0" in seen, seen
    assert seen.count("data: {") == 4 and '"square":9' in seen, seen
    assert "server ended with 0" in seen, seen


@pytest.mark.truth
def test_streams_do_not_wait_for_each_other() -> None:
    """Four clients at once, ten parts of a tenth of a second each: about a second, not four."""
    ask = "{python} client.py | tail -2 | head -1 &"
    with place_of(named("serves 3.11")) as place:
        extra = "\n".join([ask.format(python=place.python)] * 4) + "\nwait %2 %3 %4 %5"
        seen = started(place, "streaming", extra)
    ends = [float(line.split()[0]) for line in seen.splitlines() if line.endswith("   81")]
    assert len(ends) == 5 and max(ends) < 2.5, seen


@pytest.mark.truth
@pytest.mark.truth_slice
def test_ensemble() -> None:
    _curl()
    counted = "curl -s localhost:8002/metrics | grep nv_inference_request_success{{"
    with place_of(named("serves 3.11")) as place:
        seen = started(place, "ensemble", counted.replace("{{", "{"))
        left = list((place.home / ".cache/pytriton").glob("ensemble-*"))
    assert "right\nclient ended with 0" in seen, seen
    for model in ("Scale", "Linear", "Pipe"):
        assert f'model="{model}",version="1"}} 1' in seen, seen
    assert "server ended with 0" in seen, seen
    assert left == []


@pytest.mark.parametrize("kind", starter.FILES)
def test_every_python_file_compiles_for_the_oldest_python(kind: starter.Kind, tmp_path: Path) -> None:
    import ast

    for path in starter.write(str(tmp_path / "it"), kind):
        if path.endswith(".py"):
            ast.parse(Path(path).read_text(), feature_version=(3, 8))


def test_options_exclude_each_other(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tritondoctor", "init", "--streaming", "--ensemble", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and not list(tmp_path.iterdir())
