"""Who reads which variable, and the values that are refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator

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

__all__ = ["LaunchView", "refused"]

_Reader = Callable[[LaunchView], Iterator[RefusedVariable]]
#: by how the names of the variables begin
READERS: dict[str, _Reader] = {
    "GEVENT_": gevent.refused,
    "GFORTRAN_": gfortran.refused,
    "GRPC_POLL_STRATEGY": server.engines,
    "AIP_HTTP_PORT": server.vertex_port,
    "AIP_MODE": server.vertex_ai,
    "NPY_": numpy.refused,
    "NUMPY_": numpy.huge_pages,
    "OPENBLAS_CORETYPE": openblas.core,
    "OPENSSL_CONF": openssl.configuration,
    "PROTOCOL_BUFFERS_": protobuf.refused,
    "PYZMQ_BACKEND": zmq.backend,
    "SSLKEYLOGFILE": ssl.key_log,
    "TRITONSERVER_DELAY_SCHEDULER": server.delay,
}


def refused(view: LaunchView) -> Iterator[RefusedVariable]:
    """The variables whose values a library of the launch refuses."""
    for beginning, reader in READERS.items():
        if any(name.startswith(beginning) for name in view.variables):
            yield from reader(view)
    yield from openssl.of_machine(view)
