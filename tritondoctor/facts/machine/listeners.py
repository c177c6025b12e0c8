"""Who listens on a port that PyTriton needs."""

from __future__ import annotations

from typing import Optional

from tritondoctor.facts.launch.model import Holder
from tritondoctor.support import tritonservers


def holder_of(number: int) -> Optional[Holder]:
    """Return who listens on a port; only the user where the process is another user's."""
    import psutil

    try:
        for connection in psutil.net_connections("tcp"):
            address = connection.laddr if connection.status == psutil.CONN_LISTEN else None
            if address and address.port == number and connection.pid:
                process, triton = psutil.Process(connection.pid), tritonservers.server(connection.pid)
                orphan = triton is not None and triton.orphan
                return Holder(process.pid, process.name(), process.username(), orphan)
    except (psutil.Error, OSError):
        pass
    uid = tritonservers.listening_user(number)
    return None if uid is None else Holder(0, "", tritonservers.user_name(uid))
