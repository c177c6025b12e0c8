"""Runs on a private machine: look-alikes of leftovers beside real ones, and what `clean` removed.

Arguments: the doctor's words.  Prints {"removed": …, "kept": …, "report": …, "living": …}.
"""

from __future__ import annotations

import json
import mmap
import os
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

from tests.hostile.private import ALICE, BOB

TMP, SHM = Path("/tmp"), Path("/dev/shm")
PROGRAM = r"""
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
    if (getenv("HIDDEN")) prctl(PR_SET_DUMPABLE, 0);
    pause();
    return 0;
}
"""
TENSOR = struct.pack("<II16scH", 100, 19 + 8, b"<f4", b"C", 1) + bytes(500)
processes: dict[str, int] = {}
kept: list[object] = []


def main() -> None:
    (TMP / "pause.c").write_text(PROGRAM)
    subprocess.run(["gcc", "-o", "/tmp/pause", "/tmp/pause.c"], check=True)
    own_leftovers()
    workspaces_of_others()
    processes_that_lie()
    segments()
    model_files()
    time.sleep(0.3)
    settle()
    before = everything()
    done = subprocess.run(
        [sys.executable, "-P", "-m", "tritondoctor", "clean", *sys.argv[1:]],
        capture_output=True, text=True, check=False, timeout=60, cwd="/",
    )  # fmt: skip
    after = everything()
    living = {name for name, pid in processes.items() if alive(pid)}
    print(json.dumps({
        "removed": sorted(before - after), "living": sorted(living), "all": sorted(processes),
        "output": done.stdout, "errors": done.stderr, "code": done.returncode, "there": len(before),
    }))  # fmt: skip


def own_leftovers() -> None:
    """What root's own dead PyTritons left."""
    home = TMP / "home/root/.cache/pytriton"
    workspace(home / "workspace_dead0000")
    model(TMP / "folderDEADAA", home / "workspace_dead0000")
    orphan(workspace(home / "workspace_orphan00"), "orphan", "pytrtion111-aaaa")
    segment("pytrtion111-aaaa0", b"x")
    segment("pytrtion222-bbbb-shm", b"x")
    segment("psm_0a0a0a0a", TENSOR)
    (TMP / "python_env_AAAAAA").mkdir()


def workspaces_of_others() -> None:
    """Folders that look like workspaces of the dead and are not, or are not root's."""
    home = TMP / "home/root/.cache/pytriton"
    workspace(home / "workspace_projects1")  # nine characters
    workspace(home / "my_workspace_abcdefgh")
    precious(home / "workspace_research")  # eight, and no server in it
    precious(workspace(home / "workspace_results0") / "results")
    (workspace(home / "workspace_regular0") / "notes.sock").write_text("weeks of work")
    (home / "workspace_linked00").symlink_to(precious(TMP / "linked"))
    real = workspace(home / "workspace_linksrv0")
    (real / "tritonserver/bin/tritonserver").unlink()
    (real / "tritonserver/bin/tritonserver").symlink_to("/tmp/pause")
    mixed = workspace(home / "workspace_mixed000")
    give(precious(mixed / "of-bob"), BOB)
    mounted = workspace(home / "workspace_mounted0")
    (mounted / "here").mkdir()
    subprocess.run(["mount", "--bind", str(precious(TMP / "mounted")), str(mounted / "here")], check=True)
    child(workspace(home / "workspace_inuse000"), "in use", "tritonserver/bin/tritonserver")
    child(workspace(home / "workspace_stubused"), "stub",
          "tritonserver/backends/python/triton_python_backend_stub")  # fmt: skip
    workspace(home / "workspace_fresh000")
    give(workspace(TMP / "home/alice/.cache/pytriton/workspace_ofbob000"), BOB)
    for uid, name in ((ALICE, "alice"), (BOB, "bob")):
        others = TMP / f"home/{name}/.cache/pytriton"
        give(workspace(others / "workspace_dead0000"), uid)
        give(TMP / f"home/{name}", uid)
    installed = TMP / "target"
    workspace(installed / "workspace_target00")
    (installed / "nvidia_pytriton-0.7.0.dist-info").mkdir()
    orphan(installed / "workspace_target00", "installed", "pytrtion333-cccc",
           PYTRITON_HOME=str(installed))  # fmt: skip
    conda = TMP / "conda"
    workspace(conda / "pt/workspace_conda000")
    (conda / "conda-meta").mkdir()
    orphan(conda / "pt/workspace_conda000", "conda", "pytrtion334-cccc", PYTRITON_HOME=str(conda / "pt"))
    chosen = workspace(TMP / "chosen-by-the-user")
    orphan(chosen, "chosen", "pytrtion335-cccc")
    package = workspace(TMP / "venv/lib/python3.8/site-packages/pytriton")
    orphan(package, "package", "pytrtion336-cccc")


def processes_that_lie() -> None:
    """Processes whose arguments name what is not theirs."""
    victim = precious(TMP / "rootvictim")
    lie = [f"{victim}/tritonserver/bin/tritonserver", "--x=shm-region-prefix-name=pytrtion999999-abcdef"]
    program = give(copy(TMP / "a/tritonserver"), ALICE)
    start("liar", program, lie, uid=ALICE)
    beside = give(workspace(TMP / "home/alice/attack/workspace_attack00"), ALICE)
    start("liar with a server", beside / "tritonserver/bin/tritonserver", lie, uid=ALICE)
    start("hidden", beside / "tritonserver/bin/tritonserver", lie, uid=ALICE, HIDDEN="1")
    start("liar of root's", copy(TMP / "b/tritonserver"), lie)
    start("thief of a prefix", beside / "tritonserver/bin/tritonserver",
          [lie[0], "--x=shm-region-prefix-name=pytrtion555-eeee"], uid=ALICE)  # fmt: skip


