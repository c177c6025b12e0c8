"""Requirements of the launch, and compiled modules that go with some versions only."""

from __future__ import annotations

from pathlib import Path

from tritondoctor.facts.imports import compiled_with, requirements
from tritondoctor.facts.imports.protobuf_runtime import makes_descriptors
from tritondoctor.facts.interpreter.model import Interpreter
from tritondoctor.loader import Files

_PYTHON = Interpreter("python", True, version="3.11.7")


def _put(site: Path, name: str, version: str, *requires: str) -> None:
    folder = site / f"{name.replace('-', '_')}-{version}.dist-info"
    folder.mkdir()
    lines = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {line}" for line in requires)]
    (folder / "METADATA").write_text("\n".join(lines) + "\n\nRequires-Dist: not-a-header\n")


def _launch(site: Path) -> requirements.Environment:
    return requirements.of_launch(Files(), [str(site)], _PYTHON)


def test_what_pytriton_does_not_need_is_not_looked_at(tmp_path: Path) -> None:
    _put(tmp_path, "nvidia-pytriton", "0.7.0", "tritonclient[http]~=2.50", 'never; extra == "dev"')
    _put(tmp_path, "tritonclient", "2.24.0", 'gevent>=20; extra == "http"', 'grpcio; extra == "grpc"')
    _put(tmp_path, "gevent", "20.9.0")
    _put(tmp_path, "grpcio", "1.0", "absent>=1")
    _put(tmp_path, "jax", "0.1", "gevent<1")
    here = _launch(tmp_path)
    assert set(here.packages) == {"nvidia-pytriton", "tritonclient", "gevent"}
    assert [(one.needs, one.found, one.requirement) for one in here.unmet()] == [
        ("tritonclient", "2.24.0", "tritonclient~=2.50")
    ]


def test_compiled_for_another(tmp_path: Path) -> None:
    _put(tmp_path, "nvidia-pytriton", "0.7.0", "gevent", "greenlet")
    _put(tmp_path, "gevent", "20.9.0")
    _put(tmp_path, "greenlet", "2.0.1")
    (found,) = compiled_with.mismatches(_launch(tmp_path))
    assert (found.package, found.version, found.base, found.found) == (
        "gevent", "20.9.0", "greenlet", "2.0.1",
    )  # fmt: skip


def test_of_two_releases_the_one_counts_whose_files_are_there(tmp_path: Path) -> None:
    _put(tmp_path, "nvidia-pytriton", "0.7.0", "gevent")
    (tmp_path / "gevent").mkdir()
    (tmp_path / "gevent/hub.py").write_text("x = 1\n")
    for version, size in (("20.9.0", 5), ("23.9.1", 6), ("24.2.1", 7)):
        _put(tmp_path, "gevent", version)
        record = tmp_path / f"gevent-{version}.dist-info/RECORD"
        record.write_text(f"gevent/__init__.py,,\ngevent/hub.py,sha256=x,{size}\n")
    assert _launch(tmp_path).packages["gevent"].version == "23.9.1"


def test_pairs_that_were_made_for_each_other(tmp_path: Path) -> None:
    for number, (gevent, greenlet) in enumerate(
        [("20.6.2", "0.4.16"), ("21.12.0", "1.1.3.post0"), ("24.2.1", "3.1.1"), ("odd+local", "3.0")]
    ):
        site = tmp_path / str(number)
        site.mkdir()
        _put(site, "nvidia-pytriton", "0.7.0", "gevent", "greenlet")
        _put(site, "gevent", gevent)
        _put(site, "greenlet", greenlet)
        assert list(compiled_with.mismatches(_launch(site))) == [], gevent


def test_generated_code_that_makes_its_own_descriptors() -> None:
    old = "_X = _descriptor.EnumDescriptor(\n  name='X',\n"
    new = "DESCRIPTOR = _descriptor_pool.Default().AddSerializedFile(b'')\n_builder.BuildMessage(x)\n"
    assert makes_descriptors(old)
    assert not makes_descriptors(new)
    assert not makes_descriptors("# made by _descriptor.FieldDescriptor(name)\n")
