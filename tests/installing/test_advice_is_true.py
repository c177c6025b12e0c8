"""What `advise` says of releases, against real starts of each on this machine."""

from __future__ import annotations

import os
import shutil
import tempfile

import pytest

from tests.truth import real, stock
from tritondoctor.checks.advice import order
from tritondoctor.installing import advise
from tritondoctor.installing.machine import look

pytestmark = pytest.mark.truth
ROWS = [
    ("3.8", "0.1.5"), ("3.8", "0.2.5"), ("3.10", "0.2.5"), ("3.10", "0.3.1"), ("3.10", "0.4.2"),
    ("3.10", "0.5.5"), ("3.10", "0.5.14"), ("3.13", "0.5.13"), ("3.12", "0.7.0"), ("3.13", "0.7.0"),
]  # fmt: skip


@pytest.mark.parametrize(("python", "release"), ROWS)
def test_release_serves_where_it_is_said_to(python: str, release: str) -> None:
    """With a venv of that Python only, its own libpython on the loader's path."""
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap (bwrap) is not installed")
    here = look(os.environ, "/")
    try:
        base, kept = stock.interpreter(python), stock.pytriton(python, release)
        library = base.lib
    except stock.Absent as absent:
        pytest.skip(str(absent))
    only = {minor: one for minor, one in here.pythons.items() if minor == python}
    (row,) = [
        release_row for release_row in advise.release_rows(here._replace(pythons=only, uv=None))
        if order(release_row.oldest) <= order(release) <= order(release_row.newest)
    ]  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="ta-", dir="/tmp") as home:  # sockets' paths have little room
        variables = {"HOME": home, "PATH": f"{kept}/bin:/usr/bin:/bin", "LD_LIBRARY_PATH": library}
        outcome = real.serve_linear(f"{kept}/bin/python", variables, home, real.sandbox())
    assert outcome.served == (row.why is None), outcome.log[-2000:]
