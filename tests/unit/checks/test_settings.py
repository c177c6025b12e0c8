"""Findings about PyTriton's settings."""

from __future__ import annotations

import pytest

from tests.unit.build import a_configuration, a_launch, a_setting, facts, surroundings, with_settings
from tests.unit.checks.case import Case, FindingTests, draws, words
from tritondoctor.facts.launch.model import Endpoint, ModelFolder, ModelRepository
from tritondoctor.facts.model import Facts

_PREFIX = "PYTRITON_TRITON_CONFIG_"
_MODEL = ModelFolder("linear", "folder", ("1",), ("model.py",))
_GRPC_ONLY = (Endpoint("http", False, "0.0.0.0", 8000), Endpoint("grpc", True, "0.0.0.0", 8001))


def _repository(*folders: ModelFolder, exists: bool = True) -> Facts:
    return with_settings(
        a_setting("model_repository", "/models"),
        repository=ModelRepository("/models", exists, folders),
        loads_all_models=True,
    )


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
