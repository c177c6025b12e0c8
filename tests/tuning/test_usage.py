"""What is typed wrongly is told at once, before anything is started."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tritondoctor.support.errors import UsageError
from tritondoctor.tuning import options, refusals

FILE = str(Path(__file__).with_name("toys") / "fixed_cost.py")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nofile.py:infer",), "There is no file nofile.py"),
        ((FILE,), "give FILE:FUNCTION"),
        ((f"{FILE}:",), "give FILE:FUNCTION"),
        ((f"{FILE}:infer", "--budget", "soon"), "give a time such as 50ms"),
        ((f"{FILE}:infer", "--budget", "0ms"), "give a time such as 50ms"),
        ((f"{FILE}:infer", "--clients", "0,8"), "whole numbers from 1 to 512"),
        ((f"{FILE}:infer", "--clients", "many"), "whole numbers from 1 to 512"),
        ((f"{FILE}:infer", "--input", "x:FP32"), "give NAME:DTYPE:SHAPE"),
        ((f"{FILE}:infer", "--input", "x:FP33:2"), "FP33 is no type"),
        ((f"{FILE}:infer", "--input", "x:FP32:wide"), "the shape is that of one row"),
        ((f"{FILE}:infer", "--output", "x:FP32:2", "--output", "x:FP32:2"), "given twice"),
        ((f"{FILE}:infer", "--data", "nofile.npz"), "there is no such file"),
        ((f"{FILE}:infer", "--max-instances", "0"), "give 1 to 32"),
        ((f"{FILE}:infer", "--rate", "-3"), "requests a second"),
        ((f"{FILE}:infer", "--seconds", "3"), "at least 20"),
        ((f"{FILE}:infer", "--html", "/nowhere/page.html"), "there is no folder /nowhere"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], words: str) -> None:
    command = [sys.executable, "-I", "-m", "tritondoctor", "tune", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr, done.stderr


def test_units_of_a_budget() -> None:
    given = {"50ms": 50, "50": 50, "0.05s": 50, "1.5 s": 1500, "500us": 0.5, ".5S": 500}
    assert {words: options.budget_ms(words) for words in given} == pytest.approx(given)
    for words in ("", "ms", "-5ms", "5m", "1e3", "nan"):
        with pytest.raises(UsageError):
            options.budget_ms(words)


def test_tensors() -> None:
    found = options.tensors("--input", ["image:FP32:3,224,224", "text:string:-1", "ids:int64:8x2"])
    assert found == [
        ("image", "float32", (3, 224, 224)), ("text", "bytes", (-1,)), ("ids", "int64", (8, 2)),
    ]  # fmt: skip


def test_the_line_of_a_traceback() -> None:
    """As Triton hands a traceback on (seen with PyTriton 0.7.0)."""
    quoted = (
        "Failed to process the request(s), message: Error occurred: Traceback (most recent call last):\\n"
        '  File "/x/pytriton/proxy/inference.py", line 291, in _handle_requests\\n'
        '    raise ValueError("no weights")\\nValueError: no weights\\n'
    )
    assert refusals.last_line(quoted) == "ValueError: no weights"
    assert refusals.last_line("timed out") == "timed out"
