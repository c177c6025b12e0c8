"""What of dead PyTritons is taken for theirs alone, and what for somebody's own."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tritondoctor.facts.machine import dead_workspaces, leftovers, strangers
from tritondoctor.support import mounts

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
    traces = leftovers.find([str(home)], {os.geteuid()})
    return [
        (one.where, one.kept, one.kept_name)
        for one in (trace.leftover for trace in traces)
        if one.where.startswith(str(home))
    ]


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
    traces = leftovers.find([str(home)], {os.geteuid()})
    [trace] = [one for one in traces if one.leftover.where == str(workspace)]
    assert leftovers.is_still(trace, {str(home)})
    put(workspace / "thesis.csv")
    assert not leftovers.is_still(trace, {str(home)})
    assert not dead_workspaces.is_used(str(workspace))


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
