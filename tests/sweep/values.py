"""The values that variables are set to."""

from __future__ import annotations

from collections.abc import Mapping

GENERAL = ("", "nonsense", "0", "-1", "{missing}", "{folder}", "{file}")
#: accepted or once accepted values that stand in a library, but not beside the name
KNOWN: Mapping[str, tuple[str, ...]] = {
    "GRPC_POLL_STRATEGY": ("epollex", "epollsig", "epoll1", "poll", "none", "all", "poll-cv", "epoll"),
    "GRPC_DNS_RESOLVER": ("ares", "native", "event_engine"),
    "GRPC_VERBOSITY": ("DEBUG", "INFO", "ERROR", "NONE"),
    "GRPC_TRACE": ("all", "list_tracers", "http,api"),
    "GRPC_EXPERIMENTS": ("event_engine_client", "-event_engine_dns", "all"),
    "GEVENT_LOOP": ("libev", "libev-cext", "libev-cffi", "libuv", "libuv-cffi",
                    "gevent.libev.corecext.loop"),
    "GEVENT_RESOLVER": ("thread", "ares", "block", "dnspython", "gevent.nope.Resolver"),
    "GEVENT_FILE": ("thread", "posix", "block"),
    "GEVENT_BACKEND": ("epoll", "poll", "select", "kqueue", "port", "linux_aio", "linux_iouring",
                       "noenv"),
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
        "PYZMQ_BACKEND", "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION_VERSION",
        "NPY_PROMOTION_STATE")  # fmt: skip
#: with these the loader makes a program print, or not run at all, the shell before the doctor included
#: (the truth suite has them, set from outside: `ld_trace_set`)
NOT_AROUND = ("LD_TRACE_LOADED_OBJECTS", "LD_SHOW_AUXV", "LD_TRACE_PRELINKING", "LD_VERBOSE")
