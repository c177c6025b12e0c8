"""What installed packages require of each other, read from made dist-infos and records of conda."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tritondoctor.checks.edits import Pip
from tritondoctor.checks.model import cure, text
from tritondoctor.checks.versions import words_of
from tritondoctor.facts.imports.requirements import Environment, changed, installed
from tritondoctor.facts.interpreter.model import Interpreter
from tritondoctor.loader import Files, Gone
from tritondoctor.remedies import together


def put(site: Path, name: str, version: str, *requires: str) -> Path:
    """A distribution as pip leaves it, without its modules."""
    folder = site / f"{name.replace('-', '_')}-{version}.dist-info"
    folder.mkdir(parents=True)
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {require}" for require in requires]
    (folder / "METADATA").write_text("\n".join([*lines, "", "Requires-Dist: not-a-header", ""]))
    return folder


def conda(prefix: Path, name: str, version: str, *depends: str) -> None:
    folder = prefix / "conda-meta"
    folder.mkdir(exist_ok=True)
    record = {"name": name, "version": version, "depends": depends}
    (folder / f"{name}-{version}-0.json").write_text(json.dumps(record))


def environment(prefix: Path, files: Files | None = None) -> Environment:
    site = str(prefix / "site-packages")
    asked = Interpreter("python", True, version="3.9.18", prefix=str(prefix), sys_path=("/nowhere", site))
    return installed(files or Files(), asked)


def told(prefix: Path) -> list[str]:
    return sorted(str(words_of(unmet)) for unmet in environment(prefix).unmet())


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "site-packages"


def test_what_does_not_hold(tmp_path: Path, site: Path) -> None:
    put(site, "jax", "0.10.2", "numpy>=2.0", "scipy>=1.14", "jaxlib (<=0.10.2,>=0.10.2)")
    put(site, "numpy", "1.26.4")
    put(site, "jaxlib", "0.10.2")
    assert told(tmp_path) == [
        "jax 0.10.2 needs numpy>=2.0, and 1.26.4 is installed",
        "jax 0.10.2 needs scipy>=1.14, and it is not installed",
    ]


def test_markers_are_those_of_the_target(tmp_path: Path, site: Path) -> None:
    put(
        site, "a", "1", 'old>=2; python_version < "3.10"', 'new>=2; python_version >= "3.10"',
        'windows; sys_platform == "win32"', 'exact; python_full_version == "3.9.18"', "b; nonsense ==",
    )  # fmt: skip
    assert told(tmp_path) == [
        "a 1 needs exact, and it is not installed", "a 1 needs old>=2, and it is not installed",
    ]  # fmt: skip


def test_extras_count_where_somebody_asks_for_them(tmp_path: Path, site: Path) -> None:
    put(site, "nvidia-pytriton", "0.7.0", "tritonclient[grpc]~=2.50")
    put(
        site, "tritonclient", "2.73.0", 'protobuf<7.0,>=6.30.0; extra == "grpc"',
        'perf-analyzer; extra == "all"',
    )  # fmt: skip
    put(site, "protobuf", "5.29.6")
    assert told(tmp_path) == ["tritonclient 2.73.0 needs protobuf<7.0,>=6.30.0, and 5.29.6 is installed"]
    here = environment(tmp_path)
    assert here.requirements_of("nvidia-pytriton") == {"nvidia-pytriton", "tritonclient", "protobuf"}
    assert here.dependents(["protobuf"]) == {"tritonclient", "nvidia-pytriton"}


def test_names_are_compared_as_the_specification_says(tmp_path: Path, site: Path) -> None:
    put(site, "A.b_C", "1", "typing_Extensions>=4")
    put(site, "typing-extensions", "4.12.0rc1")
    assert told(tmp_path) == []


@pytest.mark.parametrize(
    ("wanted", "holds"),
    [
        (">=1.23,<2.0a0", True), ("<2|3.*", True), (">=2.0", False), ("1.26.*", True), ("=1.26", True),
        ("=1.25", False), ("*", True), ("1.26.4 py311h64a7726_0", True), ("1.25.0 py_0", False),
        (">=2.*", False), ("!=1.26.4", False), ("what?", True),
    ],
)  # fmt: skip
def test_conda_depends(tmp_path: Path, site: Path, wanted: str, holds: bool) -> None:
    """pip has put another NumPy in than conda's record says; the one that is imported counts."""
    put(site, "numpy", "1.26.4")
    conda(tmp_path, "numpy", "2.4.6")
    conda(tmp_path, "pytorch", "2.5.0", f"numpy {wanted}", "__glibc >=2.17", "openssl >=3")
    assert (told(tmp_path) == []) == holds


def test_garbage_asks_for_nothing(tmp_path: Path, site: Path) -> None:
    put(site, "a", "1", "what is !! this", "b @ https://example.org/b.whl", "b>=2; extra ==")
    put(site, "b", "not-a-version")
    put(site, "c", "1", "b>=2")
    (site / "empty-1.dist-info/licenses").mkdir(parents=True)
    (site / "binary-1.dist-info").mkdir()
    (site / "binary-1.dist-info/METADATA").write_bytes(b"\xff\xfe\x00" * 100)
    (tmp_path / "conda-meta").mkdir()
    (tmp_path / "conda-meta/a.json").write_text("[]")
    (tmp_path / "conda-meta/b.json").write_text("{")
    assert told(tmp_path) == []


def test_a_world_is_compared_with_what_there_is(tmp_path: Path, site: Path) -> None:
    put(site, "jax", "0.10.2", "numpy>=2.0")
    old = put(site, "numpy", "2.4.6")
    before = environment(tmp_path)
    after = environment(tmp_path, Files().with_changes({str(old): Gone()}))
    assert changed(before, after) == {"numpy"}
    (broken,) = after.unmet() - before.unmet()
    assert broken.claim == ("jax", "numpy>=2.0") and broken.found is None


def test_other_choices_keep_pytriton_and_let_pip_choose(tmp_path: Path, site: Path) -> None:
    """First the neighbour as it is; then whatever version of it goes with what is wanted."""
    put(site, "nvidia-pytriton", "0.7.0", "numpy<2.0.0", "tritonclient~=2.50")
    put(site, "tritonclient", "2.73.0", "numpy>=3")
    put(site, "jax", "0.10.2", "numpy>=2.0")
    put(site, "numpy", "1.26.4")
    here = environment(tmp_path)
    wish = cure("older-numpy", text("Install NumPy 1"), Pip("python", ("numpy<2",)))
    found = [
        (choice.remedy.id, choice.remedy.edits[0].requirements)  # type: ignore[union-attr]
        for choice in together.choices(wish, here.unmet(), here)
    ]
    assert found == [
        (together.KEEPING, ("nvidia-pytriton==0.7.0", "jax==0.10.2")),
        (together.MATCHING, ("numpy<2", "nvidia-pytriton==0.7.0", "jax")),
    ]


def test_no_other_choice_for_what_is_put_back(tmp_path: Path, site: Path) -> None:
    put(site, "jax", "0.10.2", "numpy>=2.0")
    here = environment(tmp_path)
    again = cure("again", text("Again"), Pip("python", ("numpy==1.26.4",), again=True))
    assert list(together.choices(again, here.unmet(), here)) == []
