"""Variables that libraries of the launch read, and those with a value with which they do not start.

What a library accepts is read from its own source or binary where it stands there; nothing is started.
`make sweep` (tests/sweep) finds variables that are missing here.
"""

from __future__ import annotations

from collections.abc import Mapping

from tritondoctor.loader import Files
from tritondoctor.support.reading import Limit

#: how the names begin; `readers.py`, which few launches need, says who reads them
BEGINNINGS = (
    "GEVENT_",
    "GFORTRAN_",
    "GRPC_POLL_STRATEGY",
    "AIP_HTTP_PORT",
    "AIP_MODE",
    "NPY_",
    "NUMPY_",
    "OPENBLAS_CORETYPE",
    "OPENSSL_CONF",
    "PROTOCOL_BUFFERS_",
    "PYZMQ_BACKEND",
    "SSLKEYLOGFILE",
    "TRITONSERVER_DELAY_SCHEDULER",
)


#: where distributions keep the configuration of OpenSSL
_OPENSSL = ("/etc/ssl/openssl.cnf", "/etc/pki/tls/openssl.cnf")
#: without one of these settings OpenSSL has all its algorithms
_TELLING = (b"\nactivate=", b"\ndefault_properties=", b"\nrandom=")


def concerns(files: Files, variables: Mapping[str, str]) -> bool:
    """Whether any of these variables may be read at all, or the file that stands in for one."""
    named = any(name.startswith(BEGINNINGS) for name in variables)
    return named or bool(openssl_file(files, variables))


def openssl_file(files: Files, variables: Mapping[str, str]) -> str:
    """The machine's own configuration of OpenSSL, where it is read and has what may matter; else ""."""
    if "OPENSSL_CONF" in variables:
        return ""
    for path in _OPENSSL:
        try:
            content = files.read(path, Limit.SETTINGS)
        except OSError:
            continue
        plain = content.replace(b" ", b"").replace(b"\t", b"")
        return path if any(setting in plain for setting in _TELLING) else ""
    return ""
