"""What of dead PyTritons is taken for theirs alone, and what for somebody's own."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tritondoctor.facts.machine import dead_workspaces, leftovers, strangers
from tritondoctor.facts.machine.model import Leftover
from tritondoctor.remedies import cleanup
from tritondoctor.support import mounts, occupants, proc, pytriton_traces, tritonservers

_OLD = 1e9
_SERVER = "tritonserver/bin/tritonserver"
_BACKEND = "tritonserver/backends/python"
#: what PyTriton 0.4.0, 0.4.2, 0.5.14 and 0.7.0 left when they were killed while they served a model
_FILES = (
    _SERVER, f"{_BACKEND}/libtriton_python.so", f"{_BACKEND}/triton_python_backend_stub",
    f"{_BACKEND}/triton_python_backend_utils.py",
    f"{_BACKEND}/__pycache__/triton_python_backend_utils.cpython-311.pyc",
    "tritonserver/caches/local/libtritoncache_local.so", "Linear-data.sock.lock", "data_store.sock.lock",
)  # fmt: skip
_SOCKETS = (
    "Linear-config.sock", "Linear-data.sock", "Linear_0_0-server.sock", "data_store.sock",
    "ipc_proxy_backend_Linear", "ipc_proxy_backend_Linear_0",
)  # fmt: skip
_SENT = ("model.py", "communication.py", "types.py", "data.py", "telemetry.py")


@pytest.fixture
def home() -> Iterator[Path]:
    made = Path(os.path.realpath(tempfile.mkdtemp(prefix="tl-", dir="/tmp")))  # short, for sockets
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def workspace(home: Path) -> Path:
    path = home / "workspace_dead0000"
    for name in _FILES:
        put(path / name)
    for name in _SOCKETS:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path / name))
    (path / "model-store").mkdir()
    stored(path, "Linear", f'"workspace-path" value {{ string_value: "{path}" }}')
    stored(path, "Older", f'string_value:"ipc://{path}/ipc_proxy_backend_Older"')
    settle(path)
    return path


def put(path: Path, content: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def stored(workspace: Path, name: str, config: str) -> None:
    model(workspace / "model-store" / name, config)


def model(path: Path, config: str) -> None:
    put(path / "config.pbtxt", config)
    for name in _SENT:
        put(path / "1" / name)
        put(path / "1/__pycache__" / f"{name[:-3]}.cpython-38.pyc")


def settle(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        os.utime(path, (_OLD, _OLD), follow_symlinks=False)


def found(home: Path) -> list[tuple[str, str, str]]:
    """Each thing in this home: its path, why it is kept, and because of what."""
    traces = leftovers.unoccupied(leftovers.find([str(home)], {os.geteuid()}))
    return [
        (one.where, one.kept, one.kept_name)
        for one in (trace.leftover for trace in traces)
        if one.where.startswith(str(home))
    ]


def trace_of(home: Path, path: Path) -> leftovers.Trace:
    """What was found at a path."""
    traces = leftovers.find([str(home)], {os.geteuid()})
    [trace] = [one for one in traces if one.leftover.where == str(path)]
    return trace


def test_a_workspace_as_pytriton_leaves_it(home: Path, workspace: Path) -> None:
    assert found(home) == [(str(workspace), "", "")]


@pytest.mark.parametrize("name, outermost", [
    ("results/thesis.csv", "results"), ("notes.txt", "notes.txt"), (".notes", ".notes"),
    ("notes.sock", "notes.sock"), ("data.sock.lock", "data.sock.lock"),
    ("tritonserver/thesis.csv", "tritonserver/thesis.csv"),
    ("tritonserver/bin/mine", "tritonserver/bin/mine"),
    (f"{_BACKEND}/__pycache__/thesis.csv", f"{_BACKEND}/__pycache__/thesis.csv"),
    ("model-store/thesis.csv", "model-store/thesis.csv"),
    ("model-store/Linear/1/thesis.csv", "model-store/Linear/1/thesis.csv"),
    ("model-store/Linear/1/__pycache__/thesis.csv", "model-store/Linear/1/__pycache__/thesis.csv"),
    ("model-store/Mine/config.pbtxt", "model-store/Mine"),
    ("Linear_0_0-server.sock.d/x", "Linear_0_0-server.sock.d"),
])  # fmt: skip
def test_a_workspace_with_somebodys_files_is_kept(
    home: Path, workspace: Path, name: str, outermost: str
) -> None:
    put(workspace / name, "weeks of work")
    settle(workspace)
    assert found(home) == [(str(workspace), "more-than-a-model", outermost)]


def test_links_and_pipes_are_somebodys_too(workspace: Path) -> None:
    os.mkfifo(workspace / "pipe.sock")
    assert strangers.in_workspace(str(workspace)) == ("more-than-a-model", "pipe.sock")
    (workspace / "link.sock").symlink_to("/")
    assert strangers.in_workspace(str(workspace)) == ("more-than-a-model", "link.sock")


def test_too_much_or_too_deep_is_somebodys(workspace: Path) -> None:
    for number in range(2000):
        stored_folder = workspace / f"model-store/Linear/1/__pycache__/model.cpython-38.pyc.{number}"
        stored_folder.write_text("")
    assert strangers.in_workspace(str(workspace))[0] == "error"


def test_a_model_with_somebodys_files(home: Path) -> None:
    folder = home / "folderABCDEF"
    model(folder, "")
    assert strangers.in_model(str(folder)) == ("", "")
    put(folder / "1/__pycache__/thesis.csv")
    assert strangers.in_model(str(folder)) == ("more-than-a-model", "1/__pycache__/thesis.csv")


def test_what_is_put_into_it_later_is_seen(home: Path, workspace: Path) -> None:
    trace = trace_of(home, workspace)
    assert leftovers.is_still(trace, {str(home)})
    put(workspace / "thesis.csv")
    assert not leftovers.is_still(trace, {str(home)})
    assert not dead_workspaces.is_used(str(workspace))


_WAYS = {
    "works in it": "os.chdir(sys.argv[1])",
    "works deep in it": "os.chdir(sys.argv[1] + '/tritonserver/bin')",
    "has it open": "kept = os.open(sys.argv[1], os.O_RDONLY)",
    "has only named it": "kept = os.open(sys.argv[1] + '/model-store', os.O_PATH)",
    "reads a file of it": "kept = open(sys.argv[1] + '/tritonserver/bin/tritonserver')",
    "reads another file of it": "kept = open(sys.argv[1] + '/model-store/Linear/1/model.py')",
    "maps a file of it": "file = open(sys.argv[1] + '/model-store/Linear/config.pbtxt', 'rb'); "
    "kept = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ); file.close()",
}


@contextlib.contextmanager
def living(code: str, *arguments: str, show: bool = False) -> Iterator[int]:
    """A process that has run a line of Python; it hides its arguments unless they are what matters."""
    line = f"import mmap, os, sys; sys.argv[1:] = sys.stdin.readline().split(); {code}; print(flush=True)"
    process = subprocess.Popen(
        [sys.executable, "-c", f"{line}; sys.stdin.readline()", *(arguments if show else ())],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin and process.stdout
    process.stdin.write(" ".join(arguments) + "\n")
    process.stdin.flush()
    process.stdout.readline()
    try:
        yield process.pid
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


@pytest.mark.parametrize("way", _WAYS)
def test_a_process_in_a_workspace(home: Path, workspace: Path, way: str) -> None:
    [trace] = [
        one for one in leftovers.find([str(home)], {os.geteuid()}) if one.leftover.where == str(workspace)
    ]
    with living(_WAYS[way], str(workspace)):
        assert found(home) == []
        assert not leftovers.is_still(trace, {str(home)})
    assert found(home) == [(str(workspace), "", "")]
    assert leftovers.is_still(trace, {str(home)})


def test_a_process_that_was_told_of_a_workspace(home: Path, workspace: Path) -> None:
    with living("pass", f"{workspace}/model-store", show=True):
        assert found(home) == []
    with living("pass", f"--workspace={workspace.name}", show=True):
        assert found(home) == []
    with living("pass", f"{workspace}1", show=True):
        assert found(home) == [(str(workspace), "", "")]


def test_processes_are_looked_at_once_and_only_for_something(
    home: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def occupied(folders: list[str], but: set[int]) -> set[str]:
        asked.append(len(folders))
        return set()

    monkeypatch.setattr(occupants, "occupied", occupied)
    shutil.copytree(workspace / "tritonserver", home / "workspace_dead1111/tritonserver")
    settle(home)
    assert len(leftovers.own([str(home)])) >= 2
    put(workspace / "notes.txt")
    put(home / "workspace_dead1111/notes.txt")
    settle(home)
    monkeypatch.setattr(pytriton_traces, "TEMPORARY", str(home))
    assert len(asked) == 1
    leftovers.own([str(home)])
    assert len(asked) == 1


def folder_of_model(home: Path, workspace: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model's folder in a /tmp of its own, looked at from a machine that sees all of its processes."""
    monkeypatch.setattr(pytriton_traces, "TEMPORARY", str(home))
    monkeypatch.setattr(tritonservers, "all_processes_are_seen", lambda: True)
    folder = home / "folderAbCdEf"
    model(folder, f'"{workspace}"')
    settle(folder)
    return folder


