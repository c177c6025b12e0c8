"""Variables that libraries of the launch read, and those with a value with which they do not start.

What a library accepts is read from its own source or binary where it stands there; nothing is started.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, Optional

from tritondoctor.facts.imports.finder import ModuleLocation
from tritondoctor.facts.launch import gevent_settings
from tritondoctor.facts.model import ImportProblem, RefusedVariable
from tritondoctor.loader import Files
from tritondoctor.support.errno_names import errno_name
from tritondoctor.support.reading import Limit

_PROTOBUF = "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION"
#: the module that a backend of protobuf cannot do without; `upb` falls back to Python's
_PROTOBUF_NEEDS = {"cpp": "google.protobuf.pyext._message"}
#: every engine that a gRPC had (src/core/lib/iomgr/ev_posix.cc of its releases)
_ENGINES = ("epoll1", "epollex", "epollsig", "epoll", "poll", "poll-cv")
#: the settings of gevent that an HTTP request of the quick start asks for (gevent/hub.py, fileobject.py)
_GEVENT_READS = ("fileobject", "track_greenlet_tree", "format_context", "loop", "libev_backend",
                 "monitor_thread", "resolver", "threadpool", "threadpool_idle_task_timeout")  # fmt: skip
#: what libev has on Linux (gevent/libev/corecext.pyx, `_flags_to_int` and `_check_flags`)
_BACKENDS = ("epoll", "poll", "select", "linux_iouring", "noenv", "forkcheck", "signalfd", "nosigmask",
             "noinotify")  # fmt: skip


class ClientView(NamedTuple):
    """The caller's process: where a module lies, the problem of importing it, and what it has imported.

    `server` is the path of tritonserver, `writing` the problem of appending to a file.
    """

    files: Files
    variables: Mapping[str, str]
    cwd: str
    server: str
    find: Callable[[str], Optional[ModuleLocation]]
    problem: Callable[[str], Optional[ImportProblem]]
    imported: Callable[[str], bool]

    def text(self, module: str) -> str:
        """The source of a module; empty where there is none."""
        location = self.find(module)
        if location is None or not location.path.endswith(".py"):
            return ""
        try:
            return self.files.read(location.path, Limit.SOURCE).decode("utf-8", "replace")
        except OSError:
            return ""

    def path(self, module: str) -> str:
        """The file of a module; empty where there is none."""
        location = self.find(module)
        return location.path if location else ""


def concerns(variables: Mapping[str, str]) -> bool:
    """Whether any of these variables is set at all."""
    return any(name in _READERS or name.startswith("GEVENT_") for name in variables)


def refused(view: ClientView) -> Iterator[RefusedVariable]:
    """The variables whose values a library of the launch refuses."""
    for name, reader in _READERS.items():
        if name in view.variables:
            yield from reader(view, view.variables[name])
    if any(name.startswith("GEVENT_") for name in view.variables):
        yield from _gevent(view)


def _protobuf(view: ClientView, value: str) -> Iterator[RefusedVariable]:
    """google/protobuf/internal/api_implementation.py names the backends that it knows."""
    module = "google.protobuf.internal.api_implementation"
    known = re.search(r"not in \(([^)]*)\)", view.text(module))
    accepted = tuple(re.findall(r"'(\w+)'", known.group(1))) if known else ()
    if not accepted or not view.imported("google.protobuf"):
        return
    needed = {name: _PROTOBUF_NEEDS[name] for name in accepted if name in _PROTOBUF_NEEDS}
    usable = tuple(name for name in accepted if name not in needed or view.problem(needed[name]) is None)
    if value not in accepted:
        yield RefusedVariable(_PROTOBUF, view.path(module), "unknown", usable)
    elif value not in usable:
        yield RefusedVariable(_PROTOBUF, view.path(module), "no-module", usable, needed[value])


def _grpc_engines(view: ClientView, value: str) -> Iterator[RefusedVariable]:
    """The names of the engines stand in the binary (ev_posix.cc, `grpc_event_engine_init`: the first
    that can be had is taken, and the process ends where none can).
    """
    try:
        known = tuple(name for name in _ENGINES if view.files.holds(view.server, _entry(name)))
    except OSError:
        return
    if known and not {"all", *known} & set(value.split(",")):
        yield RefusedVariable("GRPC_POLL_STRATEGY", view.server, "unknown", known)


def _entry(name: str) -> bytes:
    return b"\0%s\0" % name.encode("ascii")


def _key_log(view: ClientView, value: str) -> Iterator[RefusedVariable]:
    """`ssl.create_default_context` appends to the file that is named; aiohttp 3.11 and later call it when
    they are imported (aiohttp/connector.py).
    """
    at_import = re.search(r"^_SSL_CONTEXT\w* = _make_ssl_context\(", view.text("aiohttp.connector"), re.M)
    if not value or not at_import or not view.imported("aiohttp.connector"):
        return
    failure = _appending(view.files, os.path.join(view.cwd, value))
    if failure:
        reader = view.path("aiohttp.connector")
        yield RefusedVariable("SSLKEYLOGFILE", reader, "cannot-open", (), errno_name(OSError(failure, "")))


def _appending(files: Files, path: str) -> int:
    """The error number with which open(2) fails to append to a path, 0 where it works."""
    try:
        stat = files.stat(path)
    except OSError as failure:
        if failure.errno != errno.ENOENT or path.endswith("/"):
            return failure.errno or errno.EIO
        folder = os.path.dirname(path)
        try:
            files.stat(folder)
        except OSError as missing:
            return missing.errno or errno.EIO
        return 0 if files.access(folder, os.W_OK | os.X_OK) else errno.EACCES
    if stat.kind == "dir":
        return errno.EISDIR
    return 0 if files.access(path, os.W_OK) else errno.EACCES


def _gevent(view: ClientView) -> Iterator[RefusedVariable]:
    path = view.path("gevent._config")
    if not view.imported("gevent.hub"):
        return
    for setting in gevent_settings.read(view.text("gevent._config")):
        value = view.variables.get(setting.variable)
        if value is None or setting.name not in _GEVENT_READS:
            continue
        if setting.kind == "importable":
            yield from _object(view, path, setting, value)
        elif setting.name == "libev_backend":
            words = [word.strip().lower() for word in value.split(",")]
            if any(word and word not in _BACKENDS for word in words):
                yield RefusedVariable(setting.variable, path, "unknown", _BACKENDS)
        else:
            why = gevent_settings.refusal(setting.kind, value)
            if why is not None:
                yield RefusedVariable(setting.variable, path, why)


def _object(
    view: ClientView, path: str, setting: gevent_settings.GeventSetting, value: str
) -> Iterator[RefusedVariable]:
    """The first of a list that can be imported is taken (`ImportableSetting._import_one_of`)."""
    lacking = ""
    for name in value.split(","):
        full = setting.short_names.get(name, name)
        if "." not in full or "/" in full:
            lacking = ""
            continue
        problem = view.problem(full.rpartition(".")[0])
        if problem is None:
            return
        lacking = problem.module
    usable = tuple(
        name for name, full in setting.short_names.items()
        if view.problem(full.rpartition(".")[0]) is None
    )  # fmt: skip
    why = "no-module" if lacking else "unknown"
    yield RefusedVariable(setting.variable, path, why, usable, lacking)


_Reader = Callable[[ClientView, str], Iterator[RefusedVariable]]
_READERS: dict[str, _Reader] = {
    _PROTOBUF: _protobuf,
    "GRPC_POLL_STRATEGY": _grpc_engines,
    "SSLKEYLOGFILE": _key_log,
}
