"""Variables that libraries of the launch read, and those with a value with which they do not start.

What a library accepts is read from its own source or binary where it stands there; nothing is started.
`make sweep` (tests/sweep) finds variables that are missing here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from tritondoctor.facts.launch.model import RefusedVariable
from tritondoctor.facts.launch.variables import (
    gevent,
    gfortran,
    numpy,
    openblas,
    openssl,
    protobuf,
    server,
    ssl,
    zmq,
)
from tritondoctor.facts.launch.variables.view import LaunchView

__all__ = ["LaunchView", "concerns", "refused"]

_Reader = Callable[[LaunchView], Iterator[RefusedVariable]]
#: by how the names of the variables begin
_READERS: dict[str, _Reader] = {
    "GEVENT_": gevent.refused,
    "GFORTRAN_": gfortran.refused,
    "GRPC_": server.engines,
    "AIP_": server.vertex_ai,
    "NPY_": numpy.refused,
    "NUMPY_": numpy.huge_pages,
    "OPENBLAS_CORETYPE": openblas.core,
    "OPENSSL_CONF": openssl.configuration,
    "PROTOCOL_BUFFERS_": protobuf.refused,
    "PYZMQ_BACKEND": zmq.backend,
    "SSLKEYLOGFILE": ssl.key_log,
}


def concerns(variables: Mapping[str, str]) -> bool:
    """Whether any of these variables may be read at all."""
    return any(name.startswith(tuple(_READERS)) for name in variables)


def refused(view: LaunchView) -> Iterator[RefusedVariable]:
    """The variables whose values a library of the launch refuses."""
    for beginning, reader in _READERS.items():
        if any(name.startswith(beginning) for name in view.variables):
            yield from reader(view)
