"""One server that hangs and one that is sound, looked at as another user, by URL, traced, and probed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

import pytest

from tests.running.made import Made, server
from tests.truth import seccomp, stock
from tritondoctor.running.metrics import parse
from tritondoctor.support import proc, tritonservers

pytestmark = pytest.mark.attach
NOBODY = 65534
_OPENED = re.compile(r'\b(?:open|openat|creat)\((?:[^"]*)"([^"]*)", ([A-Z_|]+)')
_CHANGES = "unlink|rename|mkdir|rmdir|link|symlink|chmod|chown|truncate|mknod|kill|ptrace|process_vm"
_WRITES = re.compile(rf"^(?:\d+\s+)?(?:{_CHANGES})")


@pytest.fixture(scope="module")
def hanging() -> Iterator[Made]:
    """A server whose calls wait for a lock."""
    with server("dead-lock") as made:
        yield made


@pytest.fixture(scope="module")
def sound() -> Iterator[Made]:
    """A server that answers its clients."""
    with server("sound") as made:
        yield made


@pytest.fixture(scope="module")
def public() -> Iterator[str]:
    """A doctor that everybody may run."""
    with tempfile.TemporaryDirectory(prefix="td-attach-", dir="/var/tmp") as folder:
        os.chmod(folder, 0o755)
        stock.public_doctor(Path(folder) / "doctor")
        yield f"{folder}/doctor/venv/bin/python"


def _attach(
    *options: str, python: str = sys.executable, user: Optional[int] = None, before: tuple[str, ...] = ()
) -> dict[str, Any]:
    command = [*before, python, "-m", "tritondoctor", "attach", "--json", "--hang-after", "6", *options]
    run = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, user=user, group=user,
        extra_groups=[] if user else None, cwd="/",
    )  # fmt: skip
    result: dict[str, Any] = json.loads(run.stdout or "null")
    assert result, run.stderr
    assert run.returncode == (result["verdict"] == "fail")
    return result


def _ids(result: dict[str, Any]) -> set[str]:
    return {finding["id"] for finding in result["findings"]} - {"token-on-command-line"}


def _token(made: Made) -> str:
    (tritonserver,) = [server for server in tritonservers.servers() if _parent(server.pid) == made.pid]
    found = re.search(rb"triton-access-token=([\w-]+)", proc.read(tritonserver.pid, "cmdline"))
    assert found
    return found[1].decode()


def _parent(pid: int) -> int:
    row = proc.stat(pid)
    return row.parent if row else 0


@pytest.mark.skipif(os.geteuid() != 0, reason="it takes root")
def test_as_another_user(hanging: Made, sound: Made, public: str) -> None:
    told = _attach(str(hanging.pid), python=public, user=NOBODY)
    assert _ids(told) == {"infer-hangs"}
    assert set(told["server"]["hidden"]) == {"program", "waits"}
    assert "instance Linear_0_0 is in one and the same call" in told["findings"][0]["evidence"]
    assert told["environment"] is None
    assert _ids(_attach(str(sound.pid), python=public, user=NOBODY)) == set()


@pytest.mark.parametrize(
    "rules",
    [
        "ptrace=EPERM,process_vm_readv=EPERM,kcmp=EPERM,perf_event_open=EPERM,pidfd_open=ENOSYS",
        "statx=EPERM,clone3=ENOSYS,openat2=ENOSYS,faccessat2=ENOSYS,socket[0:16]=EAFNOSUPPORT",
    ],
)
def test_under_a_filter_of_system_calls(hanging: Made, sound: Made, rules: str) -> None:
    before = (sys.executable, str(Path(seccomp.__file__)), rules, "--")
    for made, ids in ((hanging, {"infer-hangs"}), (sound, set())):
        assert _ids(_attach(str(made.pid), before=before)) == ids


def test_by_url(hanging: Made, sound: Made) -> None:
    for made, ids in ((hanging, {"infer-hangs"}), (sound, set())):
        told = _attach(f"http://127.0.0.1:{made.port}", "--metrics-port", str(made.port + 2))
        assert _ids(told) == ids
        assert told["server"]["hidden"] == ["processes"]
        assert told["server"]["metrics"] == _attach(f"localhost:{made.port}")["server"]["metrics"]


def test_by_url_where_no_triton_listens(sound: Made) -> None:
    """The metrics of another server say nothing about an address: at each of these nobody answers."""
    told = _attach("http://127.0.0.1:9", "--metrics-port", str(sound.port + 2))
    assert _ids(told) == {"server-silent"}, told


def test_by_url_of_grpc_or_metrics(sound: Made) -> None:
    for port in (sound.port + 1, sound.port + 2):
        command = [sys.executable, "-m", "tritondoctor", "attach", f"localhost:{port}"]
        run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert run.returncode == 2 and f"such as http://localhost:{sound.port}" in run.stderr


def test_by_url_with_metrics_of_nobody(sound: Made) -> None:
    assert _ids(_attach(f"http://127.0.0.1:{sound.port}", "--metrics-port", "9")) == {"metrics-unread"}


def test_the_line_by_py_spy(hanging: Made) -> None:
    if not (Path(sys.executable).parent / "py-spy").exists():
        pytest.skip("py-spy is not installed")
    (finding,) = [each for each in _attach(str(hanging.pid))["findings"] if each["id"] == "infer-hangs"]
    assert re.search(r"It waits, at model \(\S*serve\.py:\d+\)", finding["explanation"]), finding


def test_the_token_is_never_shown(sound: Made, tmp_path: Path) -> None:
    token = _token(sound)
    kept = tmp_path / "kept.json"
    kept.write_text(json.dumps(_attach(str(sound.pid))))
    for options in ([], ["--json"], [str(sound.pid)], ["--from", str(kept)]):
        command = [sys.executable, "-m", "tritondoctor", "attach", *options]
        run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert run.stdout and token not in run.stdout + run.stderr
    assert token not in kept.read_text()
    assert "token-on-command-line" in kept.read_text()


def test_nothing_is_written_and_no_model_is_asked(sound: Made, tmp_path: Path) -> None:
    """No file is opened for writing, none is changed, no process is traced or sent a signal."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    log = tmp_path / "trace"
    calls = "trace=%file,%process,ptrace,process_vm_readv,kill,tgkill,pidfd_send_signal,sendto"
    _attach(str(sound.pid), before=("strace", "-f", "-o", str(log), "-e", calls, "-s", "200"))
    lines = log.read_text(errors="replace").splitlines()
    for line in lines:
        if "0xffffffffffffffff" in line or re.search(r"kill\(\d+, 0\b", line):
            continue  # whether the kernel refuses a call is asked with one that does nothing
        opened = _OPENED.search(line)
        if opened and "ENOENT" not in line and "O_TMPFILE" not in line:  # that has no name
            writes = re.search(r"O_(?:WR|RDWR|CREA|TRUNC|APPEND)", opened[2])
            assert not writes or opened[1] in ("/dev/null", "/dev/tty", "/dev/ptmx"), line
        assert not _WRITES.match(line) or _is_own_child(line, lines), line
    sent = [line for line in lines if "sendto(" in line]
    assert any('"GET /metrics' in line for line in sent)
    assert all('"GET /' in line for line in sent if "HTTP/1" in line), sent


