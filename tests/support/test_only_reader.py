"""Files are read in one way: every other `open`, listing or walk is named here, and why."""

from __future__ import annotations

import ast
import re
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
    "loader/disk.py": "the loader's reader: names of a folder, bounded by files.py",
    "data/": "made when the doctor is developed, from files of its own",
    "reports/html_parts.py": "a style sheet of its own package",
    "installing/starter.py": "starter files of its own package",
    "selftest/serve_linear.py": "runs inside the target, alone",
    "selftest/ensemble_models.py": "runs inside the target, alone",
    "facts/interpreter/interview.py": "runs inside the target: a module of its own, to a limit",
    "tuning/users_file.py": "runs inside the target: the user's own file, which it imports",
    "tuning/thread_counts.py": "runs inside the target: its own /proc/self/maps",
    "fleet/kubernetes/nodes/": "runs in a cluster's own image, alone",
    "fleet/roles/": "runs in Ansible, and alone on the hosts",
    "facts/machine/attempts.py": "a file without a name, in a child with a deadline",
    "facts/machine/confinement.py": "a file without a name, which is closed at once",
    "facts/gpu/driver_child.py": "a child that may hang, with a deadline",
    "remedies/rattler_stage.py": "a program of its own, of which the parent is the limit",
    # the kernel's own files
    "support/tritonservers.py": "/proc, where sizes are the kernel's",
    "facts/gpu/devices.py": "names in /dev and /sys",
    "facts/gpu/driver_query.py": "/proc",
    "installing/machine.py": "names in /sys",
    "remedies/survivors.py": "/proc",
    "selftest/processes.py": "/proc",
    "selftest/leftovers.py": "names in /dev/shm and of PyTriton's own making",
    # opened by descriptor, with the owner compared
    "facts/machine/dead_workspaces.py": "names of PyTriton's own making, in its own places",
    "facts/machine/leftovers.py": "names of PyTriton's own making, in its own places",
    "installing/location.py": "the mark of an installation, and what stands beside it",
    "remedies/journal.py": "its own records, locked",
    "remedies/prefix_lock.py": "its own lock",
    # what this very command writes, has written, or has downloaded and compared by its hash
    "installing/ci_files.py": "a file of its own making, where there is none",
    "installing/fetch.py": "archives",
    "installing/install.py": "its own log",
    "installing/origins.py": "the records of the environment that it has just made",
    "installing/relock.py": "a lock that it writes",
    "remedies/activation.py": "scripts that it writes",
    "remedies/archive.py": "wheels",
    "remedies/staging.py": "its own folder",
    "remedies/transaction.py": "what it puts in place",
    "remedies/path_state.py": "regular files that it copies and syncs",
    "remedies/undo.py": "its own copies",
    # names of the folders that it is about to change
    "remedies/conda.py": "its own stage",
    "remedies/pip.py": "its own stage",
    "remedies/emptied.py": "folders that a removal empties",
    "remedies/prefix_snapshot.py": "a whole prefix, before a package manager changes it",
    "fleet/ansible.py": "what its own Ansible printed",
    "commands/fleet_hosts.py": "folders that the user names",
}

#: runs inside the target, where there are no `Files`
RUN_INSIDE = {"interview.py", "preload_trial.py"}


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


#: rooms whose facts are asked again of each simulated world
SIMULATED = ("interpreter", "imports", "launch", "conda")
#: what asks the disk or the kernel by itself
DISK = re.compile(
    r"(io\.|os\.fd)?open|glob\.\w+|socket\.\w+|psutil\.\w+"
    r"|os\.(l?stat|statvfs|access|readlink|scandir|listdir|walk|fwalk|open|getcwd|mkdir|replace|unlink)"
    r"|os\.path\.(l?exists|isfile|isdir|islink|ismount|realpath|abspath|samefile|getsize|getmtime)"
    r"|reading\.\w+|read_text|read_bytes|list_folder"
)


def _disk_calls(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and DISK.fullmatch(ast.unparse(node.func)):
            yield f"{path.relative_to(PACKAGE)}:{node.lineno} {ast.unparse(node.func)}"


def test_simulated_facts_read_the_disk_through_files_alone() -> None:
    """What looks at the real machine belongs to facts/machine, which is observed once."""
    paths = [path for room in SIMULATED for path in (PACKAGE / "facts" / room).rglob("*.py")]
    assert not [call for path in paths if path.name not in RUN_INSIDE for call in _disk_calls(path)]
