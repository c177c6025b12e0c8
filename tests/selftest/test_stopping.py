"""How a server stops, as docs/serving.md says: signals to PID 1 of a container."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.selftest.boxed import named, place_of
from tests.truth import real
from tests.truth.place import Place
from tritondoctor.installing import starter

#: the line that docs/serving.md recommends
CURE = "import signal\nsignal.signal(signal.SIGTERM, signal.default_int_handler)\n"
#: as PID 1 of its own processes: sends the signal once the model is ready, gives it 20 s
_CONTAINER = """
cd {folder}
(
  for i in $(seq 300); do curl -sf localhost:8000/v2/models/Linear/ready && break; sleep 0.2; done
  sleep 1; echo sent; kill -{signal} 1; sleep 20; echo alive after 20 s; kill -KILL -1
) &
exec {python} server.py >server.log 2>&1
"""


def _stopped(place: Place, signal: str, cure: str = "") -> tuple[int, list[str], str]:
    """Status, what the workspaces' folder holds afterwards, and what the shell printed."""
    folder = place.cwd / "linear"
    starter.write(str(folder))
    server = Path(folder / "server.py")
    server.write_text(cure + server.read_text().partition('"""')[2].partition('"""')[2])
    script = _CONTAINER.format(folder=folder, signal=signal, python=place.python)
    box = [option for option in real.sandbox(place.options) if option != "--die-with-parent"]
    done = subprocess.run(
        [*box, "--as-pid-1", *real.with_variables(place.variables), "bash", "-c", script],
        capture_output=True, text=True, timeout=150, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    left = [path.name for path in (place.home / ".cache/pytriton").glob("*")]
    return done.returncode, left, done.stdout


@pytest.mark.truth
@pytest.mark.parametrize(
    ("signal", "cure", "ends"), [("TERM", "", False), ("TERM", CURE, True), ("INT", "", True)]
)
def test_as_pid_1(signal: str, cure: str, ends: bool) -> None:
    with place_of(named("serves 3.11")) as place:
        status, left, shown = _stopped(place, signal, cure)
    assert "sent" in shown, shown
    assert ("alive after 20 s" in shown) is not ends
    if ends:
        assert (status, left) == (0, [])
