"""Every variable that the launch can read, set to values that may stop it; PyTriton started; compared."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.sweep.groups import Setting, Settings, batches, culprits
from tests.sweep.names import Named, all_names
from tests.sweep.trials import SURELY_S, Trials
from tests.truth.bench import Bench
from tests.truth.declare import Environment

GENERAL = ("", "nonsense", "0", "-1", "{missing}", "{folder}", "{file}")
#: accepted or once accepted values that stand in a library, but not beside the name
KNOWN: Mapping[str, tuple[str, ...]] = {
    "GRPC_POLL_STRATEGY": ("epollex", "epollsig", "epoll1", "poll", "none", "all", "poll-cv", "epoll"),
    "GRPC_DNS_RESOLVER": ("ares", "native", "event_engine"),
    "GRPC_VERBOSITY": ("DEBUG", "INFO", "ERROR", "NONE"),
    "GRPC_TRACE": ("all", "list_tracers", "http,api"),
    "GRPC_EXPERIMENTS": ("event_engine_client", "-event_engine_dns", "all"),
    "GEVENT_LOOP": ("libev", "libev-cext", "libev-cffi", "libuv", "libuv-cffi", "gevent.libev.corecext.loop"),
    "GEVENT_RESOLVER": ("thread", "ares", "block", "dnspython", "gevent.nope.Resolver"),
    "GEVENT_FILE": ("thread", "posix", "block"),
    "GEVENT_BACKEND": ("epoll", "poll", "select", "kqueue", "port", "linux_aio", "linux_iouring", "noenv"),
    "GEVENT_THREADPOOL": ("gevent.threadpool.ThreadPool", "nope.Pool"),
    "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": ("python", "cpp", "upb"),
    "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION_VERSION": ("1", "2", "3"),
    "OPENBLAS_CORETYPE": ("Haswell", "SkylakeX", "Zen", "Sapphirerapids", "Cooperlake"),
    "NPY_DISABLE_CPU_FEATURES": ("AVX2", "SSE2", "AVX512F"),
    "NPY_ENABLE_CPU_FEATURES": ("AVX2", "SSE2", "AVX512F"),
    "NPY_PROMOTION_STATE": ("weak", "legacy", "weak_and_warn"),
    "PYZMQ_BACKEND": ("cython", "cffi", "zmq.backend.cython"),
    "GLIBC_TUNABLES": ("glibc.malloc.check=3", "glibc.rtld.nns=1", "glibc.pthread.rseq=0",
                       "glibc.rtld.optional_static_tls=0", "glibc.malloc.hugetlb=2", "glibc.nope.x=1",
                       "glibc.pthread.stack_cache_size=0", "glibc.elision.enable=1"),
    "MALLOC_ARENA_MAX": ("1",), "MALLOC_CHECK_": ("1", "2", "3"), "MALLOC_TOP_PAD_": ("x", "99999999999"),
    "MALLOC_PERTURB_": ("7",), "MALLOC_MMAP_THRESHOLD_": ("1", "x"), "MALLOC_TRIM_THRESHOLD_": ("0",),
    "PYTHONWARNINGS": ("error", "error::DeprecationWarning", "error::UserWarning", "ignore", "default"),
    "PYTHONMALLOC": ("debug", "malloc", "pymalloc_debug"),
    "OPENSSL_ia32cap": ("~0x200000200000000",),
    "TZ": ("UTC", ":nope"),
    "PYTHONIOENCODING": ("ascii", "utf-16", "utf-8:nope"),
    "SETUPTOOLS_USE_DISTUTILS": ("stdlib", "local"),
    "AIP_MODE": ("PREDICTION",), "AIP_HTTP_PORT": ("8080",),
}  # fmt: skip
#: what stands in no object: programs of the launch obey it all the same
MORE = ("GLIBC_TUNABLES", "MALLOC_ARENA_MAX", "MALLOC_CHECK_", "MALLOC_TOP_PAD_", "MALLOC_PERTURB_",
        "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_MAX_", "MALLOC_TCACHE_COUNT",
        "PYZMQ_BACKEND", "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION_VERSION", "NPY_PROMOTION_STATE")  # fmt: skip
#: with these the loader makes a program print, or not run at all, the shell before the doctor included
#: (the truth suite has them, set from outside: `ld_trace_set`)
NOT_AROUND = ("LD_TRACE_LOADED_OBJECTS", "LD_SHOW_AUXV", "LD_TRACE_PRELINKING", "LD_VERBOSE")


@dataclass(frozen=True)
class Stop:
    """Settings that stop PyTriton or that the doctor believes to: what both did, the log's last line."""

    settings: tuple[tuple[str, str], ...]
    served: bool
    verdict: str
    ids: tuple[str, ...]
    last_line: str

    @property
    def agrees(self) -> bool:
        """Whether the doctor's verdict is what PyTriton does."""
        return self.verdict != "none" and self.served == (self.verdict in ("ok", "warn"))


