"""Small packages of which a module is gone, each really imported beside the prediction."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.build import an_interpreter
from tritondoctor.facts.imports.closure import Closure
from tritondoctor.facts.imports.empty_modules import UsedNames
from tritondoctor.facts.imports.module_cache import ModuleCache
from tritondoctor.facts.imports.scene import Scene
from tritondoctor.loader import Files

#: the files of a package `p`, which the first of them imports; what is imported in the end is `p.user`
PACKAGES = {
    "imports the module from itself": {"__init__": "from . import gone\n", "user": ""},
    "imports it from itself by its name": {
        "__init__": "from p import gone\n__all__ = ['gone']\n",
        "user": "",
    },
    "a module asks for it": {
        "__init__": "# _gone is below\n_x = '_gone'\n",
        "user": "from p import _gone\n",
    },
    "behind a star": {"__init__": "from .user import *\n", "user": "from p import _gone\n"},
    "behind sys.modules of another": {
        "__init__": "import sys\nfrom p import gone\nsys.modules.update({'p.old': gone})\n",
        "user": "",
    },
    "behind a __getattr__ that stands below": {
        "__init__": "from . import gone\ndef __getattr__(name):\n    raise AttributeError(name)\n",
        "user": "",
    },
    "put into sys.modules below": {
        "__init__": "import sys\nfrom p import gone\nsys.modules.update({'p.gone': gone})\n",
        "user": "",
    },
    "in a condition on its own name": {
        "__init__": "if __name__ == 'p':\n    from p import gone\n",
        "user": "",
    },
    "a folder without __init__, all of it": {
        "__init__": "from .bare import *\nfrom .user import x\n",
        "user": "x = bare\n",
    },
    "a folder without __init__, used": {"__init__": "", "user": "from p import bare\nx = bare.name\n"},
    "a module has the word, and not the name": {
        "__init__": "",
        "../x-packages/old": "import typing\n# gone\nT = typing.gone if hasattr(typing, 'gone') else 1\n",
        "user": "from old import gone\n",
    },
    "a module sets names of objects alone": {
        "__init__": "",
        "../x-packages/old": "def _vars_of(thing, gone):\n    setattr(thing, gone, _type_vars(thing))\n",
        "user": "from old import gone\n",
    },
    "a module has a class that begins so": {
        "__init__": "",
        "../x-packages/old": "class gone_for_good:\n    pass\n",
        "user": "from old import gone\n",
    },
    "a module calls it otherwise": {
        "__init__": "",
        "../x-packages/old": "from os import sep as gone_sep\n",
        "user": "from old import sep\n",
    },
    "below a package that looks at the finders": {
        "__init__": "import sys\nFINDERS = [finder for finder in sys.meta_path]\n",
        "user": "import p.gone\n",
    },
    "a package that looks at the finders": {
        "__init__": "import sys\nFINDERS = [finder for finder in sys.meta_path]\n",
        "user": "from . import gone\n",
    },
    "by a star with a list in full": {
        "__init__": "from .names import *\nfrom .others import *\n",
        "names": "__all__ = 'x',\nfrom os import sep as gone\nx = 1\n",
        "others": "__all__ = ('y',\n  'z')\n__all__ += ['v']\nv = y = z = gone = 1\n",
        "user": "from . import gone\n",
    },
    # look-alikes
    "by a finder of its own": {
        "__init__": "import sys\nModuleSpec = type(__spec__)\nclass Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        return ModuleSpec(name, self) if name == 'p.gone' else None\n"
        "    def create_module(self, spec):\n        return None\n"
        "    def exec_module(self, module):\n        pass\nsys.meta_path.append(Finder())\n",
        "user": "from p import gone\nimport p.gone\n",
    },
    "by a __getattr__ that calls another": {
        "__init__": "# gone\ndef _made(name):\n    return getattr(object, '__doc__')\n"
        "def __getattr__(name):\n    return _made(name)\n",
        "user": "from p import gone\n",
    },
    "by a star with another's list": {
        "__init__": "from .names import *\n",
        "names": "from . import more\nfrom .more import *\nfrom .more import _gone\n__all__ = []\n"
        "def extend_all(module):\n    __all__.extend(module.__all__)\nextend_all(more)\n",
        "more": "__all__ = ['_gone']\n_gone = 1\n",
        "user": "from p import _gone\n",
    },
    "by a star with a list that grows": {
        "__init__": "from .names import *\n",
        "names": "__all__ = ['x']\n__all__ += ['go' + 'ne']\nx = gone = 1\n",
        "user": "from p import gone\n",
    },
    "a module takes it from beside it": {
        "__init__": "",
        "names": "gone = 1\n",
        "../x-packages/old": "from .names import (\n    gone,\n)\n",
        "user": "from old import gone\n",
    },
    "a module sets it on itself": {
        "__init__": "",
        "../x-packages/old": "import sys\n"
        "for name in ('go', 'gone'):\n    setattr(sys.modules[__name__], name, 1)\n",
        "user": "from old import gone\n",
    },
    "enum's members": {
        "__init__": "",
        "../x-packages/old": "enum, _ssl = map(__import__, ('enum', '_ssl'))\n"
        "enum.IntEnum._convert_('P', __name__, lambda name: name == 'CERT_NONE', source=_ssl)\n",
        "user": "from old import CERT_NONE\n",
    },
    "what every module has": {
        "__init__": "",
        "../x-packages/old": "",
        "user": "from old import __spec__, __doc__\n",
    },
    "a module copies another's": {
        "__init__": "",
        "../x-packages/old": "import os\n"
        "for name in os.__all__:\n    globals()[name] = getattr(os, name)\n",
        "user": "from old import sep\n",
    },
    "a function": {"__init__": "def gone():\n    pass\n", "user": "from p import gone\n"},
    "a variable in a branch": {
        "__init__": "import os\nif os.sep:\n    gone = 1\n",
        "user": "from p import gone\n",
    },
    "by another name": {"__init__": "import os as gone\n", "user": "from p import gone\n"},
    "by a star": {
        "__init__": "from .names import *\n",
        "names": "gone = 1\n",
        "user": "from p import gone\n",
    },
    "by a star with a list": {
        "__init__": "from .names import *\n",
        "names": "__all__ = ['_gone']\n_gone = 1\n",
        "user": "from p import _gone\n",
    },
    "by __getattr__": {
        "__init__": "def __getattr__(name):\n    return {'gone': 1}[name]\n",
        "user": "from p import gone\n",
    },
    "by a __getattr__ that forwards": {
        "__init__": "import os\n# gone\ndef __getattr__(name):\n    return getattr(os, 'sep')\n",
        "user": "from p import gone\n",
    },
    "by globals": {"__init__": "globals().update(gone=1)\n", "user": "from p import gone\n"},
    "put into sys.modules": {
        "__init__": "import sys, os\nsys.modules['p.gone'] = os\n",
        "user": "from p import gone\n",
    },
    "set in itself before": {"__init__": "gone = 1\nfrom p import gone\n", "user": ""},
    "caught": {"__init__": "try:\n    from . import gone\nexcept ImportError:\n    pass\n", "user": ""},
    "in a condition on another name": {
        "__init__": "if __name__ == '__main__':\n    from p import gone\n",
        "user": "",
    },
    "a folder without __init__, not used": {"__init__": "", "user": "from p import bare\n"},
    "a folder without __init__, with a module": {
        "__init__": "",
        "bare/inside": "",
        "user": "from p import bare\nfrom p.bare import inside\nx = bare.inside\n",
    },
}


@pytest.mark.parametrize("files", PACKAGES.values(), ids=PACKAGES)
def test_prediction_is_what_python_does(tmp_path: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = tmp_path / "p" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "p/bare").mkdir(exist_ok=True)
    folders = [str(tmp_path), str(tmp_path / "x-packages")]
    code = f"import sys; sys.path[:0] = {folders!r}; import p.user"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False)
    problem = _closure(tmp_path).require("p.user", "")
    assert (problem is None) == (done.returncode == 0), (problem, done.stderr)


def test_what_was_compiled_once_is_meant(tmp_path: Path) -> None:
    """`globals()` could give the name, but the module was there."""
    package = tmp_path / "p"
    (package / "__pycache__").mkdir(parents=True)
    (package / "__init__.py").write_text("globals().update({name: 1 for name in ('x', 'y')})\n")
    (package / "user.py").write_text("from . import gone\n")
    assert _closure(tmp_path).require("p.user", "") is None
    (package / "__pycache__/gone.cpython-311.pyc").touch()
    problem = _closure(tmp_path).require("p.user", "")
    assert problem is not None and problem.module == "p.gone"


def _closure(folder: Path) -> Closure:
    version = ".".join(map(str, sys.version_info[:3]))
    interpreter = an_interpreter(version=version, extension_suffixes=(".so",))
    return Closure(
        Scene(
            role="client",
            sources=ModuleCache(Files(), interpreter),
            search_path=[str(folder), str(folder / "x-packages")],
            preloaded=("sys", "os"),
            builtin=("sys",),
            opener=lambda path: (),
        )
    )


@pytest.mark.parametrize(
    ("variables", "found"),
    [({}, False), ({"PURE_PYTHON": "1"}, True), ({"GEVENT_PURE_PYTHON": "gevent.queue"}, True),
     ({"GEVENT_PURE_PYTHON": "gevent.event"}, False)],
)  # fmt: skip
def test_compiled_twin_of_gevent(tmp_path: Path, variables: dict[str, str], found: bool) -> None:
    """gevent/_util.py: the twin is required unless a variable says otherwise."""
    package = tmp_path / "gevent"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "queue.py").write_text("x = 1\nimport_c_accel(globals(), 'gevent._queue')\n")
    interpreter = an_interpreter(extension_suffixes=(".so",))
    scene = Scene(
        role="client", sources=ModuleCache(Files(), interpreter), search_path=[str(tmp_path)],
        preloaded=(), builtin=(), opener=lambda path: (), variables=variables,
    )  # fmt: skip
    problem = Closure(scene).require("gevent.queue", "")
    assert (problem is None) == found
    assert problem is None or (problem.module, problem.line) == ("gevent._gevent_cqueue", 2)


@pytest.mark.parametrize(
    ("name", "local"), [("a.b", "a.b"), ("x", "x"), ("x.y", "y"), ("x.y", "x.y"), ("a", "a"), ("q", "q")]
)
def test_many_questions_are_answered_as_few(name: str, local: str) -> None:
    text = "import a.b as c\nimport x.y\nx.y.z.w\nc.d(1)\na.b.e = 2\ny.f\nnot_y.g\nself.x.h\n"
    few, many = UsedNames(text), UsedNames(text)
    for number in range(100):
        many.below(f"m{number}", f"m{number}")
    assert many.below(name, local) == few.below(name, local)
