"""The lines at which the threads of PyTriton's process stand, with py-spy where it is installed.

py-spy reads the memory of the process (process_vm_readv(2)); with --nonblocking it does not stop it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from typing import Any, Optional

import msgspec

from tritondoctor.running.model import Recording
from tritondoctor.running.stall import stalls
from tritondoctor.support import processes
from tritondoctor.support.variables import for_children, of_user
from tritondoctor.target.programs import on_path

_DEADLINE_S = 10.0
_MOST_LINES = 3
#: PyTriton's threads that call the function (proxy/inference.py)
_HANDLER = "inference_handler"
_OURS = ("/pytriton/", "/asyncio/", "/threading.py", "/concurrent/", "/selectors.py", "/queue.py")


def with_stacks(recording: Recording) -> Recording:
    """The recording with the lines at which a call stands that hangs; as it is where they cannot be
    seen.
    """
    pid = recording.server.pid
    hangs = any(call.seconds >= recording.hang_after_s for call in stalls(recording.looks))
    program = _program()
    if pid is None or not hangs or program is None:
        return recording
    return msgspec.structs.replace(recording, stacks=tuple(_stacks(program, pid))[:_MOST_LINES])


def _program() -> Optional[str]:
    own = os.path.join(os.path.dirname(sys.executable), "py-spy")
    return own if os.access(own, os.X_OK) else on_path("py-spy", os.environ.get("PATH"))


def _stacks(program: str, pid: int) -> Iterator[str]:
    command = [program, "dump", "--nonblocking", "--json", "--pid", str(pid)]
    try:
        outcome = processes.run(command, for_children(of_user()), _DEADLINE_S)
        dumped = json.loads(outcome.out) if outcome.code == 0 else []
    except (OSError, ValueError):
        return
    for thread in dumped:
        line = _line(thread)
        if _HANDLER in str(thread.get("thread_name")) and line:
            yield line


def _line(thread: dict[str, Any]) -> Optional[str]:
    """The innermost frame of the user's own code, which is above PyTriton's and the library's."""
    for frame in thread.get("frames", ()):
        filename = str(frame.get("filename", ""))
        if not any(part in filename for part in _OURS):
            return f"{frame.get('name')} ({filename}:{frame.get('line')})"
    return None
