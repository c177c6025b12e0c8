"""What the kernel, a container or a variable forbids, in the words of whoever meets it."""

from __future__ import annotations

from tritondoctor.logs.signs.model import cause
from tritondoctor.support.messages import mark

SIGNS = (
    cause(
        "system-call-refused", r"pthread_create failed for thread \d+ of \d+: Operation not permitted",
        "OpenBLAS blas_thread_init: pthread_create failed for thread 35 of 48: Operation not permitted",
        source="coqui-ai/TTS#3439, and a start where clone3 is refused with EPERM", plain=True,
        what="to start a thread",
        how="glibc asks for it by clone3, and falls back to clone only where the "
        "kernel says that it does not know clone3.", needles=(b"pthread_create",),
    ),
    cause(
        "limit-too-low", r"pthread_create failed for thread \d+ of \d+: Resource temporarily unavailable",
        "OpenBLAS blas_thread_init: pthread_create failed for thread 1 of 8: Resource temporarily "
        "unavailable", source="willsheffler/worms#2", plain=True, what="threads and processes",
        limit=mark("reached"), needed="88", needles=(b"pthread_create",),
    ),
    cause(
        "system-call-refused", r"Errno 97\] Address family not supported by protocol",
        "OSError: [Errno 97] Address family not supported by protocol",
        source="christgau/wsdd#75, and a start below RestrictAddressFamilies=", plain=True,
        what="sockets of this family", how="The processes of PyTriton talk over AF_UNIX and AF_INET.",
        needles=(b"Address family",),
    ),
    cause(
        "system-call-refused", r"^CFUNCTYPE\(c_int\)\(lambda: None\)",
        "11:46:48 gentoo nohang-desktop[2455]:     CFUNCTYPE(c_int)(lambda: None)",
        source="hakavlad/nohang#94", what="memory that is writable and executable",
        how="ctypes makes its callbacks there, and ends with MemoryError.", needles=(b"CFUNCTYPE",),
    ),
    cause(
        "system-call-refused",
        r"cannot enable executable stack as shared object requires: (?:Operation not p|P)ermi",
        "error while loading shared libraries: libgcrypt.so.20: cannot enable executable stack as shared "
        "object requires: Operation not permitted", source="systemd#3814", plain=True,
        what="an executable stack", how="A library was built to need one.",
        needles=(b"executable stack",),
    ),
    cause(
        "setting-invalid", r"^context\.keylog_filename = keylogfile",
        "    context.keylog_filename = keylogfile", source="cpython#90480, and a start with such a path",
        plain=True, variable="SSLKEYLOGFILE",
        why="the file that it names cannot be opened, and aiohttp has ssl open it when it is imported.",
        needles=(b"keylog_filename",),
    ),
    cause(
        "setting-invalid", r"ssl\.SSLError: \[SSL: LIBRARY_HAS_NO_CIPHERS\] library has no ciphers",
        "ssl.SSLError: [SSL: LIBRARY_HAS_NO_CIPHERS] library has no ciphers (_ssl.c:3098)", plain=True,
        source="starts with default_properties = fips=yes, and with a provider but the default one",
        variable="OPENSSL_CONF", why="OpenSSL finds no algorithms by its configuration (this file, or "
        "the system's openssl.cnf): it asks for FIPS, or names providers without the default one.",
        needles=(b"NO_CIPHERS",),
    ),
    cause(
        "setting-invalid", r"During parsing environment variable: '(?P<variable>NPY_\w+_CPU_FEATURES)'",
        "RuntimeError: During parsing environment variable: 'NPY_DISABLE_CPU_FEATURES':", plain=True,
        source="NumPy 1.26 with NPY_DISABLE_CPU_FEATURES=SSE2 and NPY_ENABLE_CPU_FEATURES=AVX512_ICL",
        why="NumPy was not built for such a value, or this processor lacks it.",
        needles=(b"environment variable",),
    ),
    cause(
        "setting-invalid",
        r"Both (?P<variable>NPY_\w+) and NPY_\w+ environment variables cannot be set simultaneously",
        "Original error was: Both NPY_DISABLE_CPU_FEATURES and NPY_ENABLE_CPU_FEATURES environment "
        "variables cannot be set simultaneously.", source="NumPy 1.26 with both set", plain=True,
        why="NumPy takes one of NPY_DISABLE_CPU_FEATURES and NPY_ENABLE_CPU_FEATURES, not both.",
        needles=(b"simultaneously",),
    ),
    cause(
        "setting-invalid", r"No event engine could be initialized from (?P<value>\S+)",
        "E0206 10:11:12.123456789   1234 ev_posix.cc:152]                      No event engine could be "
        "initialized from legacy", source="grpc#17827, and starts with legacy and epollex", plain=True,
        ends=True, variable="GRPC_POLL_STRATEGY",
        why="gRPC has no engine of the name {value}; it knows epoll1 and poll.",
        needles=(b"event engine",),
    ),
    cause(
        "setting-invalid", r"^from gevent\.lib(?:ev|uv) import _corecffi",
        "    from gevent.libev import _corecffi # pylint:disable=no-name-in-module,import-error",
        source="starts with GEVENT_LOOP=libev-cffi and libuv, without cffi", plain=True,
        variable="GEVENT_LOOP",
        why="it selects an event loop that needs the package cffi: unset it, or install cffi.",
        needles=(b"_corecffi",),
    ),
)  # fmt: skip
