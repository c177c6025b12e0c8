"""Ports, and the PYTRITON_TRITON_CONFIG_* variables."""

from __future__ import annotations

from tests.truth.declare import environment
from tests.truth.place import Place

PREFIX = "PYTRITON_TRITON_CONFIG_"


def _set(place: Place, settings: dict[str, str]) -> None:
    place.variables.update({f"{PREFIX}{name}": value for name, value in settings.items()})


@environment("port-in-use", cases={"http": ("0.0.0.0", 8000), "http-local": ("127.0.0.1", 8000),
                                   "http-ipv6": ("::", 8000), "metrics": ("0.0.0.0", 8002)})  # fmt: skip
def port_taken(place: Place, listener: tuple[str, int]) -> None:
    """Somebody else listens on a port of the server."""
    place.occupy(*listener)


@environment()
def port_taken_but_another_chosen(place: Place) -> None:
    """The ports are taken, and others were chosen."""
    place.occupy("0.0.0.0", 8000)
    _set(place, {"HTTP_PORT": "9000", "GRPC_PORT": "9001", "METRICS_PORT": "9002"})


@environment("setting-invalid")
def same_port_twice(place: Place) -> None:
    """HTTP is given gRPC's port."""
    _set(place, {"HTTP_PORT": "8001"})


@environment("setting-invalid")
def address_of_another_machine(place: Place) -> None:
    """An address that this machine does not have."""
    _set(place, {"HTTP_ADDRESS": "10.1.2.3"})


@environment("setting-invalid", cases=("70000", "-1"))
def port_out_of_range(place: Place, number: str) -> None:
    """A number that is no port."""
    _set(place, {"HTTP_PORT": number})


@environment("port-in-use")
def port_without_the_right(place: Place) -> None:
    """Port 80 without the capability."""
    _set(place, {"HTTP_PORT": "80"})
    place.before += ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all"]


@environment("setting-invalid")
def number_expected(place: Place) -> None:
    """A port that is no number."""
    _set(place, {"HTTP_PORT": "abc"})


@environment(
    "setting-invalid",
    cases={
        "nothing-allowed": {"ALLOW_GRPC": "", "ALLOW_HTTP": ""},
        "vertex": {"ALLOW_VERTEX_AI": "1"},
        "repository": {"MODEL_REPOSITORY": "/nonexistent"},
        "trace": {"TRACE_CONFIG": "x"},
        "white-space": {"ID": "a b"},
        "no-certificate": {"GRPC_USE_SSL": "True"},
    },
)
def setting_refused(place: Place, settings: dict[str, str]) -> None:
    """The server ends with its usage, or serves what the quick start does not ask."""
    _set(place, settings)


def _repository(place: Place, *files: str) -> None:
    for name in files:
        place.write(place.here / "models" / name, 'name: "x"\n' if name.endswith("pbtxt") else "")
    _set(place, {"MODEL_REPOSITORY": str(place.here / "models")})


@environment(
    "setting-invalid",
    cases={
        "hidden": [".git/HEAD"],
        "no-version": ["notes/readme.md"],
        "version-01": ["other/01/model.py"],
        "version-is-a-file": ["other/1"],
        "other-name": ["other/1/model.py", "other/config.pbtxt"],
        "other-backend": ["other/1/model.onnx"],
        "itself-a-model": ["1/model.py"],
    },
)
def repository_that_does_not_load(place: Place, files: list[str]) -> None:
    """The server loads every folder of a repository of one's own, and ends where one is no model."""
    _repository(place, *files)


@environment(cases={"files": [".hidden", "readme.md"], "nothing": []})
def repository_without_models(place: Place, files: list[str]) -> None:
    """Files beside models are passed over, and nothing need be there."""
    (place.here / "models").mkdir()
    _repository(place, *files)


