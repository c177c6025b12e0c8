"""The stub, which embeds Python, and PyTriton's model inside it."""

from __future__ import annotations

from tritondoctor.logs.signs.model import cause, effect
from tritondoctor.support.messages import mark

_STUB = "the stub, which runs the model"
_AUTO = (
    r"(?:Failed to initialize Python stub(?: for auto-complete)?|failed to load '[^']+'|UNAVAILABLE"
    r"(?: state)?: (?:Internal|Invalid argument|Not found|Unsupported|Unavailable)).*?"
)
_LOAD = "E1125 10:29:03.401293 4 model_lifecycle.cc:642] \"failed to load 'Linear' version 1: Internal: "

SIGNS = (
    cause(
        "home-unset", r"bash: line \d+: (?P<path>/\S*//\.cache/pytriton/\S+)_stub: No such file",
        "bash: line 1: /srv/app//.cache/pytriton/workspace__71mq03a/tritonserver/backends/python/"
        "triton_python_backend_stub: No such file or directory", plain=True, ends=True,
        needles=(b"No such",),
    ),
    cause(
        "workspace-path-unsafe",
        r"bash: (?:-c: )?line \d+: (?:(?!\S*/workspace_\w+/\S+: No such).*: No such file or directory|"
        r"syntax error|unexpected)",
        "bash: line 1: /home/ana/a: No such file or directory", ends=True,
        piece="a character that bash interprets", how="Triton passes the stub's path to bash "
        "unquoted, and bash did not find the stub.", needles=(b"No such", b"rror", b"unexpected"),
    ),
    cause(
        "libpython-wrong-build", r"AttributeError: '_thread\.\w+' object has no attribute '\w+'",
        f"{_LOAD}AttributeError: '_thread.RLock' object has no attribute '_recursion_count'",
        plain=True, ends=True, source="pytriton#51, and a start with Debian's libpython 3.11.2",
        found="of another release", version="this Python's own", who="the stub",
        consequence="it lacks what the model needs to start.", needles=(b"rror",),
    ),
    cause(
        "python3-elsewhere",
        _AUTO + r"No module named '(?:_\w+|binascii|encodings|math|select)'",
        f"{_LOAD}ModuleNotFoundError: No module named '_socket'\\n\\nAt:", ends=True,
        others=("bash-changes-launch", "package-missing"), found="another Python",
        needles=(b"No module",),
    ),
    cause(
        "workspace-path-not-ascii", _AUTO + r"UnicodeEncodeError: 'ascii' codec",
        f"{_LOAD}UnicodeEncodeError: 'ascii' codec can't encode character", plain=True, ends=True,
        why="uses ASCII", path="its path", needles=(b"rror",),
    ),
    cause(
        "package-missing", r"No module named '(?P<module>triton_python_backend_utils)'",
        "ModuleNotFoundError: No module named 'triton_python_backend_utils'", source="server#5977",
        where=mark("a model of Triton's Python backend"),
        fix="This module exists only in the stub, inside of a running Triton: put model.py into a model "
        "repository and let Triton load it. No package brings it; a copy of it beside model.py does "
        "harm.",
        needles=(b"No module",),
    ),
    cause(
        "package-lacks-name",
        r"module '(?P<module>triton_python_backend_utils)' has no attribute '(?P<name>\w+)'",
        "| m | 1 | UNAVAILABLE: Internal: AttributeError: module 'triton_python_backend_utils' has no "
        "attribute 'InferenceRequest' |", source="server#3332, server#4743", ends=True,
        others=("package-shadowed",),
        fix="If a copy of triton_python_backend_utils.py lies beside model.py, remove it: it hides the "
        "real module of the stub. Else this Triton is older than the name: use a newer one.",
        needles=(b"no attribute",),
    ),
    cause(
        "package-missing", _AUTO + r"No module named '(?P<module>[\w.]+)'",
        f"{_LOAD}ModuleNotFoundError: No module named 'zmq'\\n\\nAt:", ends=True,
        # (Debian's libpython looks for packages in dist-packages, whatever standard library it is given)
        others=("package-hidden-from-stub", "python3-elsewhere", "libpython-wrong-build"), where=_STUB,
        needles=(b"No module",),
    ),
    cause(
        "package-missing",
        r"pb_stub\.cc:\d+\] \"?ModuleNotFoundError: No module named '(?P<module>[\w.]+)'",
        "0804 00:10:29.919358 56 pb_stub.cc:639] ModuleNotFoundError: No module named 'decorator'",
        source="server#3189", ends=True, where=_STUB, needles=(b"No module",),
    ),
    cause(
        "package-not-loadable", r"Importing the numpy C-extensions failed|No module named "
        r"'numpy\._?core\._multiarray_umath'",
        "Importing the numpy C-extensions failed. This error can happen for",
        source="server#4853; also numpy#14661, numpy#24586, gpt4free#413",
        module="numpy", where="Python", said="NumPy's extension modules do not load",
        others=("limit-too-low",), fix="NumPy's files are of another Python or another processor than "
        "what runs, or incomplete: an environment was copied, or the image has another base. Install it "
        "again with the very Python that runs: python -m pip install --force-reinstall --no-deps "
        "numpy==VERSION (`pip show numpy` tells which version).",
        needles=(b"ailed", b"_multiarray_umath"),
    ),
    cause(
        "package-not-loadable", _AUTO + r"ImportError: (?P<said>[^\\\"]+)",
        "Failed to initialize Python stub for auto-complete: ImportError: Error importing numpy",
        source="server#4853", ends=True, module="of an imported package", where=_STUB,
        needles=(b"rror",),
    ),
    cause(
        "workspace-path-too-long",
        r"AF_UNIX path too long|ZMQError: (?:File name too long|ipc path)",
        "OSError: AF_UNIX path too long", ends=True, socket="a socket of the workspace",
        length="too many", most="107", needles=(b"AF_UNIX", b"rror"),
    ),
    cause(
        "wheel-damaged",
        r"Failed to give execute permission to triton_python_backend_stub in \S*/pytriton/",
        "Internal: Failed to give execute permission to triton_python_backend_stub in /e/pytriton/"
        "tritonserver/backends/python/triton_python_backend_stub ocp-0 Error No.: -1;", ends=True,
        source="server#5819, with PyTriton's own path",
        states="not executable, on a file system where modes cannot be changed", count="at least one",
        needles=(b"ailed",),
    ),
    cause(
        "python-does-not-start", r"^Fatal Python error: (?P<why>init_import_si[tz]e: .*)",
        "Fatal Python error: init_import_site: Failed to import the site module", plain=True,
        source="a line `import sys; sys.exit(3)` in a .pth file", path="The interpreter",
        needles=(b"rror",),
    ),
    cause(
        "python-variables-stop-it",
        r"^Fatal Python error: (?:init\w*|_?Py_Init\w*|_?PyMain\w*|pymain\w*|\w*[Cc]onfig\w*): ",
        "Fatal Python error: init_fs_encoding: failed to get the Python codec of the filesystem "
        "encoding", source="docker-homeassistant#115, and a start with PYTHONHOME", plain=True,
        needles=(b"rror",),
    ),
)  # fmt: skip

#: lines that say that the stub or its model failed, but not why
EFFECTS = (
    effect(
        r"Failed to initialize stub, stub process exited unexpectedly",
        "Internal: Failed to initialize stub, stub process exited unexpectedly",
        "The stub exited at once; the lines before this one say why.",
        source="title of server#3094", ends=True, needles=(b"ailed",),
    ),
    effect(
        _AUTO + r"\w",
        f"{_LOAD}TritonModelException: Model initialize error: Traceback (most recent call last):",
        "The model did not load; the rest of this line, or another line, says why.", ends=True,
        needles=(b"ailed", b"UNAVAILABLE"),
    ),
)  # fmt: skip
