"""Real files of this machine and of this repository, from which the fuzzer makes others."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import msgspec

from tritondoctor.remedies.journal import JournalEntry, PrefixSnapshot, Record
from tritondoctor.remedies.path_state import ABSENT, State
from tritondoctor.remedies.survivors import origin

ROOT = Path(__file__).parents[2]
SITE = next(Path(path) for path in sys.path if path.endswith("site-packages"))
_LARGEST = 1 << 16


def _contents(paths: Iterable[Path], most: int = 20) -> list[bytes]:
    found = [path.read_bytes()[:_LARGEST] for path in sorted(paths)[:most] if path.is_file()]
    return found or [b""]


def records() -> list[bytes]:
    return _contents(SITE.glob("*.dist-info/RECORD"))


def metadata() -> list[bytes]:
    of_itself = (
        b"Metadata-Version: 2.1\nName: x\nVersion: 1.0\nProvides-Extra: a\nRequires-Dist: x[a]===1\n"
        b"Requires-Dist: x (>=2,!=3.*,~=1.0) ; os_name ~= '3.9' and (extra == 'a' or 'x' in extras)\n"
    )
    return [of_itself, *_contents(SITE.glob("*.dist-info/METADATA"))]


def path_files() -> list[bytes]:
    return [*_contents(SITE.glob("*.pth")), b"../lib\n# comment\nimport sys; sys.path\n/usr/lib\n"]


def pyvenvs() -> list[bytes]:
    return [
        b"home = /usr/bin\ninclude-system-site-packages = true\nversion = 3.11.7\n",
        b"home = /usr/bin\nimplementation = CPython\nuv = 0.8.0\nversion_info = 3.12.1\nprompt = x\n",
    ]


def conda_records() -> list[bytes]:
    record = {
        "name": "python", "version": "3.11.7", "build": "hab00c5b_1_cpython", "build_number": 1,
        "channel": "https://conda.example.org/conda-forge/linux-64", "depends": ["libgcc-ng >=12"],
        "files": ["bin/python", "lib/libpython3.11.so.1.0"], "size": 30000000, "timestamp": 1703344000,
        "link": {"source": "/opt/conda/pkgs/python", "type": 1}, "paths_data": {"paths": []},
    }  # fmt: skip
    return [json.dumps(record, indent=2).encode()]


def configurations() -> list[bytes]:
    return [
        b'name: "model"\nbackend: "python"\nmax_batch_size: 8\n'
        b'input [ { name: "INPUT_1" data_type: TYPE_FP32 dims: [ -1 ] } ]\n'
        b'output [ { name: "OUTPUT_1" data_type: TYPE_FP32 dims: [ -1 ] } ]\n'
        b"instance_group [ { count: 1 kind: KIND_CPU } ]\ndynamic_batching { }\n"
        b'parameters: { key: "shared-memory-socket" value: { string_value: "/tmp/x" } }\n'
    ]


def start_files() -> list[bytes]:
    return [
        b'export LD_LIBRARY_PATH="/opt/x/lib:${LD_LIBRARY_PATH:-}"\nalias ll="ls -l"\n'
        b"case $- in *i*) ;; *) return;; esac\nexport PATH=$HOME/bin:$PATH\nunset LD_PRELOAD\n",
        b"set -gx LD_LIBRARY_PATH /opt/x/lib $LD_LIBRARY_PATH\nexec() { :; }\nexit 1\n",
        *_contents([Path.home() / ".bashrc", Path("/etc/bash.bashrc"), Path("/etc/profile")]),
    ]


def archives() -> list[bytes]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in ("package/__init__.py", "module.py", "EGG-INFO/PKG-INFO"):
            archive.writestr(name, "import os\n")
    return [packed.getvalue()]


def policies() -> list[bytes]:
    return [
        b'fail-on = "warning"\nselect = ["libpython-missing"]\n[ignore]\nleftovers = "ours"\n'
        b'[require]\npython = ">=3.9"\npytriton = "==0.7.0"\n',
        (ROOT / "pyproject.toml").read_bytes(),
    ]


def journals() -> list[bytes]:
    """Records as a fix writes them: one that is done, and one that a package manager works at."""
    file = State("file", "0" * 64, 0o644)
    entries = (
        JournalEntry(
            "/opt/env/lib/libpython3.11.so.1.0", ABSENT, State("link", "/usr/lib/x.so"), None, None
        ),
        JournalEntry("/root/.bashrc", file, file, "00001", None, "/root"),
        JournalEntry("/opt/env/lib/x.so", file, ABSENT, None, "/opt/env/lib/x.so.aside", "/opt/env/lib"),
    )
    done = Record(
        "20261128-100000", "0.1", "/opt/env", "/opt/env/bin/python", "2026-11-28 10:00:00", "applied",
        ("link-libpython",), entries,
    )  # fmt: skip
    snapshot = PrefixSnapshot("/opt/env", "/opt/env/.tritondoctor-20261128-100000.snapshot")
    under_way = msgspec.structs.replace(done, state="applying", snapshot=snapshot, origin=origin())
    return [msgspec.json.encode(record) for record in (done, under_way)]


def settings() -> list[bytes]:
    source = (SITE / "pytriton/triton.py").read_bytes() if (SITE / "pytriton").exists() else b""
    at = max(source.find(b"class TritonConfig"), 0)
    values = b"HTTP_PORT=8000\0LOG_VERBOSE=1\0TRACE_CONFIG_0=mode=opentelemetry\0ALLOW_METRICS=False"
    return [source[at : at + 8192] + b"\0" + values, b"\0" + values]


def sources() -> list[bytes]:
    folders = ("numpy", "zmq", "google/protobuf", "pytriton", "grpc")
    paths = [path for folder in folders for path in sorted((SITE / folder).glob("*.py"))[:8]]
    return _contents(paths, 40)


def libraries() -> list[bytes]:
    return [path for path in (_library(code) for code in _CODES) if path] or _contents(
        SITE.glob("*.so"), 2
    )


_LOADER = "/lib64/ld-linux-x86-64.so.2"
_CODES = (
    "int Py_Version = 3; int f(void) { return Py_Version; }",
    "extern char **_dl_argv; char **get(void) { return _dl_argv; }",
)


@cache
def _library(code: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="tritondoctor-fuzz-") as folder:
        source, library = Path(folder, "x.c"), Path(folder, "x.so")
        source.write_text(code)
        command = ["gcc", "-shared", "-fPIC", str(source), "-o", str(library), _LOADER]
        try:
            subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL)
        except OSError:
            return b""
        return library.read_bytes() if library.exists() else b""


def loaders() -> list[bytes]:
    return [Path(_LOADER).read_bytes()]


def caches() -> list[bytes]:
    return [Path("/etc/ld.so.cache").read_bytes()]


def locks() -> list[bytes]:
    """The first packages of real locks, and one that means more than it says."""
    texts = [path.read_bytes() for path in sorted(ROOT.glob("recipes/*/conda-lock.yml"))[:2]]
    aliases = b"version: 1\nx: &a {linux-64: b}\npackage:\n- {<<: *a, name: c, hash: *a}\n- *a\n"
    return [*(text[: text.rindex(b"\n- ", 0, 6000) + 1] for text in texts), aliases]


def snapshots() -> list[bytes]:
    command = [sys.executable, "-m", "tritondoctor", "snapshot", "-"]
    return [subprocess.run(command, capture_output=True, cwd=ROOT, check=False).stdout]


def reports() -> list[bytes]:
    command = [sys.executable, "-m", "tritondoctor", "check", "--json"]
    report = subprocess.run(command, capture_output=True, cwd=ROOT, check=False).stdout
    return [report, report + b"\n" + report, *snapshots()]


def logs() -> list[bytes]:
    return _contents((ROOT / "tests/logs/real").glob("*.log"))


def answers() -> list[bytes]:
    asked = ROOT / "tritondoctor/facts/interpreter/interview.py"
    command = [sys.executable, "-I", "-S", str(asked)]
    said = subprocess.run(command, capture_output=True, check=False).stdout.splitlines()
    return [max(said, key=len, default=b"{}")]