@environment()
def repository_with_a_model(place: Place) -> None:
    """A model of one's own, without a configuration."""
    text = "class TritonPythonModel:\n    def execute(self, requests):\n        return []\n"
    place.write(place.here / "models/other/1/model.py", text)
    _repository(place)


@environment(python="3.10", release="0.4.2")
def repository_of_a_release_that_loads_nothing(place: Place) -> None:
    """Up to 0.5.0 PyTriton did not ask the server to load what it finds."""
    place.set(LD_LIBRARY_PATH=place.base.lib)
    _repository(place, ".git/HEAD")


@environment()
def repository_named_by_nothing(place: Place) -> None:
    """An empty value is the working directory."""
    _set(place, {"MODEL_REPOSITORY": ""})


@environment("setting-invalid", python="3.8")
def grpc_only_with_a_grpc_that_waits(place: Place) -> None:
    """Without HTTP, PyTriton asks over gRPC whether the server is ready; grpcio 1.70, the last for this
    Python, never sees it.
    """
    _set(place, {"ALLOW_HTTP": ""})


@environment("setting-invalid", cases={"plain": {}, "star": {"no_proxy": "*"}})
def grpc_only_behind_a_proxy(place: Place, more: dict[str, str]) -> None:
    """gRPC sends even local requests through the proxy, and takes no `*` for all hosts."""
    _set(place, {"ALLOW_HTTP": ""})
    place.set(http_proxy="http://127.0.0.1:9", **more)


@environment(
    cases={
        "network": {"no_proxy": "127.0.0.0/8"},
        "end-of-address": {"no_proxy": ".0.0.1"},
        "switched-off": {"grpc_proxy": ""},
        "another-scheme": {"grpc_proxy": "socks5://127.0.0.1:9"},
    }
)
def grpc_only_that_asks_no_proxy(place: Place, more: dict[str, str]) -> None:
    """What gRPC reads of proxies (http_proxy_mapper.cc)."""
    _set(place, {"ALLOW_HTTP": ""})
    place.set(http_proxy="http://127.0.0.1:9", **more)


@environment(
    cases={
        "unknown": {"NOPE": "8001"},
        "http-text": {"ALLOW_HTTP": "False"},
        "grpc-only": {"ALLOW_HTTP": ""},
        "http-only": {"ALLOW_GRPC": ""},
        "no-metrics": {"ALLOW_METRICS": ""},
        "sagemaker": {"ALLOW_SAGEMAKER": "1"},
    }
)
def setting_accepted(place: Place, settings: dict[str, str]) -> None:
    """Values that read as others than they are: any text that is not empty is true."""
    _set(place, settings)


@environment(
    cases={
        "verbose": {"LOG_VERBOSE": "9"},
        "quiet": {"LOG_INFO": "false", "LOG_WARNING": "false", "LOG_ERROR": "false"},
        "local": {"HTTP_ADDRESS": "127.0.0.1", "GRPC_ADDRESS": "127.0.0.1"},
        "threads": {"HTTP_THREAD_COUNT": "1"},
        "threads-signed": {"HTTP_THREAD_COUNT": " +8 "},
        "numbers-below-0": {"EXIT_TIMEOUT_SECS": "-5", "BUFFER_MANAGER_THREAD_COUNT": "-3"},
        "pinned": {"PINNED_MEMORY_POOL_BYTE_SIZE": "0"},
        "iso": {"LOG_FORMAT": "ISO8601"},
        "control-mode": {"MODEL_CONTROL_MODE": "none"},
        "backends": {"BACKEND_DIRECTORY": "/nonexistent"},
        "rate-limit": {"RATE_LIMIT": "nonsense"},
        "log-file": {"LOG_FILE": "/proc/x/y"},
        "log-format": {"LOG_FORMAT": "nonsense"},
        "pool": {"PINNED_MEMORY_POOL_BYTE_SIZE": "x"},
    }
)
def odd_setting_accepted(place: Place, settings: dict[str, str]) -> None:
    """More settings: PyTriton drops those that it does not know."""
    _set(place, settings)


