"""Variables that libraries of the launch read: those that stop them, and their neighbours that do not."""

from __future__ import annotations

import shutil

from tests.truth.declare import environment
from tests.truth.place import Place
from tests.truth.stock import Absent
from tritondoctor.loader.hwcaps import cpu_flags

#: Vertex AI's page "Custom container requirements for prediction", environment variables
_VERTEX = {
    "AIP_MODE": "PREDICTION", "AIP_HTTP_PORT": "8080", "AIP_HEALTH_ROUTE": "/health",
    "AIP_PREDICT_ROUTE": "/predict", "AIP_STORAGE_URI": "",
}  # fmt: skip


@environment(
    "setting-invalid",
    cases={
        "engine-of-old": {"GRPC_POLL_STRATEGY": "epollex"},
        "engine-nowhere": {"GRPC_POLL_STRATEGY": "nonsense"},
        "engine-named-in-the-binary": {"GRPC_POLL_STRATEGY": "epoll"},
        "backend-of-old": {"PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": "cpp"},
        "loop-without-cffi": {"GEVENT_LOOP": "libev-cffi"},
        "loop-empty": {"GEVENT_LOOP": ""},
        "resolver-tries": {"GEVENT_RESOLVER": "ares", "GEVENTARES_TRIES": "abc"},
        "resolver-servers": {"GEVENT_RESOLVER": "ares", "GEVENTARES_SERVERS": "dns.example"},
        "resolver-without-dns": {"GEVENT_RESOLVER": "dnspython"},
        "resolver-empty": {"GEVENT_RESOLVER": ""},
        "format": {"GEVENT_FORMAT_CONTEXT": "nope"},
        "threadpool": {"GEVENT_THREADPOOL": "gevent.nowhere.Pool"},
        "watches": {"GEVENT_NOWAITPID": "nonsense"},
        # found by `make sweep`
        "batcher-waits": {"TRITONSERVER_DELAY_SCHEDULER": "2"},
        "batcher-waits-for-ever": {"TRITONSERVER_DELAY_SCHEDULER": "-1"},
        "unit-of-another": {"GFORTRAN_STDOUT_UNIT": "5"},
        "promotion": {"NPY_PROMOTION_STATE": "strong"},
        "huge-pages": {"NUMPY_MADVISE_HUGEPAGE": "yes"},
        "features-of-the-baseline": {"NPY_DISABLE_CPU_FEATURES": "AVX2,SSE2"},
        "features-twice": {"NPY_DISABLE_CPU_FEATURES": "AVX2", "NPY_ENABLE_CPU_FEATURES": "FMA3"},
        "features-too-long": {"NPY_DISABLE_CPU_FEATURES": "A" * 1025},
        "vertex-port": {"AIP_HTTP_PORT": "http"},
        "vertex-mode": _VERTEX,
        "vertex-mode-http": {**_VERTEX, "PYTRITON_TRITON_CONFIG_ALLOW_HTTP": "1"},
        "vertex-off": {**_VERTEX, "PYTRITON_TRITON_CONFIG_ALLOW_VERTEX_AI": ""},
        "zmq-backend": {"PYZMQ_BACKEND": "nope"},
        "zmq-empty": {"PYZMQ_BACKEND": ""},
        "key-log-nowhere": {"SSLKEYLOGFILE": "/nonexistent/keys"},
        "key-log-is-a-folder": {"SSLKEYLOGFILE": "/tmp"},
        "key-log-of-the-kernel": {"SSLKEYLOGFILE": "/proc/keys-of-tls"},
    },
)
def library_refuses(place: Place, variables: dict[str, str]) -> None:
    """A value that was right for another program, or for another version of the library."""
    place.set(**variables)


@environment(
    cases={
        "engine": {"GRPC_POLL_STRATEGY": "poll"},
        "second-engine": {"GRPC_POLL_STRATEGY": "epollex,epoll1"},
        "backend": {"PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": "upb"},
        "loops": {"GEVENT_LOOP": "libuv,libev-cext"},
        "resolver": {
            "GEVENT_RESOLVER": "ares",
            "GEVENTARES_SERVERS": "10.0.0.1",
            "GEVENTARES_TRIES": "1",
        },
        "resolver-unused": {"GEVENTARES_TRIES": "abc"},
        "file": {"GEVENT_FILE": "nope"},
        "watches": {"GEVENT_NOWAITPID": "On"},
        "batcher-waits-for-one": {"TRITONSERVER_DELAY_SCHEDULER": "1"},
        "batcher-waits-for-none": {"TRITONSERVER_DELAY_SCHEDULER": "nonsense"},
        "tree": {"GEVENT_TRACK_GREENLET_TREE": "maybe"},
        "units": {"GFORTRAN_STDOUT_UNIT": "7", "GFORTRAN_STDERR_UNIT": "-1"},
        "promotion": {"NPY_PROMOTION_STATE": "weak"},
        "huge-pages": {"NUMPY_MADVISE_HUGEPAGE": "-1"},
        "features": {"NPY_DISABLE_CPU_FEATURES": "AVX512F AVX2 nope"},
        "features-enabled": {"NPY_ENABLE_CPU_FEATURES": "nope SSE2"},
        "core": {"OPENBLAS_CORETYPE": "Nehalem"},
        "vertex-off-http": {
            **_VERTEX,
            "PYTRITON_TRITON_CONFIG_ALLOW_VERTEX_AI": "",
            "PYTRITON_TRITON_CONFIG_ALLOW_HTTP": "1",
        },
        "vertex-other-mode": {"AIP_MODE": "prediction"},
        "core-nowhere": {"OPENBLAS_CORETYPE": "nope"},
        "vertex-port": {"AIP_HTTP_PORT": "80 or so"},
        "zmq-backend": {"PYZMQ_BACKEND": "cython"},
        "key-log-empty": {"SSLKEYLOGFILE": ""},
        "certificates": {"SSL_CERT_FILE": "/nonexistent", "SSL_CERT_DIR": "/etc/hostname"},
    }
)
def library_accepts(place: Place, variables: dict[str, str]) -> None:
    """Values beside those that stop it."""
    place.set(**variables)


