"""The variables of gevent, judged by the gevent/_config.py that is installed."""

from __future__ import annotations

from collections.abc import Iterator

from tritondoctor.facts.launch.model import Refusal, RefusedVariable
from tritondoctor.facts.launch.variables import gevent_settings
from tritondoctor.facts.launch.variables.view import LaunchView

#: the settings that an HTTP request of the quick start asks for (gevent/hub.py)
_READ = ("format_context", "loop", "libev_backend", "monitor_thread",
         "resolver", "threadpool", "threadpool_idle_task_timeout")  # fmt: skip
#: what libev has on Linux (gevent/libev/corecext.pyx, `_flags_to_int` and `_check_flags`)
_BACKENDS = ("epoll", "poll", "select", "linux_iouring", "noenv", "forkcheck", "signalfd", "nosigmask",
             "noinotify")  # fmt: skip


def refused(view: LaunchView) -> Iterator[RefusedVariable]:
    """The settings whose values gevent refuses when it is used."""
    path = view.path("gevent._config")
    for setting in gevent_settings.read(view.text("gevent._config")):
        value = view.variables.get(setting.variable)
        if value is None or setting.name not in _READ or not view.imported("gevent.hub"):
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
    view: LaunchView, path: str, setting: gevent_settings.GeventSetting, value: str
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
    why: Refusal = "no-module" if lacking else "unknown"
    yield RefusedVariable(setting.variable, path, why, usable, lacking)