@contextlib.contextmanager
def container(home: Path, name: str) -> Iterator[tuple[str, int]]:
    """A server or stub in a mount namespace of its own; yields its workspace, which is not seen here."""
    (home / "mnt").mkdir()
    workspace = f"{home}/mnt/workspace_abcd1234"
    program = f"{workspace}/{_SERVER if name == 'tritonserver' else f'{_BACKEND}/{name}'}"
    script = (
        f"mount -t tmpfs x {home}/mnt && mkdir -p $(dirname {program}) && cp $(which sleep) {program}; "
        f"exec {program} 60"
    )
    with started(["unshare", "-m", "sh", "-c", script], name) as pid:
        yield workspace, pid


@contextlib.contextmanager
def started(command: list[str], name: str) -> Iterator[int]:
    """A process that becomes a program of that name."""
    process = subprocess.Popen(command)
    while os.path.basename(proc.program(process.pid)) != name and process.poll() is None:
        time.sleep(0.01)
    try:
        assert process.poll() is None
        yield process.pid
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("name", ["tritonserver", "triton_python_backend_stub"])
def test_a_model_of_a_server_in_a_container(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], check=False).returncode:
        pytest.skip("mount namespaces are not allowed here")
    with container(home, name) as (workspace, pid):
        _counts_only_without(pid, home, workspace, monkeypatch)


