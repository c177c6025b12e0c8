"""The small parts: reference, ports, quantiles, processes, leftovers."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tritondoctor.selftest import bench, generator, leftovers, ports, processes, reference
from tritondoctor.selftest.model import Load
from tritondoctor.support import pytriton_traces
from tritondoctor.support.proc import ProcessStat


def _server(pid: int) -> ProcessStat:
    return ProcessStat(pid, "tritonserver", "S", 0, "1")


def test_the_reference_is_linear() -> None:
    rows = [[1.0, 0.0], [0.0, 1.0], [2.0, -1.0]]
    first, second = reference.WEIGHTS
    bias = reference.BIAS
    assert reference.linear(rows) == [
        [w + b for w, b in zip(first, bias)],
        [w + b for w, b in zip(second, bias)],
        [2 * w - v + b for w, v, b in zip(first, second, bias)],
    ]
    assert len(reference.rows()) == 128
    assert reference.rows() == reference.rows()


@pytest.mark.parametrize(
    "got, worst",
    [
        ([[1.0, 2.0]], 0.0),
        ([[1.0, 2.5]], 0.5),
        ([[1.0, float("nan")]], float("inf")),
        ([[1.0]], float("inf")),
        ([], float("inf")),
        (None, float("inf")),
        ([["x", 2.0]], float("inf")),
    ],
)
def test_any_other_answer_differs(got: object, worst: float) -> None:
    assert reference.difference(got, [[1.0, 2.0]]) == worst


def test_a_weight_that_is_off_by_the_smallest_step_is_noticed() -> None:
    right = reference.linear(reference.rows())
    wrong = [[value + 1 / 64 for value in row] for row in right]
    assert reference.difference(wrong, right) > reference.TOLERANCE


def test_ports_are_free_and_different() -> None:
    chosen = ports.choose({})
    assert set(chosen) == {"http", "grpc", "metrics"}
    assert len(set(chosen.values())) == 3
    for number in chosen.values():
        with socket.socket() as listener:
            listener.bind(("", number))


def test_ports_that_variables_name_are_left_to_them() -> None:
    variables = {"PYTRITON_TRITON_CONFIG_HTTP_PORT": "9000"}
    assert set(ports.choose(variables)) == {"grpc", "metrics"}
    clash = {"PYTRITON_TRITON_CONFIG_HTTP_PORT": "8001"}
    assert set(ports.choose(clash)) == {"metrics"}


def test_quantiles() -> None:
    values = [float(n) for n in range(1, 101)]
    assert [generator.quantile(values, part) for part in (0.5, 0.95, 0.99)] == [50, 95, 99]
    assert generator.quantile([7.0], 0.99) == 7


def test_the_ratio_compares_the_best_of_one_instance() -> None:
    def load(batching: bool, instances: int, per_second: float) -> Load:
        return Load("m", batching, instances, 1, 10, per_second, 1, 1, 1, {1: 10})

    loads = [load(False, 1, 10), load(False, 1, 20), load(True, 1, 50), load(True, 2, 90)]
    assert bench.ratio(loads) == 2.5
    assert Load("m", True, 1, 1, 6, 1, 1, 1, 1, {1: 2, 4: 1}).mean_batch == 2.0


def test_marked_processes_are_found_and_ended_with_their_children() -> None:
    mark = f"test-{os.getpid()}"
    script = "import subprocess, sys; subprocess.run(['sleep', '60'])"
    child = subprocess.Popen(
        [sys.executable, "-c", script], env={**os.environ, processes.MARK: mark}
    )  # fmt: skip
    while len(processes.marked(mark)) < 2:
        pass
    assert processes.marked(mark + "0") == []
    assert processes.marked(mark[:-1]) == []
    assert processes.end(mark, ())
    child.wait()
    assert processes.marked(mark) == []


def test_only_ours_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside everything of ours lies the same of another PyTriton's."""
    monkeypatch.setattr(pytriton_traces, "SHARED_MEMORY", str(tmp_path / "shm"))
    monkeypatch.setattr(pytriton_traces, "TEMPORARY", str(tmp_path))
    theirs = [tmp_path / "python_env_theirs"]
    theirs[0].mkdir()
    left = leftovers.Leftovers(os.geteuid())
    ours = [tmp_path / "python_env_oursss"]
    ours[0].mkdir()
    for who, kept in (("ours", ours), ("them", theirs)):
        workspace = tmp_path / f"home/workspace_{who}"
        model = tmp_path / f"folder00{who}"
        segment = tmp_path / f"shm/pytrtion7-{who}-1"
        for path in (workspace, model, segment.parent):
            path.mkdir(parents=True, exist_ok=True)
        (model / "config.pbtxt").write_text(f'string_value: "{workspace}"\n')
        segment.write_bytes(b"")
        kept += [workspace, model, segment]
    left.note({"event": "makes-parent", "folder": str(tmp_path / "home")})
    left.note({"event": "makes", "folder": str(tmp_path / "home/workspace_ours")})
    left.note({"event": "made", "shared_memory": "pytrtion7-ours"})
    assert left.remove() == []
    assert not any(path.exists() for path in ours)
    assert all(path.exists() for path in theirs)


def test_what_the_target_only_claims_is_not_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its messages name a folder and segments that were there before, and a link."""
    monkeypatch.setattr(pytriton_traces, "SHARED_MEMORY", str(tmp_path))
    older = [tmp_path / "home/workspace_abcdefgh", tmp_path / "precious"]
    for path in older:
        path.mkdir(parents=True)
    (tmp_path / "pytrtion7-ab").write_text("x")
    time.sleep(0.3)
    left = leftovers.Leftovers(os.geteuid())
    link = tmp_path / "home/workspace_linkedxx"
    link.symlink_to(older[0])
    for path in (*older, link):
        left.note({"event": "makes", "folder": str(path)})
    for prefix in ("", "p", "pytrtion", "pytrtion7-ab"):
        left.note({"event": "made", "shared_memory": prefix})
    left.remove()
    assert all(path.exists() for path in (*older, link, tmp_path / "pytrtion7-ab"))


@pytest.mark.parametrize("ours, stays", [((1,), True), ((1, 2), False)])
def test_what_bears_no_name_stays_where_another_server_was_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ours: tuple[int, ...], stays: bool
) -> None:
    monkeypatch.setattr(pytriton_traces, "TEMPORARY", str(tmp_path))
    monkeypatch.setattr(pytriton_traces, "HOST_ENGINE_LOG", str(tmp_path / "nv-hostengine.log"))
    rows = [_server(1), _server(2)]
    monkeypatch.setattr(processes, "table", lambda: iter(rows))
    monkeypatch.setattr(processes, "marked", lambda mark: list(ours))
    left = leftovers.Leftovers(os.geteuid())
    (tmp_path / "python_env_abcdef").mkdir()
    (tmp_path / "nv-hostengine.log").write_text("...")
    left.look("mark")
    left.remove()
    assert (tmp_path / "python_env_abcdef").exists() == stays
    assert (tmp_path / "nv-hostengine.log").exists() == stays


def test_a_server_of_ours_that_ends_meanwhile_is_no_stranger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pytriton_traces, "TEMPORARY", str(tmp_path))
    tables = [[_server(1)], []]
    monkeypatch.setattr(processes, "table", lambda: iter(tables.pop(0)))
    monkeypatch.setattr(processes, "marked", lambda mark: [])
    left = leftovers.Leftovers(os.geteuid())
    (tmp_path / "python_env_abcdef").mkdir()
    left.look("mark")
    left.remove()
    assert not (tmp_path / "python_env_abcdef").exists()
