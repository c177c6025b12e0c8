"""The dynamic loader, speaking for tritonserver, the stub or an extension module."""

from __future__ import annotations

from tritondoctor.logs.signs.model import cause
from tritondoctor.support.messages import mark

_STUB = (
    "/home/ana/.cache/pytriton/workspace_8kj6193j/tritonserver/backends/python/triton_python_backend_stub"
)
_SERVER = "/root/.cache/pytriton/workspace_oukek3b2/tritonserver/bin/tritonserver"
_LOADER = r"error while loading shared libraries: "
_NO_FILE = "cannot open shared object file: No such file or directory"
_VERSION = r"version `(?P<versions>"
#: no end of a line that was cut off or wrapped within the words for a missing file
_WHOLE = (
    r"(?!(?:c(?:a(?:n(?:n(?:o(?:t(?: (?:o(?:p(?:e(?:n.*)?)?)?)?)?)?)?)?)?)?)?\s*$)"
    r"(?=[!-~])(?!c ?a ?n ?n ?o ?t {0,2}o ?p ?e ?n)"
)
_LINK = (
    "Link the interpreter's own libpython into nvidia_pytriton.libs, beside the package: `tritondoctor "
    "fix` does it, and can undo it. (Of the distribution's own Python: apt install libpython3.X.) By "
    "hand, with the python that starts PyTriton:"
)
_LINK_IT = (
    """ln -s "$(python -c 'import sys; print(sys.base_prefix)')/lib/{soname}" """
    """"$(python -c 'import sysconfig; print(sysconfig.get_path("platlib"))')/nvidia_pytriton.libs/\""""
)
_NEWER = (
    "`tritondoctor fix` links a newer libstdc++ where only PyTriton's server looks, and can undo it. By "
    "hand: `echo $LD_LIBRARY_PATH` shows whether its folder is on it; if so take it off (`unset "
    "LD_LIBRARY_PATH` in this shell, and the line that sets it in ~/.bashrc). Or install a newer one "
    "there."
)
_BY = r" not found \(required by "

