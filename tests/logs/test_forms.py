"""The forms in which logs are pasted, and logs of other programs, which are blamed on nothing."""

from __future__ import annotations

import html
import io
import json
import re
import textwrap
from collections.abc import Callable

import pytest

from tests.logs import corpus, posted
from tritondoctor.logs import common_prefix, wrapped
from tritondoctor.logs.read import read
from tritondoctor.logs.verdict import explain

LOGS = {name: log.decode("utf-8", "replace") for name, (log, _) in corpus.logs().items()}
LOGS.update((name, log.decode("utf-8", "replace")) for name, log in posted.logs().items())


def _answer(text: str) -> str:
    result = explain(read(io.BytesIO(text.encode())))
    return result.causes[0].finding.id if result.causes else result.verdict


def _behind(prefix: str) -> Callable[[str], str]:
    return lambda text: "\n".join(prefix + line for line in text.split("\n"))


def _broken(width: int) -> Callable[[str], str]:
    def change(text: str) -> str:
        return "\n".join(
            "\n".join(line[at : at + width] for at in range(0, len(line), width))
            for line in text.split("\n")
        )

    return change


def _at_words(width: int) -> Callable[[str], str]:
    def change(text: str) -> str:
        lines = (textwrap.wrap(line, width, break_on_hyphens=False) or [""] for line in text.split("\n"))
        return "\n".join("\n".join(pieces) for pieces in lines)

    return change


def _boxed(text: str) -> str:
    return "\n".join(f"│ {line:96} │" for line in _broken(96)(text).split("\n"))


def _junit(text: str) -> str:
    return f'<testcase><failure message="x">{html.escape(text)}</failure></testcase>'


