"""Variables that libraries of the launch read, and those with a value with which they do not start.

What a library accepts is read from its own source or binary where it stands there; nothing is started.
`make sweep` (tests/sweep) finds variables that are missing here.
"""

from __future__ import annotations

from collections.abc import Mapping

#: how the names begin; `readers.py`, which few launches need, says who reads them
BEGINNINGS = (
    "GEVENT_",
    "GFORTRAN_",
    "GRPC_",
    "AIP_",
    "NPY_",
    "NUMPY_",
    "OPENBLAS_CORETYPE",
    "OPENSSL_CONF",
    "PROTOCOL_BUFFERS_",
    "PYZMQ_BACKEND",
    "SSLKEYLOGFILE",
)


def concerns(variables: Mapping[str, str]) -> bool:
    """Whether any of these variables may be read at all."""
    return any(name.startswith(BEGINNINGS) for name in variables)
