"""The places that the launch writes to, the paths that it makes, its ports and settings."""

from __future__ import annotations

import os
from collections.abc import Iterator

from tritondoctor.checks.edits import Variable
from tritondoctor.checks.left_behind import left_behind
from tritondoctor.checks.model import CheckResult, Remedy, check, cure, text
from tritondoctor.checks.obstacles import folder_obstacle, holder, port_obstacle
from tritondoctor.facts.launch.folders import shell_breaks
from tritondoctor.facts.model import Facts

#: sizeof(sun_path) of unix(7); the path must be shorter
SUN_PATH = 108
#: the model's files and folders, and the stub's own folder
MODEL_FILES = 9
#: the stub's pool, and one of TensorStore's
SEGMENTS_NEEDED = 2
#: files and folders of the copy, the model and the sockets
INODES_NEEDED = 40


def elsewhere(facts: Facts) -> tuple[Remedy, ...]:
    """A workspace of this user's own in a place that is made for files."""
    path = f"/var/tmp/pytriton-{facts.host.uid}"
    title = text("Put the workspace elsewhere")
    return (cure("workspace-elsewhere", title, Variable("PYTRITON_HOME", path)),)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


@check(
    "workspace-not-writable",
    "error",
    title="PyTriton cannot make its workspace in {path}",
    explanation="At start it copies its server there ({chosen_by} chose the place): {why}.",
    means="The folder that PYTRITON_HOME, XDG_CACHE_HOME or HOME leads to cannot be made or written "
    "by this user.",
    verified="A read-only file system, HOME=/proc, a file in the folder's place, another user's "
    "folder: an exception at start.",
    by_hand="Set PYTRITON_HOME to a folder that you can write.",
    reads=(
        "host.uid",
        "launch.workspace.chosen_by",
        "launch.workspace.creatable",
        "launch.workspace.errno",
        "launch.workspace.exists",
        "launch.workspace.path",
        "launch.workspace.why_not",
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
    title="The umask {umask} takes the owner's own rights away",
    explanation="What PyTriton makes in its workspace this user could not read, write or enter.",
    means="The shell or service that starts PyTriton has set a umask with bits of the owner.",
    verified="umask 0177, 0277, 0477 and 0777 as an unprivileged user: the start fails; as root, and "
    "with 0077, it serves.",
    by_hand="umask 022",
    reads=("host.uid", "host.umask", "launch"),
)
def umask_too_strict(facts: Facts) -> Iterator[CheckResult]:
    host = facts.host
    if facts.launch is not None and host.uid != 0 and host.umask & 0o700:
        remedy = Remedy("set-umask", text("Set a usual one"), ("umask 022",))
        yield CheckResult({"umask": f"{host.umask:04o}"}, (), (remedy,))


@check(
    "workspace-noexec",
    "error",
    title="{path} is on a file system that runs no programs (noexec)",
    explanation="PyTriton copies tritonserver there and starts the copy, which fails with "
    "sh.CommandNotFound though the file exists.",
    means="The file system of the workspace is mounted with the option noexec.",
    verified="A tmpfs with noexec as PYTRITON_HOME: sh.CommandNotFound.",
    by_hand="Set PYTRITON_HOME to a folder on another file system.",
    reads=(
        "host.uid",
        "launch.workspace.creatable",
        "launch.workspace.errno",
        "launch.workspace.noexec",
        "launch.workspace.path",
        "pytriton.copies",
    ),
)
def workspace_noexec(facts: Facts) -> Iterator[CheckResult]:
    place = facts.launch.workspace if facts.launch else None
    copied = facts.pytriton is not None and facts.pytriton.copies
    if place is not None and copied and place.creatable and place.noexec:
        yield CheckResult({"path": place.path}, (), elsewhere(facts))


@check(
    "workspace-no-space",
    "error",
    title="{path} has too little space for the workspace",
    explanation="The copy of the server takes {needed}; there is {free}.",
    means="The file system of the workspace is full, or has no inodes left.",
    verified="A tmpfs of 20 MB as PYTRITON_HOME: shutil.Error, No space left on device; 24 MB serve.",
    by_hand="Free space there, or set PYTRITON_HOME to a folder elsewhere.",
    reads=(
        "host.uid",
        "launch.workspace.creatable",
        "launch.workspace.errno",
        "launch.workspace.free",
        "launch.workspace.free_inodes",
        "launch.workspace.needed",
        "launch.workspace.path",
        "surroundings.leftovers",
    ),
)
def workspace_no_space(facts: Facts) -> Iterator[CheckResult]:
    launch = facts.launch
    if launch is None or not launch.workspace.creatable:
        return
    place = launch.workspace
    if place.free is not None and place.free < place.needed:
        fields = {"path": place.path, "needed": _megabytes(place.needed),
                  "free": _megabytes(place.free)}  # fmt: skip
        evidence, first = left_behind(facts, "workspace")
        yield CheckResult(fields, evidence, (*first, *elsewhere(facts)))
    elif place.free_inodes is not None and place.free_inodes < INODES_NEEDED:
        fields = {"path": place.path, "needed": f"{INODES_NEEDED} files",
                  "free": f"room for {place.free_inodes}"}  # fmt: skip
        yield CheckResult(fields, (), elsewhere(facts))


@check(
    "home-unset",
    "error",
    title="HOME is not set, so the workspace's path holds a literal $HOME",
    explanation="PyTriton makes the folder {path}; Triton gives that path to bash unquoted, which "
    "replaces $HOME by nothing, and the stub is not found. PyTriton waits for its time-out.",
    means="Services, cron jobs and some containers start without HOME, and neither PYTRITON_HOME nor "
    "XDG_CACHE_HOME is set.",
    verified="A real start without HOME: the folder `$HOME` appears in the working directory, the "
    "start hangs.",
    by_hand="Set HOME, or PYTRITON_HOME.",
    reads=("host.uid", "launch.workspace.chosen_by", "launch.workspace.path", "variables"),
)
def home_unset(facts: Facts) -> Iterator[CheckResult]:
    launch = facts.launch
    if launch is not None and launch.workspace.chosen_by == "HOME" and "HOME" not in facts.variables:
        yield CheckResult({"path": launch.workspace.path}, (), elsewhere(facts))


@check(
    "workspace-path-unsafe",
    "error",
    title="The workspace's path holds {piece}, which breaks the start",
    explanation="{how}",
    means="PyTriton splits the server's path at the first space, and Triton starts the stub with "
    'bash -c "exec <path>" without quotes: spaces, quotes, $, parentheses, &, ;, | and {{a,b}} in '
    "the path of PYTRITON_HOME, XDG_CACHE_HOME or HOME break it.",
    verified="Real starts with a space, ', $, (, & and {{a,b}} in PYTRITON_HOME fail or hang; with * [ "
    "# ~ : , % and ! they serve.",
    by_hand="Set PYTRITON_HOME to a path of letters, digits, -, _ and /.",
    reads=("host.uid", "launch.workspace.chosen_by", "launch.workspace.path", "variables"),
)
def workspace_path_unsafe(facts: Facts) -> Iterator[CheckResult]:
    launch = facts.launch
    if launch is None or (launch.workspace.chosen_by == "HOME" and "HOME" not in facts.variables):
        return
    piece = shell_breaks(launch.workspace.path)
    if piece:
        how = (
            "PyTriton splits the path of its server at the space and starts the first half, which "
            "does not exist."
            if piece == " "
            else "Triton gives the path to bash unquoted, which reads it as something else; the stub "
            "is not found, and PyTriton waits for its time-out."
        )
        name = "a space" if piece == " " else piece
        yield CheckResult(
            {"piece": name, "how": how},
            (text("{path} (from {variable})", path=launch.workspace.path,
                  variable=launch.workspace.chosen_by),),
            elsewhere(facts),
        )  # fmt: skip


@check(
    "workspace-path-too-long",
    "error",
    title="The workspace's path is too long for a socket",
    explanation="The stub listens on {socket}, {length} bytes; a unix socket's path may have {most}.",
    means="Sockets live in the workspace, and the kernel limits their path to 107 bytes.",
    verified="PYTRITON_HOME of 62 and 64 bytes serve, 66 and more fail with `File name too long` or "
    "`AF_UNIX path too long`.",
    by_hand="Set PYTRITON_HOME to a shorter path.",
    reads=("host.uid", "launch.longest_socket"),
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
    title="The workspace's path is not ASCII, and the stub's Python cannot read it",
    explanation="The Python inside the stub {why}, so it fails on {path} with UnicodeEncodeError.",
    means="From Python 3.11 on the stub's Python is isolated and stays in the C locale, whose encoding "
    "is ASCII. Older ones follow the locale.",
    verified="PYTRITON_HOME with é: Python 3.11 and 3.13 fail in any locale, 3.8 and 3.10 serve unless "
    "LC_ALL is C or POSIX.",
    by_hand="Set PYTRITON_HOME to a path of ASCII letters.",
    reads=(
        "host.uid",
        "launch.stub_python.encoding",
        "launch.stub_python.isolated",
        "launch.workspace.path.isascii",
    ),
)
def workspace_path_not_ascii(facts: Facts) -> Iterator[CheckResult]:
    launch = facts.launch
    if launch is None or launch.stub_python is None or launch.workspace.path.isascii():
        return
    embedded = launch.stub_python
    if embedded.encoding == "ascii":
        why = "ignores the locale" if embedded.isolated else "follows a locale that is ASCII"
        yield CheckResult({"why": why, "path": launch.workspace.path}, (), elsewhere(facts))


@check(
    "temporary-not-writable",
    "error",
    title="/tmp cannot be written",
    explanation="Triton puts the model's files into a new folder in /tmp (it does not ask TMPDIR): "
    "{why}.",
    means="/tmp is missing, read-only, full, or has room for no more files.",
    verified="/tmp read-only, with and without TMPDIR: `failed to poll from model repository`.",
    by_hand="Make /tmp writable (in a container: mount a tmpfs on it).",
    reads=(
        "launch.temporary.creatable",
        "launch.temporary.errno",
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
        why = text("it is full") if full else text("there is no such folder")
        yield CheckResult({"why": folder_obstacle(place) if place.why_not else why})


@check(
    "shared-memory-unusable",
    "error",
    title="/dev/shm cannot hold the stub's memory",
    explanation="Server and stub talk through shared memory; a start takes about {needed}: {why}.",
    means="/dev/shm is missing, read-only, too small or full. Docker gives 64 MB unless told otherwise; "
    "segments of dead processes (pytrtion*) may fill it.",
    verified="/dev/shm of 4 MiB, and read-only: `Unable to initialize shared memory key`; 5 MB serve.",
    by_hand="Enlarge it (docker run --shm-size=1g), or remove leftovers of dead processes.",
    reads=(
        "host.container",
        "launch.shared_memory.creatable",
        "launch.shared_memory.errno",
        "launch.shared_memory.exists",
        "launch.shared_memory.free",
        "launch.shared_memory.free_inodes",
        "launch.shared_memory.needed",
        "launch.shared_memory.path",
        "launch.shared_memory.why_not",
        "surroundings.leftovers",
    ),
)
def shared_memory_unusable(facts: Facts) -> Iterator[CheckResult]:
    place = facts.launch.shared_memory if facts.launch else None
    if place is None:
        return
    full = place.free is not None and place.free < place.needed
    names = place.free_inodes is not None and place.free_inodes < SEGMENTS_NEEDED
    if not place.creatable or place.exists != place.path or full or names:
        why = text("there is no such folder")
        if place.why_not:
            why = folder_obstacle(place)
        elif names:
            why = text("it has room for {count} more files", count=place.free_inodes)
        elif full:
            why = text("{size} are free", size=_megabytes(place.free or 0))
        evidence, first = left_behind(facts, "segment")
        remedies = (*first, enlarge_shared_memory(facts))
        yield CheckResult({"needed": _megabytes(place.needed), "why": why}, evidence, remedies)


def enlarge_shared_memory(facts: Facts) -> Remedy:
    """For a container it is done by whoever starts it: inside, nobody may mount."""
    container = facts.host.container
    if container in ("docker", "podman"):
        return Remedy(
            "enlarge-shm", text("Start the container with more"), (f"{container} run --shm-size=1g ...",)
        )
    if container == "kubernetes":
        return Remedy(
            "enlarge-shm",
            text("Mount a volume on /dev/shm in the pod: emptyDir with medium: Memory, sizeLimit: 1Gi"),
            (),
        )
    return Remedy("enlarge-shm", text("Enlarge it"), ("mount -o remount,size=1g /dev/shm",))


@check(
    "port-in-use",
    "error",
    title="Port {number} ({name}) cannot be bound",
    explanation="tritonserver would end, or PyTriton would talk to whoever holds the port: {why}.",
    means="Another process listens on a port that tritonserver needs, or the port or address is not "
    "this user's or this machine's to bind.",
    verified="A listener on 0.0.0.0, on 127.0.0.1 and on [::] for 8000, and on 8002; port 80 without "
    "the right; the same port twice: PyTriton hangs or fails.",
    by_hand="End the other process, or choose free ports with PYTRITON_TRITON_CONFIG_HTTP_PORT, "
    "_GRPC_PORT and _METRICS_PORT.",
    reads=("launch.ports",),
)
def port_in_use(facts: Facts) -> Iterator[CheckResult]:
    told = set()
    for port in facts.launch.ports if facts.launch else ():
        # an address that cannot be bound is one cause for all its ports
        cause = (port.address, port.why_not, port.number if port.why_not == "in-use" else 0)
        if port.holder is not None and port.holder.orphan:
            cause = ("", "", port.holder.pid)  # and so is a server that is to be ended
        if not port.bindable and cause not in told:
            told.add(cause)
            evidence = [text("{address}:{number}", address=port.address, number=port.number)]
            if port.same_as:
                evidence.append(text("held by PyTriton itself"))
            elif port.holder is not None:
                evidence.append(text("held by {process}", process=holder(port.holder)))
            name = f"PYTRITON_TRITON_CONFIG_{port.name.upper()}_PORT"
            number = str((port.number + 1000) % 65536)
            remedies = [cure("another-port", text("Use another port"), Variable(name, number))]
            if port.holder is not None and port.holder.orphan:
                end = (f"kill -9 {port.holder.pid}",)
                remedies.insert(0, Remedy("end-orphan", text("End it (it ignores other signals)"), end))
            fields = {"number": port.number, "name": port.name, "why": port_obstacle(port)}
            yield CheckResult(fields, tuple(evidence), tuple(remedies))


@check(
    "path-unset",
    "error",
    title="PATH is not set",
    explanation="PyTriton puts its Python's folder before PATH and ends with KeyError: 'PATH' where "
    "there is none.",
    means="A service or container starts the process with an empty environment.",
    verified="A real start without PATH: KeyError.",
    by_hand="Set PATH.",
    reads=("launch.server_path",),
)
def path_unset(facts: Facts) -> Iterator[CheckResult]:
    if facts.launch is not None and facts.launch.server_path is None:
        usual = Variable("PATH", "/usr/local/bin:/usr/bin:/bin")
        yield CheckResult({}, (), (cure("set-path", text("Set it"), usual),))


@check(
    "bash-missing",
    "error",
    title="There is no bash on PATH",
    explanation="Triton starts the stub through bash; without it the start hangs until PyTriton's "
    "time-out.",
    means="A slim container without bash, or a PATH that does not lead to it.",
    verified="PATH=/nonexistent and an empty PATH: the start hangs.",
    by_hand="Install bash, or add its folder to PATH.",
    reads=("launch.bash", "launch.bash_elsewhere", "launch.server_path", "variables"),
)
def bash_missing(facts: Facts) -> Iterator[CheckResult]:
    launch = facts.launch
    if launch is not None and launch.bash is None and launch.server_path is not None:
        if launch.bash_elsewhere:
            folder = os.path.dirname(launch.bash_elsewhere)
            path = ":".join(filter(None, (facts.variables.get("PATH"), folder)))
            remedy = cure("extend-path", text("Add its folder to PATH"), Variable("PATH", path))
        else:
            remedy = Remedy("install-bash", text("Install it"), ("apt-get install bash",))
        yield CheckResult({}, (text("PATH of the server: {path}", path=launch.server_path),), (remedy,))


@check(
    "bash-changes-launch",
    "error",
    title="What bash reads at start keeps the stub from starting",
    explanation="Triton starts the stub through bash, which first reads BASH_ENV and takes over "
    "exported functions and SHELLOPTS; with them the stub does not come up as it should.",
    means="BASH_ENV leads to a file that exits, unsets LD_LIBRARY_PATH or resets PATH; or a function "
    "named exec is exported.",
    verified="BASH_ENV files with exit, unset LD_LIBRARY_PATH and export PATH=…, an exported function "
    "exec, SHELLOPTS with noexec: the start hangs or the stub takes another Python.",
    by_hand="Unset BASH_ENV (or the function) where PyTriton is started.",
    reads=("launch.bash_env", "launch.bash_env_breaks", "launch.bash_env_effects"),
)
def bash_changes_launch(facts: Facts) -> Iterator[CheckResult]:
    launch = facts.launch
    if launch is None or not launch.bash_env_breaks:
        return
    evidence = [text("{effect}", effect=effect) for effect in launch.bash_env_effects]
    if launch.bash_env:
        evidence.insert(0, text("BASH_ENV={path}", path=launch.bash_env))
    yield CheckResult(
        {},
        tuple(evidence),
        (
            cure("unset-variable", text("Unset it"), Variable("BASH_ENV", None))
            if launch.bash_env
            else Remedy("unset-variable", text("Unset it"), ("unset -f exec; unset SHELLOPTS",)),
        ),
    )


RULES = (
    workspace_not_writable,
    umask_too_strict,
    workspace_noexec,
    workspace_no_space,
    home_unset,
    workspace_path_unsafe,
    workspace_path_too_long,
    workspace_path_not_ascii,
    temporary_not_writable,
    shared_memory_unusable,
    port_in_use,
    path_unset,
    bash_missing,
    bash_changes_launch,
)
