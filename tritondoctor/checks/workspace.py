"""The folders that the launch writes to: PyTriton's workspace, and /tmp."""

from __future__ import annotations

import os
from collections.abc import Iterator

from tritondoctor.checks.edits import Variable
from tritondoctor.checks.left_behind import left_behind, megabytes
from tritondoctor.checks.model import CheckResult, Remedy, check, counted, cure, text
from tritondoctor.checks.obstacles import folder_obstacle
from tritondoctor.facts.launch.folders import shell_breaks
from tritondoctor.facts.launch.model import LaunchFolder
from tritondoctor.facts.machine.shell_files import expand
from tritondoctor.facts.model import Facts

#: sizeof(sun_path) of unix(7); the path must be shorter
SUN_PATH = 108
#: the model's files and folders, and the stub's own folder
MODEL_FILES = 9
#: files and folders of the copy, the model and the sockets: with 0.7.0 17 fail, 21 serve
INODES_NEEDED = 21
SPACE = text(
    "PyTriton splits the path of its server at the space and runs the first half, which does not exist."
)
UNQUOTED = text(
    "Triton passes the path to bash unquoted, and bash does not read it as one path. The stub is not "
    "found, and PyTriton waits until it times out."
)


def elsewhere(facts: Facts) -> tuple[Remedy, ...]:
    """Return a remedy that moves the workspace to a folder for this user in /var/tmp, and others that
    take other places; releases before 0.4 follow HOME alone.
    """
    title = text("Put the workspace in another folder")
    named = facts.pytriton is None or facts.pytriton.obeys_home
    folders = [f"{folder}/pytriton-{facts.host.uid}" for folder in ("/var/tmp", "/tmp")]
    folders += [f"{folder}/.pytriton" for folder in (facts.interpreter.prefix, facts.cwd) if folder]
    return tuple(
        cure("workspace-elsewhere", title, Variable("PYTRITON_HOME" if named else "HOME", folder))
        for folder in folders
    )


@check(
    "workspace-not-writable",
    "error",
    title="PyTriton cannot create its workspace in {path}",
    explanation="At start it copies its server there: {why}. ({chosen_by} selects this folder.)",
    means="The folder that PYTRITON_HOME, XDG_CACHE_HOME or HOME selects cannot be created or written "
    "by this user, or lies on a file system without Unix sockets: sshfs, FAT and exFAT, a shared folder "
    "of VirtualBox, a drive of Windows in WSL 2.",
    verified="A read-only file system, HOME=/proc, a file in place of the folder, another user's "
    "folder: an exception at start. A folder on sshfs: the model does not load, Operation not permitted "
    "(boot2docker#1300, WSL#5961 and docker/for-win#5519 are about other file systems).",
    by_hand="Set PYTRITON_HOME to a folder that you can write to.",
    reads=(
        "cwd",
        "host.uid",
        "interpreter.prefix",
        "launch.workspace.chosen_by",
        "launch.workspace.creatable",
        "launch.workspace.exists",
        "launch.workspace.path",
        "pytriton.obeys_home",
    ),
)
def workspace_not_writable(facts: Facts) -> Iterator[CheckResult]:
    launch = facts.launch
    if launch is not None and not launch.workspace.creatable:
        place = launch.workspace
        yield CheckResult(
            {"path": place.path, "chosen_by": place.chosen_by, "why": folder_obstacle(place)},
            (text("nearest existing folder: {path}", path=place.exists),),
            elsewhere(facts),
        )


@check(
    "umask-too-strict",
    "error",
    title="The umask {umask} removes the owner's own permissions",
    explanation="This user cannot read, write or enter what PyTriton creates in its workspace.",
    means="The shell or service that starts PyTriton has set a umask that masks owner bits.",
    verified="umask 0177, 0277, 0477 and 0777 as an unprivileged user: the start fails. As root, and "
    "with 0077, it serves.",
    by_hand="umask 022",
    reads=("host.uid", "host.umask", "launch"),
)
def umask_too_strict(facts: Facts) -> Iterator[CheckResult]:
    host = facts.host
    if facts.launch is not None and host.uid != 0 and host.umask & 0o700:
        remedy = Remedy("set-umask", text("Set a normal umask"), ("umask 022",))
        yield CheckResult({"umask": f"{host.umask:04o}"}, (), (remedy,))


