"""What the kernel, a container or a variable forbids, in the words of whoever meets it."""

from __future__ import annotations

from tritondoctor.logs.signs.model import cause
from tritondoctor.support.messages import mark

#: programs of a start, as the kernel's log names them (comm=: at most 15 characters)
_COMM = r'comm="?(?P<program>(?:python|pt_main|triton|pytriton|bash|sh\b)[^\s"]*)'
_KERNEL_LOG = "The kernel's own log says so, of the program {program}."

SIGNS = (
    cause(
        "system-call-refused",
        rf"(?:type=1326|SECCOMP) .{{0,400}}?{_COMM}.{{0,400}}? sig=31 .{{0,80}}?"
        r"\bsyscall=(?P<number>\d+)",
        'audit[811024]: SECCOMP auid=4294967295 uid=993 gid=993 ses=4294967295 subj==unconfined '
        'pid=811024 comm="python3" exe="/usr/bin/python3.9" sig=31 arch=c000003e syscall=105 compat=0 '
        "ip=0x7f58148a5782 code=0x80000000", source="YunoHost-Apps/seafile_ynh#95; also systemd#9939",
        weak=True, what="system call {number}", how=_KERNEL_LOG, needles=(b"1326", b"SECCOMP"),
    ),
    cause(
        # (ptrace and signals of other processes are refused to monitors, and harm nothing)
        "system-call-refused",
        r'apparmor="DENIED" operation="(?!ptrace|signal)(?P<operation>\w+)" .*name="(?P<path>[^"]*)".*'
        + _COMM,
        '[   19.135818] audit: type=1400 audit(1611064871.204:52): apparmor="DENIED" operation="open" '
        'profile="snap.nextcloud.renew-certs" name="/proc/1042/mounts" pid=1042 comm="python2" '
        'requested_mask="r" denied_mask="r" fsuid=0 ouid=0', source="nextcloud-snap#1612",
        weak=True, what="{operation} of {path} (AppArmor)", how=_KERNEL_LOG, needles=(b"apparmor=",),
    ),
    cause(
        "system-call-refused",
        rf"avc: +denied +\{{ (?P<operation>\w+)[^}}]*\}} for (?!.*permissive=1).*{_COMM}",
        'type=AVC msg=audit(1665420973.105:11631): avc:  denied  { execute } for  pid=216047 '
        'comm="python3" path=2F6D656D66643A6C6962666669202864656C6574656429 dev="tmpfs" ino=919210 '
        "scontext=system_u:system_r:pcp_pmcd_t:s0 tcontext=system_u:object_r:pcp_tmpfs_t:s0 tclass=file "
        "permissive=0", source="performancecopilot/pcp#1593",
        weak=True, what="{operation} (SELinux)", how=_KERNEL_LOG, needles=(b"avc:",),
    ),
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
        "setting-invalid", r"^from gevent\.libev import _corecffi",
        "    from gevent.libev import _corecffi # pylint:disable=no-name-in-module,import-error",
        source="a start with GEVENT_LOOP=libev-cffi, without cffi", plain=True,
        variable="GEVENT_LOOP",
        why="it selects an event loop that needs the package cffi: unset it, or install cffi.",
        needles=(b"_corecffi",),
    ),
    cause(
        # only variables are read there, whatever TritonConfig(...) gets in the program
        "setting-invalid",
        r'/pytriton/triton\.py\\?", line \d+, in from_env\n.*\n[^\n]*?'
        r"(?P<error>\b\w+Error: [^\n]{1,300})\s*\Z",
        'File "/e/site-packages/pytriton/triton.py", line 340, in from_env\\n    return '
        "cls.from_dict(config)\\nValueError: invalid literal for int() with base 10: 'yes'", plain=True,
        whole=True, source="PYTRITON_TRITON_CONFIG_LOG_VERBOSE=yes, _LOG_VERBOSE_0=1 and _HTTP_PORT=abc "
        "(an empty value as well) with PyTriton 0.7.0", variable="A variable PYTRITON_TRITON_CONFIG_*",
        why="it reads them all, and this came of one: {error}",
        fix="`env | grep PYTRITON_TRITON_CONFIG_` shows them; the end of the line shows the wrong value. "
        "Correct that variable, or unset it. `tritondoctor check` names it.",
        needles=(b"Error: ",),
    ),
    cause(
        # the last of gevent's own list (gevent/_config.py, class Loop)
        "setting-invalid", r"^from gevent\.libuv import _corecffi",
        "    from gevent.libuv import _corecffi  # pylint:disable=no-name-in-module,import-error",
        source="starts with GEVENT_LOOP=libuv, and with an empty corecext, both without cffi", plain=True,
        variable="GEVENT_LOOP", others=("package-not-loadable",),
        why="it selects an event loop that needs the package cffi. If it is not set, gevent's own event "
        "loop is damaged: reinstall gevent.", needles=(b"_corecffi",),
    ),
)  # fmt: skip
