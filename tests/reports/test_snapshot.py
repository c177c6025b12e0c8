"""A snapshot gives the findings of the live check anywhere; a damaged or hostile one a clear error."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.conftest import interpreters
from tests.reports.make_cases import CASES, RECORDED
from tests.test_cli import run
from tests.truth import real, stock
from tests.truth.environments import ALL
from tests.truth.place import Place
from tests.truth.stock import Absent
from tests.truth.test_truth import SLICE
from tritondoctor.examination import policy, snapshot
from tritondoctor.examination.report import masked
from tritondoctor.reports.formats import FORMATS, render

SAME = Path(__file__).with_name("same.py")
TWO_CAUSES = (CASES / "two-causes.snapshot").read_bytes()


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Short, as sockets' paths have little room, and open to other users."""
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap (bwrap) is not installed")
    made = Path(tempfile.mkdtemp(prefix="td-", dir="/tmp"))
    made.chmod(0o755)
    shutil.copy(SAME, made)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def _parameters() -> list[object]:
    always = {*SLICE, "home-with-a-space"}
    return [
        pytest.param(
            name, marks=() if name in always else (pytest.mark.truth,), id=name.replace(" ", "-")
        )
        for name in ALL
    ]


@pytest.mark.parametrize("name", _parameters())
def test_a_snapshot_says_what_the_live_check_says(name: str, folder: Path) -> None:
    here = folder / str(len(os.listdir(folder)))
    public = folder / "doctor"
    try:
        place = Place(here, ALL[name].python, ALL[name].release, lambda: _public(public))
        ALL[name].build(place)
    except Absent as absent:
        pytest.skip(str(absent))
    question = {"variables": place.variables, "cwd": str(place.cwd), "python": place.python}
    asked = here / "question.json"
    asked.write_text(json.dumps(question))
    doctor = [place.doctor, "-I", str(folder / SAME.name), str(asked)]
    done = subprocess.run(
        [*real.sandbox(place.options), *place.before, *doctor],
        env={"PATH": "/usr/bin:/bin"}, cwd=place.cwd,
        capture_output=True, text=True, errors="replace", check=False, timeout=60,
    )  # fmt: skip
    shutil.rmtree(here, ignore_errors=True)
    assert done.returncode == 0, done.stderr[-2000:]
    for live, kept in json.loads(done.stdout):
        assert live == kept


def _public(folder: Path) -> str:
    if not folder.exists():
        stock.public_doctor(folder)
    return str(folder / "venv" / "bin" / "python")


def test_on_the_command_line_too(environment: str, tmp_path: Path) -> None:
    file = tmp_path / "s"
    live = run("check", "--json", "--prefix", environment)
    taken = run("snapshot", str(file), "--prefix", environment)
    assert taken.returncode == 0 and "check --from" in taken.stdout
    kept = run("check", "--json", "--from", str(file), env={"PATH": "/usr/bin:/bin"}, cwd="/")
    one, other = json.loads(live.stdout), json.loads(kept.stdout)
    assert json.dumps(one["findings"]) == json.dumps(other["findings"])
    assert (one["target"], live.returncode) == (other["target"], kept.returncode)


@pytest.mark.parametrize("minor", ["3.9", "3.13"])
def test_read_by_another_python(minor: str, tmp_path: Path) -> None:
    python = interpreters().get(minor)
    if python is None:
        pytest.skip(f"no Python {minor} here")
    program = tmp_path / "doctor"
    subprocess.run([python, "-m", "venv", str(program)], check=True)
    source = Path(__file__).parents[2]
    pip = [str(program / "bin" / "python"), "-m", "pip", "install", "--quiet", str(source)]
    subprocess.run(pip, check=True, timeout=300)
    words = ["check", "--json", "--from", str(CASES / "two-causes.snapshot")]
    done = subprocess.run(
        [str(program / "bin" / "tritondoctor"), *words],
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert json.loads(done.stdout)["findings"] == json.loads(run(*words).stdout)["findings"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (TWO_CAUSES[:-500], "cut off"),
        (b"[" * 100_000, "not JSON"),
        (b'{"schema":' * 100_000, "not JSON"),
        (b"[]", "does not say that it is"),
        (b'{"schema": "tritondoctor.snapshot/2"}', "another format"),
        (b'{"schema": "tritondoctor.report/1"}', "is a report"),
        (b'{"schema": "tritondoctor.snapshot/1", "version": "9"}', "of tritondoctor '9'"),
        (TWO_CAUSES.replace(b'"uid"', b'"did"', 1), "uid"),
    ],
)
def test_what_is_no_snapshot_is_said_to_be_none(content: bytes, said: str, tmp_path: Path) -> None:
    file = tmp_path / "s"
    file.write_bytes(content)
    done = run("check", "--from", str(file))
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_file_that_is_not_there() -> None:
    done = run("check", "--from", "/no/such/file")
    assert (done.returncode, "No such file" in done.stderr) == (2, True)


