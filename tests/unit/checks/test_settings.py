"""Findings about PyTriton's settings."""

from __future__ import annotations

import msgspec
import pytest

from tests.unit.build import (
    a_configuration,
    a_launch,
    a_port,
    a_setting,
    facts,
    surroundings,
    with_settings,
)
from tests.unit.checks.case import Case, FindingTests, draws, words
from tritondoctor.facts.launch.model import Endpoint, ModelFolder, ModelRepository, Port
from tritondoctor.facts.model import Facts

_PREFIX = "PYTRITON_TRITON_CONFIG_"
_MODEL = ModelFolder("linear", "folder", ("1",), ("model.py",))
_GRPC_ONLY = (Endpoint("http", False, "0.0.0.0", 8000), Endpoint("grpc", True, "0.0.0.0", 8001))

_HTTP_ONLY = (Endpoint("http", True, "0.0.0.0", 8000), Endpoint("grpc", False, "0.0.0.0", 8001))


def _repository(*folders: ModelFolder, exists: bool = True) -> Facts:
    return with_settings(
        a_setting("model_repository", "/models"),
        repository=ModelRepository("/models", exists, folders),
        loads_all_models=True,
    )


_HTTP = a_port("http", 8001)
_ELSEWHERE = a_port("http", 8000, "refused", errno="EADDRNOTAVAIL")
_ELSEWHERE = msgspec.structs.replace(_ELSEWHERE, address="10.9.9.9")


def _with_port(port: Port, **settings: str) -> Facts:
    """A port beside HTTP's, and the variables that chose them."""
    types = {key: "int" if key.endswith("port") else "str" for key in settings}
    made = [a_setting(key, value, types[key]) for key, value in settings.items()]
    ports = (_HTTP, port) if port.same_as else (port,)
    return facts(launch=a_launch(configuration=a_configuration(*made), ports=ports))


def _grpc_alone(version: str) -> Facts:
    configuration = a_configuration(a_setting("allow_http", "", "bool"), endpoints=_GRPC_ONLY)
    return facts(launch=a_launch(configuration=configuration, grpcio=version))


def _cached(*values: str) -> Facts:
    settings = [a_setting(f"cache_config_{n}", value, "List[str]") for n, value in enumerate(values)]
    return with_settings(*settings, caches=("local",), numbered_lists=True)


def _proxied(endpoints: tuple[Endpoint, ...]) -> Facts:
    return facts(
        launch=a_launch(configuration=a_configuration(endpoints=endpoints)),
        surroundings=surroundings(grpc_proxy="http_proxy", grpc_proxied=("localhost", "127.0.0.1")),
    )


