"""PYTRITON_TRITON_CONFIG_*, ports, and the model repository that one of them names."""

from __future__ import annotations

import os
import socket

from tests.generated.atom import atom
from tests.truth.place import Place

PREFIX = "PYTRITON_TRITON_CONFIG_"
BROKEN = 'name: "Other"\nbackend: "no-such"\n'


def _set(place: Place, settings: dict[str, str]) -> None:
    place.variables.update({f"{PREFIX}{name}": value for name, value in settings.items()})


@atom("variables", (
    "empty", "hidden-folder", "hidden-file", "git", "file", "empty-folder", "model", "model-broken",
    "linear", "linear-empty", "missing", "a-file", "dangling", "dangling-inside", "link", "relative",
    "empty-name", "read-only", "mode-0", "space", "version-only", "two", "lost-found", "trailing-slash",
    "nested", "checkpoints", "version-0", "version-01", "version-v1", "version-file", "no-config",
    "no-model-py", "other-name", "onnx", "config-garbage", "config-empty", "folder-mode-0",
    "no-backend", "version-negative", "two-one-bad",
))  # fmt: skip
def model_repository(place: Place, what: str) -> None:
    folder = place.here / ("my models" if what == "space" else "models")
    if what not in ("missing", "a-file", "dangling"):
        folder.mkdir()
    inside = {
        "hidden-folder": ".hidden/x", "hidden-file": ".hidden", "git": ".git/HEAD", "file": "readme.md",
        "version-only": "1/model.py", "lost-found": "lost+found/x", "nested": "a/b/c/x",
        "checkpoints": ".ipynb_checkpoints/x.ipynb",
    }.get(what)  # fmt: skip
    if inside:
        place.write(folder / inside, "x\n")
    elif what == "empty-folder":
        (folder / "Other").mkdir()
    elif what in ("model", "two"):
        _model(place, "Other")
        if what == "two":
            _model(place, "Another")
    elif what.startswith("version-") and what != "version-only":
        _model(place, "Other", version={"version-0": "0", "version-01": "01", "version-v1": "v1",
                                        "version-negative": "-1", "version-file": "x"}[what])  # fmt: skip
        if what == "version-file":
            (folder / "Other/x").rename(folder / "Other/y")
            place.write(folder / "Other/1", "")
    elif what in ("no-config", "no-model-py", "config-garbage", "config-empty", "other-name",
                  "no-backend", "onnx", "folder-mode-0", "two-one-bad"):  # fmt: skip
        _model(place, "Other")
        own = folder / "Other"
        text = (own / "config.pbtxt").read_text()
        if what in ("no-config", "onnx"):
            (own / "config.pbtxt").unlink()
        if what in ("no-model-py", "onnx"):
            (own / "1/model.py").unlink()
        if what == "onnx":
            place.write(own / "1/model.onnx", "x")
        if what == "folder-mode-0":
            own.chmod(0)
        if what == "two-one-bad":
            place.write(folder / "A/readme", "x")
        texts = {"config-garbage": "garbage", "config-empty": "",
        "no-backend": text.replace('backend: "python"\n', ""),
                 "other-name": text.replace("Other", "Else")}  # fmt: skip
        if what in texts:
            place.write(own / "config.pbtxt", texts[what])
    elif what == "model-broken":
        place.write(folder / "Other/config.pbtxt", BROKEN)
    elif what == "linear":
        _model(place, "Linear")
    elif what == "linear-empty":
        (folder / "Linear").mkdir()
    elif what == "a-file":
        place.write(folder, "")
    elif what == "dangling":
        folder.symlink_to("/nonexistent")
    elif what == "dangling-inside":
        (folder / "Other").symlink_to("/nonexistent")
    elif what == "link":
        (place.here / "link").symlink_to(folder)
        folder = place.here / "link"
    elif what == "read-only":
        place.options += ["--ro-bind", str(folder), str(folder)]
    elif what == "mode-0":
        folder.chmod(0)
    value = {
        "relative": os.path.relpath(folder, place.cwd), "empty-name": "",
        "trailing-slash": f"{folder}/",
    }.get(what, str(folder))  # fmt: skip
    _set(place, {"MODEL_REPOSITORY": value})


