"""Variables that libraries of the launch read, and those with a value with which they do not start.

What a library accepts is read from its own source or binary where it stands there; nothing is started.
`make sweep` (tests/sweep) finds variables that are missing here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tritondoctor.facts.launch.model import RefusedVariable
    from tritondoctor.facts.launch.variables.view import LaunchView

#: how the names begin that a function of `_readers` looks at
_BEGINNINGS = (
    "GEVENT_", "GFORTRAN_", "GRPC_", "AIP_", "NPY_", "NUMPY_", "OPENBLAS_CORETYPE", "PROTOCOL_BUFFERS_",
    "PYZMQ_BACKEND", "SSLKEYLOGFILE",
)  # fmt: skip


def concerns(variables: Mapping[str, str]) -> bool:
    """Whether any of these variables may be read at all."""
    return any(name.startswith(_BEGINNINGS) for name in variables)


def refused(view: LaunchView) -> Iterator[RefusedVariable]:
    """The variables whose values a library of the launch refuses."""
    for beginning, reader in zip(_BEGINNINGS, _readers()):
        if any(name.startswith(beginning) for name in view.variables):
            yield from reader(view)


def _readers() -> tuple[Callable[[LaunchView], Iterator[RefusedVariable]], ...]:
    """What reads the variables of each beginning: most launches have none of them."""
    from tritondoctor.facts.launch.variables import (
        gevent,
        gfortran,
        numpy,
        openblas,
        protobuf,
        server,
        ssl,
        zmq,
    )

    return (
        gevent.refused, gfortran.refused, server.engines, server.vertex_port, numpy.refused,
        numpy.huge_pages, openblas.core, protobuf.refused, zmq.backend, ssl.key_log,
    )  # fmt: skip
