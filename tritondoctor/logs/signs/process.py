"""The Python process that starts PyTriton: exceptions, and time-outs that only follow."""

from __future__ import annotations

from tritondoctor.logs.signs.model import cause, effect

_PROCESS = "The Python process"

SIGNS = (
    cause(
        "no-pty", r"^OSError: out of pty devices", "OSError: out of pty devices", plain=True,
        why="there is none left, or none at all",
    ),
    cause(
        "proc-not-mounted", r"No such file or directory: '/(?:dev/fd|proc/self/fd)'",
        "FileNotFoundError: [Errno 2] No such file or directory: '/dev/fd'", plain=True,
    ),
    cause("path-unset", r"^KeyError: 'PATH'", "KeyError: 'PATH'", plain=True),
    cause(
        "workspace-no-space", r"No space left on device", source="an 8 MB tmpfs as PYTRITON_HOME",
        line="shutil.Error: [('/e/tritonserver', '/sm/workspace_efvs6m43/tritonserver', '[Errno 28] No "
        "space left on device: ...')]", plain=True, path="The workspace", needed="more",
        free="not enough",
    ),
    cause(
        "limit-too-low", r"Errno 27\] File too large",
        "shutil.Error: [('/e/tritonserver', '/w/tritonserver', '[Errno 27] File too large')]",
        plain=True, what="file size", limit="reached", needed="the size of tritonserver",
    ),
    cause(
        "limit-too-low", r"RuntimeError: can't start new thread", "RuntimeError: can't start new thread",
        source="limits on data and on threads", plain=True, what="threads, or memory for their stacks,",
        limit="reached", needed="88 threads",
    ),
    cause(
        "limit-too-low",
        r"Resource temporarily unavailable \(src/thread\.cpp|(?:fork|what\(\)): .*Resource temporarily "
        r"unavailable", "Resource temporarily unavailable (src/thread.cpp:241)",
        source="a control group with 60 threads (libzmq says it)", plain=True,
        what="threads and processes", limit="reached", needed="88",
    ),
    cause(
        "memory-too-low", r"(?i)out of memory: Killed process \d+ \((?P<left>[^)]+)\)|OOMKilled",
        "[ 2256.998629] Memory cgroup out of memory: Killed process 14113 (python) total-vm:623620kB, "
        "anon-rss:45216kB", source="the kernel's log of a start with 120 MB", plain=True,
        left="the kernel ended a process", needed="140 MB",
    ),
    cause(
        "workspace-noexec", r"sh\.CommandNotFound: (?P<path>/\S+)/workspace_\w+/\S+/tritonserver",
        "sh.CommandNotFound: /home/u/nx/workspace_hokxo_kk/tritonserver/bin/tritonserver",
        others=("tritonserver-not-executable",), source="a noexec tmpfs, and a tritonserver without x",
    ),
    cause(
        "server-not-copyable",
        r"^shutil\.Error: \[\('(?P<path>[^']+)', '[^']*/workspace_\w+/tritonserver/",
        "shutil.Error: [('/e/pytriton/tritonserver/more', '/w/workspace_wmtncix2/tritonserver/more', "
        "\"[Errno 2] No such file or directory: '/e/pytriton/tritonserver/more'\")]", plain=True,
        others=("wheel-damaged",), why="cannot be copied",
        source="a link to nowhere in pytriton/tritonserver",
    ),
    cause(
        "tritonserver-not-executable", r"sh\.CommandNotFound: \S+/bin/tritonserver",
        "sh.CommandNotFound: /e/site-packages/pytriton/tritonserver/bin/tritonserver",
        source="a start of PyTriton 0.1.5, which makes no copy",
    ),
    cause(
        "workspace-path-unsafe", r"sh\.CommandNotFound: /\S*", "sh.CommandNotFound: /home/ana/my",
        piece="a space", how="PyTriton splits the path of its server at the space and starts the first "
        "half, which does not exist.",
    ),
    cause(
        "setting-invalid", r"ImportError: Cannot import '\S*'\. Required format: \[package\.\]module",
        "ImportError: Cannot import 'nope'. Required format: [package.]module.class. Or choose from "
        "['libev-cext', 'libev-cffi', 'libuv-cffi', 'libuv']", plain=True, variable="GEVENT_LOOP",
        why="gevent does not know its value",
    ),
    cause(
        "python-without-stub", r"FileNotFoundError: .*python_backend_stubs/(?P<minor>[\d.]+)/",
        "FileNotFoundError: [Errno 2] No such file or directory: '/e/pytriton/tritonserver/"
        "python_backend_stubs/3.14/triton_python_backend_stub'", stubs="others",
    ),
    cause(
        "workspace-not-writable",
        r"(?:PermissionError|FileNotFoundError|NotADirectoryError|OSError): \[Errno \d+\] "
        r"(?P<why>[^:]+): '(?P<path>[^']*(?:pytriton|workspace_\w+|\.cache)\b[^'/]*)'?",
        "OSError: [Errno 30] Read-only file system: '/home/u/.cache/pytriton'",
        others=("umask-too-strict",),
        chosen_by="The environment",
    ),
    cause(
        "package-too-old",
        r"RuntimeError: The (?P<module>\w+) package installed is at version (?P<detail>.+? depends on "
        r"\S+)",
        "RuntimeError: The grpcio package installed is at version 1.60.0, but the generated code in "
        "grpc_service_pb2_grpc.py depends on grpcio>=1.64.1.",
    ),
    cause(
        "package-missing",
        r"RuntimeError: Python environment for python backend is missing required packages\..*Missing "
        r"modules (?P<module>\w+)",
        "RuntimeError: Python environment for python backend is missing required packages. Ensure that "
        "you have numpy, zmq installed in the /e environment. Installed modules numpy. Missing modules "
        "zmq.", source="PyTriton's own text (triton_server.py)", where=_PROCESS,
    ),
    cause(
        "package-shadowed",
        r"^(?:ModuleNotFound|Import)Error: (?:No module named 'pytriton\.\w|.*partially initialized "
        r"module '(?P<module>\w+)')",
        "ModuleNotFoundError: No module named 'pytriton.client'", path="Another file or folder",
        module="pytriton", where=_PROCESS,
    ),
    cause(
        "package-shadowed",
        r"^ModuleNotFoundError: No module named '[\w.]+'; '(?P<module>[\w.]+)' is not a package",
        "ModuleNotFoundError: No module named 'multiprocessing.connection'; 'multiprocessing' is not a "
        "package", others=("package-missing",), source="a file multiprocessing.py beside the script",
        path="A file", detail="it is no package", where=_PROCESS,
    ),
    cause(
        "pytriton-missing", r"^ModuleNotFoundError: No module named 'pytriton'",
        "ModuleNotFoundError: No module named 'pytriton'", fits="",
    ),
    cause(
        "package-missing", r"^ModuleNotFoundError: No module named '(?P<module>_cffi_backend)'",
        "ModuleNotFoundError: No module named '_cffi_backend'", where=_PROCESS,
        others=("package-not-loadable",), source="gevent, whose own event loop was an empty file",
    ),
    cause(
        "package-missing",
        r"^ModuleNotFoundError: No module named '(?P<module>_\w+|binascii|encodings|math|select)'",
        "ModuleNotFoundError: No module named 'binascii'", where=_PROCESS,
        others=("python3-elsewhere", "libpython-wrong-build"),
        source="a child of the stub where python3 is Python 3.9",
    ),
    cause(
        "package-missing",
        r"^(?:ModuleNotFound|Import)Error: No module named '(?P<module>[\w.]+)'",
        "ModuleNotFoundError: No module named 'geventhttpclient'", source="server#3603", where=_PROCESS,
    ),
    cause(
        "package-missing", r"^ModuleNotFoundError: import of (?P<module>[\w.]+) halted",
        "ModuleNotFoundError: import of wrapt halted; None in sys.modules", where=_PROCESS,
    ),
    cause(
        "package-missing", r"^ImportError: cannot import name \S+ from '(?P<module>[\w.]+)'",
        "ImportError: cannot import name 'InferenceServerClient' from 'tritonclient' (/e/tritonclient/"
        "__init__.py)", others=("package-shadowed",), where=_PROCESS,
    ),
    cause(
        "numpy-too-new", r"ValueError: cannot reshape array of size 0",
        "ValueError: cannot reshape array of size 0 into shape (128,3)", plain=True,
    ),
    cause(
        "python-warnings-as-errors",
        r"^pytriton\.client\.warnings\.NotSupportedTimeoutWarning: ",
        "pytriton.client.warnings.NotSupportedTimeoutWarning: Client network and/or connection timeout "
        "is smaller than requested timeout_s.", plain=True,
    ),
    cause(
        "localhost-unresolved",
        r"(?:socket\.)?gaierror: \[Errno -?\d+\] (?P<why>Name or service not known|Temporary failure in "
        r"name resolution)",
        "socket.gaierror: [Errno -2] Name or service not known", source="Merlin#66, and ModelClient("
        "'localhost') without such a name", name="The server's name", leads="nowhere",
    ),
    effect(
        r"^Triton Inference Server exited with failure", "Triton Inference Server exited with failure. "
        "Please wait.", "tritonserver ended; its own lines say why. If none stand here, its output was "
        "lost in a buffer: start again with PYTHONUNBUFFERED=1.", source="pytriton#76, and many starts",
        ends=True,
    ),
    effect(
        r"PyTritonClientTimeoutError: |TimeoutError: (?:timed out|Triton Inference Server is not ready)|"
        r"^socket\.timeout: timed out",
        "pytriton.client.exceptions.PyTritonClientTimeoutError: Waiting for server to be ready timed "
        "out.", "PyTriton waited in vain; whatever stopped the server or the stub stands elsewhere.",
    ),
    effect(
        r"Exception while checking server readiness: (?!.*(?:refused|unreachable))",
        "Exception while checking server readiness: timed out",
        "PyTriton did not reach its own server. Where no model is loaded after it, look at the loopback "
        "interface and at who else listens on the port.",
    ),
    effect(
        r"HTTPConnectionClosed: connection closed|client received an empty response from the server",
        "geventhttpclient.response.HTTPConnectionClosed: connection closed.",
        "The server went away while PyTriton talked to it.", source="pytriton#76, and a busy metrics "
        "port",
    ),
    effect(
        r"ConnectionRefusedError: |failed to connect to all addresses|[Cc]onnection refused",
        "ConnectionRefusedError: [Errno 111] Connection refused",
        "Nobody listened there: the server had ended, or had not come up.", source="server#6560",
    ),
    effect(
        r"Model \S+ is unavailable", "Model LinearInfer/1 is unavailable.",
        "The server that answered does not have the model.", source="pytriton#1",
    ),
    effect(
        r"can't register atexit after shutdown|InvalidThreadUseError",
        "RuntimeError: can't register atexit after shutdown",
        "PyTriton's clean-up failed after the real error.",
    ),
    effect(
        r"leaked shared_memory objects to clean up",
        "UserWarning: resource_tracker: There appear to be 1 leaked shared_memory objects to clean up "
        "at shutdown", "A process of PyTriton was killed, and Python tidied up after it.",
    ),
    effect(
        r"Could not (?:verify locally if|clean workspace)",
        "Could not verify locally if models are ready using http://127.0.0.1:8000. Please, check the "
        "server logs for details.", "PyTriton's time-out passed before the model answered.",
        source="PyTriton's own text (triton.py)",
    ),
)  # fmt: skip
