"""The Python process that starts PyTriton: exceptions, and time-outs that only follow."""

from __future__ import annotations

from tritondoctor.logs.signs.model import cause, effect
from tritondoctor.support.messages import mark

_PROCESS = "the Python process"
_OWN_MODULE = (
    "This module is a part of Python, compiled with it; no package installs it. Install its development "
    "files (libffi-dev for _ctypes, libssl-dev for _ssl, zlib1g-dev, libbz2-dev, liblzma-dev, "
    "libsqlite3-dev) and build this Python again, or use another one."
)
#: the C library's words for a full place, and what is in the paths that PyTriton fills
_FULL = "(?:No space left on device|Disk quota exceeded)"
_COPIED = r"(?:/pytriton['/]|tritonserver/|workspace_\w)"
#: what marshal.loads says (Python/marshal.c)
_BYTECODE = (
    r"(?:EOFError: (?:marshal data too short|EOF read where (?:object|not) expected)|"
    r"(?:ValueError|TypeError): (?:bad marshal data|NULL object in marshal data))"
)
_CUT_SHORT = "files of __pycache__ cut short, in the Python process and in the stub"
_NEW_BYTECODE = (
    "Remove the folder __pycache__ beside that module's file; Python writes it anew. For all of an "
    "environment: find ENVIRONMENT -name '*.pyc' -delete"
)

#: a frame of code that was installed, whose imports never mean a file of the user's
_INSTALLED = (
    r'File "[^"\n]*/(?:lib\d*/python[\d.]+|site-packages|dist-packages)/[^"\n]*", line \d+[^\n]*\n'
)
#: a file of the user's, with the name of the module that the line before imports
_OWN_FILE = (
    r"(?P<path>/(?![^\"\n)]*/(?:lib\d*/python[\d.]+|site-packages|dist-packages)/)[^\"\n)]*/"
    r"(?P=module)(?:/__init__)?\.py)"
)
_IMPORTS = r"[^\n]*?\b(?:from|import) (?P<module>\w+)\b[^\n]*\n(?:[^\n]*[~^]+ *\n)?"