def segments() -> None:
    """Files of /dev/shm that are not PyTriton's, or not root's, or in use."""
    segment("psm_foreign0", b"hello" * 100)
    segment("pytrtion-x", b"x")
    segment("pytrtionabc-1", b"x")
    segment("xpytrtion1-ab", b"x")
    segment("psm_mapped00", TENSOR)
    segment("pytrtion555-eeee0", bytes(4096))
    for name in ("psm_mapped00", "pytrtion555-eeee0"):
        with open(SHM / name, "rb+") as file:
            kept.append(mmap.mmap(file.fileno(), 0))
    (SHM / "pytrtion444-dddd").symlink_to(precious(TMP / "of-link"))
    os.mkfifo(SHM / "psm_fifo0000")
    os.mkfifo(SHM / "pytrtion446-dddd")
    precious(SHM / "pytrtion447-dddd")
    segment("psm_linked00", TENSOR)
    os.link(SHM / "psm_linked00", SHM / "keep-this")
    give(segment("pytrtion448-dddd", b"x"), ALICE)
    give(segment("psm_ofalice0", TENSOR), ALICE)


def model_files() -> None:
    """Folders of /tmp that look like a model's."""
    dead = TMP / "home/root/.cache/pytriton/workspace_dead0000"
    for name in ("folderFIFOAA", "folderZEROAA", "folderHUGEAA"):
        (TMP / name).mkdir()
    os.mkfifo(TMP / "folderFIFOAA/config.pbtxt")
    (TMP / "folderZEROAA/config.pbtxt").symlink_to("/dev/zero")
    with open(TMP / "folderHUGEAA/config.pbtxt", "wb") as file:
        file.write(f'"{dead}"'.encode())
        file.truncate(3 << 30)
    precious(model(TMP / "folderMINEAA", dead))
    precious(model(TMP / "folderCACHED", dead) / "1/__pycache__")
    (TMP / "folderLINKAA").symlink_to(model(TMP / "elsewhere", dead))
    give(model(TMP / "folderALICEA", dead), ALICE)
    model(TMP / "folderOTHERA", Path("/somewhere/else"))
    model(TMP / "folderTOOLONG", dead)
    precious(TMP / "python_env_BBBBBB")
    (TMP / "python_env_CCCCCC").symlink_to(precious(TMP / "env"))
    give(mkdir(TMP / "python_env_DDDDDD"), ALICE)


def mkdir(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def copy(path: Path) -> Path:
    mkdir(path.parent)
    path.write_bytes((TMP / "pause").read_bytes())
    path.chmod(0o755)
    return path


def precious(path: Path) -> Path:
    mkdir(path)
    (path / "precious.txt").write_text("weeks of work")
    return path


def workspace(path: Path) -> Path:
    copy(path / "tritonserver/bin/tritonserver")
    copy(path / "tritonserver/backends/python/triton_python_backend_stub")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path / "model-config.sock"))
    listener.close()
    return path


#: SCRIPT_FILES_TO_COPY of pytriton/models/model.py
SENT_BY_0_7_0 = ("communication.py", "data.py", "model.py", "types.py", "telemetry.py")


def model(path: Path, workspace: Path) -> Path:
    mkdir(path / "1")
    for name in SENT_BY_0_7_0:
        (path / "1" / name).write_text("")
    (path / "config.pbtxt").write_text(f'key: "workspace-path" value {{ string_value: "{workspace}" }}')
    return path


def segment(name: str, content: bytes) -> Path:
    (SHM / name).write_bytes(content)
    return SHM / name


def give(path: Path, uid: int) -> Path:
    """To its new owner with all that is in it, but for what was given to another one before."""
    for each in (path, *path.rglob("*")):
        if each.stat(follow_symlinks=False).st_uid == 0:
            os.chown(each, uid, uid, follow_symlinks=False)
    return path


def orphan(folder: Path, name: str, prefix: str, **variables: str) -> None:
    argv = [str(folder / "tritonserver/bin/tritonserver"), f"--x=shm-region-prefix-name={prefix}"]
    start(name, Path(argv[0]), argv, 0, **variables)


def child(folder: Path, name: str, program: str) -> None:
    argv = [str(folder / program), f"--x=shm-region-prefix-name=pytrtion{os.getpid()}-9999"]
    start(name, Path(argv[0]), argv)


def start(name: str, program: Path, argv: list[str], uid: int = 0, **variables: str) -> None:
    def become() -> None:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)

    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": f"/tmp/home/{'alice' if uid else 'root'}",
        **variables,
    }
    process = subprocess.Popen(argv, executable=str(program), env=environment, preexec_fn=become)
    processes[name] = process.pid
    kept.append(process)


def settle() -> None:
    """Make everything older than a start takes, but for one workspace."""
    for top in (TMP, SHM):
        for path in list(top.rglob("*")):
            if "workspace_fresh000" not in str(path):
                os.utime(path, (1e9, 1e9), follow_symlinks=False)


def everything() -> set[str]:
    return {str(path) for top in (TMP, SHM) for path in top.rglob("*") if "__pycache__" not in str(path)}


def alive(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


main()
