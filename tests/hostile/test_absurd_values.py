"""Values that nobody means, in every variable that the doctor knows: a verdict, never exit code 3."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import tritondoctor
from tritondoctor.facts.imports import dependencies
from tritondoctor.support import killing, proc, tritonservers
from tritondoctor.support.numbers import whole

DOCTOR = Path(sys.executable).with_name("tritondoctor")
PACKAGE = Path(tritondoctor.__file__).parent
_NAME = re.compile(r"""["']([A-Z][A-Z0-9]*_[A-Z0-9_]+|CUDA[A-Z_]+|TMPDIR|LANG|COLUMNS)["']""")
_FOR_STARTERS = ("PYTHON", "LD_", "GLIBC", "MALLOC", "TRITONDOCTOR_TEST")
_SETTINGS = (
    "HTTP_PORT", "GRPC_PORT", "METRICS_PORT", "HTTP_ADDRESS", "LOG_VERBOSE", "HTTP_THREAD_COUNT",
    "EXIT_TIMEOUT_SECS", "PINNED_MEMORY_POOL_BYTE_SIZE", "CUDA_MEMORY_POOL_BYTE_SIZE", "RATE_LIMIT",
)  # fmt: skip
VALUES = {
    "digits": "1" * 5000, "superscript": "\u00b2", "negative": "-" + "9" * 6000, "infinite": "1e999",
    "version": "1." * 3000 + "1", "address": f"[::{'1' * 4400}]:{'1' * 4400}", "no text": "\udcff",
}  # fmt: skip
LINES = (
    f"a=={'1' * 5000}", f"a>=1.{'1' * 5000}", f"a; python_version < '{'1' * 5000}'", "a; os_name ~= 'b'",
    f"a; {'(' * 2000}os_name=='x'{')' * 2000}", "a; python_version ~= '3'", "a; os_name == '\ud800'",
    f"a{',!=1.*' * 20_000}", f"a[{'b,' * 50_000}b]", "a<1\u00b2", "a==\u0661.0", "a; 'x' in extras", "a @ http://[",
)  # fmt: skip


def names() -> set[str]:
    """Every variable that is named in the package."""
    texts = [path.read_text() for suffix in ("py", "json") for path in PACKAGE.rglob(f"*.{suffix}")]
    found = {name for text in texts for name in _NAME.findall(text)}
    settings = {f"PYTRITON_TRITON_CONFIG_{name}" for name in _SETTINGS}
    return {name for name in found | settings if not name.startswith(_FOR_STARTERS)}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_every_variable_at_once(value: str) -> None:
    run = subprocess.run(
        [DOCTOR, "check", "--json", "--python", sys.executable], capture_output=True, text=True,
        env={**os.environ, **dict.fromkeys(names(), value)}, check=False,
    )  # fmt: skip
    assert run.returncode in (0, 1), run.stderr


@pytest.mark.parametrize("line", LINES, ids=range(len(LINES)))
@pytest.mark.parametrize("version", ["1.0", "2024a", "1" * 6000, "1." * 3000 + "1", "\u0661", "1\ud800"])
def test_requirements_that_no_resolver_reads(line: str, version: str) -> None:
    wanted = dependencies.dependency(line)
    if wanted is None:
        return
    assert dependencies.applies(wanted.marker, ("b",), dependencies.environment()) in (True, False)
    assert dependencies.fits(wanted.specifier, version) in (True, False, None)
    assert dependencies.written(wanted).startswith("a")


def test_whole_numbers() -> None:
    assert (whole("007"), whole("\u0663"), whole("9" * 5000)) == (7, 3, 10**100)
    for text in ("", "\u00b2", "-1", "1.0", " 1"):
        with pytest.raises(ValueError, match="no decimal digits"):
            whole(text)


@pytest.mark.parametrize(
    "words",
    ["attach {}", "attach http://127.0.0.1:{}", "check --pid {}", "undo {}", "clean --user {}",
     "check --timeout {}", "explain {}", "diff {} {}", "libs {}", "install {}"],
)  # fmt: skip
@pytest.mark.parametrize("value", ["1" * 4400, "\u00b2"], ids=["digits", "superscript"])
def test_words_of_a_command(words: str, value: str) -> None:
    command = [str(DOCTOR), *words.format(*[value] * 2).split()]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode in (0, 1, 2), run.stderr
    assert "Traceback" not in run.stderr


def test_a_server_that_names_a_parent_of_many_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any user may start a program of that name with such an option."""
    files = {
        "cmdline": b"tritonserver\0python,shm-region-prefix-name=pytrtion" + b"1" * 5000 + b"-ab\0",
        "status": b"PPid:\t1\nUid:\t0\t0\t0\t0\n",
        "stat": b"42 (tritonserver) S 1" + b" 0" * 48,
    }
    monkeypatch.setattr(proc, "read", lambda pid, name: files[name])
    monkeypatch.setattr(proc, "program", lambda pid: "/w/tritonserver/bin/tritonserver")
    monkeypatch.setattr(killing, "start_of", lambda pid: "5")
    server = tritonservers.server(42)
    assert server is not None
    assert server.orphan