@check(
    "workspace-noexec",
    "error",
    title="{path} is on a file system mounted noexec",
    explanation="PyTriton copies tritonserver there and runs the copy, which fails with "
    "sh.CommandNotFound although the file exists.",
    means="The file system of the workspace is mounted with the option noexec, so no program on it can "
    "run.",
    verified="A tmpfs with noexec as PYTRITON_HOME: sh.CommandNotFound.",
    by_hand="Set PYTRITON_HOME to a folder on another file system.",
    reads=(
        "cwd",
        "host.uid",
        "interpreter.prefix",
        "launch.workspace.creatable",
        "launch.workspace.noexec",
        "launch.workspace.path",
        "pytriton.copies",
        "pytriton.obeys_home",
    ),
)
def workspace_noexec(facts: Facts) -> Iterator[CheckResult]:
    place = facts.launch.workspace if facts.launch else None
    copied = facts.pytriton is not None and facts.pytriton.copies
    if place is not None and copied and place.creatable and place.noexec:
        yield CheckResult({"path": place.path}, (), elsewhere(facts))


@check(
    "packages-noexec",
    "error",
    title="The packages are on a file system mounted noexec",
    explanation="Compiled modules below {path} cannot be loaded: PyTriton fails with ImportError, failed "
    "to map segment from shared object.",
    means="The file system of the environment is mounted with the option noexec. Python itself may "
    "start, since its program is elsewhere.",
    verified="A venv on a tmpfs with noexec: the import of NumPy fails.",
    by_hand="Make the environment on another file system, or mount this one without noexec.",
    reads=("launch.packages_noexec", "pytriton.package"),
)
def packages_noexec(facts: Facts) -> Iterator[CheckResult]:
    if facts.launch is not None and facts.pytriton is not None and facts.launch.packages_noexec:
        remedy = Remedy(
            "environment-elsewhere", text("Make the environment on a file system without noexec")
        )
        yield CheckResult({"path": os.path.dirname(facts.pytriton.package)}, (), (remedy,))


@check(
    "workspace-no-space",
    "error",
    title="{path} has too little free space for the workspace",
    explanation="PyTriton's copy of the server needs {needed}; free: {free}.",
    means="The file system of the workspace is full, or has no inodes left.",
    verified="A tmpfs of 20 MB as PYTRITON_HOME: shutil.Error, No space left on device; 24 MB are "
    "enough.",
    by_hand="Free some space there, or set PYTRITON_HOME to a folder elsewhere.",
    reads=(
        "cwd",
        "host.uid",
        "interpreter.prefix",
        "launch.workspace.creatable",
        "launch.workspace.free",
        "launch.workspace.free_inodes",
        "launch.workspace.needed",
        "launch.workspace.path",
        "pytriton.obeys_home",
        "surroundings.leftovers",
    ),
)
def workspace_no_space(facts: Facts) -> Iterator[CheckResult]:
    launch = facts.launch
    if launch is None or not launch.workspace.creatable:
        return
    place = launch.workspace
    if place.free is not None and place.free < place.needed:
        sizes = {"path": place.path, "needed": megabytes(place.needed),
                  "free": megabytes(place.free)}  # fmt: skip
        evidence, first = left_behind(facts, "workspace")
        yield CheckResult(sizes, evidence, (*first, *elsewhere(facts)))
    elif place.free_inodes is not None and place.free_inodes < INODES_NEEDED:
        room = counted("room for {n} file", "room for {n} files", place.free_inodes)
        needed = counted("{n} file", "{n} files", INODES_NEEDED)
        fields = {"path": place.path, "needed": needed, "free": room}
        yield CheckResult(fields, (), elsewhere(facts))