SIGNS = (
    cause(
        "package-shadowed", _INSTALLED + _IMPORTS + rf'[^\n]*?File "{_OWN_FILE}"',
        'File "/e/lib/python3.8/site-packages/pytriton/client/client.py", line 43, in <module>\\n    '
        'from queue import Empty, Full, Queue\\n  File "/srv/queue.py", line 2, in <module>\\n    from '
        "pytriton.triton import Triton\\nImportError: cannot import name 'ModelClient' from partially "
        "initialized module 'pytriton.client' (most likely due to a circular import) (/e/lib/python3.8/"
        "site-packages/pytriton/client/__init__.py)",
        source="a script named queue.py that starts PyTriton 0.7.0", plain=True, whole=True,
        where=_PROCESS, detail=mark("its own imports come back to it"), needles=(b"rror",),
    ),
    cause(
        "package-shadowed",
        _INSTALLED + _IMPORTS
        + rf"[^\n]*?ImportError: cannot import name '\w+' from '(?P=module)' \({_OWN_FILE}\)",
        'File "/e/lib/python3.8/site-packages/pytriton/client/client.py", line 43, in <module>\\n    '
        "from queue import Empty, Full, Queue\\nImportError: cannot import name 'Empty' from 'queue' "
        "(/srv/queue.py)",
        source="an empty file queue.py beside the script", plain=True, whole=True, where=_PROCESS,
        detail=mark("it does not have what the real one has"), needles=(b"rror",),
    ),
    cause(
        "no-pty", r"^OSError: out of pty devices", "OSError: out of pty devices", plain=True,
        why="none is free, or there are none at all", needles=(b"out of pty",),
    ),
    cause(
        "proc-not-mounted", r"No such file or directory: '/(?:dev/fd|proc/self/fd)'",
        "FileNotFoundError: [Errno 2] No such file or directory: '/dev/fd'", plain=True,
        needles=(b"No such",),
    ),
    cause("path-unset", r"^KeyError: 'PATH'", "KeyError: 'PATH'", plain=True, needles=(b"rror",)),
    cause(
        "shared-memory-unusable",
        r"Error: \[Errno (?!2\])\d+\] (?P<why>[^:]+): '(?:/dev/shm)?/psm_\w+'",
        "PermissionError: [Errno 13] Permission denied: '/psm_c0f5f8c0'",
        source="Python's shared_memory where /dev/shm is another user's", plain=True,
        needed="shared memory", needles=(b"psm_",),
    ),
    cause(
        "workspace-no-space",
        rf"{_COPIED}.*{_FULL}|(?<!due to an OSError: \[Errno 28\] ){_FULL}.*{_COPIED}",
        source="an 8 MB tmpfs as PYTRITON_HOME",
        line="shutil.Error: [('/e/tritonserver', '/sm/workspace_efvs6m43/tritonserver', '[Errno 28] No "
        "space left on device: ...')]", plain=True, path="The file system", needed="more space",
        free="too little", needles=(b"No space",),
    ),
    cause(
        "limit-too-low", r"Errno 27\] File too large",
        "shutil.Error: [('/e/tritonserver', '/w/tritonserver', '[Errno 27] File too large')]",
        plain=True, what="file size", limit=mark("reached"), needed="the size of tritonserver",
        needles=(b"too large",),
    ),
    cause(
        "limit-too-low", r"RuntimeError: can't start new thread", "RuntimeError: can't start new thread",
        source="limits on data and on threads", what="threads, or memory for their stacks,",
        others=("system-call-refused",), limit=mark("reached"), needed="88 threads",
        needles=(b"new thread",),
    ),
    cause(
        "limit-too-low",
        r"Resource temporarily unavailable \(src/thread\.cpp|(?:fork|what\(\)): .*Resource temporarily "
        r"unavailable", "Resource temporarily unavailable (src/thread.cpp:241)",
        source="a control group with 60 threads (libzmq says it)", plain=True,
        what="threads and processes", limit=mark("reached"), needed="88", needles=(b"emporarily",),
    ),
    cause(
        "memory-too-low",
        r"(?i)out of memory: Killed process \d+|OOMKilled|oom-kill event|killed by the OOM killer|"
        r"result 'oom-kill'|task \d+: Out Of Memory",
        "[ 2256.998629] Memory cgroup out of memory: Killed process 14113 (python) total-vm:623620kB, "
        "anon-rss:45216kB", source="the kernel's log of a start with 120 MB", plain=True,
        left="the kernel killed a process", needed="125 MB",
        needles=(b"illed", b"oom-kill", b"Out Of Memory"),
    ),
    cause(
        "memory-too-low",
        r"^OSError: \[Errno 12\] Cannot allocate memory|^MemoryError$|fork: Cannot allocate memory",
        "OSError: [Errno 12] Cannot allocate memory", source="mmap() below ulimit -v, and a bytearray",
        left=mark("an allocation was refused"), needed="125 MB",
        others=("limit-too-low", "system-call-refused"), needles=(b"Cannot allocate", b"MemoryError"),
    ),
    cause(
        "temporary-not-writable", r"No usable temporary directory found in",
        "FileNotFoundError: [Errno 2] No usable temporary directory found in ['/tmp', '/var/tmp', "
        "'/usr/tmp', '/srv']", plain=True, source="Python's tempfile as a user who may write nowhere",
        state=mark("is not writable"), why=mark("Python finds no folder for temporary files"),
        needles=(b"usable temporary",),
    ),
    cause(
        "server-not-copyable",
        r"^shutil\.Error: \[\('(?P<path>[^']+)', '[^']*/workspace_\w+/tritonserver/",
        "shutil.Error: [('/e/pytriton/tritonserver/more', '/w/workspace_wmtncix2/tritonserver/more', "
        "\"[Errno 2] No such file or directory: '/e/pytriton/tritonserver/more'\")]", plain=True,
        others=("wheel-damaged",), why="is missing, unreadable or of a kind that cannot be copied",
        source="a link to nowhere in pytriton/tritonserver", needles=(b"rror",),
    ),
    cause(
        "tritonserver-not-executable", r"sh\.CommandNotFound: \S+/bin/tritonserver",
        "sh.CommandNotFound: /e/site-packages/pytriton/tritonserver/bin/tritonserver",
        source="a start of PyTriton 0.1.5, which makes no copy", needles=(b"NotFound",),
    ),
    cause(
        "wheel-damaged", r"^OSError: \[Errno 8\] Exec format error",
        "OSError: [Errno 8] Exec format error", source="sh.Command of an empty file, and of random bytes",
        states="no program for this machine: empty, damaged, or of another architecture",
        count="at least one", others=("platform-unsupported", "program-not-loadable"), needles=(b"rror",),
    ),
    cause(
        "workspace-path-unsafe", r"sh\.CommandNotFound: /\S*", "sh.CommandNotFound: /home/ana/my",
        piece="a space", how="PyTriton splits the path of its server at the space and runs the first "
        "half, which does not exist.", needles=(b"NotFound",),
    ),
    cause(
        "setting-invalid", r"ImportError: Cannot import '\S*'\. Required format: \[package\.\]module",
        "ImportError: Cannot import 'nope'. Required format: [package.]module.class. Or choose from "
        "['libev-cext', 'libev-cffi', 'libuv-cffi', 'libuv']", plain=True, variable="GEVENT_LOOP",

        why="gevent does not know its value.", needles=(b"annot ",),
    ),
    cause(
        "python-without-stub", r"FileNotFoundError: .*python_backend_stubs/(?P<minor>[\d.]+)/",
        "FileNotFoundError: [Errno 2] No such file or directory: '/e/pytriton/tritonserver/"
        "python_backend_stubs/3.14/triton_python_backend_stub'", stubs="other Python versions",
        release=mark("as installed"),        needles=(b"NotFound",),
    ),
    cause(
        "wheel-damaged",
        r"(?:FileNotFoundError|NotADirectoryError|IsADirectoryError|OSError): \[Errno \d+\] [^:]+: "
        r"'[^']*-packages/pytriton/tritonserver\b",
        "OSError: [Errno 40] Too many levels of symbolic links: '/e/lib/python3.11/site-packages/"
        "pytriton/tritonserver/python_backend_stubs/3.11/triton_python_backend_stub'",
        states="missing", count="1",
        needles=(b"rror", b"NotFound"),
    ),
    cause(
        "package-damaged",
        r"\n *(?:\d+ )?(?:from|import) (?P<module>[\w.]+)(?:(?!\n *(?:from|import) ).)*" + _BYTECODE,
        'File "/srv/linear.py", line 4, in <module>\\n    import numpy as np\\nEOFError: marshal data '
        "too short", where=_PROCESS, whole=True, plain=True, path="its bytecode",
        detail="the .pyc file is cut short", fix=_NEW_BYTECODE, source=_CUT_SHORT,
        needles=(b"rror",),
    ),
    cause(
        "package-damaged", _BYTECODE, "EOFError: marshal data too short", where=_PROCESS, plain=True,
        module="that is imported there", path="its bytecode", detail="the .pyc file is cut short",
        fix=_NEW_BYTECODE, source=_CUT_SHORT, needles=(b"rror",),
    ),
    cause(
        "workspace-not-writable",
        r"(?:PermissionError|FileNotFoundError|NotADirectoryError|OSError): \[Errno (?!8\]|26\])\d+\] "
        r"(?P<why>[^:]+): '(?P<path>(?![^']*-packages/)[^']*(?:(?:pytriton|workspace_\w+)\b"
        r"[^'/]*|\.cache(?=')))'?",
        "OSError: [Errno 30] Read-only file system: '/home/u/.cache/pytriton'",
        others=("umask-too-strict",),
        chosen_by="The environment", needles=(b"rror", b"NotFound"),
    ),
    cause(
        "package-too-old",
        r"RuntimeError: The (?P<module>\w+) package installed is at version (?P<detail>.+? depends on "
        r"\S+)",
        "RuntimeError: The grpcio package installed is at version 1.60.0, but the generated code in "
        "grpc_service_pb2_grpc.py depends on grpcio>=1.64.1.", others=("package-version-conflict",),
        needles=(b"rror",),
    ),
    cause(
        "package-missing",
        r"RuntimeError: Python environment for python backend is missing required packages\..*Missing "
        r"modules (?P<module>\w+)",
        "RuntimeError: Python environment for python backend is missing required packages. Ensure that "
        "you have numpy, zmq installed in the /e environment. Installed modules numpy. Missing modules "
        "zmq.", source="PyTriton's own text (triton_server.py)", where=_PROCESS, needles=(b"rror",),
    ),
    cause(
        "package-shadowed",
        r"^(?:ModuleNotFound|Import|Attribute)Error: .*partially initialized module '(?P<module>[\w.]+)'"
        r"(?!.*-packages/\w+/).*(?:circular import\) \(|consider renaming ')(?P<path>/[^)']+)",
        "ImportError: cannot import name 'Triton' from partially initialized module 'pytriton' (most "
        "likely due to a circular import) (/home/me/pytriton.py)", source="a script named pytriton.py",
        plain=True, where=_PROCESS, needles=(b"partially init",),
    ),
    cause(
        "package-shadowed",
        r"^ModuleNotFoundError: No module named '[\w.]+'; '(?P<module>[\w.]+)' is not a package",
        "ModuleNotFoundError: No module named 'multiprocessing.connection'; 'multiprocessing' is not a "
        "package", others=("package-missing",), source="a file multiprocessing.py beside the script",
        path="A file", detail="it is not a package", where=_PROCESS, needles=(b"No module",),
    ),
    cause(
        "package-shadowed",
        r"^(?:ModuleNotFound|Import)Error: (?:No module named 'pytriton\.\w|.*partially initialized "
        r"module '(?P<module>\w+)')",
        "ModuleNotFoundError: No module named 'pytriton.client'", path="Another file or folder",
        module="pytriton", detail=mark("it is not PyTriton"), where=_PROCESS, needles=(b"rror",),
    ),
    cause(
        "pytriton-missing", r"^ModuleNotFoundError: No module named 'pytriton'",
        "ModuleNotFoundError: No module named 'pytriton'", fits="", python=mark("this Python"),
        needles=(b"No module",),
    ),
    cause(
        "python-variables-stop-it", r"^ModuleNotFoundError: No module named 'encodings'",
        "ModuleNotFoundError: No module named 'encodings'", source="pyenv, and a start with PYTHONHOME",
        others=("python3-elsewhere", "python-does-not-start"), needles=(b"No module",),
    ),
    cause(
        "package-missing", r"^ModuleNotFoundError: No module named '(?P<module>_cffi_backend)'",
        "ModuleNotFoundError: No module named '_cffi_backend'", where=_PROCESS,
        others=("package-not-loadable",), source="gevent, whose own event loop was an empty file",
        needles=(b"No module",),
    ),
    cause(
        "package-missing",
        r"^(?:ModuleNotFound|Import)Error: No module named "
        r"'(?P<module>_\w+|binascii|math|select|zlib|"
        r"readline|pyexpat|syslog)'", "ModuleNotFoundError: No module named 'binascii'", where=_PROCESS,
        others=("python3-elsewhere", "libpython-wrong-build"), fix=_OWN_MODULE,
        source="a child of the stub where python3 is Python 3.9; also pytriton#56, pyenv#1933",
        needles=(b"No module",),
    ),
    cause(
        "package-missing",
        r"^(?:ModuleNotFound|Import)Error: No module named '(?P<module>\w+\.[\w.]+)'",
        "ModuleNotFoundError: No module named 'zmq.asyncio'", where=_PROCESS,
        others=("package-damaged", "package-shadowed"),
        fix="The package is there, but not this part of it: "
        "its files may be unreadable to this user, incomplete, or hidden by a file of that name. "
        "`tritondoctor check` tells which.",
        source="a start as a user who may not read the package's files",
        needles=(b"No module",),
    ),
    cause(
        "package-missing",
        r"^(?:ModuleNotFound|Import)Error: No module named '(?P<module>[\w.]+)'",
        "ModuleNotFoundError: No module named 'geventhttpclient'", source="server#3603", where=_PROCESS,
        needles=(b"No module",),
    ),
    cause(
        "package-missing", r"^RuntimeError: The installation does not include http support",
        "RuntimeError: The installation does not include http support. Specify 'http' or 'all' while "
        "installing the tritonclient package to include the support",
        source="an import of PyTriton without geventhttpclient", module="geventhttpclient",
        where=_PROCESS, needles=(b"does not include",),
    ),
    cause(
        "package-missing", r"^RuntimeError: The installation does not include grpc support",
        "RuntimeError: The installation does not include grpc support. Specify 'grpc' or 'all' while "
        "installing the tritonclient package to include the support",
        source="an import of PyTriton without grpcio", module="grpc",
        where=_PROCESS, needles=(b"does not include",),
    ),
    cause(
        "package-missing", r"^ModuleNotFoundError: import of (?P<module>[\w.]+) halted",
        "ModuleNotFoundError: import of wrapt halted; None in sys.modules", where=_PROCESS,
        needles=(b"NotFound",),
    ),
    cause(
        "numpy-too-new", r"ValueError: cannot reshape array of size 0",
        "ValueError: cannot reshape array of size 0 into shape (128,3)", plain=True, version="2",
        needles=(b"annot ",),
    ),
    cause(
        "python-warnings-as-errors",
        r"(?<![\w./])pytriton\.client\.warnings\.NotSupportedTimeoutWarning: ",
        "pytriton.client.warnings.NotSupportedTimeoutWarning: Client network and/or connection timeout "
        "is smaller than requested timeout_s.", plain=True, needles=(b"arning",),
    ),
    cause(
        "localhost-unresolved",
        r"(?:socket\.)?gaierror: \[Errno -?\d+\] (?P<why>Name or service not known|Temporary failure in "
        r"name resolution)",
        "socket.gaierror: [Errno -2] Name or service not known", source="Merlin#66, and ModelClient("
        "'localhost') without such a name", name="The server's name", leads="the name does not resolve",
        needles=(b"rror",),
    ),
    effect(
        r"Triton Inference Server exited with failure", "Triton Inference Server exited with failure. "
        "Please wait.", "tritonserver exited; its own lines say why. If there are none, its output was "
        "lost in a buffer: start again with PYTHONUNBUFFERED=1.", source="pytriton#76, and many starts",
        ends=True, needles=(b"exited with",),
    ),
    effect(
        r"PyTritonClientTimeoutError: |TimeoutError: (?:timed out|Triton Inference Server is not ready)|"
        r"^socket\.timeout: timed out|(?<!TimeoutError\([\"'])"
        r"Waiting for (?:server|model \S+) to be ready timed out",
        "pytriton.client.exceptions.PyTritonClientTimeoutError: Waiting for server to be ready timed "
        "out.", "PyTriton or a client of it waited in vain for the server or the stub; other lines say "
        "what stopped them. If they show a server that runs, the client has another address than the "
        "server, or a proxy stands between them (for grpc:// also that of http_proxy).", of_client=True,
        needles=(b"rror", b"timed out"),
    ),
    effect(
        r"Exception while checking server readiness: (?!.*(?:refused|unreachable))",
        "Exception while checking server readiness: timed out",
        "PyTriton did not reach its own server. If no model is loaded after this line, check the "
        "loopback interface and whether another program listens on the port.", needles=(b"xception",),
    ),
    effect(
        r"HTTPConnectionClosed: connection closed|client received an empty response from the server",
        "geventhttpclient.response.HTTPConnectionClosed: connection closed.",
        "The server closed the connection while PyTriton was using it.", source="pytriton#76, and a "
        "busy metrics port", needles=(b"closed", b"empty response"),
    ),
    cause(
        "grpc-uses-proxy", r"HTTP proxy returned response code \d+",
        "tritonclient.utils.InferenceServerException: [StatusCode.UNAVAILABLE] failed to connect to all "
        "addresses; last error: UNKNOWN: ipv4:127.0.0.1:40177: HTTP proxy returned response code 403",
        source="tritonclient with http_proxy set to a proxy that refuses", plain=True,
        hosts="the server", variable="A variable of a proxy", needles=(b"HTTP proxy",),
    ),
    effect(
        r"Model \S+ is unavailable", "Model LinearInfer/1 is unavailable.",
        "The server that answered does not have this model.", source="pytriton#1",
        needles=(b"unavailable",),
    ),
    effect(
        r"can't register atexit after shutdown|InvalidThreadUseError",
        "RuntimeError: can't register atexit after shutdown",
        "PyTriton's cleanup failed after the real error.", needles=(b"after shutdown", b"ThreadUse"),
    ),
    effect(
        r"Received ModelEvent\.RUNTIME_TERMINATING",
        "INFO:pytriton.triton:Received ModelEvent.RUNTIME_TERMINATING from "
        "<pytriton.models.model.Model object "
        "at 0x7f8fea93b230>; context=None",
        "The inference function ended the thread that calls it, and with it the server: it called "
        "sys.exit.",
        source="PyTriton 0.7.0 with such a function", needles=(b"RUNTIME_TERMINATING",),
    ),
    effect(
        r"leaked shared_memory objects to clean up",
        "UserWarning: resource_tracker: There appear to be 1 leaked shared_memory objects to clean up "
        "at shutdown", "A PyTriton process was killed, and Python cleaned up after it.",
        needles=(b"leaked",),
    ),
    effect(
        r"Could not (?:verify locally if|clean workspace)",
        "Could not verify locally if models are ready using http://127.0.0.1:8000. Please, check the "
        "server logs for details.", "PyTriton timed out before the model answered.",
        source="PyTriton's own text (triton.py)", needles=(b"Could not",),
    ),
)  # fmt: skip