def _without(flag: str) -> None:
    if flag in cpu_flags():
        raise Absent(f"this processor has {flag}")


@environment("setting-invalid", cases={"avx512f": "skylakex", "fma4": "Excavator"})
def core_of_another_processor(place: Place, core: str) -> None:
    """OpenBLAS does as it is told, and the first product of matrices is an illegal instruction."""
    _without("avx512f" if core == "skylakex" else "fma4")
    place.set(OPENBLAS_CORETYPE=core)


@environment("setting-invalid")
def features_of_another_processor(place: Place) -> None:
    """NumPy is to use what this processor lacks."""
    _without("avx512f")
    place.set(NPY_ENABLE_CPU_FEATURES="AVX2 AVX512F")


@environment()
def key_log_can_be_written(place: Place) -> None:
    """A file that is not there yet, by a path from the working directory."""
    place.set(SSLKEYLOGFILE="keys.log")


@environment("setting-invalid")
def key_log_of_somebody_else(place: Place) -> None:
    """A folder in which nothing may be made."""
    folder = place.here / "locked"
    folder.mkdir(mode=0o555)
    place.options += ["--ro-bind", str(folder), str(folder)]
    place.set(SSLKEYLOGFILE=folder / "keys")


@environment("setting-invalid", cases=("__PYVENV_LAUNCHER__", "PYTHONEXECUTABLE"))
def launcher_of_another_system(place: Place, name: str) -> None:
    """Of macOS's Python, passed on into a container: CPython takes it for its own path."""
    place.variables[name] = "/opt/homebrew/bin/python3"
    place.from_outside = True


@environment(python="3.10")
def launcher_before_it_is_read(place: Place) -> None:
    """Python 3.10 reads it on macOS only."""
    place.set(__PYVENV_LAUNCHER__="/opt/homebrew/bin/python3")
    place.from_outside = True


_OPENSSL = "openssl_conf = init\n[init]\n"


@environment(
    "setting-invalid",
    cases={
        "fips-without-provider": f"{_OPENSSL}alg_section = a\n[a]\ndefault_properties = fips=yes\n",
        "legacy-only": f"{_OPENSSL}providers = p\n[p]\nlegacy = l\n[l]\nactivate = 1\n",
        "generator": f"{_OPENSSL}random = r\n[r]\nrandom = NOPE\n",
    },
)
def openssl_without_algorithms(place: Place, text: str) -> None:
    """A configuration that was made for FIPS, or that names some providers and not the default one."""
    place.set(OPENSSL_CONF=place.write(place.here / "openssl.cnf", text))


@environment(
    cases={
        "preferred": f"{_OPENSSL}alg_section = a\n[a]\ndefault_properties = ?fips=yes\n",
        "ciphers": f"{_OPENSSL}ssl_conf = s\n[s]\nsystem_default = d\n[d]\nCipherString = NOPE\n",
        "section-missing": "openssl_conf = nowhere\n",
    }
)
def openssl_configured_oddly(place: Place, text: str) -> None:
    """What OpenSSL cannot use it passes over."""
    place.set(OPENSSL_CONF=place.write(place.here / "openssl.cnf", text))


def _own_configuration(place: Place, text: str) -> None:
    etc = place.here / "etc"
    shutil.copytree("/etc", etc, symlinks=True, ignore_dangling_symlinks=True)
    place.write(etc / "ssl/openssl.cnf", text)
    place.options += ["--bind", str(etc), "/etc"]


@environment(
    "setting-invalid",
    cases={
        "fips-without-provider": f"{_OPENSSL}alg_section = a\n[a]\ndefault_properties = fips=yes\n",
        "base-only": f"{_OPENSSL}providers = p\n[p]\nbase = b\n[b]\nactivate = 1\n",
    },
)
def machines_openssl_without_algorithms(place: Place, text: str) -> None:
    """/etc/ssl/openssl.cnf itself, as it is changed for FIPS."""
    _own_configuration(place, text)


@environment(cases={"nonsense": "x" * 1000, "default": f"{_OPENSSL}providers = p\n[p]\ndefault = d\n"
                    "[d]\nactivate = 1\n"})  # fmt: skip
def machines_openssl_configured_oddly(place: Place, text: str) -> None:
    """The same file with what OpenSSL passes over, and with its default provider."""
    _own_configuration(place, text)


@environment()
def machines_openssl_not_asked(place: Place) -> None:
    """OPENSSL_CONF names another file, as the advice has it."""
    _own_configuration(place, f"{_OPENSSL}alg_section = a\n[a]\ndefault_properties = fips=yes\n")
    place.set(OPENSSL_CONF="/dev/null")
