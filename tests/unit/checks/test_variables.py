"""Findings about variables that libraries read."""

from __future__ import annotations

from tests.unit.build import PREFIX, PYTHON, SERVER, SITE, a_launch, facts
from tests.unit.checks.case import Case, FindingTests
from tritondoctor.facts.launch.model import RefusedVariable
from tritondoctor.facts.model import Facts

_PROTOBUF = "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION"
_READER = f"{SITE}/google/protobuf/internal/api_implementation.py"
_OWN_FILE = RefusedVariable(
    "OPENSSL_CONF", f"{SITE}/aiohttp/connector.py", "no-ciphers", (), "default_properties = fips=yes",
    "/etc/ssl/openssl.cnf",
)  # fmt: skip


def _with(refused: RefusedVariable, value: str) -> Facts:
    return facts(launch=a_launch(refused_variables=(refused,)), variables={refused.name: value})


class TestVariables(FindingTests):
    CASES = (
        Case(
            "setting-invalid",
            note="launcher",
            fires=facts(variables={"__PYVENV_LAUNCHER__": "/usr/local/bin/python3"}),
            silent=facts(variables={"__PYVENV_LAUNCHER__": PYTHON}),
            says=(PREFIX, "unset __PYVENV_LAUNCHER__"),
        ),
        Case(
            "setting-invalid",
            fires=_with(
                RefusedVariable("GRPC_POLL_STRATEGY", SERVER, "unknown", ("epoll1", "poll")), "epollex"
            ),
            silent=facts(variables={"GRPC_POLL_STRATEGY": "poll"}),
            says=("GRPC_POLL_STRATEGY=epollex", "tritonserver", "epoll1", "unset GRPC_POLL_STRATEGY"),
        ),
        Case(
            "setting-invalid",
            note="module",
            fires=_with(
                RefusedVariable(
                    _PROTOBUF, _READER, "no-module", ("python", "upb"), "google.protobuf.pyext._message"
                ),
                "cpp",
            ),
            silent=facts(variables={_PROTOBUF: "python"}),
            says=(f"{_PROTOBUF}=cpp", "google.protobuf.pyext._message", f"unset {_PROTOBUF}"),
        ),
        Case(
            "setting-invalid",
            note="openssl",
            fires=_with(
                RefusedVariable(
                    "OPENSSL_CONF", f"{SITE}/aiohttp/connector.py", "no-ciphers", (), "providers: legacy"
                ),
                "/etc/fips.cnf",
            ),
            silent=facts(variables={"OPENSSL_CONF": "/etc/fips.cnf"}),
            says=("aiohttp", "/etc/fips.cnf", "providers: legacy", "unset OPENSSL_CONF"),
        ),
        Case(
            "setting-invalid",
            note="openssl-file",
            fires=facts(launch=a_launch(refused_variables=(_OWN_FILE,))),
            silent=facts(),
            says=("/etc/ssl/openssl.cnf", "fips=yes", "export OPENSSL_CONF=/dev/null"),
        ),
        Case(
            "setting-invalid",
            note="file",
            fires=_with(
                RefusedVariable(
                    "SSLKEYLOGFILE", f"{SITE}/aiohttp/connector.py", "cannot-open", (), "ENOENT"
                ),
                "/nowhere/keys",
            ),
            silent=facts(variables={"SSLKEYLOGFILE": "/tmp/keys"}),
            says=("aiohttp", "/nowhere/keys", "No such file or directory", "unset SSLKEYLOGFILE"),
        ),
    )
