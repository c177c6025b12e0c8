"""Files are read in one way: every other `open`, listing or walk is named here, and why."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import tritondoctor

PACKAGE = Path(tritondoctor.__file__).parent

#: what opens, lists or walks in another way than support/reading
CALLS = {
    "open", "os.open", "os.fdopen", "io.open", "os.walk", "os.listdir", "os.scandir", "glob.glob",
    "glob.iglob", "os.fwalk",
}  # fmt: skip
METHODS = {"read_text", "read_bytes", "rglob", "iterdir"}

#: file or folder -> why it reads by itself
ALLOWED = {
    "support/": "it is the one way",
    "loader/files.py": "the loader's reader, with the same limits; changes are laid over it",
    "loader/overlay.py": "the loader's reader: names of a folder, bounded by files.py",
    "data/": "made when the doctor is developed, from files of its own",
    "checks/advice.py": "a table of its own package",
    "checks/gpu/compatibility.py": "a table of its own package",
    "reports/html.py": "a style sheet of its own package",
    "installing/starter.py": "starter files of its own package",
    "own.py": "its own archive",
    "cli.py": "/dev/null in the place of a closed stream",
    "output.py": "writes what the user names",
    "facts/interpreter/interview.py": "runs inside the target, alone",
    "selftest/serve_linear.py": "runs inside the target, alone",
    "selftest/session.py": "text of a program that runs inside the target",
    "selftest/supervisor.py": "runs inside the target, alone",
    "fleet/kubernetes/": "runs in a cluster's own image, alone",
    "fleet/roles/": "runs in Ansible, and alone on the hosts",
    "facts/gpu/driver_child.py": "a child that may hang, with a deadline",
    # to be moved to support/reading by those who rewrite them
    "facts/machine/listeners.py": "/proc, where sizes are the kernel's",
    "facts/machine/dead_workspaces.py": "names of PyTriton's own making, in its own places",
    "facts/machine/leftovers.py": "opens by descriptor, with the owner compared",
    "facts/gpu/": "/proc, /dev and libraries of the driver",
    "selftest/": "/proc and its own folders",
    "remedies/": "writes; copies are compared by their hash",
    "installing/": "writes what it installs and downloads",
    "fleet/ansible.py": "what its own Ansible printed",
    "commands/fleet_hosts.py": "folders that the user names",
}

#: runs inside the target, where there are no `Files`
RUN_INSIDE = {"interview.py"}


def _calls(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name.startswith("reading."):
                continue
            if name in CALLS or ("." in name and name.rpartition(".")[2] in METHODS):
                yield node.lineno, name


def _allowance(name: str) -> str:
    return next((one for one in ALLOWED if name == one or (one[-1] == "/" and name.startswith(one))), "")


def _readers() -> dict[str, list[tuple[int, str]]]:
    paths = sorted(PACKAGE.rglob("*.py"))
    found = {str(path.relative_to(PACKAGE)): [*_calls(path)] for path in paths}
    return {name: calls for name, calls in found.items() if calls}


def test_nothing_else_opens_or_lists() -> None:
    others = {name: calls for name, calls in _readers().items() if not _allowance(name)}
    assert not others, "use tritondoctor.support.reading, or say in ALLOWED why not"


def test_the_facts_that_follow_from_files_read_through_files_alone() -> None:
    """What is asked again of a simulated world reads no file by itself."""
    rooms = ("imports", "interpreter", "launch", "conda")
    paths = [path for room in rooms for path in sorted((PACKAGE / "facts" / room).glob("*.py"))]
    assert len(paths) > 20
    for path in paths:
        if path.name not in RUN_INSIDE:
            assert not [*_calls(path)], path