class TestSettings(FindingTests):
    CASES = (
        Case(
            "setting-invalid",
            fires=with_settings(a_setting("http_port", "eighty", "int")),
            silent=with_settings(a_setting("http_port", " 8000 ", "int")),
            says=(f"{_PREFIX}HTTP_PORT", "'eighty'", f"unset {_PREFIX}HTTP_PORT"),
        ),
        Case(
            "setting-invalid",
            note="threads",
            fires=with_settings(a_setting("http_thread_count", "-1", "int")),
            silent=with_settings(a_setting("http_thread_count", " +1_0", "int")),
            says=(f"{_PREFIX}HTTP_THREAD_COUNT", "above 0"),
        ),
        Case(
            "setting-invalid",
            note="broadcast",
            fires=with_settings(a_setting("http_address", "255.255.255.255")),
            silent=with_settings(a_setting("grpc_address", "unix:/run/grpc")),
            says=(f"{_PREFIX}HTTP_ADDRESS", "an address of this machine"),
        ),
        Case(
            "setting-invalid",
            note="beyond",
            fires=with_settings(a_setting("grpc_keepalive_time", "2147483648", "int")),
            silent=with_settings(a_setting("grpc_keepalive_time", "-2147483648", "int")),
            says=(f"{_PREFIX}GRPC_KEEPALIVE_TIME", "below 2147483648"),
        ),
        Case(
            "setting-invalid",
            note="no port",
            fires=_with_port(a_port("http", 70000, "out-of-range"), http_port="70000"),
            silent=_with_port(a_port("http", 9000, "in-use", errno="EADDRINUSE"), http_port="9000"),
            says=("70000 is no port", "from 1 to 65535", f"unset {_PREFIX}HTTP_PORT"),
        ),
        Case(
            "setting-invalid",
            note="same port",
            fires=_with_port(a_port("grpc", 8001, "same-port", same_as="http"), http_port="8001"),
            # 8080 is nobody's choice here
            silent=_with_port(a_port("sagemaker", 8080, "same-port", same_as="http"), grpc_port="1"),
            says=(f"{_PREFIX}HTTP_PORT", "http and grpc", f"unset {_PREFIX}HTTP_PORT"),
        ),
        Case(
            "setting-invalid",
            note="same port, by the default's",
            fires=_with_port(
                a_port("grpc", 8001, "same-port", same_as="http"), http_port="8001", grpc_port="8001"
            ),
            silent=_with_port(a_port("grpc", 8001), grpc_port="8001"),
            says=(f"export {_PREFIX}GRPC_PORT=9001",),
        ),
        Case(
            "setting-invalid",
            note="another machine's address",
            fires=_with_port(_ELSEWHERE, http_address="10.9.9.9"),
            silent=_with_port(_ELSEWHERE, http_address="10.9.9.8"),
            says=("does not have the address 10.9.9.9", f"unset {_PREFIX}HTTP_ADDRESS"),
        ),
        Case(
            "setting-invalid",
            note="cache",
            fires=_cached("redis,host=x"),
            silent=_cached("local,size=1048576"),
            says=(f"{_PREFIX}CACHE_CONFIG_0", "no cache redis", "local"),
        ),
        Case(
            "setting-invalid",
            note="cache's size",
            fires=_cached("local,size=1MB"),
            silent=_cached("local,size=250"),
            says=(f"{_PREFIX}CACHE_CONFIG_0", "a number of bytes between 200 and"),
        ),
        Case(
            "setting-invalid",
            note="cache without a size",
            fires=_cached("local,foo=1,size=1048576"),
            silent=_cached("local,foo=1", "local,size=1048576"),
            says=(f"{_PREFIX}CACHE_CONFIG_0", "local,size=BYTES"),
        ),
        Case(
            "setting-invalid",
            fires=_grpc_alone("1.70.0"),
            silent=_grpc_alone("1.71.2"),
            says=("grpcio 1.70.0 never sees", f"unset {_PREFIX}ALLOW_HTTP"),
        ),
        Case(
            "setting-invalid",
            note="no-repository",
            fires=_repository(exists=False),
            silent=_repository(_MODEL),
            says=("/models", "exist"),
        ),
        Case(
            "setting-invalid",
            note="broken-model",
            fires=_repository(ModelFolder("empty", "folder")),
            silent=_repository(),
            says=("empty",),
        ),
        Case(
            "setting-invalid",
            note="proxy",
            fires=_proxied(_GRPC_ONLY),
            silent=_proxied(a_configuration().endpoints),
            says=("http_proxy", "gRPC"),
        ),
        Case(
            "setting-without-effect",
            fires=with_settings(a_setting("http_prot", "8000", "")),
            silent=with_settings(a_setting("http_port", "8000", "int")),
            says=(f"{_PREFIX}HTTP_PROT", f"{_PREFIX}HTTP_PORT"),
        ),
        Case(
            "setting-without-effect",
            note="value",
            fires=with_settings(a_setting("htpp_port", "9000", "")),
            silent=with_settings(a_setting("http_port", "9000", "int")),
            says=(f"unset {_PREFIX}HTPP_PORT", f"export {_PREFIX}HTTP_PORT=9000"),
        ),
        Case(
            "protocol-switched-off",
            fires=with_settings(a_setting("allow_http", "", "bool"), endpoints=_GRPC_ONLY),
            silent=with_settings(endpoints=_GRPC_ONLY[:1]),
            says=("HTTP is switched off: only gRPC", f"unset {_PREFIX}ALLOW_HTTP"),
        ),
        Case(
            "protocol-switched-off",
            note="grpc",
            fires=with_settings(endpoints=_HTTP_ONLY),
            silent=with_settings(),
            says=("gRPC is switched off: only HTTP", "grpc://localhost", f"unset {_PREFIX}ALLOW_GRPC"),
        ),
        Case(
            "setting-without-effect",
            note="false",
            fires=with_settings(a_setting("allow_grpc", "False", "bool")),
            silent=with_settings(a_setting("allow_grpc", "", "bool")),
            says=(f"export {_PREFIX}ALLOW_GRPC=",),
        ),
        Case(
            "model-repository-not-empty",
            fires=_repository(_MODEL),
            silent=_repository(ModelFolder("empty", "folder")),
            says=("linear", f"unset {_PREFIX}MODEL_REPOSITORY"),
        ),
        Case(
            "verbose-log",
            fires=with_settings(a_setting("log_verbose", "1", "int")),
            silent=with_settings(a_setting("log_verbose", "0", "int")),
            says=(f"unset {_PREFIX}LOG_VERBOSE",),
        ),
    )