SIGNS = (
    cause(
        "libstdcxx-too-old",
        r"(?P<library>(?<![^\s('\"])/(?:usr/)?lib(?:64|/[\w-]+-linux-gnu)?/libstdc\+\+\S*): version "
        r"[`'](?P<versions>(?:GLIBCXX|CXXABI)_[\d.]+)'" + _BY + r"(?P<who>[^)]+)",
        "/lib64/libstdc++.so.6: version 'GLIBCXX_3.4.26' not found (required by "
        "/home/dli/.triton/llvm/bin/mlir-tblgen)", source="triton-lang#3397", plain=True, ends=True,
        fix="It is the system's own: leave it alone. Use a newer system or image; or a conda environment "
        "with libstdcxx-ng, for which `tritondoctor fix --conda` sets what is needed.",
        needles=(b"ot found",),
    ),
    cause(
        "library-missing", r"(?P<soname>libGL\.so\.1|libgthread-2\.0\.so\.0|libSM\.so\.6|libX11\.so\.6|"
        r"libXext\.so\.6): cannot open shared",
        "ImportError: libGL.so.1: cannot open shared object file: No such file or directory",
        source="InvokeAI#1096, server#6340", who="a module of the Python process", plain=True,
        fix="OpenCV wants it for windows: pip install opencv-python-headless in place of opencv-python; "
        "or apt install libgl1 libglib2.0-0 libsm6 libxext6.", needles=(b"cannot open shared",),
    ),
    cause(
        "libpython-missing",
        r"(?:stub: |(?<!: ))" + _LOADER + r"(?P<soname>libpython(?P<version>\d+\.\d+)?[^:]+): cannot "
        r"open",
        f"{_STUB}: error while loading shared libraries: libpython3.9.so.1.0: {_NO_FILE}",
        source="notes on PyTriton in keli-wen/AGI-Study; also server#4398", plain=True, ends=True,
        others=("bash-changes-launch",), fix=_LINK,
        command=_LINK_IT, needles=(b"rror",),
    ),
    cause(
        "library-missing",
        r"(?P<who>\S*): " + _LOADER + r"(?P<soname>lib[^:]+-[0-9a-f]{8}\.[^:]*): cannot open",
        "/w/tritonserver/bin/tritonserver: error while loading shared libraries: libb64-7b8d4adf.so.0d: "
        + _NO_FILE, ends=True,
        others=("wheel-damaged", "pytriton-outside-site-packages", "bash-changes-launch"),
        needles=(b"rror",),
    ),
    cause(
        "library-missing", r"(?P<who>\S*): " + _LOADER + r"(?P<soname>[^:]+): cannot open",
        "/opt/tritonserver2/bin/tritonserver: error while loading shared libraries: libdcgm.so.2: "
        + _NO_FILE, source="server#4965", ends=True, needles=(b"rror",),
    ),
    cause(
        "library-missing", r"unable to load shared library: (?P<soname>[^:\s]+): cannot open shared",
        f"error: creating server: Not found - unable to load shared library: libucs.so.0: {_NO_FILE}",
        source="server#6083", ends=True, who="tritonserver", needles=(b"nable to",),
    ),
    cause(
        "program-interpreter-missing", r"(?P<file>/[^\s:]+): cannot execute: required file not found",
        "bash: line 1: /w/tritonserver/bin/tritonserver: cannot execute: required file not found",
        source="bash 5.2 with a program whose loader is not there", plain=True, ends=True,
        needles=(b"required file",),
    ),
    cause(
        "wheel-damaged", r"/(?:tritonserver|triton_python_backend_stub): cannot execute binary file",
        "bash: line 1: /w/tritonserver/bin/tritonserver: cannot execute binary file: Exec format error",
        source="bash 5.2 with a program for aarch64", ends=True,
        states="no program for this machine: damaged, or of another architecture", count="at least one",
        others=("platform-unsupported", "program-not-loadable"), needles=(b"binary file",),
    ),
    cause(
        "library-missing", r"^(?P<soname>libgcc_s\.so\.1) must be installed for pthread_\w+ to work",
        "libgcc_s.so.1 must be installed for pthread_cancel to work", source="pytorch#41661, ray#4136",
        plain=True, who="a program that ends a thread", needles=(b"must be install",),
    ),
    cause(
        "library-damaged",
        r"(?P<who>\S*): " + _LOADER + r"(?P<file>[^:]+): (?:file too short|invalid ELF header|"
        r"cannot read file data)",
        f"{_STUB}: error while loading shared libraries: /e/lib/libz.so.1: file too short", ends=True,
        needles=(b"rror",),
    ),
    cause(
        "library-refused", r"(?P<who>\S*): " + _LOADER + r"(?P<file>[^:]+): " + _WHOLE,
        f"{_STUB}: error while loading shared libraries: /e/lib/libz.so.1: ELF file's phentsize not "
        "the expected size", ends=True, needles=(b"rror",),
    ),
    cause(
        "libstdcxx-too-old",
        r"(?P<library>(?=\S*libstdc\+\+)\S+): " + _VERSION + r"(?:GLIBCXX|CXXABI)_[\d.]+)'" + _BY
        + r"(?P<who>[^)]+)",
        f"{_SERVER}: /opt/conda/envs/MS/lib/libstdc++.so.6: version `GLIBCXX_3.4.30' not found "
        f"(required by {_SERVER})",
        source="notes on PyTriton in keli-wen/AGI-Study; also server#5933", plain=True, ends=True,
        fix=_NEWER,
        needles=(b"ot found",),
    ),
    cause(
        "libstdcxx-too-old", r"^(?:.*\s)?" + _VERSION + r"(?:GLIBCXX|CXXABI)_[\d.]+)'" + _BY
        + r"(?P<who>[^)]+)",
        "version `GLIBCXX_3.4.30' not found (required by /opt/tritonserver/backends/python/"
        "triton_python_backend_stub)", source="title of server#5933", plain=True, ends=True,
        library="libstdc++.so.6", fix=_NEWER, needles=(b"ot found",),
    ),
    cause(
        "libgcc-too-old", r"(?P<library>\S+): " + _VERSION + r"GCC_[\d.]+)'" + _BY
        + r"(?P<who>[^)]+)",
        "/old/libgcc_s.so.1: version `GCC_12.0.0' not found (required by /new/libstdc++.so.6)",
        plain=True, ends=True, needles=(b"ot found",),
    ),
    cause(
        "glibc-from-elsewhere",
        r"(?:^|\s)(?P<folder>/(?!lib/|lib64/|usr/|System)\S+)/lib(?:c|m|pthread|dl|rt)\.so\S*: "
        r"version `GLIBC_(?:[\d.]+|ABI_\w+)'" + _BY,
        "/e/bin/python: /srv/old/libm.so.6: version `GLIBC_2.35' not found (required by "
        "/opt/python/lib/libpython3.11.so.1.0)", ends=True, who="programs that load it",
        needles=(b"ot found",),
    ),
    cause(
        "glibc-too-old", _VERSION + r"GLIBC_(?:[\d.]+|ABI_\w+))'" + _BY + r"(?P<file>[^)]+)",
        ".venv/bin/perf_analyzer: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found "
        "(required by .venv/bin/perf_analyzer)", source="perf_analyzer#343", ends=True,
        who="programs that need it", glibc=mark("as installed"), needles=(b"ot found",),
    ),
    cause(
        "glibc-from-elsewhere", r"version `GLIBC_PRIVATE'" + _BY + r"(?P<folder>/\S+)/lib[^/]+\)",
        "ImportError: /lib/x86_64-linux-gnu/libpthread.so.0: version `GLIBC_PRIVATE' not found (required "
        "by /srv/old/librt.so.1)", ends=True, who="programs that load it", needles=(b"ot found",),
    ),
    cause(
        "library-too-old", r"(?P<library>\S+): " + _VERSION + r"[^']+)'" + _BY + r"(?P<who>[^)]+)",
        "ImportError: /srv/ssl/libssl.so.3: version `OPENSSL_3.0.0' not found (required by /opt/python/"
        "lib/python3.11/lib-dynload/_ssl.cpython-311-x86_64-linux-gnu.so)", plain=True, ends=True,
        needles=(b"ot found",),
    ),
    cause(
        "glibc-from-elsewhere",
        r"(?:^|\s)(?P<folder>/(?!lib/|lib64/|usr/lib)\S+)/lib(?=\S+\.so)\S+: undefined symbol: \S+, "
        r"version GLIBC_PRIVATE",
        "/usr/lib/git-core/git-remote-https: symbol lookup error: /snap/core20/current/lib/"
        "x86_64-linux-gnu/libpthread.so.0: undefined symbol: __libc_pthread_init, version GLIBC_PRIVATE",
        source="krew#878", ends=True, who="programs that load it", needles=(b"rror",),
    ),
    cause(
        "library-refused", r"(?P<who>\S+): symbol lookup error: (?P<file>\S+): undefined symbol",
        "/usr/lib/postgresql/14/bin/psql: symbol lookup error: /usr/lib/postgresql/14/bin/psql: "
        "undefined symbol: PQmblenBounded", source="conda#12917", ends=True, needles=(b"rror",),
    ),
    cause(
        "platform-unsupported", r"Error (?:loading shared library|relocating).*ld-linux-(?P<what>\S+?):",
        "ImportError: Error loading shared library ld-linux-x86-64.so.2: No such file or directory "
        "(needed by /usr/lib/python2.7/site-packages/grpc/_cython/cygrpc.so)", source="grpc#6126",
        plain=True, needles=(b"rror",),
    ),
    cause(
        "built-for-another-version",
        r"^(?:Import|OS)Error: (?P<who>\S+/(?:site|dist)-packages/\S+): undefined symbol: "
        r"(?P<symbol>_?Py(?!\w+_Type\b|Exc_)\w+)",
        "ImportError: /e/dist-packages/numpy/random/mtrand.cpython-39-x86_64-linux-gnu.so: undefined "
        "symbol: PyCMethod_New", plain=True, source="docker-multi-python#2", other="Python",
        detail="This Python, or the libpython that it loaded, has no {symbol}: it is older or newer than "
        "the one that the module was built for.", others=("libpython-wrong-build",),
        fix="`python -VV` shows which Python runs: use a released one. Then install the package again "
        "with it (python -m pip install --force-reinstall --no-deps NAME==VERSION).",
        needles=(b"rror",),
    ),
    cause(
        "libpython-wrong-build",
        r"^(?:Import|OS)Error: \S+: undefined symbol: _?Py(?!\w+_Type\b|Exc_)\w+",
        "ImportError: /e/lib/python3.11/lib-dynload/_struct.cpython-311-x86_64-linux-gnu.so: undefined "
        "symbol: _PyLong_AsByteArray", plain=True, found="of another release", who="Python",
        version="this Python's own", consequence="an extension module does not fit it.",
        needles=(b"rror",),
    ),
    cause(
        "library-missing", r"^(?:Import|OS)Error: (?P<soname>[^:/ ]+\.so[^:]*): cannot open shared",
        f"ImportError: libffi.so.7: {_NO_FILE}", who="a module of the Python process",
        needles=(b"rror",),
    ),
    cause(
        "package-not-loadable",
        r"^(?:ImportError|Original error was): (?P<module>\S+\.(?:cpython-\S+|abi3)\.so): "
        r"(?P<said>file too short|invalid ELF)",
        "ImportError: /e/zmq/backend/cython/_zmq.cpython-311-x86_64-linux-gnu.so: invalid ELF header",
        where="the Python process", needles=(b"rror",),
    ),
    cause(
        "library-damaged",
        r"^Original error was: (?P<file>\S+): (?:file too short|invalid ELF|cannot read file data)",
        "Original error was: /srv/gcc/libgcc_s.so.1: cannot read file data: Is a directory", plain=True,
        source="NumPy, which wraps it, and a folder of that name on LD_LIBRARY_PATH",
        who="a module of the Python process", needles=(b"rror",),
    ),
    cause(
        "library-damaged", r"^(?:Import|OS)Error: (?P<file>\S+): (?:file too short|invalid ELF|"
        r"cannot read file data)",
        "ImportError: /srv/text/libstdc++.so.6: invalid ELF header", who="a module of the Python process",
        needles=(b"rror",),
    ),
    cause(
        "libstdcxx-too-old",
        r"(?P<versions>(?:GLIBCXX|CXXABI)_[\d.]+)['’`\"]* (?:was |is |could )?not (?:be )?found",
        "libstdc++.so.6: version GLIBCXX_3.4.22 not found", source="title of horovod#406", plain=True,
        library="libstdc++.so.6", who="a program", fix=_NEWER, needles=(b"ot found",),
        weak=True,
    ),
    cause(
        "libpython-missing",
        r"(?:^|\s)(?P<soname>libpython(?P<version>\d+\.\d+)\.so[\d.]*): cannot open shared object",
        "libpython3.10.so.1.0: cannot open shared object file: No such file or directory",
        source="title of server#4398", others=("library-missing",), fix=_LINK,
        command=_LINK_IT, needles=(b"cannot open shared",),
        weak=True,
    ),
    cause(
        "library-missing", r"(?P<soname>[\w.+-]+\.so[\d.]*): cannot open shared object file",
        "libcudart.so.7.5: cannot open shared object file", source="title of tensorflow/models#143",
        who="a program", needles=(b"cannot open shared",), weak=True,
    ),
    cause(
        "libpython-missing", r"^\s*(?P<soname>libpython(?P<version>\d+\.\d+)?\S*) => not found",
        "\tlibpython3.10.so.1.0 => not found", source="ldd of a stub", needles=(b"=> not found",),
        weak=True, fix=_LINK, command=_LINK_IT,
    ),
    cause(
        "library-missing", r"^\s*(?P<soname>\S+\.so\S*) => not found",
        "        libc10.so => not found", source="ldd in server#4141", who="a program",
        needles=(b"=> not found",), weak=True,
    ),
    cause(
        "library-refused",
        r"^(?:Import|OS)Error: (?P<file>/\S+|\S+\.so\S*): (?:CPU ISA level is lower than required|"
        r"undefined symbol|cannot (?:enable executable stack|map)|failed to map segment|"
        r"wrong ELF class|ELF )",
        "ImportError: /srv/ssl/libssl.so.3: CPU ISA level is lower than required",
        who="a module of the Python process", needles=(b"rror",),
    ),
)  # fmt: skip
