"""PYTRITON_TRITON_CONFIG_*, ports, and the model repository that one of them names."""

from __future__ import annotations

import socket

from tests.generated.atom import atom
from tests.truth.place import Place

PREFIX = "PYTRITON_TRITON_CONFIG_"
CODE = "class TritonPythonModel:\n    def execute(self, requests):\n        return []\n"
CONFIG = (
    'name: "{name}"\nbackend: "python"\n'
    'input [{{ name: "a" data_type: TYPE_FP32 dims: [1] }}]\n'
    'output [{{ name: "b" data_type: TYPE_FP32 dims: [1] }}]\n'
)
FOLDER, DANGLING = "a folder", "a link to nowhere"


def _set(place: Place, settings: dict[str, str]) -> None:
    place.variables.update({f"{PREFIX}{name}": value for name, value in settings.items()})


def _model(name: str, version: str = "1", config: str = CONFIG) -> dict[str, str]:
    """The files of a model of the python backend."""
    return {f"{name}/{version}/model.py": CODE, f"{name}/config.pbtxt": config.format(name=name)}


REPOSITORIES: dict[str, dict[str, str]] = {
    "empty": {}, "file": {"readme.md": "x"}, "hidden-file": {".hidden": "x"},
    "hidden-folder": {".hidden/x": "x"}, "git": {".git/HEAD": "x"}, "empty-folder": {"Other": FOLDER},
    "linear-empty": {"Linear": FOLDER}, "dangling-inside": {"Other": DANGLING},
    "lost-found": {"lost+found/x": "x"}, "checkpoints": {".ipynb_checkpoints/x.ipynb": "x"},
    "nested": {"a/b/c/x": "x"}, "version-only": {"1/model.py": CODE},
    "model": _model("Other"), "linear": _model("Linear"),
    "two": {**_model("Other"), **_model("Another")}, "two-one-bad": {**_model("Other"), "A/readme": "x"},
    "version-0": _model("Other", "0"), "version-01": _model("Other", "01"),
    "version-v1": _model("Other", "v1"), "version-negative": _model("Other", "-1"),
    "version-file": {**_model("Other", "y"), "Other/1": "x"}, "no-config": {"Other/1/model.py": CODE},
    "no-model-py": {"Other/1": FOLDER, "Other/config.pbtxt": CONFIG.format(name="Other")},
    "onnx": {"Other/1/model.onnx": "x"}, "model-broken": {"Other/config.pbtxt": 'backend: "no-such"\n'},
    "other-name": _model("Other", config=CONFIG.replace("{name}", "Else")),
    "no-backend": _model("Other", config=CONFIG.replace('backend: "python"\n', "")),
    "config-empty": _model("Other", config=""), "config-garbage": _model("Other", config="garbage"),
    "backend-missing": _model("Other", config=CONFIG.replace('"python"', '"onnxruntime"')),
}  # fmt: skip


@atom("variables", REPOSITORIES, subject="model-repository")
def repository_with(place: Place, files: dict[str, str]) -> None:
    folder = place.here / "models"
    folder.mkdir()
    for name, text in files.items():
        if text == FOLDER:
            (folder / name).mkdir(parents=True)
        elif text == DANGLING:
            (folder / name).symlink_to("/nonexistent")
        else:
            place.write(folder / name, text)
    _set(place, {"MODEL_REPOSITORY": str(folder)})


@atom("variables", {
    "missing": "{here}/nope", "a-file": "/etc/hostname", "dangling": "{here}/dangling",
    "link": "{here}/link",
    "relative": "../models", "nothing": "", "space": "{here}/my models", "slash": "{here}/models/",
    "variable": "$HOME", "tilde": "~",
}, subject="model-repository")  # fmt: skip
def repository_named(place: Place, value: str) -> None:
    for name in ("models", "my models"):
        (place.here / name).mkdir()
    (place.here / "dangling").symlink_to("/nonexistent")
    (place.here / "link").symlink_to("models")
    _set(place, {"MODEL_REPOSITORY": value.format(here=place.here)})


@atom("variables", ("read-only", "mode-0"), subject="model-repository")
def repository_that_is(place: Place, how: str) -> None:
    folder = place.here / "models"
    folder.mkdir()
    if how == "read-only":
        place.options += ["--ro-bind", str(folder), str(folder)]
    else:
        folder.chmod(0)
    _set(place, {"MODEL_REPOSITORY": str(folder)})


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
