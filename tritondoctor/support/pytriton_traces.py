"""What a PyTriton leaves on a machine when it is killed: where, under which names, made by whom.

Sources: PyTriton's utils/workspace.py (workspaces), triton.py (`_shm_prefix`) and proxy/data.py
(TensorStore's segments, named by multiprocessing.shared_memory); Triton's core (`folderXXXXXX` of
LocalizePath), python_backend (`python_env_XXXXXX`) and DCGM (the log).  Standard library only.
"""

from __future__ import annotations

import os
import re
from typing import Optional

from tritondoctor.support.numbers import whole
from tritondoctor.support.patterns import pattern
from tritondoctor.support.reading import paths_named

SHARED_MEMORY = "/dev/shm"
TEMPORARY = "/tmp"
#: the server in a workspace, and the stub beside it
SERVER = "tritonserver/bin/tritonserver"
STUB = "tritonserver/backends/python/triton_python_backend_stub"
#: what processes of the two are called, and what is left of the second in /proc/<pid>/comm
PROGRAMS = frozenset(("tritonserver", "triton_python_backend_stub", "triton_python_b"))
CONFIG = "config.pbtxt"
#: what PyTriton 0.1.5 to 0.7.0 send with a model (SCRIPT_FILES_TO_COPY of pytriton/models/model.py)
_SENT = ("model.py", "communication.py", "types.py", "data.py", "telemetry.py")
#: all that tritonserver puts into the folder of a model that it was sent
MODEL_FILES = frozenset((CONFIG, *(f"1/{name}" for name in _SENT)))
MODEL_FOLDERS = frozenset(("1", "1/__pycache__"))
#: all that PyTriton 0.4.0 to 0.7.0 copy into a workspace, and the folders that are made for it
_UTILITY = "tritonserver/backends/python/triton_python_backend_utils.py"
WORKSPACE_FILES = frozenset(
    (SERVER, STUB, _UTILITY, "tritonserver/backends/python/libtriton_python.so",
     "tritonserver/caches/local/libtritoncache_local.so")
)  # fmt: skip
WORKSPACE_FOLDERS = frozenset(
    ("model-store", "tritonserver", "tritonserver/bin", "tritonserver/backends",
     "tritonserver/backends/python", "tritonserver/backends/python/__pycache__", "tritonserver/caches",
     "tritonserver/caches/local")
)  # fmt: skip
#: written by DCGM, which the server starts
HOST_ENGINE_LOG = "/var/log/nv-hostengine.log"

#: the option of a server that PyTriton starts; its value holds PyTriton's own pid
SERVER_OPTION = pattern(rb"shm-region-prefix-name=(pytrtion(\d+)-[0-9a-f]+)")
#: tempfile.mkdtemp
_TEMPORARY_NAME = pattern(r".*[a-z0-9_]{8}")
_WORKSPACE = pattern(r"workspace_[a-z0-9_]{8}")
_MODEL_FOLDER = pattern(r"folder.{6}", re.S)
_ENVIRONMENT_FOLDER = pattern(r"python_env_.{6}", re.S)
_SERVER_PREFIX = pattern(r"pytrtion\d+-\w+")
_SERVER_SEGMENT = pattern(r"pytrtion(\d+)-[0-9a-f]+[\w-]*")
_TENSOR_SEGMENT = pattern(r"psm_.*", re.S)
#: what Python makes of a module, also when it is killed while it writes it
_COMPILED = r"\.[a-z]+-?\d+(\.opt-[12])?\.pyc(\.\d+)?"
_COMPILED_MODEL = pattern(f"1/__pycache__/({'|'.join(name[:-3] for name in _SENT)}){_COMPILED}")
_COMPILED_UTILITY = pattern(
    f"tritonserver/backends/python/__pycache__/triton_python_backend_utils{_COMPILED}"
)
#: of TensorStore, and of the messages between PyTriton and the stubs
_SOCKET = pattern(r".+\.sock|ipc_proxy_backend_.+", re.S)
_LOCK = pattern(r".+\.sock\.lock", re.S)
_WORKSPACE_IN_CONFIG = pattern(r'"(/[^"\n]*/workspace_\w+)"')


def is_workspace_name(name: str) -> bool:
    """Whether tempfile.TemporaryDirectory(prefix="workspace_") makes such a name."""
    return _WORKSPACE.fullmatch(name) is not None


def is_temporary_name(name: str) -> bool:
    """Whether a name ends as those that tempfile makes."""
    return _TEMPORARY_NAME.fullmatch(name) is not None


def is_server_prefix(name: str) -> bool:
    """Whether a server's segments may begin so."""
    return _SERVER_PREFIX.fullmatch(name) is not None


def is_server_segment(name: str) -> bool:
    """Whether a segment of shared memory has the name of one of tritonserver's for PyTriton."""
    return _SERVER_SEGMENT.fullmatch(name) is not None


def pytriton_of(segment: str) -> int:
    """Return the process id of the PyTriton whose server's segment has that name; 0 of another's."""
    match = _SERVER_SEGMENT.fullmatch(segment)
    return whole(match[1]) if match else 0


def is_tensor_segment(name: str) -> bool:
    """Whether it has a name as multiprocessing gives it, TensorStore's or another program's."""
    return _TENSOR_SEGMENT.fullmatch(name) is not None


def is_socket_name(name: str) -> bool:
    """Whether PyTriton makes a socket of that name in a workspace."""
    return _SOCKET.fullmatch(name) is not None


def is_lock_name(name: str) -> bool:
    """Whether PyTriton makes an empty file of that name beside a socket in a workspace."""
    return _LOCK.fullmatch(name) is not None


def is_compiled_model(name: str) -> bool:
    """Whether it is what Python makes of a module in a model's folder."""
    return _COMPILED_MODEL.fullmatch(name) is not None


def is_compiled_utility(name: str) -> bool:
    """Whether it is what Python makes of the python backend's module in a workspace."""
    return _COMPILED_UTILITY.fullmatch(name) is not None


def workspaces(home: str) -> list[str]:
    """Return the paths in a home of PyTriton's that bear the name of a workspace."""
    return paths_named(home, _WORKSPACE)


def model_folders() -> list[str]:
    """Return the folders that bear the name of a model that was sent to a server, and hold one."""
    folders = paths_named(os.path.realpath(TEMPORARY), _MODEL_FOLDER)
    return [folder for folder in folders if os.path.lexists(f"{folder}/{CONFIG}")]


def environment_folders() -> list[str]:
    """Return the folders that the python backend makes for environments, each empty unless it is used."""
    return paths_named(os.path.realpath(TEMPORARY), _ENVIRONMENT_FOLDER)


def segments(prefix: str) -> list[str]:
    """Return the segments of shared memory of the server with that prefix."""
    return paths_named(SHARED_MEMORY, re.compile(re.escape(prefix) + ".*", re.S))


def workspace_in(config: str) -> Optional[str]:
    """Return the workspace that the text of a model's configuration names."""
    match = _WORKSPACE_IN_CONFIG.search(config)
    return match[1] if match else None
