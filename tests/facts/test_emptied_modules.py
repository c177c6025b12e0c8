"""Modules of which a crash or a full disk left nothing, or the first half; each really used beside it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.build import an_interpreter
from tritondoctor.facts.imports.closure import Closure
from tritondoctor.facts.imports.model import ImportProblem
from tritondoctor.facts.imports.module_cache import ModuleCache
from tritondoctor.facts.imports.scene import Scene
from tritondoctor.loader import Files

#: what `p.user` holds; of `p.gone` nothing is left, and `run` is called
USERS = {
    "by a star": "from .gone import *\nx = value\ndef run(): pass\n",
    "its list of names": "from .gone import *\nfrom . import gone\nx = gone.__all__\ndef run(): pass\n",
    "in a function": "from . import gone\ndef run():\n    return gone.value\n",
    "by another name": "from p import gone as _gone\ndef run():\n    return _gone.value\n",
    "by its whole name": "import p.gone\ndef run():\n    return p.gone.value\n",
    "a version": "from .gone import __version__\ndef run(): pass\n",
    # look-alikes
    "used at once, behind a try": "try:\n    from . import gone\nexcept ImportError:\n    gone = None\n"
    "if gone is not None:\n    x = gone.value\ndef run(): pass\n",
    "in a class, behind a try": "try:\n    import p.gone\nexcept ImportError:\n    p = None\n"
    "class C:\n    x = p.gone.value\ndef run(): pass\n",
    "in a function, behind a try": "try:\n    from . import gone\nexcept ImportError:\n    gone = None\n"
    "def other():\n    return gone.value\ndef run(): pass\n",
    "not used": "from . import gone\ndef run(): pass\n",
    "what every module has": "from . import gone\ndef run():\n    return gone.__name__, gone.__doc__\n",
    "caught": "try:\n    from .gone import value\nexcept ImportError:\n    value = 1\ndef run(): pass\n",
}


@pytest.mark.parametrize("user", USERS.values(), ids=USERS)
def test_emptied_modules(tmp_path: Path, user: str) -> None:
    folder = _package(tmp_path, {"__init__": "", "gone": "", "user": user})
    code = f"import sys; sys.path.insert(0, {str(folder)!r}); import p.user; p.user.run()"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False)
    problem = _problem(folder)
    assert (problem is None) == (done.returncode == 0), (problem, done.stderr)


@pytest.mark.parametrize(
    ("left", "is_cut"),
    [
        ("value = 1\nother = val", True),
        ("value = 1\n", False),
        ("# a comment that goes", False),
        ("", False),
    ],
)
def test_a_file_that_ends_within_a_line(tmp_path: Path, left: str, is_cut: bool) -> None:
    """No file of Python's own library ends so: 0 of 4,570 in six releases."""
    folder = _package(tmp_path, {"__init__": "", "gone": left, "user": "from . import gone\n"})
    problem = _problem(folder)
    assert (problem is not None and problem.reason in ("cut-source", "cut-name")) == is_cut


def test_files_of_others_may_end_so(tmp_path: Path) -> None:
    """Nothing says that a file of the user's own was longer."""
    _package(tmp_path, {}, "lib/python3.9")
    for place in ("mine", "opt/lib/python3.9"):
        files = {"__init__": "", "gone": "x = 1\ny = x", "user": "from . import gone\n"}
        folder = _package(tmp_path, files, place)
        assert _problem(folder, stdlib=tmp_path / "lib/python3.9") is None


def _package(tmp_path: Path, files: dict[str, str], place: str = "lib/python3.11") -> Path:
    """Modules of `p` in a folder, that of Python's own library if nothing else is said."""
    folder = tmp_path / place
    (folder / "p").mkdir(parents=True)
    for name, text in files.items():
        (folder / "p" / f"{name}.py").write_text(text)
    return folder


def _problem(folder: Path, stdlib: Path | None = None) -> ImportProblem | None:
    version = ".".join(map(str, sys.version_info[:3]))
    interpreter = an_interpreter(
        version=version, extension_suffixes=(".so",), stdlib=str(stdlib or folder)
    )
    scene = Scene(
        role="client", sources=ModuleCache(Files(), interpreter), search_path=[str(folder)],
        preloaded=("sys",), builtin=("sys",), opener=lambda path: (),
    )  # fmt: skip
    return Closure(scene).require("p.user", "")
