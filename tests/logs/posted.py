"""Logs as people posted them (`posted-*`, named after the issue) and logs of real starts (`real-*`).

Personal details were replaced.  For each: what is to be named; empty where the log does not tell.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).with_name("posted")
HEALTHY = "(serves)"
UNKNOWN = ""
EXPECTED = {
    "posted-bottleneck453-numpy2": "built-for-another-version",
    "posted-coqui3439-seccomp": "system-call-refused",
    "posted-cpython90480": "setting-invalid",
    "posted-ddtrace5771": UNKNOWN,
    "posted-fate4790-tls": "static-tls-full",
    "posted-fauxpilot64": UNKNOWN,
    "posted-greenlet331": "built-for-another-version",
    "posted-grpc17827": "setting-invalid",
    "posted-hami1346": UNKNOWN,
    "posted-hami2581-gvisor": "library-missing",
    "posted-jemalloc937": "static-tls-full",
    "posted-layerism11": "server-name-unresolved",
    "posted-merlin74": UNKNOWN,
    "posted-nohang94-memoryerror": "system-call-refused",
    "posted-nvidia-docker1256": "gpu-driver-mismatch",
    "posted-nvidia-docker1393": "gpu-module-not-loaded",
    "posted-protobuf12164": "setting-invalid",
    "posted-pyenv1933-ctypes": "package-missing",
    "posted-python798-arm64": "image-for-another-processor",
    "posted-python835-clone3": "limit-too-low",
    "posted-pytriton56": "package-missing",
    "posted-pytriton56-full": "python3-elsewhere",
    "posted-pytriton66": "ended-by-signal",
    "posted-pytriton87": UNKNOWN,
    "posted-relenv73-libcrypt": "library-missing",
    "posted-server3036-file-exists": UNKNOWN,
    "posted-server3147": UNKNOWN,
    "posted-server3237": "model-file-missing",
    "posted-server3260": UNKNOWN,
    "posted-server3475": UNKNOWN,
    "posted-server3607": "backend-of-another-release",
    "posted-server4988-protobuf": "built-for-another-version",
    "posted-server5197-ptx": "cuda-newer-than-driver",
    "posted-server5543": "server-name-unresolved",
    "posted-server5701-growth": UNKNOWN,
    "posted-server7410": "model-file-missing",
    "posted-server8101": "package-missing",
    "posted-server8290": "package-missing",
    "posted-server8417-grpcport": "port-in-use",
    "posted-systemd3814-execstack": "system-call-refused",
    "posted-trinolb66": "library-missing",
    "posted-ufs458-site": "python-does-not-start",
    "posted-wsdd75": "system-call-refused",
    "real-argument-names-0.4.2": "inference-function-fails",
    "real-client-shared-by-streams": "client-shared-by-streams",
    "real-clone3-eperm": "system-call-refused",
    "real-conda-activate": "conda-not-initialised",
    "real-conda-no-such-package": "not-in-conda-channels",
    "real-dbg-crash": "setting-invalid",
    "real-ddtrace-sitecustomize": HEALTHY,
    "real-function-raises": "inference-function-fails",
    "real-generator-not-decoupled": "generator-not-decoupled",
    "real-gevent-loop": "setting-invalid",
    "real-greenlet331": "built-for-another-version",
    "real-grpc-epollex": "setting-invalid",
    "real-http-to-the-grpc-port": "client-address-wrong",
    "real-input-missing": "request-refused",
    "real-libcrypt-gone": "library-missing",
    "real-name-bound-twice": "model-bound-twice",
    "real-no-af-unix": "system-call-refused",
    "real-noctypes": "package-missing",
    "real-pin-protobuf320": HEALTHY,
    "real-preloadfile-oldstdcxx": "libstdcxx-too-old",
    "real-proto-cpp": "setting-invalid",
    "real-proto4988": "built-for-another-version",
    "real-repository-with-git": "setting-invalid",
    "real-shadow-enum-3.10": "package-shadowed",
    "real-shadow-grpc-3.12": "package-shadowed",
    "real-shadow-queue-3.8": "package-shadowed",
    "real-shadow-signal-3.13": "package-shadowed",
    "real-shadow-typing-3.12": "package-shadowed",
    "real-sslkeylog": "setting-invalid",
    "real-umask077": "package-missing",
    "real-uvsym-pruned-lib": "library-missing",
    "real-version-2-of-a-served-name": "model-bound-twice",
}
#: what else has to stand in the answer: the variable, the alternative, the place to look
WORDS = {
    "real-shadow-queue-3.8": "/srv/queue/queue.py",
    "real-shadow-signal-3.13": "/srv/e-signal/signal.py",
    "posted-cpython90480": "SSLKEYLOGFILE",
    "posted-grpc17827": "GRPC_POLL_STRATEGY",
    "posted-protobuf12164": "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION",
    "posted-python835-clone3": "system-call-refused",
    "posted-pytriton56": "libffi-dev",
    "posted-pyenv1933-ctypes": "libffi-dev",
    "posted-pytriton66": "SIGSEGV, 11",
    "posted-trinolb66": "trino-lb",
    "real-argument-names-0.4.2": "unexpected keyword argument",
    "real-gevent-loop": "GEVENT_LOOP",
    "real-input-missing": "it lacks inputs of Two",
    "real-no-af-unix": "AF_UNIX",
    "real-umask077": "unreadable",
}


def logs() -> dict[str, bytes]:
    """Name -> log."""
    return {path.stem: path.read_bytes() for path in sorted(FOLDER.glob("*.txt"))}