#: form -> how many of the logs may answer "unknown" in it, who told something before
FORMS: dict[str, tuple[Callable[[str], str], int]] = {
    "GitLab": (_behind("2024-05-22T12:43:46.962646Z 01E "), 3),
    "Jenkins": (_behind("\x1b[8mha:////4AbC+\x1b[0m10:21:05  "), 3),
    "GitHub, downloaded": (_behind("test (3.11)\tRun tests\t2026-11-29T10:21:05.1234567Z "), 3),
    "stern": (_behind("+ serve-7d4b9c-x › pytriton "), 3),
    "CloudWatch": (_behind("2026-11-29T10:21:05.123Z\tabc-def "), 3),
    "journal in Chinese": (_behind("11月 29 10:21:05 host python3[4242]: "), 3),
    "grep -n": (lambda text: "\n".join(f"a.log:{n}:{line}" for n, line in enumerate(text.split("\n"),
    1)), 4),
    "quoted twice": (_behind("> > "), 3),
    "diff": (_behind("+"), 3),
    "indented": (_behind("    "), 3),
    "empty lines between": (lambda text: text.replace("\n", "\n\n"), 1),
    "spaces of a web page": (lambda text: text.replace(" ", "\u00a0"), 1),
    "marks of width zero": (lambda text: text.replace("/", "/\u200b"), 1),
    "a window of 120 columns": (_broken(120), 9),
    "a window of 80 columns": (_broken(80), 14),
    "a box": (_boxed, 18),
    "a string of JSON": (json.dumps, 6),
    "a result of JUnit": (_junit, 3),
    "Python's repr": (repr, 6),
    "PowerShell": (lambda text: f"python : {text}\n    + CategoryInfo  : NotSpecified: (:) []\n", 2),
    "PyCharm": (lambda text: f"/usr/bin/python server.py\n{text}\nProcess finished with exit code 1\n",
    1),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_whole_logs_in_a_form(form: str) -> None:
    """No log that tells of a fault is called healthy, nor one that serves broken."""
    change, may_be_lost = FORMS[form]
    lost = []
    for name, text in LOGS.items():
        before, after = _answer(text), _answer(change(text))
        if before == "healthy":
            assert after in ("healthy", "unknown"), name
        else:
            assert after != "healthy", name
        if after == "unknown" != before:
            lost.append(name)
    assert len(lost) <= may_be_lost, lost


@pytest.mark.parametrize("width", [60, 80, 100])
@pytest.mark.parametrize(
    ("line", "id"),
    [
        ("/home/ana/.cache/pytriton/workspace_8kj6193j/tritonserver/backends/python/triton_python_bac"
        "kend_stub: "
         "error while loading shared libraries: libpython3.10.so.1.0: cannot open shared object file: "
         "No such "
         "file or directory", "libpython-missing"),
        ("tritonclient.utils.InferenceServerException: [400] inference request batch-size must be <= 8 "
        "for "
         "'Linear'", "request-refused"),
    ],
)  # fmt: skip
def test_one_line_broken_at_words_or_anywhere(line: str, id: str, width: int) -> None:
    for change in (_at_words, _broken):
        assert _answer(change(width)(line)) in (id, "library-missing")


UNRELATED = {
    "nginx": '2026/11/29 10:21:05 [error] 31#31: *1 connect() failed (111: Connection refused) while '
    'connecting '
    'to upstream, client: 10.0.0.1, request: "POST /v2/models/Linear/infer HTTP/1.1", host: '
    '"example.com"\n',
    "pip": "Collecting six\n  Downloading six-1.16.0-py2.py3-none-any.whl (11 kB)\nSuccessfully "
    "installed "
    "six-1.16.0\n",
    "pip that asked again": "WARNING: Retrying (Retry(total=4, connect=None, read=None, redirect=None, "
    "status=None)) after connection broken by 'ReadTimeoutError(\"HTTPSConnectionPool(host='a.example', "
    "port=443): Read timed out. (read timeout=15)\")': /simple/six/\nSuccessfully installed six-1.16.0\n",
    "npm": "npm ERR! code ERESOLVE\nnpm ERR! ERESOLVE unable to resolve dependency tree\nnpm ERR! Found: "
    "react@18.2.0\nnpm ERR! Could not resolve dependency:\nnpm ERR! A complete log of this run can be "
    "found in: x\n",
    "JAX": 'Traceback (most recent call last):\n  File "/home/ana/train.py", line 3, in <module>\n    '
    'import '
    "jax.numpy as jnp\n"
    '  File "/e/lib/python3.11/site-packages/jax/__init__.py", line 37, in <module>\n    import '
    'jax.core as _core\n'
    "RuntimeError: jaxlib version 0.4.30 is newer than and incompatible with jax version 0.4.20.\n",
    "another Tensor": "TypeError: Tensor.__init__() got an unexpected keyword argument 'device'\n",
    "make": "foo.c:3:10: fatal error: boost/format.hpp: No such file or directory\ncompilation "
    "terminated.\n"
    "make: *** [Makefile:3: foo.o] Error 1\n",
    "prose": "the error of my ways\nwas Killed by no one in particular\nand so on to the end\nit exits "
    "with\n137 "
    "sheep\n",
    "kubectl": "NAME            READY   STATUS             RESTARTS      AGE\nserve-7d4b9c-x  0/1     "
    "CrashLoopBackOff   5 (20s ago)   3m\n",
}  # fmt: skip


@pytest.mark.parametrize("name", UNRELATED)
def test_logs_of_other_programs(name: str) -> None:
    assert _answer(UNRELATED[name]) == "unknown"


@pytest.mark.parametrize(
    ("lines", "prefix"),
    [
        (["pod-1 main a", "pod-1 main b", "pod-1 main c", "pod-1 main d", "pod-1 main e"],
        b"pod-0 main "),
        (["10:21:05 a", "10:21:06 b", "10:22:07 c", "11:23:08 d", "lost", "12:00:00 e"], b"00:00:00 "),
        (["> x", "> y", "> z", "> x", "> y"], b"> "),
        (["ERROR: it failed for a"] * 9, b""),
        (["I1129 11:42:19.190258 11178 a.cc:1] x"] * 9, b""),
        (['{"log": "x"}'] * 9, b""),
        (["pod-1 a"] * 4, b""),
        ([], b""),
    ],
)  # fmt: skip
def test_a_prefix_is_learned(lines: list[str], prefix: bytes) -> None:
    assert common_prefix.learned("\n".join(lines).encode()) == prefix


def test_lines_of_one_length_are_not_broken_ones() -> None:
    table = "\n".join(f"| {name:60} |" for name in ("a", "b", "c", "d"))
    assert wrapped.width(table.encode()) == 0
    said = "I1129 11:42:{} 11178 server.cc:331] Found 1 live models"
    alike = "\n".join(said.format(second) for second in range(10, 60))
    assert wrapped.width(alike.encode()) == 0
    assert wrapped.width(_broken(80)(LOGS["serves_3.12"]).encode()) == 80


def test_the_number_of_a_broken_line_is_that_of_its_first() -> None:
    text = _broken(80)(LOGS["libpython-on-no-path_3.10"])
    number, line = explain(read(io.BytesIO(text.encode()))).causes[0].lines[0]
    assert line.startswith(text.split("\n")[number - 1][:60])


@pytest.mark.parametrize("ending", ["KeyboardInterrupt", "SystemExit: 0"])
def test_a_program_that_was_stopped_did_work(ending: str) -> None:
    """An exception that ends the program is another matter: it is printed after the server has "
    "stopped."""
    traceback = (
        "Signal (2) received.\nTraceback (most recent call last):\n"
        '  File "/srv/server.py", line 9, in <module>\n    triton.serve()\n{}\n'
    )
    log = re.sub(r"(?s)Signal \(.*", "", LOGS["serves_3.12"])
    assert _answer(log + traceback.format(ending)) == "healthy"
    assert _answer(log + traceback.format("sqlite3.OperationalError: no such table: x")) == "unknown"
