"""Where an embedded Python finds its standard library: lib, or lib64 as Fedora and Gentoo build it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import MINORS, interpreters
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


#: what pyvenv.cfg says; {there}: a folder below which another Python's library stands
SETTINGS = {
    "none": None,
    "sound": "home = {own}\ninclude-system-site-packages = false\n",
    "there": "home = {there}\n",
    "nowhere": "home = /nonexistent/bin\n",
    "without spaces": "home={there}\n",
    "capitals": "Home = {there}\n",
    "indented": "  home = {there}\n",
    "empty": "",
    "no home": "include-system-site-packages = false\n",
    "old Mac": "version = 3\rhome = {there}\r",
}


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("linked", [True, False], ids=["link", "copy"])
@pytest.mark.parametrize("minor", MINORS)
def test_pyvenv_cfg_is_read_as_python_reads_it(
    minor: str, linked: bool, settings: str, tmp_path: Path
) -> None:
    if interpreters().get(minor) is None:
        pytest.skip(f"no Python {minor} here")
    real = Path(interpreters()[minor])
    stdlib, version = _ask(real, "os.path.dirname(os.__file__), platform.python_version()")
    base, executable = Path(stdlib).parents[1], tmp_path / "venv/bin/python3"
    executable.parent.mkdir(parents=True)
    if linked:
        executable.symlink_to(real)
    else:
        shutil.copy(real.resolve(), executable)
    there = tmp_path / "there" / "bin"
    there.mkdir(parents=True)
    (there.parent / "lib").mkdir()
    (there.parent / "lib" / f"python{minor}").symlink_to(stdlib)
    text = SETTINGS[settings]
    if text is not None:
        cfg = executable.parents[1] / "pyvenv.cfg"
        cfg.write_bytes(text.format(own=real.resolve().parent, there=there).encode())
    interpreter = an_interpreter(
        version=version,
        executable=str(executable),
        prefix=str(base),
        base_prefix=str(base),
        stdlib=stdlib,
    )
    seen = embedded.find(
        Files(), {"PATH": str(executable.parent)}, "/", interpreter,
        libpython=None, stub="/nope", isolated=True,
    )  # fmt: skip
    (used,) = _ask(executable, "os.path.dirname(os.__file__),")
    # without a libpython it is not known for which place it was built
    assert used == (seen.stdlib or stdlib)


def _ask(python: Path, code: str) -> list[str]:
    script = f"import os, platform; print(*({code}), sep='\\n')"
    done = subprocess.run(
        [python, "-I", "-S", "-c", script], env={"PATH": os.defpath},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.splitlines()


def test_it_does_not_search_the_root_folder(tmp_path: Path) -> None:
    """CPython's `search_up` ends below it; /lib/python3.X of the distribution is not this one's."""
    root = _root(tmp_path, "lib")
    (root / "pyvenv.cfg").write_text("home = /opt/removed/bin\n")
    library = root / "lib/libpython3.11.so.1.0"
    library.write_bytes(library.read_bytes() + bytes(root) + b"\0")
    assert _stub(root, "lib", library).stdlib == str(root / "lib/python3.11")
