"""Commands that are passed around as cures: each is known by name, and a log's line is none.

Source: answers to `GLIBCXX_3.4.x not found` on CSDN for the link to another libstdc++; the others are
habits that are passed on without one.
"""

from __future__ import annotations

import json

import pytest

from tests.test_cli import run
from tritondoctor.checks import CATALOGUE
from tritondoctor.logs.folk_cures import FOLK_CURES, FolkCure, found
from tritondoctor.logs.signs import SIGNS


@pytest.mark.parametrize("cure", FOLK_CURES, ids=lambda cure: cure.example)
def test_each_is_found_by_its_example(cure: FolkCure) -> None:
    assert found(cure.example) is cure
    assert set(cure.ids) <= set(CATALOGUE)


def test_no_line_of_a_log_is_a_cure() -> None:
    assert [sign.line for sign in SIGNS if found(sign.line)] == []


@pytest.mark.parametrize(
    ("command", "id"),
    [
        (
            "sudo ln -s /tmp/libstdc++.so.6.0.24 /usr/lib64/libstdc++.so.6",
            "libstdcxx-symlinked-to-system",
        ),
        ("export LD_LIBRARY_PATH=/root/anaconda3/lib", "library-path-frozen"),
        ("sudo apt-get install python3.8-dev", "libpython-missing"),
        ("pip install --force-reinstall --no-cache-dir nvidia-pytriton", "wheel-damaged"),
        ("conda install -c conda-forge libstdcxx-ng", "libstdcxx-too-old"),
        ("mamba install -y 'libstdcxx-ng>=12'", "libstdcxx-too-old"),
        ("pip install numpy==2.0", "numpy-too-new"),
        ("python -m pip install -U 'numpy>=2'", "numpy-too-new"),
        ("pip install numpy==1.26.4", "package-version-conflict"),
        ("uv pip install --upgrade protobuf", "package-version-conflict"),
    ],
)
def test_what_explain_says(command: str, id: str) -> None:
    done = run("explain", command)
    assert (done.returncode, f"tritondoctor explain {id}" in done.stdout) == (0, True), done.stdout
    assert json.loads(run("explain", command, "--json").stdout)["findings"][0] == id


@pytest.mark.parametrize("line", [
    "conda install nvidia-pytriton", "Collecting numpy>=2", "ERROR: pip's dependency resolver: numpy 2.0",
    "Successfully installed numpy-2.0.0", "RuntimeError: no numpy; try pip install numpy",
])  # fmt: skip
def test_what_is_none_of_them(line: str) -> None:
    assert found(line) is None
