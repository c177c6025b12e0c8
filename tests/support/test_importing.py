"""The doctor's own way to import says what importlib says, of every module and every kind of .pyc."""

from __future__ import annotations

import json
import os
import py_compile
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
_ASK = """
import json, sys
sys.path.insert(0, {root!r})
if {ours}:
    from tritondoctor.support import importing
    importing.list_folders_once()
sys.path.insert(0, {folder!r})
import package.module, package
def seen(module):
    spec = module.__spec__
    return [module.__file__, module.__cached__, module.__package__, spec.name, spec.origin, spec.cached,
            spec.has_location, spec.submodule_search_locations and list(spec.submodule_search_locations),
            spec.loader.is_package(module.__name__), spec.loader.get_source(module.__name__),
            module.value, module.where.__code__.co_filename]
print(json.dumps([seen(package), seen(package.module)]))
"""
_TEXT = "value = {value}\n\ndef where():\n    pass\n"


def _seen(folder: Path, *options: str, ours: bool) -> Any:
    command = _ASK.format(root=str(ROOT), ours=ours, folder=str(folder))
    done = subprocess.run(
        [sys.executable, *options, "-c", command], capture_output=True, text=True, check=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTHON")},
    )  # fmt: skip
    return json.loads(done.stdout)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "package").mkdir()
    for name in ("__init__.py", "module.py"):
        _write(tmp_path, name, 1)
    return tmp_path


def _write(folder: Path, name: str, value: int) -> Path:
    file = folder / "package" / name
    file.write_text(_TEXT.format(value=value))
    return file


@pytest.mark.parametrize("options", [(), ("-B",), ("-O",), ("-OO", "-B"), ("-X", "pycache_prefix=x")])
def test_as_importlib(folder: Path, options: tuple[str, ...]) -> None:
    options = tuple(option.replace("=x", f"={folder}/elsewhere") for option in options)
    for _time in range(2):  # without a .pyc, and with one
        assert _seen(folder, *options, ours=True) == _seen(folder, *options, ours=False)


def test_a_pyc_of_another_text_is_not_believed(folder: Path) -> None:
    assert _seen(folder, ours=True)[1][-2] == 1
    file = _write(folder, "module.py", 22)  # another size
    assert _seen(folder, ours=True)[1][-2] == 22
    _write(folder, "module.py", 33)  # another time
    os.utime(file, (1_000_000_000, 1_000_000_000))
    assert _seen(folder, ours=True)[1][-2] == 33


@pytest.mark.parametrize("mode", py_compile.PycInvalidationMode)
def test_a_pyc_that_is_checked_by_its_hash(folder: Path, mode: py_compile.PycInvalidationMode) -> None:
    py_compile.compile(str(folder / "package/module.py"), invalidation_mode=mode)
    _write(folder, "module.py", 2)
    assert _seen(folder, ours=True) == _seen(folder, ours=False)


@pytest.mark.parametrize("content", [b"", b"abc", b"\0" * 16, b"\0" * 40])
def test_a_pyc_that_is_none(folder: Path, content: bytes) -> None:
    _seen(folder, ours=False)
    for compiled in (folder / "package/__pycache__").iterdir():
        compiled.write_bytes(content)
    assert _seen(folder, "-B", ours=True) == _seen(folder, "-B", ours=False)


def test_a_folder_that_was_moved(folder: Path) -> None:
    """The .pyc has the name of the file that it was made of."""
    _seen(folder, ours=False)
    elsewhere = folder.with_name("elsewhere")
    folder.rename(elsewhere)
    assert _seen(elsewhere, ours=True) == _seen(elsewhere, ours=False)
    assert _seen(elsewhere, ours=True)[1][-1] == str(elsewhere / "package/module.py")
