"""Ctrl-C while a fix that was made is proved: the user learns that it stays, and how to undo it."""

from __future__ import annotations

import signal
import subprocess
import time

from tests.remedies.cycle import Doctor
from tests.remedies.test_fix import place
from tests.truth.place import Place

__all__ = ["place"]


def test_says_that_the_fix_stays(place: Place) -> None:
    doctor = Doctor(place)
    inside = doctor.command("fix", *doctor.target(), "--yes")[len(doctor.wrap) :]
    process = subprocess.Popen(
        inside, cwd=place.cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    records, deadline = place.here / "state/tritondoctor/fixes", time.monotonic() + 120
    while '"applied"' not in "".join(path.read_text() for path in records.glob("*/record.json")):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.1)
    time.sleep(2)  # now it starts PyTriton
    process.send_signal(signal.SIGINT)
    told, _ = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert "the fix was applied and stays; to undo it: tritondoctor undo" in " ".join(told.split())
    assert doctor.run("undo", "--yes").returncode == 0