@pytest.mark.parametrize(
    ("folder", "piece"),
    [
        (ModelFolder("m", "broken-link"), "broken link"),
        (ModelFolder("m", "unreadable"), "cannot be read"),
        (ModelFolder("m", "folder"), "no version"),
        (ModelFolder("m", "folder", ("1",), ("model.py",), {"nmae": "m"}), "nmae"),
        (ModelFolder("m", "folder", ("1",), ("model.py",), {"name": "other"}), "other"),
        (ModelFolder("m", "folder", ("1",), (), {"backend": "onnxruntime"}), "onnxruntime"),
        (ModelFolder("m", "folder", ("1",)), "model.py"),
    ],
)
def test_model_that_stops_the_server(folder: ModelFolder, piece: str) -> None:
    (finding,) = draws("setting-invalid", _repository(folder))
    assert piece in words(finding)


@pytest.mark.parametrize("key, meant", [
    ("htpp_port", "http_port"), ("httpport", "http_port"), ("log_verbos", "log_verbose"),
    ("backend_config", ""), ("prot", ""), ("allow_tls", ""),
])  # fmt: skip
def test_only_a_near_name_is_guessed(key: str, meant: str) -> None:
    fields = ("http_port", "log_verbose", "trace_config", "cache_config", "allow_http")
    [finding] = draws("setting-without-effect", with_settings(a_setting(key, "9", ""), fields=fields))
    assert ("did you mean" in words(finding)) == bool(meant)
    exports = [f"export {_PREFIX}{meant.upper()}=9"] if meant else []
    assert list(finding.remedies[0].commands) == [f"unset {_PREFIX}{key.upper()}", *exports]


@pytest.mark.parametrize("key, value, others", [
    ("http_prot", "9000", ("http_port", "8000")),  # that one is set
    ("trace_confg", "level=OFF", ()),  # a list has numbers in its name
    ("alow_http", "false", ()),  # any text means yes
    ("http_prot", "", ()),
])  # fmt: skip
def test_a_value_that_would_not_do_is_not_moved(key: str, value: str, others: tuple[str, ...]) -> None:
    more = [a_setting(others[0], others[1], "int")] if others else []
    [finding] = draws("setting-without-effect", with_settings(a_setting(key, value, ""), *more))
    assert list(finding.remedies[0].commands) == [f"unset {_PREFIX}{key.upper()}"]


def test_a_port_by_a_variable_is_no_port_in_use() -> None:
    for port, key, value in (
        (a_port("http", 70000, "out-of-range"), "http_port", "70000"),
        (_ELSEWHERE, "http_address", "10.9.9.9"),
    ):
        assert not draws("port-in-use", _with_port(port, **{key: value}))
    metrics = msgspec.structs.replace(_ELSEWHERE, name="metrics", number=8002)
    configuration = a_configuration(a_setting("http_address", "10.9.9.9"))
    both = facts(launch=a_launch(configuration=configuration, ports=(_ELSEWHERE, metrics)))
    assert len(draws("setting-invalid", both)) == 1