def settings_of(named: Iterable[Named]) -> list[Setting]:
    """The settings to be tried: each value for all names, before the next value."""
    by_name = {
        one.name: (*GENERAL, *_particular(one)) for one in named if one.name not in NOT_AROUND
    }
    longest = max(map(len, by_name.values()), default=0)
    return [
        Setting(name, values[place])
        for place in range(longest)
        for name, values in by_name.items()
        if place < len(values)
    ]


def _particular(named: Named) -> list[str]:
    words = named.beside if named.kind != "string" else ()
    return [word for word in dict.fromkeys((*KNOWN.get(named.name, ()), *words)) if word not in GENERAL]


def sweep(trials: Trials, settings: Sequence[Setting], size: int) -> list[Stop]:
    """What differs from the sound environment, in either's eyes."""
    stops: list[Stop] = []
    groups = batches(settings, size)
    for number, group in enumerate(groups):
        doubted = culprits(group, lambda some: trials.check(some)[0] in ("ok", "warn"))
        alone = {setting for some in doubted if len(some) == 1 for setting in some}
        rest = tuple(setting for setting in group if setting not in alone)
        missed = culprits(rest, lambda some: trials.start(some)[0])
        found = [_stop(trials, some) for some in (*doubted, *missed)]
        stops += [stop for stop in found if not (stop.served and stop.agrees)]
        for stop in found:
            mark = "" if stop.agrees else "  <--"
            shown = ", ".join(f"{name}={value!r}" for name, value in stop.settings[:4])
            print(f"{shown} served={stop.served} check={stop.verdict} {','.join(stop.ids)}{mark}", flush=True)
        print(f"group {number + 1} of {len(groups)}, {trials.starts} starts", flush=True)
    return stops


def _stop(trials: Trials, settings: Settings) -> Stop:
    served, log = trials.start(settings)
    verdict, ids = trials.check(settings)
    if not served and verdict in ("ok", "warn"):  # a busy machine may have been why
        served, log = trials.start(settings, SURELY_S)
    lines = [line for line in log.splitlines() if line.strip()]
    return Stop(tuple(map(tuple, settings)), served, verdict, tuple(ids), lines[-1][:200] if lines else "")


def result(python: str, named: Sequence[Named], settings: int, starts: int, stops: list[Stop]) -> Any:
    """The data of a sweep, compact, with its date."""
    return {
        "date": time.strftime("%F"), "python": python, "names": len(named),
        "kinds": Counter(one.kind for one in named), "settings": settings, "starts": starts,
        "stops": sum(not stop.served for stop in stops),
        "disagreements": sum(not stop.agrees for stop in stops),
        "seen": [asdict(stop) for stop in stops],
    }  # fmt: skip


def run(python: str, release: str, store: Path, doctor: str, kinds: Sequence[str], size: int) -> int:
    """Sweeps the names of these kinds; 1 where doctor and PyTriton disagree."""
    named = [one for one in _names(python, release, store) if one.kind in kinds]
    settings = settings_of(named)
    trials = Trials(python, release, store, doctor)
    try:
        stops = sweep(trials, settings, size)
    finally:
        trials.close()
    seen = result(python, named, len(settings), trials.starts, stops)
    path = store / f"{python}-{'-'.join(kinds)}.json"
    path.write_text(json.dumps(seen, indent=1) + "\n")
    print(f"{path}: {len(named)} names, {len(settings)} settings, {seen['stops']} stop PyTriton, "
          f"{seen['disagreements']} disagreements")  # fmt: skip
    return 1 if seen["disagreements"] else 0


def _names(python: str, release: str, store: Path) -> list[Named]:
    """The names of the launch, found once."""
    path = store / f"{python}-{release}-names.json"
    if not path.exists():
        bench = Bench()
        try:
            with bench.build(Environment("names", (), "", python, release, lambda place: None)) as work:
                found = list(all_names(work.place).values())
        finally:
            bench.close()
        known = {one.name for one in found}
        found += [Named(name, "asked", "its manual") for name in MORE if name not in known]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps([asdict(one) for one in found]))
    return [Named(**{**one, "beside": tuple(one["beside"])}) for one in json.loads(path.read_text())]


if __name__ == "__main__":
    sys.exit("python -m tests.sweep variables")
