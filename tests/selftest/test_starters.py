"""What `tritondoctor init` writes, started as a user starts it: the server, the client, then curl."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.selftest.boxed import named, place_of
from tests.truth import real, stock
from tests.truth.place import Place
from tritondoctor.installing import starter

SECONDS = 400
#: the server in the background as of a shell, the client, and one more command; then Ctrl-C
_USER = """
cd {folder}
set -m
{python} server.py {server} >server.log 2>&1 &
server=$!
timeout 300 {python} client.py; echo client ended with $?
{extra}
kill -INT -- -$server; wait $server; echo server ended with $?
"""


def started(
    place: Place, kind: starter.Kind, extra: str = "", framework: str = "numpy", server: str = "8000"
) -> str:
    """What the user sees of the server's client and of the command `extra`."""
    folder = place.cwd / kind
    starter.write(str(folder), kind, framework)
    script = _USER.format(folder=folder, python=place.python, extra=extra, server=server)
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


@pytest.mark.truth
@pytest.mark.parametrize("name", ["torch", "onnxruntime", "tensorflow 2.21", "jax 0.6", "numpy"])
def test_frameworks(name: str) -> None:
    environment = "serves 3.11" if name == "numpy" else f"framework {name}"
    with place_of(named(environment)) as place:
        seen = started(place, "framework", framework=name.split()[0])
    assert "right\nclient ended with 0" in seen, seen
    assert "server ended with 0" in seen, seen


@pytest.mark.truth
def test_llama() -> None:
    """The tiny model without weights: the same text for the client and for curl, in pieces."""
    _curl()
    body = '{"prompt": "What is the capital of France? Answer briefly.", "most": 64}'
    events = f"curl -sN localhost:8000/v2/models/Llama/generate_stream -d '{body}'"
    with place_of(replace(named("serves 3.11"), build=with_transformers)) as place:
        seen = started(place, "llama", events, server="--model random")
    assert "client ended with 0" in seen and "pieces a second]" in seen, seen
    pieces = re.findall(r'"piece":"((?:[^"\\\\]|\\\\.)*)"', seen)
    assert len(pieces) == 64, seen
    assert json.loads(f'"{"".join(pieces)}"') == seen.splitlines()[0]


def with_transformers(place: Place) -> None:
    steps = (("torch==2.13.0", "numpy<2"), ("transformers==5.24.0", "numpy<2"))
    place.start_from(stock.with_frameworks(place.name, *steps))


_KINDS: list[tuple[starter.Kind, str]] = [
    ("linear", "numpy"), ("streaming", "numpy"), ("ensemble", "numpy"), ("llama", "numpy"),
    *(("framework", name) for name in starter.FRAMEWORKS),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "framework"), _KINDS)
def test_every_python_file_compiles_for_the_oldest_python(
    kind: starter.Kind, framework: str, tmp_path: Path
) -> None:
    for path in starter.write(str(tmp_path / "it"), kind, framework):
        if path.endswith(".py"):
            ast.parse(Path(path).read_text(), feature_version=(3, 8))


@pytest.mark.parametrize(
    "options", [("--streaming", "--ensemble"), ("--llama", "--framework", "jax"), ("--framework", "auto")]
)
def test_options_that_make_no_sense(options: tuple[str, ...], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tritondoctor", "init", *options, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and not list(tmp_path.iterdir())