@check(
    "home-unset",
    "error",
    title="HOME is not set, so the workspace path contains a literal $HOME",
    explanation="PyTriton creates the folder {path}. Triton passes that path to bash unquoted, bash "
    "replaces $HOME by nothing, and the stub is not found. PyTriton waits until it times out.",
    means="Services, cron jobs and some containers start without HOME, and neither PYTRITON_HOME nor "
    "XDG_CACHE_HOME is set.",
    verified="A real start without HOME: the folder `$HOME` appears in the working directory, and the "
    "start hangs.",
    by_hand="Set HOME, or PYTRITON_HOME.",
    reads=(
        "cwd",
        "host.uid",
        "interpreter.prefix",
        "launch.workspace.chosen_by",
        "launch.workspace.path",
        "pytriton.obeys_home",
        "variables",
    ),
)
def home_unset(facts: Facts) -> Iterator[CheckResult]:
    launch = facts.launch
    if launch is not None and launch.workspace.chosen_by == "HOME" and "HOME" not in facts.variables:
        yield CheckResult({"path": launch.workspace.path}, (), elsewhere(facts))


@check(
    "workspace-path-unsafe",
    "error",
    title="The workspace path contains {piece}, which breaks the start",
    explanation="{how}",
    means="PyTriton splits the server's path at the first space, and Triton starts the stub with "
    'bash -c "exec <path>" without quotes: spaces, quotes, $, parentheses, &, ;, | and {{a,b}} in '
    "the path of PYTRITON_HOME, XDG_CACHE_HOME or HOME break it.",
    verified="Real starts with a space, ', $, (, & and {{a,b}} in PYTRITON_HOME fail or hang; with * [ "
    "# ~ : , % and ! PyTriton serves.",
    by_hand="Set PYTRITON_HOME to a path of letters, digits, -, _ and / only.",
    reads=(
        "cwd",
        "host.uid",
        "interpreter.prefix",
        "launch.workspace.chosen_by",
        "launch.workspace.path",
        "pytriton.obeys_home",
        "variables",
    ),
)
def workspace_path_unsafe(facts: Facts) -> Iterator[CheckResult]:
    launch = facts.launch
    if launch is None or (launch.workspace.chosen_by == "HOME" and "HOME" not in facts.variables):
        return
    path = launch.workspace.path
    piece = shell_breaks(path)
    if piece == "$" and expand(path, facts.variables) == path:
        return  # HOME='$HOME': bash puts the very same in its place
    if piece:
        name, how = (text("a space"), SPACE) if piece == " " else (piece, UNQUOTED)
        yield CheckResult(
            {"piece": name, "how": how},
            (text("{path} (from {variable})", path=launch.workspace.path,
                  variable=launch.workspace.chosen_by),),
            elsewhere(facts),
        )  # fmt: skip


@check(
    "workspace-path-too-long",
    "error",
    title="The workspace path is too long for a socket",
    explanation="The stub listens on {socket}. The path has {length} bytes; a Unix socket's path may "
    "have at most {most}.",
    means="Sockets are created in the workspace, and the kernel limits their path to 107 bytes.",
    verified="PYTRITON_HOME of 62 and 64 bytes works; 66 bytes and more fail with `File name too long` "
    "or `AF_UNIX path too long`.",
    by_hand="Set PYTRITON_HOME to a shorter path.",
    reads=(
        "cwd",
        "host.uid",
        "interpreter.prefix",
        "launch.longest_socket",
        "pytriton.obeys_home",
    ),
)
def workspace_path_too_long(facts: Facts) -> Iterator[CheckResult]:
    launch = facts.launch
    if launch is None:
        return
    length = len(os.fsencode(launch.longest_socket))
    if length >= SUN_PATH:
        fields = {"socket": launch.longest_socket, "length": length, "most": SUN_PATH - 1}
        yield CheckResult(fields, (), elsewhere(facts))


