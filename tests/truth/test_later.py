"""What only bites under conditions: the warning, a start that works, and the condition that breaks it.

Each has a look-alike, in which the doctor must be silent and the same requests are answered.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.truth import real
from tests.truth.bench import Prediction, predict
from tests.truth.place import Place
from tests.truth.stock import Absent

pytestmark = pytest.mark.truth
_PATIENCE_S = 40.0
_CLIENT = 'ModelClient(url, "Linear", init_timeout_s=20)'
_SENT = "        sent = np.random.randn(128, 2)"
_ANSWERED = "        assert np.allclose"


@pytest.fixture
def place() -> Iterator[Place]:
    folder = Path(tempfile.mkdtemp(prefix="tl-", dir="/tmp"))  # short: sockets' paths have little room
    try:
        made = Place(folder / "0", "3.11", "0.7.0", lambda: sys.executable)
        made.variables["PYTHONUNBUFFERED"] = "1"
        yield made
    except Absent as absent:
        pytest.skip(str(absent))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _look(place: Place) -> Prediction:
    return predict(place, [*real.sandbox(place.options), *place.before], place.python)


def _start(place: Place, *changes: tuple[str, str]) -> real.Outcome:
    text = real.LINEAR.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    place.write(place.cwd / "linear_quick_start.py", text)
    wrap = [*real.sandbox(place.options), *place.before]
    return real.serve_linear(place.python, place.variables, str(place.cwd), wrap, _PATIENCE_S)


def _settles(
    place: Place, id: str, bites: bool, *changes: tuple[str, str], start: bool = True
) -> real.Outcome:
    """The warning is there exactly where the changed requests fail; the quick start works in both."""
    said = _look(place)
    assert said.serves, said.said
    assert (id in said.warnings) == bites, said.said
    if start:
        assert _start(place).served
    outcome = _start(place, *changes)
    assert outcome.served != bites, outcome.log[-3000:]
    return outcome


def _batch(size: int) -> tuple[tuple[str, str], ...]:
    """Requests whose batch takes so many bytes."""
    columns = size // 4 // 128
    return (
        ("np.random.randn(128, 2)", f"np.random.randn(128, {columns})"),
        ("np.arange(6, dtype=np.float32).reshape(2, 3)", f"np.ones(({columns}, 3), dtype=np.float32)"),
        ("atol=1e-5", "atol=1"),
    )


@pytest.mark.parametrize(("megabytes", "bites"), [(64, True), (512, False)])
def test_shared_memory_for_batches(place: Place, megabytes: int, bites: bool) -> None:
    place.options += ["--size", str(megabytes << 20), "--tmpfs", "/dev/shm"]
    _settles(place, "shared-memory-small", bites, *_batch(32_000_000))


@pytest.mark.parametrize("megabytes", [24, 40, 64])
def test_the_largest_batch_is_the_one_that_was_told(place: Place, megabytes: int) -> None:
    place.options += ["--size", str(megabytes << 20), "--tmpfs", "/dev/shm"]
    report = json.loads(_look(place).said)
    (warning,) = [one for one in report["findings"] if one["id"] == "shared-memory-small"]
    told = float(warning["fields"]["batch"].split()[0]) * 1e6
    assert _start(place, *_batch(int(told * 0.9))).served
    assert not _start(place, *_batch(int(told * 1.1))).served


def test_what_fills_shared_memory_is_cleaned(place: Place) -> None:
    place.options += ["--size", "8000000", "--tmpfs", "/dev/shm"]
    place.before_start("head -c 7000000 /dev/zero > /dev/shm/pytrtion999-0badcafe-x")
    report = json.loads(_look(place).said)
    (full,) = [one for one in report["findings"] if one["severity"] == "error"]
    assert full["id"] == "shared-memory-unusable"
    (evidence,) = full["evidence"]
    assert "7.0 MB" in evidence and "dead PyTriton processes" in evidence
    assert full["remedies"][0]["commands"] == ["tritondoctor clean"]
    assert not _start(place).served
    place.before_start(f"{place.doctor} -I -m tritondoctor clean --yes > /dev/null")
    assert _look(place).serves
    assert _start(place).served


@pytest.mark.parametrize(("limit", "bites"), [(100, True), (1024, False)])
def test_clients_at_a_time(place: Place, limit: int, bites: bool) -> None:
    place.limit(nofile=limit)
    held = (
        "        import socket\n        held = [socket.create_connection(('127.0.0.1', 8000)) for _ in "
        f"range(60)]\n{_SENT}"
    )
    _settles(place, "open-files-limit-low", bites, (_SENT, held))


@pytest.mark.parametrize(("seconds", "bites"), [(1, True), (0, False)])
def test_time_on_the_processor(place: Place, seconds: int, bites: bool) -> None:
    if seconds:
        place.limit(cpu=seconds)
    busy = f"        while __import__('time').process_time() < 3:\n            pass\n{_ANSWERED}"
    _settles(place, "cpu-time-limited", bites, (_ANSWERED, busy))


@pytest.mark.parametrize(
    ("hosts", "bites"),
    [
        ("", True),
        ("::1 localhost\n", True),
        ("10.1.2.3 localhost\n", True),
        ("::1 localhost\n127.0.0.1 localhost\n", False),
    ],
)
def test_localhost(place: Place, hosts: str, bites: bool) -> None:
    file = place.write(place.here / "hosts", hosts)
    place.options += ["--ro-bind", str(file), "/etc/hosts"]
    client = 'ModelClient("localhost", "Linear", init_timeout_s=8)'
    _settles(place, "localhost-unresolved", bites, (_CLIENT, client), start=False)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize(
    ("spared", "bites"), [("", True), ("example.org", True), ("localhost,127.0.0.1", False)]
)
def test_proxies(place: Place, host: str, spared: str, bites: bool) -> None:
    place.set(http_proxy="http://ana:secret@127.0.0.1:9", no_proxy=spared)
    client = f'ModelClient("grpc://{host}:8001", "Linear", init_timeout_s=8)'
    _settles(place, "grpc-uses-proxy", bites, (_CLIENT, client), start=False)
    assert "ana:secret" not in _look(place).said


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"HTTP_PROT": "9000"}, "Ignoring http_prot=9000"),
        ({"ALLOW_HTTP": "False"}, "Started HTTPService at 0.0.0.0:8000"),
        ({"HTTP_PORT": "9000"}, ""),
        ({"CACHE_CONFIG_0": "local,size=1048576"}, ""),
    ],
)
def test_settings_without_effect(place: Place, settings: dict[str, str], said: str) -> None:
    place.variables.update({f"PYTRITON_TRITON_CONFIG_{name}": text for name, text in settings.items()})
    looked = _look(place)
    assert looked.serves
    assert ("setting-without-effect" in looked.warnings) == bool(said)
    outcome = _start(place)
    assert outcome.served
    assert said in outcome.log


MODEL = "class TritonPythonModel:\n    def execute(self, requests):\n        return []\n"


@pytest.mark.parametrize(("backend", "serves"), [("nope", False), ("python", True), ("", True)])
def test_models_of_others(place: Place, backend: str, serves: bool) -> None:
    repository = place.here / "repository"
    repository.mkdir()
    if backend:
        place.write(repository / "other" / "config.pbtxt", f'name: "other"\nbackend: "{backend}"\n')
        place.write(repository / "other" / "1" / "model.py", MODEL)
    place.set(PYTRITON_TRITON_CONFIG_MODEL_REPOSITORY=repository)
    said = _look(place)
    assert said.serves == serves
    assert ("model-repository-not-empty" in said.warnings) == bool(backend)
    assert _start(place).served == serves


@pytest.mark.parametrize(("level", "verbose"), [("1", True), ("0", False)])
def test_verbose_logs(place: Place, level: str, verbose: bool) -> None:
    place.set(PYTRITON_TRITON_CONFIG_LOG_VERBOSE=level)
    assert ("verbose-log" in _look(place).warnings) == verbose
    outcome = _start(place)
    assert outcome.served
    assert ("running with enabled verbose logs" in outcome.log) == verbose


@pytest.mark.truth_slice
def test_a_sound_place_has_no_warning(place: Place) -> None:
    assert _look(place).warnings == ()
