"""Variables that tritonserver reads itself, or through the gRPC in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tritondoctor.facts.launch.model import RefusedVariable
from tritondoctor.facts.launch.variables.view import LaunchView
from tritondoctor.support.numbers import whole

_PREFIX = "PYTRITON_TRITON_CONFIG_"
#: every engine that a gRPC had (src/core/lib/iomgr/ev_posix.cc of its releases)
_ENGINES = ("epoll1", "epollex", "epollsig", "poll", "poll-cv")


def engines(view: LaunchView) -> Iterator[RefusedVariable]:
    """Which engines there are, the strings of the binary say.  The first of a list that can be had is
    taken, and the process aborts where none can (ev_posix.cc, `grpc_event_engine_init`).
    """
    value = view.variables.get("GRPC_POLL_STRATEGY")
    if value is None:
        return
    known = tuple(name for name in _ENGINES if view.holds(view.server, b"\0%s\0" % name.encode()))
    if known and not {"all", *known} & set(value.split(",")):
        yield RefusedVariable("GRPC_POLL_STRATEGY", view.server, "unknown", known)


def delay(view: LaunchView) -> Iterator[RefusedVariable]:
    """A switch for Triton's own tests: the batcher waits until so many requests are queued, and the quick
    start sends one (core's dynamic_batch_scheduler.cc, `atoi` into a size_t).
    """
    number = re.match(r"\s*([+-]?)(\d+)", view.variables.get("TRITONSERVER_DELAY_SCHEDULER", ""))
    if number is not None and (whole(number[2]) > 1 or (number[1] == "-" and whole(number[2]))):
        yield RefusedVariable("TRITONSERVER_DELAY_SCHEDULER", view.server, "waits-for-more")


def vertex_ai(view: LaunchView) -> Iterator[RefusedVariable]:
    """What Vertex AI sets in its containers."""
    is_on = view.variables.get("AIP_MODE") == "PREDICTION" and not _serves_all_the_same(view)
    if is_on and view.holds(view.server, b"AIP_MODE"):
        yield RefusedVariable("AIP_MODE", view.server, "vertex-mode")


def _serves_all_the_same(view: LaunchView) -> bool:
    """Vertex AI is off by a setting, and on is what PyTriton asks: in this mode the server's defaults are
    the other way round (command_line_parser.cc, `allow_vertex_ai_`).
    """
    vertex, http, grpc = (
        view.variables.get(f"{_PREFIX}ALLOW_{name}") for name in ("VERTEX_AI", "HTTP", "GRPC")
    )
    return vertex == "" and (bool(http) or (http == "" and bool(grpc)))


def vertex_port(view: LaunchView) -> Iterator[RefusedVariable]:
    """The server reads Vertex AI's port as a number whether or not it serves Vertex AI
    (command_line_parser.cc, `ParseIntOption`); its help text says so.
    """
    value = view.variables.get("AIP_HTTP_PORT")
    if value is None or not view.holds(view.server, b"AIP_HTTP_PORT if set"):
        return
    number = re.match(r"\s*([+-]?)(\d+)", value)
    if number is None or whole(number[2]) >= (1 << 31) + (number[1] == "-"):
        yield RefusedVariable("AIP_HTTP_PORT", view.server, "not-a-number")