@environment(
    "setting-invalid",
    cases={
        "threads-0": {"HTTP_THREAD_COUNT": "0"},
        "threads-text": {"HTTP_THREAD_COUNT": "many"},
        "threads-negative": {"HTTP_THREAD_COUNT": "-1"},
        "beyond-int": {"LOG_VERBOSE": "99999999999"},
        "beyond-int-and-unused": {"SAGEMAKER_PORT": "3000000000"},
        "cache": {"CACHE_CONFIG": "nonsense"},
        "ipv6": {"HTTP_ADDRESS": "::1"},
        "multicast": {"HTTP_ADDRESS": "224.0.0.1"},
        "broadcast": {"HTTP_ADDRESS": "255.255.255.255"},
    },
)
def odd_setting_refused(place: Place, settings: dict[str, str]) -> None:
    """More settings of the server that end it, or hide it from the quick start."""
    _set(place, settings)


@environment(
    "setting-invalid",
    cases={
        "trace": {"TRACE_CONFIG": "level=OFF"},
        "metrics": {"METRICS_CONFIG": "counter_latencies=true"},
        "cache": {"CACHE_CONFIG": "local,size=1048576"},
        "numbered": {"CACHE_CONFIG_0": "nonsense"},
    },
)
def list_refused(place: Place, settings: dict[str, str]) -> None:
    """A list whose name has no number is taken apart into its letters."""
    _set(place, settings)


@environment(
    cases={
        "metrics": {"METRICS_CONFIG_0": "counter_latencies=true"},
        "cache": {"CACHE_CONFIG_0": "local,size=1048576"},
        "second": {"CACHE_CONFIG_1": "local,size=1048576"},
        "empty": {"METRICS_CONFIG": ""},
    }
)
def list_accepted(place: Place, settings: dict[str, str]) -> None:
    """Lists with numbers, and one with nothing in it."""
    _set(place, settings)


@environment("package-missing")
def tracing_without_opentelemetry(place: Place) -> None:
    """PyTriton's own tracer is set up, and opentelemetry is no requirement of PyTriton's."""
    _set(place, {"TRACE_CONFIG_0": "mode=opentelemetry", "TRACE_CONFIG_1": "opentelemetry,url=http://x/"})


@environment(
    "package-missing",
    "setting-invalid",
    cases={"triton": {"TRACE_CONFIG_0": "level=OFF"}, "empty": {"TRACE_CONFIG": ""}},
)
def tracing_in_a_mode_that_is_refused(place: Place, settings: dict[str, str]) -> None:
    """Triton's own mode of tracing, or none: the server would take it, PyTriton does not."""
    _set(place, settings)


@environment(
    "setting-invalid",
    cases={
        "http-0": {"HTTP_PORT": "0"},
        "grpc-0-alone": {"ALLOW_HTTP": "", "GRPC_PORT": "0"},
        "http-name": {"HTTP_ADDRESS": "localhost"},
        "grpc-ipv6": {"GRPC_ADDRESS": "::"},
        "grpc-unix-alone": {"GRPC_ADDRESS": "unix-abstract:tritondoctor", "ALLOW_HTTP": ""},
        "compression": {"GRPC_INFER_RESPONSE_COMPRESSION_LEVEL": "nonsense"},
        "mutual": {"GRPC_USE_SSL_MUTUAL": "1"},
        "range": {"SAGEMAKER_SAFE_PORT_RANGE": "nonsense"},
        "outside": {"ALLOW_SAGEMAKER": "1", "SAGEMAKER_SAFE_PORT_RANGE": "8000-8001"},
    },
)
def endpoint_refused(place: Place, settings: dict[str, str]) -> None:
    """Endpoints that the server does not open, or opens where PyTriton does not ask."""
    _set(place, settings)