def _model(place: Place, name: str, version: str = "1") -> None:
    folder = place.here / "models" / name
    text = (
        "import triton_python_backend_utils as pb_utils\n\n\nclass TritonPythonModel:\n"
        "    def execute(self, requests):\n        return []\n"
    )
    place.write(folder / version / "model.py", text)
    place.write(folder / "config.pbtxt", (
        f'name: "{name}"\nbackend: "python"\n'
        'input [{ name: "a" data_type: TYPE_FP32 dims: [1] }]\n'
        'output [{ name: "b" data_type: TYPE_FP32 dims: [1] }]\n'
    ))  # fmt: skip


SETTINGS: dict[str, dict[str, str]] = {
    "http-text": {"HTTP_PORT": "abc"}, "http-big": {"HTTP_PORT": "70000"}, "http-0": {"HTTP_PORT": "0"},
    "http-8001": {"HTTP_PORT": "8001"}, "http-9000": {"HTTP_PORT": "9000"},
    "http-space": {"HTTP_PORT": " 9000"},
    "http-80": {"HTTP_PORT": "80"}, "grpc-0": {"GRPC_PORT": "0"}, "metrics-0": {"METRICS_PORT": "0"},
    "grpc-8002": {"GRPC_PORT": "8002"}, "http-empty": {"HTTP_PORT": ""},
    "http-underscore": {"HTTP_PORT": "9_000"},
    "http-local": {"HTTP_ADDRESS": "127.0.0.1"}, "http-other": {"HTTP_ADDRESS": "127.0.0.2"},
    "http-foreign": {"HTTP_ADDRESS": "10.1.2.3"}, "http-name": {"HTTP_ADDRESS": "localhost"},
    "http-ipv6": {"HTTP_ADDRESS": "::1"}, "grpc-local": {"GRPC_ADDRESS": "127.0.0.1"},
    "grpc-name": {"GRPC_ADDRESS": "localhost"}, "grpc-ipv6": {"GRPC_ADDRESS": "::"},
    "metrics-foreign": {"METRICS_ADDRESS": "10.1.2.3"}, "metrics-local": {"METRICS_ADDRESS": "127.0.0.1"},
    "no-grpc": {"ALLOW_GRPC": ""}, "no-http": {"ALLOW_HTTP": ""}, "http-false": {"ALLOW_HTTP": "False"},
    "nothing": {"ALLOW_GRPC": "", "ALLOW_HTTP": ""}, "no-metrics": {"ALLOW_METRICS": ""},
    "gpu-metrics": {"ALLOW_GPU_METRICS": ""}, "cpu-metrics": {"ALLOW_CPU_METRICS": "1"},
    "metrics-interval": {"METRICS_INTERVAL_MS": "x"}, "vertex": {"ALLOW_VERTEX_AI": "1"},
    "sagemaker": {"ALLOW_SAGEMAKER": "1"},
    "sagemaker-8000": {"ALLOW_SAGEMAKER": "1", "SAGEMAKER_PORT": "8000"},
    "threads-0": {"HTTP_THREAD_COUNT": "0"}, "threads-1": {"HTTP_THREAD_COUNT": "1"},
    "threads-text": {"HTTP_THREAD_COUNT": "many"}, "id": {"ID": "mine"}, "id-space": {"ID": "a b"},
    "verbose": {"LOG_VERBOSE": "9"}, "verbose-text": {"LOG_VERBOSE": "yes"},
    "quiet": {"LOG_INFO": "false", "LOG_WARNING": "false", "LOG_ERROR": "false"},
    "log-file": {"LOG_FILE": "/proc/x/y"}, "log-format": {"LOG_FORMAT": "ISO8601"},
    "strict": {"STRICT_READINESS": "1"}, "model-config": {"STRICT_MODEL_CONFIG": "1"},
    "exit-on-error": {"EXIT_ON_ERROR": "1"}, "exit-timeout": {"EXIT_TIMEOUT_SECS": "x"},
    "control": {"MODEL_CONTROL_MODE": "none"}, "poll": {"REPOSITORY_POLL_SECS": "x"},
    "repository-api": {"MODEL_LOAD_THREAD_COUNT": "0"}, "backends": {"BACKEND_DIRECTORY": "/nonexistent"},
    "backend-config": {"BACKEND_CONFIG": "python,shm-default-byte-size=1048576"},
    "backend-config-0": {"BACKEND_CONFIG_0": "python,shm-default-byte-size=1048576"},
    "backend-shm": {"BACKEND_CONFIG_0": "python,shm-default-byte-size=99999999999"},
    "backend-bad": {"BACKEND_CONFIG_0": "nonsense"},
    "cache": {"CACHE_CONFIG": "local,size=1048576"}, "cache-0": {"CACHE_CONFIG_0": "local,size=1048576"},
    "cache-bad": {"CACHE_CONFIG_0": "nonsense"}, "cache-dir": {"CACHE_DIRECTORY": "/nonexistent"},
    "metrics-0-config": {"METRICS_CONFIG_0": "counter_latencies=true"},
    "metrics-bad": {"METRICS_CONFIG_0": "nonsense"}, "trace-0": {"TRACE_CONFIG_0": "level=OFF"},
    "trace": {"TRACE_CONFIG": "x"}, "trace-file": {"TRACE_FILE": "/nonexistent/x"},
    "host-policy": {"HOST_POLICY_0": "nonsense"}, "rate": {"RATE_LIMIT": "off"},
    "pinned": {"PINNED_MEMORY_POOL_BYTE_SIZE": "0"}, "pinned-bad": {"PINNED_MEMORY_POOL_BYTE_SIZE": "x"},
    "cuda-pool": {"CUDA_MEMORY_POOL_BYTE_SIZE": "0:1"},
    "cuda-cc": {"MIN_SUPPORTED_COMPUTE_CAPABILITY": "9"},
    "buffer": {"BUFFER_MANAGER_THREAD_COUNT": "2"}, "buffer-bad": {"BUFFER_MANAGER_THREAD_COUNT": "-1"},
    "ssl": {"GRPC_USE_SSL": "True"}, "compression": {"GRPC_INFER_RESPONSE_COMPRESSION_LEVEL": "high"},
    "keepalive": {"GRPC_KEEPALIVE_TIME": "x"}, "pool-size": {"GRPC_INFER_ALLOCATION_POOL_SIZE": "0"},
    "header": {"HTTP_HEADER_FORWARD_PATTERN": "("}, "reuse": {"REUSE_HTTP_PORT": "1"},
    "reuse-grpc": {"REUSE_GRPC_PORT": "1"}, "unknown": {"NOPE": "1"}, "lower": {"http_port": "9000"},
    "restricted": {"HTTP_RESTRICTED_API": "nonsense"}, "namespacing": {"MODEL_NAMESPACING": "1"},
    "auto-complete": {"DISABLE_AUTO_COMPLETE_CONFIG": "1"}, "peer": {"ENABLE_PEER_ACCESS": ""},
    "load-model": {"LOAD_MODEL": "Other"}, "startup": {"STARTUP_MODELS_0": "x"},
}  # fmt: skip


@atom("variables", SETTINGS)
def setting(place: Place, settings: dict[str, str]) -> None:
    _set(place, settings)


@atom("variables", SETTINGS, subject="second-setting")
def other_setting(place: Place, settings: dict[str, str]) -> None:
    for name, value in settings.items():
        place.variables.setdefault(f"{PREFIX}{name}", value)


@atom("machine", {
    "http": (8000, {}), "grpc": (8001, {}), "metrics": (8002, {}), "sagemaker": (8080, {}),
    "udp": (8000, {"kind": socket.SOCK_DGRAM}), "ipv6": (8000, {"family": socket.AF_INET6}),
    "bound": (8001, {"listens": False}), "shared": (8001, {"options": (socket.SO_REUSEPORT,)}),
    "http-9000": (9000, {}),
})  # fmt: skip
def port_taken(place: Place, case: tuple[int, dict[str, int]]) -> None:
    place.listen(case[0], **case[1])  # type: ignore[arg-type]
