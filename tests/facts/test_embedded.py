"""Where an embedded Python finds its standard library: lib, or lib64 as Fedora and Gentoo build it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.build import an_interpreter
from tritondoctor.facts.interpreter import embedded, libpythons
from tritondoctor.facts.launch.model import StubPython
from tritondoctor.loader import Files

FOLDERS = ("lib", "lib64")


def _root(root: Path, folder: str) -> Path:
    """A Python below `root` whose standard library and libpython stand in a folder."""
    stdlib = root / folder / "python3.11"
    for path, content in (
        (stdlib / "os.py", b""),
        (root / "bin" / "python3", b""),
        (root / folder / "libpython3.11.so.1.0", b"\0python\0%s\0pythonhome\0" % folder.encode()),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (root / "bin" / "python3").chmod(0o755)
    return root


def _stub(root: Path, folder: str, libpython: Path) -> StubPython:
    own = str(root / folder / "libpython3.11.so.1.0")
    interpreter = an_interpreter(
        executable=str(root / "bin/python3"), prefix=str(root), base_prefix=str(root),
        stdlib=str(root / folder / "python3.11"), libpython=own,
    )  # fmt: skip
    return embedded.find(
        Files(), {"PATH": str(root / "bin")}, "/", interpreter,
        libpython=str(libpython), stub="/nope", isolated=True,
    )  # fmt: skip


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("built_for", FOLDERS)
def test_libpython_looks_in_the_folder_it_was_built_for(
    tmp_path: Path, folder: str, built_for: str
) -> None:
    root = _root(tmp_path / "here", folder)
    other = _root(tmp_path / "there", built_for) / built_for / "libpython3.11.so.1.0"
    assert _stub(root, folder, other).ours == (folder == built_for)


@pytest.mark.parametrize("folder", FOLDERS)
def test_its_own_libpython_finds_it(tmp_path: Path, folder: str) -> None:
    root = _root(tmp_path, folder)
    stub = _stub(root, folder, root / folder / "libpython3.11.so.1.0")
    assert stub.ours and stub.stdlib == str(root / folder / "python3.11")


def test_libpython_beside_a_standard_library_in_lib64_is_a_candidate(tmp_path: Path) -> None:
    root = _root(tmp_path, "lib64")
    interpreter = an_interpreter(
        base_prefix=str(root), stdlib=str(root / "lib64/python3.11"), config={"LIBDIR": "/moved/lib64"}
    )
    first, *_ = libpythons.candidates(Files(), interpreter, {}, (), "/")
    assert first == (str(root / "lib64/libpython3.11.so.1.0"), "its base prefix")


def test_it_does_not_search_the_root_folder(tmp_path: Path) -> None:
    """CPython's `search_up` ends below it; /lib/python3.X of the distribution is not this one's."""
    root = _root(tmp_path, "lib")
    (root / "pyvenv.cfg").write_text("home = /opt/removed/bin\n")
    library = root / "lib/libpython3.11.so.1.0"
    library.write_bytes(library.read_bytes() + bytes(root) + b"\0")
    assert _stub(root, "lib", library).stdlib == str(root / "lib/python3.11")
