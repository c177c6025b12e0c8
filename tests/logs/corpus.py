"""Real logs of starts of PyTriton, kept beside the tests, and the findings that they tell of.

Made with the environments of tests/truth (PYTHONUNBUFFERED=1); paths of the machine were replaced.
"""

from __future__ import annotations

from pathlib import Path

from tests.truth.environments import ALL

FOLDER = Path(__file__).with_name("real")
#: a true statement about the log, though the environment's fault lies behind it
ALSO_TRUE = {
    "package-damaged": {"package-missing", "package-lacks-name"},
    "package-missing": {"package-lacks-name"},
    "wheel-damaged": {"package-lacks-name"},
    "pytriton-missing": {"package-missing"},
    "libpython-wrong-version": {"package-missing"},
    "preload-breaks-start": {"shared-memory-unusable"},
    "memory-too-low": {"stub-unhealthy"},
}
#: logs that do not tell, whatever reads them: nothing in them differs from other faults'
SILENT = {
    "bash-env-harms_exits", "extension-cut-short", "ld-trace-set", "loopback-is-down",
    "umask-of-another-user_0777", "interpreter-cut-short",
}  # fmt: skip


def logs() -> dict[str, tuple[bytes, set[str]]]:
    """Name of the environment -> (its log, the ids that may be named as the cause; empty: it serves)."""
    expected = {name.translate(str.maketrans(" /", "__")): set(one.ids) for name, one in ALL.items()}
    found = {}
    for path in sorted(FOLDER.glob("*.log")):
        ids = expected[path.stem]
        more = {id for known in ids for id in ALSO_TRUE.get(known, ())}
        found[path.stem] = (path.read_bytes(), ids | more)
    return found
