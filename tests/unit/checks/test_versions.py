"""Findings about versions that do not go together."""

from __future__ import annotations

from tests.unit.build import SITE, a_launch, an_import_problem, changed, facts
from tests.unit.checks.case import Case, FindingTests, draws
from tritondoctor.facts.imports.model import BuiltForAnother, UnmetRequirement
from tritondoctor.facts.model import Facts

_OLD = UnmetRequirement("tritonclient", "2.73.0", "protobuf<8,>=6.33.5", "protobuf", "3.20.3")
_MISSING = UnmetRequirement("typer", "0.29.2", "rich>=12.3.0", "rich", None)
_LACKING = an_import_problem(
    "missing", "google.protobuf.runtime_version", reason="lacks-names",
    at=f"{SITE}/google/protobuf/__init__.py", names=("runtime_version",),
)  # fmt: skip
_REFUSING = an_import_problem(
    "too-old", "google.protobuf", reason="runtime-too-old", importer=f"{SITE}/tritonclient/grpc.py",
    at=f"{SITE}/google/protobuf/__init__.py", least="6.31.1",
)  # fmt: skip
_TOO_OLD = UnmetRequirement("tritonclient", "2.73.0", "aiohttp<4,>=3.8.1", "aiohttp", "0.13.1")
_OF_LONG_AGO = an_import_problem(
    "damaged", "aiohttp.client", reason="invalid-syntax", path=f"{SITE}/aiohttp/client.py"
)


def _unmet(*unmet: UnmetRequirement, broken: bool = False) -> Facts:
    imports = {"client": (_LACKING,)} if broken else {}
    return facts(launch=a_launch(imports=imports, unmet=unmet))


class TestVersions(FindingTests):
    CASES = (
        Case(
            "package-version-conflict",
            fires=_unmet(_OLD),
            silent=_unmet(_MISSING),
            says=("protobuf 3.20.3", "tritonclient 2.73.0", "pip install 'protobuf<8,>=6.33.5'"),
            severity="warning",
        ),
        Case(
            "package-version-conflict",
            note="fails",
            fires=_unmet(_OLD, broken=True),
            silent=facts(launch=a_launch(imports={"client": (_LACKING,)})),
            says=("google.protobuf.runtime_version", "pip install 'protobuf<8,>=6.33.5'"),
            severity="error",
        ),
        Case(
            "package-version-conflict",
            note="python-path",
            fires=facts(
                launch=a_launch(unmet=(changed(_OLD, place="/opt/mine/protobuf-3.20.3.dist-info"),)),
                variables={"PYTHONPATH": "/opt/mine"},
            ),
            silent=facts(variables={"PYTHONPATH": "/opt/mine"}),
            says=("protobuf 3.20.3", "Take /opt/mine off PYTHONPATH", "unset PYTHONPATH"),
            severity="warning",
        ),
        Case(
            "package-version-conflict",
            note="refused",
            fires=facts(launch=a_launch(imports={"client": (_REFUSING,)}, unmet=(_OLD,))),
            silent=facts(launch=a_launch(imports={"client": (_REFUSING,)})),
            says=("tritonclient.grpc cannot be imported", "tritondoctor fix --python", "if no other"),
            severity="error",
        ),
        Case(
            "package-version-conflict",
            note="seen-to-fail",
            fires=_unmet(UnmetRequirement("aiohttp", "3.14.5", "attrs>=17.3.0", "attrs", "17.2.0")),
            silent=_unmet(),
            says=("attrs 17.2.0", "was started with such a version"),
            severity="error",
        ),
        Case(
            "package-version-conflict",
            note="of-several",
            fires=_unmet(
                UnmetRequirement(
                    "aiohttp", "3.14.5", "typing_extensions>=4.4", "typing-extensions", "4.3.0"
                ),
                UnmetRequirement(
                    "grpcio", "1.85.3", "typing-extensions~=4.12", "typing-extensions", "4.3.0"
                ),
                UnmetRequirement("a", "1", "typing-extensions>=4.4", "typing-extensions", "4.3.0"),
            ),
            silent=_unmet(),
            says=("pip install 'typing-extensions>=4.4,~=4.12'", "grpcio 1.85.3 needs"),
            severity="warning",
        ),
        Case(
            "package-version-conflict",
            note="is-no-python-of-today",
            fires=facts(launch=a_launch(imports={"client": (_OF_LONG_AGO,)}, unmet=(_TOO_OLD,))),
            silent=facts(launch=a_launch(imports={"client": (_OF_LONG_AGO,)})),
            says=("aiohttp 0.13.1", "aiohttp.client cannot be imported"),
            severity="error",
        ),
        Case(
            "built-for-another-version",
            fires=facts(
                launch=a_launch(
                    built_for_another=(
                        BuiltForAnother("gevent", "20.9.0", "greenlet", "<2,>=0.4.17", "2.0.1"),
                    )
                )
            ),
            silent=facts(),
            says=("gevent 20.9.0", "greenlet 2.0.1", "'gevent>20.9.0'", "'greenlet<2,>=0.4.17'"),
        ),
    )


def test_the_version_is_the_cause_and_not_a_missing_module() -> None:
    """`google.protobuf.runtime_version` is a part of newer releases: the same once more is no cure."""
    assert not draws("package-missing", _unmet(_OLD, broken=True))
    assert draws("package-missing", _unmet(broken=True))
