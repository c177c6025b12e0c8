"""The variables of gevent, judged by the gevent/_config.py that is installed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tritondoctor.facts.launch.model import Refusal, RefusedVariable
from tritondoctor.facts.launch.variables import gevent_settings
from tritondoctor.facts.launch.variables.view import LaunchView

#: the settings that an HTTP request of the quick start asks for, and who asks
_READ = {
    "format_context": "gevent.hub", "loop": "gevent.hub", "libev_backend": "gevent.hub",
    "monitor_thread": "gevent.hub", "resolver": "gevent.hub", "threadpool": "gevent.hub",
    "threadpool_idle_task_timeout": "gevent.hub", "disable_watch_children": "gevent.os",
}  # fmt: skip
#: what libev has on Linux (gevent/libev/corecext.pyx, `_flags_to_int` and `_check_flags`)
_BACKENDS = ("epoll", "poll", "select", "linux_iouring", "noenv", "forkcheck", "signalfd", "nosigmask",
             "noinotify")  # fmt: skip


#: those that the resolver c-ares asks for besides (gevent/resolver/ares.py), and what it makes of them
_OF_ARES: Mapping[str, gevent_settings.Kind] = {
    "ares_flags": "int", "ares_tries": "int", "ares_ndots": "int", "ares_udp_port": "int",
    "ares_tcp_port": "int", "ares_timeout": "float", "resolver_timeout": "float",
    "ares_servers": "addresses", "resolver_nameservers": "addresses",
}  # fmt: skip
_ARES = "gevent.resolver.ares.Resolver"


def refused(view: LaunchView) -> Iterator[RefusedVariable]:
    """The settings whose values gevent refuses when it is used."""
    path, settings = view.path("gevent._config"), gevent_settings.read(view.text("gevent._config"))
    with_ares = any(setting.name == "resolver" and _takes(view, setting, _ARES) for setting in settings)
    for setting in settings:
        value = view.variables.get(setting.variable)
        if value is None or not view.imported("gevent.hub"):
            continue
        if with_ares and setting.name in _OF_ARES:
            why = gevent_settings.refusal(_OF_ARES[setting.name], value)
            if why is not None:
                yield RefusedVariable(setting.variable, path, why)
        reader = _READ.get(setting.name)
        if reader is None or not view.imported(reader):
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


def _takes(view: LaunchView, setting: gevent_settings.GeventSetting, wanted: str) -> bool:
    """Whether the variable of a setting makes gevent use this object."""
    names = view.variables.get(setting.variable, "").split(",")
    full = (setting.short_names.get(name, name) for name in names)
    usable = (name for name in full if "." in name and view.problem(name.rpartition(".")[0]) is None)
    return next(usable, "") == wanted


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