def _places(part: Any, path: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    yield path
    items = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, inner in items:
        yield from _places(inner, (*path, key))


WHOLE = json.loads(TWO_CAUSES)
PLACES = list(_places(WHOLE))[1:]
JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=40), st.just([]), st.just({}),
    st.sampled_from(["\x1b]0;owned\x07", "</script><script>", "::error::x\n::stop-commands::y", "]]>",
                     "{0}", "{name}", "\ud800", "../" * 50, "&x;", "'; rm -rf ~; '", "%s%n", "`id`"]),
)  # fmt: skip


def _with(place: tuple[object, ...], junk: object) -> bytes:
    damaged = json.loads(TWO_CAUSES)
    part = damaged
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = junk
    return json.dumps(damaged).encode()


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(PLACES), JUNK)
@example(("facts", "host", "distribution"), "\x1b]0;owned\x07")
def test_facts_that_somebody_changed(place: tuple[object, ...], junk: object) -> None:
    try:
        report = snapshot.report(snapshot.parse(_with(place, junk), "it"), "it")
    except snapshot.SnapshotError as failure:
        assert "it" in str(failure)
        return
    told = masked(policy.applied(report, policy.Located(policy.Policy())), paths=False)
    for format in FORMATS:
        text = render(format, told)
        assert not set(text) & {"\x1b", "\x07"}, format
        if format == "github":
            commands = [line for line in text.splitlines() if line.startswith("::")]
            assert len(commands) == len(report.findings)
        if format == "html":
            assert "<script" not in text


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=300), st.integers(0, len(TWO_CAUSES)), st.integers(0, 400))
def test_bytes_that_somebody_changed(junk: bytes, start: int, length: int) -> None:
    damaged = TWO_CAUSES[:start] + junk + TWO_CAUSES[start + length :]
    try:
        snapshot.report(snapshot.parse(damaged, "it"), "it")
    except snapshot.SnapshotError:
        pass


@pytest.mark.parametrize(
    "part", ["a_token", "-eyJaaaaaaaa", "://", "&a.key", "/home/", "-----BEGIN PRIVATE KEY-----", "aB1",
             "Bearer ", "sk-", "a/t/b", "'", "~", "token=", "\\", "{", "\n::", "\x1b"],
)  # fmt: skip
def test_no_text_keeps_the_doctor_busy(part: str) -> None:
    began = time.monotonic()
    text = part * (1_000_000 // len(part))
    read = snapshot.parse(_with(("facts", "interpreter", "problem"), text), "it")
    told = masked(snapshot.report(read, "it"), paths=False)
    for format in FORMATS:
        render(format, told)
    assert time.monotonic() - began < 30


def test_diff_tells_the_relevant_first() -> None:
    files = [str(CASES / f"{name}.snapshot") for name in ("healthy", "two-causes")]
    done = run("diff", *files)
    assert done.returncode == 1
    heads = [line for line in done.stdout.splitlines() if line and not line.startswith((" ", "-", "+"))]
    assert heads[:3] == ["Findings", "What the loader finds", "Python and PyTriton"]
    data = json.loads(run("diff", "--json", *files).stdout)
    assert data["schema"] == "tritondoctor.difference/1"
    first = data["differences"][0]
    assert (first["name"], first["before"]) == ("libpython-missing", "none")
    names = [one["name"] for one in data["differences"] if one["group"] == "libraries"]
    broken = {f"{role}: libstdc++.so.6" for role in ("tritonserver", "stub")} | {
        "stub: libpython3.10.so.1.0"
    }
    assert set(names[:3]) == broken, "what breaks a program goes first"
    libraries = {one["name"]: one for one in data["differences"] if one["group"] == "libraries"}
    assert libraries["stub: libstdc++.so.6"]["before"].startswith("/lib/")


@pytest.mark.parametrize("case", RECORDED)
def test_diff_with_itself_is_nothing(case: str) -> None:
    file = str(CASES / f"{case}.snapshot")
    done = run("diff", file, file)
    assert (done.returncode, "do not differ" in done.stdout) == (0, True)