def _counts_only_without(pid: int, home: Path, workspace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proc, "pids", lambda: [os.getpid(), pid])  # of other tests' servers none
    folder = folder_of_model(home, workspace, monkeypatch)
    assert found(home) == []
    monkeypatch.setattr(proc, "pids", lambda: [os.getpid()])
    assert found(home) == [(str(folder), "", "")]
    trace = trace_of(home, folder)
    assert leftovers.is_still(trace, {str(home)})
    monkeypatch.setattr(proc, "pids", lambda: [os.getpid(), pid])
    assert not leftovers.is_still(trace, {str(home)})


def test_a_model_of_a_server_in_another_root(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its program is seen here, its workspace is not where its model says that it is."""
    if os.geteuid() != 0 or shutil.which("gcc") is None:
        pytest.skip("only root can change a root, and gcc links what needs no library there")
    program = put(home / "root/mnt/workspace_abcd1234" / _SERVER)
    source = put(home / "pause.c", "int pause(void); int main(void) { return pause(); }")
    subprocess.run(["gcc", "-static", "-o", str(program), str(source)], check=True)
    command = ["chroot", str(home / "root"), f"/mnt/workspace_abcd1234/{_SERVER}"]
    with started(command, "tritonserver") as pid:
        _counts_only_without(pid, home, "/mnt/workspace_abcd1234", monkeypatch)


def test_a_model_that_a_process_was_told_of(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tritonservers, "one_is_out_of_sight", lambda but=(): False)
    folder = folder_of_model(home, "/mnt/x/workspace_abcd1234", monkeypatch)
    assert found(home) == [(str(folder), "", "")]
    with living("pass", f"{folder}/1/model.py", show=True):
        assert found(home) == []
    with living("kept = open(sys.argv[1] + '/1/data.py')", str(folder)):
        assert found(home) == []


@pytest.mark.parametrize("is_ended, looks, problem", [(True, 3, False), (False, 1, True)])
def test_threads_of_a_killed_server_let_go_a_moment_later(
    home: Path,
    workspace: Path,
    monkeypatch: pytest.MonkeyPatch,
    is_ended: bool,
    looks: int,
    problem: bool,
) -> None:
    answers = [False, False, True]
    monkeypatch.setattr(leftovers, "is_still", lambda trace, homes: answers.pop(0))
    monkeypatch.setattr(cleanup, "_end", lambda trace: "")
    server = leftovers.Trace(Leftover("server", "4711"), os.geteuid(), start="1")
    traces = (*((server,) if is_ended else ()), trace_of(home, workspace))
    result = cleanup.remove(cleanup.Found(traces, (str(home),)))
    assert (len(answers), bool(result[-1].problem)) == (3 - looks, problem)
    assert workspace.exists() == problem


@pytest.mark.parametrize("kind", [
    "nfs", "nfs4", "cifs", "smb3", "virtiofs", "fuse.sshfs", "fuse.glusterfs", "fuse.juicefs",
    "fuse.ceph-fuse", "fuse", "wekafs", "ocfs2", "gfs2", "pvfs2", "9p", "", "a-new-one",
])  # fmt: skip
def test_another_machine_may_use_it(
    home: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(mounts, "file_system", lambda path: kind)
    assert found(home) == []


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay"])
def test_no_other_machine_can_use_it(
    home: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(mounts, "file_system", lambda path: kind)
    assert found(home) == [(str(workspace), "", "")]