@environment(
    cases={
        "grpc-0": {"GRPC_PORT": "0"},
        "metrics-0": {"METRICS_PORT": "0"},
        "two-addresses": {"HTTP_ADDRESS": "127.0.0.1", "GRPC_ADDRESS": "127.0.0.2", "GRPC_PORT": "8000"},
        "http-space": {"HTTP_PORT": " 9000"},
        "http-other": {"HTTP_ADDRESS": "127.0.0.2"},
        "http-short": {"HTTP_ADDRESS": "0"},
        "grpc-ipv6": {"GRPC_ADDRESS": "[::]"},
        "grpc-name": {"GRPC_ADDRESS": "localhost"},
        "grpc-unix": {"GRPC_ADDRESS": "unix-abstract:tritondoctor"},
        "compression": {"GRPC_INFER_RESPONSE_COMPRESSION_LEVEL": "High"},
        "range": {"ALLOW_SAGEMAKER": "1", "SAGEMAKER_SAFE_PORT_RANGE": "7000-9005"},
        "range-unused": {"SAGEMAKER_SAFE_PORT_RANGE": "9000-9005"},
        "vertex-port": {"VERTEX_AI_PORT": "8000"},
    }
)
def endpoint_accepted(place: Place, settings: dict[str, str]) -> None:
    """Endpoints in odd places that do no harm."""
    _set(place, settings)


@environment(
    "setting-invalid",
    cases={
        "both-0": {"GRPC_PORT": "0", "METRICS_PORT": "0"},
        "all-addresses": {"GRPC_ADDRESS": "127.0.0.2", "GRPC_PORT": "8000"},
    },
)
def ports_collide(place: Place, settings: dict[str, str]) -> None:
    """The server refuses the same port twice, also 0; the kernel one beside all addresses."""
    _set(place, settings)


@environment("port-in-use")
def sagemaker_port_taken(place: Place) -> None:
    """SageMaker's endpoint takes a port as well."""
    _set(place, {"ALLOW_SAGEMAKER": "1"})
    place.listen(8080)


@environment("setting-invalid")
def sagemaker_port_of_http(place: Place) -> None:
    """SageMaker's endpoint is given HTTP's."""
    _set(place, {"ALLOW_SAGEMAKER": "1", "SAGEMAKER_PORT": "8000"})


@environment("limit-too-low")
def more_threads_than_files(place: Place) -> None:
    """Each thread for HTTP has five descriptors."""
    _set(place, {"HTTP_THREAD_COUNT": "250"})
    place.limit(nofile=1024)


@environment()
def many_threads_and_enough_files(place: Place) -> None:
    """150 of them stay below the usual limit."""
    _set(place, {"HTTP_THREAD_COUNT": "150"})
    place.limit(nofile=1024)


@environment(
    "setting-invalid",
    cases={
        "unknown": {"CACHE_CONFIG_0": "redis,host=x"},
        "second-unknown": {"CACHE_CONFIG_0": "local,size=1048576", "CACHE_CONFIG_1": "redis,host=x"},
        "unit": {"CACHE_CONFIG_0": "local,size=1MB"},
        "no-size": {"CACHE_CONFIG_0": "local,foo=1"},
        "larger-than-memory": {"CACHE_CONFIG_0": "local,size=999999999999999"},
        "folder": {"CACHE_CONFIG_0": "local,size=1048576", "CACHE_DIRECTORY": "/nonexistent"},
    },
)
def cache_refused(place: Place, settings: dict[str, str]) -> None:
    """A cache of another image, and sizes that are no number of bytes."""
    _set(place, settings)


@environment(
    cases={
        "small": {"CACHE_CONFIG_0": "local,size=250"},
        "folder-unused": {"CACHE_DIRECTORY": "/nonexistent"},
    }
)
def cache_accepted(place: Place, settings: dict[str, str]) -> None:
    """Nothing of it keeps the server from starting."""
    _set(place, settings)