@check(
    "workspace-path-not-ascii",
    "error",
    title="The workspace path is not ASCII, and the stub's Python cannot read it",
    explanation="The Python inside the stub {why}, so it fails on {path} with UnicodeEncodeError.",
    means="From Python 3.11 on, the stub's Python is isolated and stays in the C locale, whose "
    "encoding is ASCII. Older versions follow the locale.",
    verified="PYTRITON_HOME with é: Python 3.11 and 3.13 fail in any locale; 3.8 and 3.10 serve unless "
    "LC_ALL is C or POSIX.",
    by_hand="Set PYTRITON_HOME to a path of ASCII letters.",
    reads=(
        "cwd",
        "host.uid",
        "interpreter.prefix",
        "launch.stub_python.encoding",
        "launch.stub_python.isolated",
        "launch.workspace.path.isascii",
        "pytriton.obeys_home",
    ),
)
def workspace_path_not_ascii(facts: Facts) -> Iterator[CheckResult]:
    launch = facts.launch
    if launch is None or launch.stub_python is None or launch.workspace.path.isascii():
        return
    embedded = launch.stub_python
    if embedded.encoding == "ascii":
        why = text("follows the locale, whose encoding is ASCII")
        if embedded.isolated:
            why = text("ignores the locale and uses ASCII")
        yield CheckResult({"why": why, "path": launch.workspace.path}, (), elsewhere(facts))


@check(
    "temporary-not-writable",
    "error",
    title="/tmp {state}",
    explanation="Triton copies the model's files to a new folder in /tmp (it ignores TMPDIR): {why}.",
    means="/tmp is missing, read-only or full, or cannot hold more files.",
    verified="/tmp read-only, with and without TMPDIR: `failed to poll from model repository`; 64 kB of "
    "space: `module '1.model' has no attribute 'TritonPythonModel'`.",
    by_hand="Make room in /tmp, or make it writable (in a container: mount a tmpfs on it).",
    reads=(
        "launch.temporary.creatable",
        "launch.temporary.exists",
        "launch.temporary.free",
        "launch.temporary.free_inodes",
        "launch.temporary.needed",
        "launch.temporary.path",
        "launch.temporary.why_not",
    ),
)
def temporary_not_writable(facts: Facts) -> Iterator[CheckResult]:
    place = facts.launch.temporary if facts.launch else None
    if place is None:
        return
    full = place.free is not None and place.free < place.needed
    full = full or (place.free_inodes is not None and place.free_inodes < MODEL_FILES)
    if not place.creatable or place.exists != place.path or full:
        yield _temporary(place, full=full and not place.why_not)


def _temporary(place: LaunchFolder, *, full: bool) -> CheckResult:
    """What is wrong with it, and what to type where it is full: TMPDIR does not lead Triton elsewhere."""
    if not full:
        why = folder_obstacle(place) if place.why_not else text("there is no such folder")
        return CheckResult({"state": text("is not writable"), "why": why})
    few = place.free_inodes is not None and place.free_inodes < MODEL_FILES
    look = ("df -i /tmp",) if few else ("df -h /tmp", "du -xah /tmp | sort -h | tail")
    see = Remedy("see-temporary", text("See what fills it, and remove what nobody needs"), look)
    evidence = () if few or place.free is None else (
        text("free: {free}; needed: {needed}",
             free=megabytes(place.free), needed=megabytes(place.needed)),
    )  # fmt: skip
    fields = {"state": text("is full"), "why": text("it is full, or nearly")}
    return CheckResult(fields, evidence, (see,))


RULES = (
    workspace_not_writable,
    umask_too_strict,
    workspace_noexec,
    packages_noexec,
    workspace_no_space,
    home_unset,
    workspace_path_unsafe,
    workspace_path_too_long,
    workspace_path_not_ascii,
    temporary_not_writable,
)