def _is_own_child(line: str, lines: list[str]) -> bool:
    """Whether a signal goes to a process of the doctor's own: `check` asks a Python and the kernel."""
    group = re.search(r"kill\(-?(\d+), SIG", line)
    return group is not None and any(traced.startswith(f"{group[1]} ") for traced in lines)


def test_its_throughput_is_the_same(sound: Made) -> None:
    """Requests a second with a view beside it, and without, in turn."""

    def rate(beside: bool) -> float:
        look = [sys.executable, "-m", "tritondoctor", "attach", str(sound.pid), "--watch"]
        watching = subprocess.Popen(look, stdout=subprocess.DEVNULL) if beside else None
        time.sleep(3)
        began, before = time.monotonic(), _answered(sound)
        time.sleep(6)
        answered = (_answered(sound) - before) / (time.monotonic() - began)
        if watching:
            watching.kill()
            watching.wait()
        return answered

    pairs = [(rate(False), rate(True)) for _ in range(3)]
    ratios = sorted(beside / without for without, beside in pairs)
    print(f"with a view beside it: {ratios[1]:.2f} of the requests ({pairs})")
    assert ratios[-1] > 0.8, pairs


def _answered(made: Made) -> int:
    from tritondoctor.running.http import Address, get

    text = get(Address("127.0.0.1", made.port + 2), "/metrics", 10).body.decode()
    model = parse(text).model("Linear")
    assert model is not None
    return model.requests


def test_the_probe(hanging: Made, sound: Made, tmp_path: Path) -> None:
    codes = {}
    for made in (hanging, sound):
        command = [sys.executable, "-m", "tritondoctor", "attach", str(made.pid), "--probe"]
        command += ["--state", str(tmp_path / str(made.pid)), "--hang-after", "6"]
        seen = []
        for _ in range(4):
            run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
            assert run.stderr == "" and run.stdout.count("\n") == 1, run
            seen.append(run.returncode)
            time.sleep(3)
        codes[made.kind] = seen
    assert codes["sound"] == [0, 0, 0, 0]
    assert codes["dead-lock"][0] == 0 and codes["dead-lock"][-1] == 1
