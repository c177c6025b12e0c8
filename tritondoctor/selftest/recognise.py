"""What lines of the log mean: patterns as data, each leading to a finding's id.

The fields of a sign fill the finding's texts: named groups of the pattern, and what is written here.
`ends`: the line means that the start has failed, so the test does not wait any longer.
"""

from __future__ import annotations

import re
from typing import NamedTuple, Optional


class Sign(NamedTuple):
    """A pattern, the finding's id ("" where the line alone names no cause), and fixed fields."""

    pattern: re.Pattern[str]
    id: str
    fields: dict[str, str]
    ends: bool


class Seen(NamedTuple):
    """A line that a sign recognised."""

    id: str
    fields: dict[str, str]
    line: str
    ends: bool


def _sign(id: str, pattern: str, *, ends: bool = False, **fields: str) -> Sign:
    return Sign(re.compile(pattern), id, fields, ends)


_STUB = "the stub, which runs the model"
_LOADER = r"error while loading shared libraries: "
_AUTO = r"(?:Failed to initialize Python stub(?: for auto-complete)?|failed to load '\w+').*?"

#: in this order; the first that matches a line names it
SIGNS = (
    # the loader, speaking for tritonserver or the stub
    _sign("libpython-missing", _LOADER + r"(?P<soname>libpython[^:]+): cannot open", ends=True),
    _sign("library-missing", r"(?P<who>\S*): " + _LOADER + r"(?P<soname>[^:]+): cannot open",
          ends=True),
    _sign("library-damaged", r"(?P<who>\S*): " + _LOADER + r"(?P<file>[^:]+): (?:file too short|"
          r"invalid ELF header|cannot read file data)", ends=True),
    _sign("library-refused", r"(?P<who>\S*): " + _LOADER + r"(?P<file>[^:]+): ", ends=True),
    _sign("libstdcxx-too-old", r"(?P<library>\S*libstdc\+\+\S*): version `(?P<versions>(?:GLIBCXX|"
          r"CXXABI)_[\d.]+)' not found \(required by (?P<who>[^)]+)\)", ends=True),
    _sign("libgcc-too-old", r"(?P<library>\S*libgcc_s\S*): version `(?P<versions>GCC_[\d.]+)' not "
          r"found \(required by (?P<who>[^)]+)\)", ends=True),
    _sign("glibc-too-old", r"\S+: version `(?P<versions>GLIBC_[\d.]+)' not found \(required by "
          r"(?P<file>[^)]+)\)", ends=True, who="What needs it"),
    _sign("library-too-old", r"(?P<library>\S+): version `(?P<versions>[^']+)' not found "
          r"\(required by (?P<who>[^)]+)\)", ends=True),
    _sign("glibc-from-elsewhere", r"symbol lookup error: (?P<folder>\S+)/lib(?:c|m|pthread)\.so\S*: "
          r"undefined symbol: .*GLIBC_PRIVATE", ends=True, who="what loads it"),
    _sign("library-refused", r"(?P<who>\S+): symbol lookup error: (?P<file>\S+): undefined symbol",
          ends=True),
    # tritonserver itself
    _sign("bash-missing", r"Failed to run python backend stub\. Errno = 2\b", ends=True),
    _sign("port-in-use", r"failed to start (?P<name>HTTP|Metrics|GRPC) service: .*Socket '\S*:"
          r"(?P<number>\d+)' (?P<why>already in use)", ends=True),
    _sign("setting-invalid", r"failed to start (?P<variable>.+?) service: (?P<why>.+)", ends=True),
    _sign("shared-memory-unusable", r"Unable to initialize shared memory key \S+ to requested size "
          r"\((?P<needed>\d+ bytes)\)", ends=True, why="it cannot be taken there"),
    _sign("temporary-not-writable", r"Failed to create local temp folder: \S+ errno:(?P<why>[^\"]+)",
          ends=True),
    _sign("limit-too-low", r"accept\(\) call: Too many open files", ends=True, what="open files",
          limit="reached", needed="70"),
    _sign("setting-invalid", r"^Usage: tritonserver", ends=True, variable="A setting",
          why="tritonserver refused its options"),
    # the stub's Python
    _sign("libpython-wrong-build", r"AttributeError: '_thread\.\w+' object has no attribute '\w+'",
          ends=True, found="of another build", who="The stub",
          consequence="what starting the model needs is missing in that core."),
    _sign("python3-elsewhere", _AUTO + r"No module named '(?:_\w+|binascii|encodings|math|select)'",
          ends=True, found="another Python"),
    _sign("workspace-path-not-ascii", _AUTO + r"UnicodeEncodeError: 'ascii' codec", ends=True,
          why="uses ASCII", path="its path"),
    _sign("package-missing", _AUTO + r"No module named '(?P<module>[\w.]+)'", ends=True, where=_STUB),
    _sign("package-not-loadable", _AUTO + r"ImportError: (?P<said>[^\\\"]+)", ends=True,
          module="that it imports", where=_STUB),
    _sign("wheel-damaged", r"unable to find backend library for backend 'python'", ends=True,
          states="missing", count="one"),
    _sign("workspace-path-too-long", r"AF_UNIX path too long|ZMQError: (?:File name too long|ipc "
          r"path)", ends=True, socket="a socket of the workspace", length="too many", most="107"),
    _sign("cuda-does-not-start", r"unable to get number of CUDA devices: (?P<what>[^;\"]+)", ends=True,
          why="Triton counts the cards before it loads a model, on the CPU too."),
    _sign("", _AUTO + r"\w", ends=True),
    _sign("", r"tritonserver: (?:cannot execute|Permission denied)", ends=True),
    # the Python process of the quick start
    _sign("libpython-wrong-build", r"^(?:Import|OS)Error: \S+: undefined symbol: _?Py\w+",
          found="of another build", who="Python",
          consequence="an extension module does not fit that core."),
    _sign("proc-not-mounted", r"No such file or directory: '/(?:dev/fd|proc/self/fd)'"),
    _sign("path-unset", r"^KeyError: 'PATH'"),
    _sign("workspace-no-space", r"No space left on device", path="The workspace", needed="more",
          free="not enough"),
    _sign("limit-too-low", r"Errno 27\] File too large", what="file size", limit="reached",
          needed="the size of tritonserver"),
    _sign("tritonserver-not-executable", r"sh\.CommandNotFound: \S+/bin/tritonserver"),
    _sign("python-without-stub", r"FileNotFoundError: .*python_backend_stubs/(?P<minor>[\d.]+)/",
          stubs="others"),
    _sign("workspace-not-writable", r"(?:PermissionError|FileNotFoundError|NotADirectoryError|"
          r"OSError): \[Errno \d+\] (?P<why>[^:]+): '(?P<path>[^']*(?:pytriton|workspace_\w+|\.cache)"
          r")'?", chosen_by="The environment"),
    _sign("package-too-old", r"RuntimeError: The (?P<module>\w+) package installed is at version "
          r"(?P<detail>.+? depends on \S+)"),
    _sign("pytriton-missing", r"^ModuleNotFoundError: No module named 'pytriton'", fits=""),
    _sign("package-missing", r"^(?:ModuleNotFound|Import)Error: No module named '(?P<module>[\w.]+)'",
          where="The Python process"),
    _sign("package-missing", r"^ModuleNotFoundError: import of (?P<module>[\w.]+) halted",
          where="The Python process"),
    _sign("package-missing", r"^ImportError: cannot import name \S+ from '(?P<module>[\w.]+)'",
          where="The Python process"),
    _sign("library-missing", r"^(?:Import|OS)Error: (?P<soname>[^:/ ]+\.so[^:]*): cannot open shared",
          who="A module of the Python process"),
    _sign("library-damaged", r"^(?:Import|OS)Error: (?P<file>\S+): (?:file too short|invalid ELF)",
          who="a module of the Python process"),
    _sign("numpy-too-new", r"ValueError: cannot reshape array of size 0"),
    _sign("python-variables-stop-it", r"^Fatal Python error: "),
    # nothing but that it is over
    _sign("", r"Triton Inference Server exited with failure", ends=True),
)  # fmt: skip


def recognise(line: str) -> Optional[Seen]:
    """What a line of the log means; None where it is known for nothing."""
    for sign in SIGNS:
        match = sign.pattern.search(line)
        if match:
            return Seen(sign.id, {**sign.fields, **match.groupdict()}, line.strip(), sign.ends)
    return None
