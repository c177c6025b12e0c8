"""What code of .pth files may make importable, judged from its text."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Optional

import pytest

from tritondoctor import facts
from tritondoctor.checks import examine
from tritondoctor.facts.interpreter.startup_changes import StartupScene, changes
from tritondoctor.facts.model import Facts
from tritondoctor.target import Target

EDITABLE = """
import sys
from importlib.machinery import ModuleSpec, PathFinder
MAPPING: dict[str, str] = {'foo': '/src/foo', 'pytriton': '/src/pytriton'}
NAMESPACES: dict[str, list[str]] = {}
class _EditableFinder: pass
def install(): sys.meta_path.append(_EditableFinder)
"""
SCIKIT = """
import sys
def install(known_source_files, known_wheel_files, path): sys.meta_path.insert(0, path)
install({'foo.bar': '/src/foo/bar.py'}, {'foo._core': '/x.so'}, None)
"""
MESON = """
import sys
def install(package_name, names, build_path): sys.meta_path.insert(0, names)
install('foo', {'foo', 'other'}, '/build')
"""
CASES: list[tuple[str, dict[str, str], Optional[tuple[str, ...]]]] = [
    ("import os; var = 'SETUPTOOLS_USE_DISTUTILS'; __import__('_distutils_hack').add_shim();",
     {"_distutils_hack.py": "import sys\nsys.meta_path.insert(0, 1)"}, ()),
    ("import _virtualenv", {"_virtualenv.py": "import sys\nsys.meta_path.insert(0, 1)"}, ()),
    ("import sys, types, os;m = sys.modules.setdefault('google', types.ModuleType('google'));"
     "mp = (m or []) and m.__dict__.setdefault('__path__',[]);", {}, ()),
    ("import coverage; coverage.process_startup()", {}, ()),
    ("import quiet", {"quiet.py": "print('hello')"}, ()),
    ("import missing_altogether", {}, ()),
    ("import __editable___foo_finder; __editable___foo_finder.install()",
     {"__editable___foo_finder.py": EDITABLE}, ("foo", "pytriton")),
    ("import _foo_editable", {"_foo_editable.py": SCIKIT}, ("foo",)),
    ("import _foo_editable_loader", {"_foo_editable_loader.py": MESON}, ("foo", "other")),
    ("import paths; paths.add()", {"paths.py": "import sys\ndef add(): sys.path.append(x)"}, None),
    ("import package.sub",
     {"package/__init__.py": "", "package/sub.py": "import site\nsite.addsitedir(x)"}, None),
    ("import os, sys; sys.path.append(os.environ['X'])", {}, None),
]  # fmt: skip


@pytest.fixture(scope="module")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("code") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(path)], check=True)
    return path


def _facts(venv: Path, **variables: str) -> Facts:
    given = {"PATH": os.environ["PATH"], "HOME": str(venv.parent), **variables}
    return facts.gather(Target(f"{venv}/bin/python", str(venv), "", given, str(venv.parent)))


@pytest.mark.parametrize(("line", "modules", "provides"), CASES)
def test_what_a_line_may_provide(
    line: str, modules: dict[str, str], provides: Optional[tuple[str, ...]], venv: Path
) -> None:
    packages = next(venv.glob("lib/python3*/site-packages"))
    made = [packages / "zz.pth", *(packages / name for name in modules)]
    try:
        for path, text in zip(made, (f"{line}\n", *modules.values())):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        seen = _facts(venv)
    finally:
        for path in made:
            path.unlink()
    code = next((one for one in seen.interpreter.startup_code if one.file == str(made[0])), None)
    assert code is not None and code.may_provide == provides
    explained = provides is None or "pytriton" in provides
    ids = {one.id for one in examine(seen)}
    assert ("pth-code-not-followed" in ids) == explained
    assert ("pytriton-missing" in ids) == (not explained)


def test_sitecustomize_that_adds_paths(venv: Path) -> None:
    custom = next(venv.glob("lib/python3*/site-packages")) / "sitecustomize.py"
    custom.write_text("import sys\nsys.path += open('/etc/company').read().split()\n")
    try:
        found = {one.id: one for one in examine(_facts(venv))}
    finally:
        custom.unlink()
    # without PyTriton nothing else can be examined, which is no all-clear
    assert found["pth-code-not-followed"].severity == "error"
    assert str(custom) in str(found["pth-code-not-followed"].evidence[0])


def test_the_user_site_where_it_counts(tmp_path: Path) -> None:
    variables = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    target = Target(os.path.realpath(sys.executable), None, "", variables, str(tmp_path))
    folder = Path(str(facts.gather(target).interpreter.user_site))
    folder.mkdir(parents=True)
    (folder / "zz.pth").write_text("import sys; sys.path.append(sys.argv[0])\n")
    assert [one.file for one in facts.gather(target).interpreter.startup_code][-1] == f"{folder}/zz.pth"
    variables["PYTHONNOUSERSITE"] = "1"
    assert f"{folder}/zz.pth" not in [one.file for one in facts.gather(target).interpreter.startup_code]


def test_what_changes_the_process() -> None:
    source = (
        "import os, sys, resource\n"
        "os.environ['A'] = '1'\n"
        "if os.path.exists('/b'):\n    resource.setrlimit(resource.RLIMIT_NOFILE, (5, 5))\n"
        "try:\n    import x\nexcept ImportError:\n    sys.modules['x'] = None\n"
        "def f():\n    os.environ['C'] = '1'\n"
        "print(os.environ['A'])\n"
        "os.environ.setdefault('D', '2')\n"
    )
    assert [(change.statement, change.certain) for change in changes(source)] == [
        ("os.environ['A'] = '1'", True),
        ("resource.setrlimit(resource.RLIMIT_NOFILE, (5, 5))", False),
        ("sys.modules['x'] = None", False),
        ("os.environ.setdefault('D', '2')", True),
    ]
    assert not [*changes("import os\nos.environ['A'")]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("import sys as s\ns.modules['grpc'] = None", ["sys.modules['grpc'] = None"]),
        ("from os import environ\nenviron['A'] = 'b'", ["os.environ['A'] = 'b'"]),
        ("from resource import *\nlow = 9\nsetrlimit(RLIMIT_AS, (low, low))",
         ["resource.setrlimit(resource.RLIMIT_AS, (9, 9))"]),
        ("import sys\nfor name in ('a', 'b'):\n    sys.modules[name] = None",
         ["sys.modules['a'] = None", "sys.modules['b'] = None"]),
        ("import sys\nknown = sys.modules\nknown['a'] = None", ["sys.modules['a'] = None"]),
        ("import sys\ndef main():\n    sys.path.clear()\nmain()", ["sys.path.clear()"]),
        ("import sys\ndef main():\n    sys.path.clear()", []),
        ("import sys\nexec('sys.path.clear()')", ["sys.path.clear()"]),
        ("import base64\nexec(base64.b64decode(b'eA=='))", ["exec(base64.b64decode(b'eA=='))"]),
        ("import socket\nsocket.socket.connect = None", ["socket.socket.connect = None"]),
        ("import builtins\nbuiltins.ic = print", []),
        ("import builtins\nbuiltins.open = None", ["builtins.open = None"]),
        ("import sys\nsys.excepthook = print", []),
        ("import sys\nsys.path.append('/opt/company')", []),
        ("import warnings\nwarnings.filterwarnings('ignore')", []),
        ("import os, sys\nif 'SNAP' in os.environ:\n    sys.path.clear()", []),
        ("import os, sys\nif os.getenv('HERE'):\n    sys.path.clear()", ["sys.path.clear()"]),
        ("import mine\nmine.start()", ["sys.path.clear()"]),
        ("__import__('mine').start()", ["sys.path.clear()"]),
        ("while True:\n    pass", ["while True:"]),
    ],
)  # fmt: skip
def test_names_are_led_back_to_their_modules(source: str, told: list[str]) -> None:
    own = "import sys\ndef start():\n    sys.path.clear()\n"
    scene = StartupScene((3, 11), {"HERE": "1"}, lambda name: own if name == "mine" else "")
    seen = [*changes(source, scene)]
    assert [change.canonical for change in seen] == told
    assert all(change.certain for change in seen)


def test_a_module_that_is_missing_ends_the_code() -> None:
    scene = StartupScene((3, 11), {}, lambda name: None if name == "ddtrace" else "")
    seen = [*changes("import ddtrace, sys\nsys.path.clear()", scene)]
    assert [change.certain for change in seen] == [False]
