"""What people's tools set around a start, what the kernel refuses, and what libraries read."""

from __future__ import annotations

from tests.generated.atom import atom
from tests.truth.environments.habits import HARMLESS
from tests.truth.place import Place


@atom("variables", HARMLESS)
def started_by(place: Place, variables: dict[str, str]) -> None:
    place.set(**variables)


@atom("machine", {
    "clone3": "clone3=EPERM", "clone3-unknown": "clone3=ENOSYS", "close-range": "close_range=EPERM",
    "af-unix": "socket[0:1]=EAFNOSUPPORT", "af-inet": "socket[0:2]=EAFNOSUPPORT",
    "af-inet6": "socket[0:10]=EAFNOSUPPORT", "write-execute": "mmap[2&6]=EPERM,mprotect[2&4]=EPERM",
    "scheduler": "sched_setscheduler=EPERM", "statx": "statx=EPERM", "memfd": "memfd_create=EPERM",
    "membarrier": "membarrier=EPERM", "io-uring": "io_uring_setup=EPERM",
    "window-size": "ioctl[1:0x5414]=EPERM", "death-signal": "prctl[0:1]=EPERM",
})  # fmt: skip
def refused(place: Place, rules: str) -> None:
    place.refuse(rules)


@atom("variables", {
    "engine-of-old": {"GRPC_POLL_STRATEGY": "epollex"}, "engine": {"GRPC_POLL_STRATEGY": "poll"},
    "backend-of-old": {"PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": "cpp"},
    "backend": {"PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": "python"},
    "unit-of-another": {"GFORTRAN_STDOUT_UNIT": "5"}, "promotion": {"NPY_PROMOTION_STATE": "weak"},
    "huge-pages": {"NUMPY_MADVISE_HUGEPAGE": "yes"}, "zmq-backend": {"PYZMQ_BACKEND": "cython"},
    "zmq-empty": {"PYZMQ_BACKEND": ""}, "key-log": {"SSLKEYLOGFILE": "keys.log"},
    "key-log-nowhere": {"SSLKEYLOGFILE": "/nonexistent/keys"},
    "key-log-of-another": {"SSLKEYLOGFILE": "/proc/keys-of-tls"},
    "certificates": {"SSL_CERT_FILE": "/nonexistent", "SSL_CERT_DIR": "/etc/hostname"},
    "openssl": {"OPENSSL_CONF": "/nonexistent"}, "openssl-folder": {"OPENSSL_CONF": "/tmp"},
    "bind-now": {"LD_BIND_NOW": "1"}, "arenas": {"MALLOC_ARENA_MAX": "1"},
    "tunables": {"GLIBC_TUNABLES": "glibc.malloc.check=3:glibc.pthread.rseq=0"},
    "tunables-unknown": {"GLIBC_TUNABLES": "nonsense"},
    "blas-threads": {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    "blas-threads-none": {"OPENBLAS_NUM_THREADS": "0", "OMP_NUM_THREADS": "-1"},
    "blas-core": {"OPENBLAS_CORETYPE": "Haswell"},
    "proxies": {"http_proxy": "http://proxy:3128", "https_proxy": "http://proxy:3128"},
    "proxies-spared": {"http_proxy": "http://proxy:3128", "no_proxy": "localhost,127.0.0.1"},
})  # fmt: skip
def library(place: Place, variables: dict[str, str]) -> None:
    place.set(**variables)
