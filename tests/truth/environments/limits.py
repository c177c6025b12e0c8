"""Resource limits that the server inherits."""

from __future__ import annotations

from tests.truth import stock
from tests.truth.declare import environment
from tests.truth.place import Place


@environment("limit-too-low", cases={"files-30": {"nofile": 30}, "files-64": {"nofile": 64},
                                     "file-size": {"fsize": 1_000_000},
                                     "address-space": {"as": 1_000_000_000},
                                     "address-space-near": {"as": 1_600_000_000},
                                     "data": {"data": 480_000_000},
                                     "large-stacks": {"as": 4_000_000_000, "stack": 1 << 30},
                                     "large-stacks-data": {"data": 2_000_000_000, "stack": 1 << 28},
                                     "stack": {"stack": 163_840}})  # fmt: skip
def limit_too_low(place: Place, limits: dict[str, int]) -> None:
    """Too few descriptors hang, too small files fail, too little address space ends the server."""
    place.limit(**limits)


@environment(cases={"files-80": {"nofile": 80}, "address-space": {"as": 4_000_000_000},
                    "address-space-near": {"as": 1_750_000_000}, "data": {"data": 600_000_000},
                    "small-stacks": {"as": 1_300_000_000, "data": 150_000_000, "stack": 1 << 20},
                    "large-stacks": {"as": 5_700_000_000, "stack": 1 << 26},
                    "stack": {"stack": 262_144}, "core": {"core": 0}})  # fmt: skip
def limit_high_enough(place: Place, limits: dict[str, int]) -> None:
    """Limits that look low, and suffice."""
    place.limit(**limits)


@environment("limit-too-low", python=stock.SYSTEM)
def too_few_processes(place: Place) -> None:
    """A user may have 10 threads."""
    _ = place.prefix
    place.as_nobody()
    place.limit(nproc=10)


@environment("limit-too-low", python=stock.SYSTEM)
def too_few_processes_of_a_namespaces_root(place: Place) -> None:
    """Rootless containers: root here, and another user outside, whom the limit holds for."""
    too_few_processes(place)
    place.before += ["unshare", "--user", "--map-root-user", "--"]


@environment(cases=("0077", "0777"))
def umask(place: Place, mask: str) -> None:
    """Root may read its own files under any mask."""
    place.before_start(f"umask {mask}")


@environment("umask-too-strict", python=stock.SYSTEM, cases=("0777", "0277"))
def umask_of_another_user(place: Place, mask: str) -> None:
    """Others may not even read what they have just written."""
    _ = place.prefix
    place.as_nobody()
    place.before_start(f"umask {mask}")


@environment("limit-too-low")
def data_limit_too_low(place: Place) -> None:
    """Too little memory for the stacks of threads."""
    place.limit(data=100_000_000)


@environment(cases={"memlock": {"memlock": 0}, "pending": {"sigpending": 0}, "queue": {"msgqueue": 0},
                    "data": {"data": 4_000_000_000}})  # fmt: skip
def other_limit_high_enough(place: Place, limits: dict[str, int]) -> None:
    """Limits at nothing that nothing needs."""
    place.limit(**limits)


def _left_open(place: Place, count: int) -> None:
    place.limit(nofile=1024)
    lines = f"import os, sys; [os.dup2(0, number) for number in range(3, {count})]; "
    place.before += ["/usr/bin/python3", "-c", f"{lines}os.execvp(sys.argv[1], sys.argv[1:])"]


@environment("limit-too-low")
def files_left_open(place: Place) -> None:
    """Whoever starts it hands on 1,000 files of the 1,024 that a process may have."""
    _left_open(place, 1000)


@environment()
def files_left_open_and_room(place: Place) -> None:
    """200 of them."""
    _left_open(place, 200)


_LONGEST = 131_072


@environment("limit-too-low", cases=("PATH", "LD_LIBRARY_PATH"))
def variable_that_pytriton_makes_too_long(place: Place, name: str) -> None:
    """As long as the kernel takes, and PyTriton adds a folder for its server (execve(2), E2BIG)."""
    given = f"{name}={place.variables[name]}:"
    place.variables[name] += ":" + "/x" * ((_LONGEST - len(given) - 2) // 2)


@environment("limit-too-low")
def stack_full_of_variables(place: Place) -> None:
    """The variables lie on the stack, and leave too little of a small one."""
    place.limit(stack=1 << 18)
    place.set(**{f"FILL_{number}": "x" * 20_000 for number in range(6)})


@environment()
def many_variables_and_room(place: Place) -> None:
    """1.9 MB of variables, of the quarter of the stack that they may take."""
    place.set(**{f"FILL_{number}": "x" * 100_000 for number in range(19)})
