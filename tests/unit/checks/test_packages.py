"""Findings about the Python packages that the launch imports."""

from __future__ import annotations

import pytest

from tests.unit.build import (
    PACKAGE,
    SITE,
    STDLIB,
    a_launch,
    a_pytriton,
    a_stub_python,
    an_import_problem,
    an_interpreter,
    changed,
    facts,
    with_import,
)
from tests.unit.checks.case import Case, FindingTests, draws
from tritondoctor.checks import examine
from tritondoctor.checks.edits import Move
from tritondoctor.facts.imports.model import ChangedSource, ImportProblem
from tritondoctor.facts.interpreter.model import LinkProblem, StartupCode
from tritondoctor.facts.launch.model import WheelFile
from tritondoctor.facts.model import Facts

_GREENLET = f"{SITE}/greenlet/_greenlet.so"
_PACKED = an_import_problem(
    "missing", "grpc._cython.cygrpc", reason="in-archive", at="/opt/deps.zip/grpc/_cython/cygrpc.so"
)
_MISSING = an_import_problem("missing", "wrapt", importer=f"{SITE}/x.py", line=12)
_ADDS_A_PATH = StartupCode(f"{SITE}/x.pth", "import x; x.install()", None)


def _with_numpy(version: str, *, numpy_2: bool = False) -> Facts:
    launch = a_launch(stub_python=a_stub_python(numpy_2=numpy_2))
    closures = tuple(changed(closure, numpy=version) for closure in launch.imports)
    return facts(launch=changed(launch, imports=closures))


def _with_changed(*problems: ImportProblem) -> Facts:
    launch = a_launch(imports={"client": problems})
    file = ChangedSource(f"{SITE}/zmq/error.py", "pyzmq==27.3.0")
    return facts(
        launch=changed(launch, imports=tuple(changed(one, changed=(file,)) for one in launch.imports))
    )


class TestPackages(FindingTests):
    CASES = (
        Case(
            "package-missing",
            fires=with_import(_MISSING),
            silent=with_import(_MISSING, interpreter=an_interpreter(startup_code=(_ADDS_A_PATH,))),
            says=("wrapt", "our Python process", f"{SITE}/x.py", "12", "pip install wrapt"),
        ),
        Case(
            "package-missing",
            note="standard-library",
            fires=with_import(an_import_problem("missing", "_ctypes", importer=f"{STDLIB}/ctypes/x.py")),
            silent=with_import(
                an_import_problem("missing", "_ctypes", importer=f"{STDLIB}/ctypes/x.py"),
                interpreter=an_interpreter(builtin_modules=("_ctypes",)),
            ),
            says=("_ctypes", "standard library"),
        ),
        Case(
            "package-missing",
            note="zipped",
            fires=with_import(_PACKED, cwd="/srv", variables={"PYTHONPATH": "/opt/deps.zip"}),
            silent=facts(),
            says=("grpc._cython.cygrpc", "is in a zip file", "Take /opt/deps.zip off PYTHONPATH"),
        ),
        Case(
            "package-missing",
            note="older-on-python-path",
            fires=with_import(
                an_import_problem(
                    "missing",
                    "google.protobuf.runtime_version",
                    reason="lacks-names",
                    at="/usr/lib/python3/dist-packages/google/protobuf/__init__.py",
                    names=("x",),
                ),
                variables={"PYTHONPATH": "/usr/lib/python3/dist-packages"},
            ),
            silent=facts(variables={"PYTHONPATH": "/usr/lib/python3/dist-packages"}),
            says=("Take /usr/lib/python3/dist-packages off PYTHONPATH", "unset PYTHONPATH"),
        ),
        Case(
            "package-missing",
            note="for-older-pythons",
            fires=with_import(
                an_import_problem(
                    "missing",
                    "collections.Mapping",
                    importer=f"{SITE}/old.py",
                    reason="lacks-names",
                    at=f"{STDLIB}/collections/__init__.py",
                    names=("Mapping",),
                    asked_by="old==1.0",
                ),
            ),
            silent=facts(),
            says=("has no Mapping", "Upgrade it", "pip install 'old>1.0'"),
        ),
        Case(
            "package-missing",
            note="damaged-wheel",
            fires=with_import(an_import_problem("missing", "pytriton.proxy")),
            silent=with_import(
                an_import_problem("missing", "pytriton.proxy"),
                pytriton=a_pytriton(damaged=(WheelFile(f"{PACKAGE}/proxy/__init__.py", "missing"),)),
            ),
            says=("pytriton.proxy",),
        ),
        Case(
            "package-hidden-from-stub",
            fires=with_import(
                an_import_problem("missing", "zmq", hidden_at="/home/alice/.local/zmq"), role="stub"
            ),
            silent=with_import(an_import_problem("missing", "zmq"), role="stub"),
            says=("zmq", "/home/alice/.local/zmq", SITE, "nvidia-pytriton==0.7.0"),
        ),
        Case(
            "package-not-loadable",
            fires=with_import(
                an_import_problem(
                    "not-loadable",
                    "greenlet._greenlet",
                    path=_GREENLET,
                    detail="file too short",
                    owner="greenlet==3.0.3",
                    link=(LinkProblem("truncated", _GREENLET, _GREENLET, "file too short"),),
                )
            ),
            # a library that it needs is at fault, which has a finding of its own
            silent=with_import(
                an_import_problem(
                    "not-loadable",
                    "greenlet._greenlet",
                    path=_GREENLET,
                    link=(LinkProblem("not-found", "libz.so.1", _GREENLET, "libz.so.1: not found"),),
                )
            ),
            says=("greenlet._greenlet", "file too short", _GREENLET, "greenlet==3.0.3"),
        ),
        Case(
            "package-not-loadable",
            note="of-the-user",
            fires=with_import(
                an_import_problem("not-loadable", "queue", path="/srv/queue.so", detail="too short"),
                cwd="/srv",
            ),
            silent=facts(),
            says=("queue", "mv /srv/queue.so /srv/my_queue.so"),
        ),
        Case(
            "package-damaged",
            note="cut-name",
            fires=with_import(
                an_import_problem("damaged", "sh", path=f"{SITE}/sh.py", reason="cut-name", detail="ver")
            ),
            silent=facts(),
            says=("the file ends within the name ver",),
        ),
        Case(
            "package-damaged",
            note="bytecode",
            fires=with_import(
                an_import_problem("damaged", "random", path="/srv/random.pyc", reason="other-bytecode"),
                cwd="/srv",
            ),
            silent=facts(),
            says=("it is bytecode of another Python", "mv /srv/random.pyc /srv/my_random.pyc"),
        ),
        Case(
            "package-changed",
            fires=_with_changed(),
            silent=_with_changed(an_import_problem("damaged", "zmq", path=f"{SITE}/zmq/error.py")),
            says=("pyzmq==27.3.0", f"{SITE}/zmq/error.py", "--force-reinstall"),
            severity="warning",
        ),
        Case(
            "package-damaged",
            note="empty",
            fires=with_import(
                an_import_problem(
                    "damaged",
                    "numpy",
                    path=f"{SITE}/numpy/__init__.py",
                    reason="empty",
                    at=f"{SITE}/numpy/__init__.py",
                    owner="numpy==1.26.4",
                )
            ),
            silent=with_import(an_import_problem("missing", "numpy")),
            says=("numpy", f"{SITE}/numpy/__init__.py is empty", "numpy==1.26.4"),
        ),
        Case(
            "package-damaged",
            fires=with_import(
                an_import_problem(
                    "damaged",
                    "wrapt",
                    path=f"{SITE}/wrapt.py",
                    detail="line 3 is cut",
                    owner="wrapt==1.16",
                )
            ),
            silent=with_import(an_import_problem("missing", "wrapt", path=f"{SITE}/wrapt.py")),
            says=("wrapt", f"{SITE}/wrapt.py", "line 3 is cut", "wrapt==1.16"),
        ),
        Case(
            "package-shadowed",
            fires=with_import(
                an_import_problem(
                    "shadowed",
                    "numpy",
                    path="/home/alice/src/numpy.py",
                    reason="hides",
                    at="numpy",
                    names=("array",),
                )
            ),
            silent=with_import(an_import_problem("missing", "numpy")),
            says=("/home/alice/src/numpy.py", "has no array", "/home/alice/src/my_numpy.py"),
        ),
        Case(
            "package-shadowed",
            note="python-path",
            fires=with_import(
                an_import_problem(
                    "shadowed",
                    "zmq",
                    path="/opt/mine/zmq.py",
                    reason="hides",
                    at="zmq",
                    names=("Context",),
                ),
                variables={"PYTHONPATH": "/opt/mine:/opt/other"},
            ),
            silent=facts(variables={"PYTHONPATH": "/opt/mine:/opt/other"}),
            says=("/opt/mine/zmq.py", "PYTHONPATH=/opt/other"),
        ),
        Case(
            "package-shadowed",
            note="backport",
            fires=with_import(
                an_import_problem(
                    "shadowed",
                    "pathlib",
                    path="/opt/mine/pathlib.py",
                    reason="lacks-import",
                    at=f"{STDLIB}/pathlib.py",
                    detail="collections.Sequence",
                ),
                variables={"PYTHONPATH": "/opt/mine"},
            ),
            silent=facts(variables={"PYTHONPATH": "/opt/mine"}),
            says=("it imports collections.Sequence, which is not there", "unset PYTHONPATH"),
        ),
        Case(
            "package-shadowed",
            note="put-first",
            fires=with_import(
                an_import_problem(
                    "shadowed",
                    "wrapt",
                    path=f"{SITE}/wrapt-1.egg/wrapt/__init__.py",
                    reason="hides",
                    at="wrapt",
                    names=("decorator",),
                ),
                interpreter=an_interpreter(sys_path=(f"{SITE}/wrapt-1.egg", STDLIB, SITE)),
            ),
            silent=facts(interpreter=an_interpreter(sys_path=(f"{SITE}/wrapt-1.egg", STDLIB, SITE))),
            says=("has no decorator", f"Take {SITE}/wrapt-1.egg out of the .pth file"),
        ),
        Case(
            "package-too-old",
            fires=with_import(
                an_import_problem(
                    "too-old",
                    "grpc",
                    path=f"{SITE}/grpc_service_pb2_grpc.py",
                    reason="runtime-too-old",
                    have="1.50.0",
                    least="1.60.0",
                )
            ),
            silent=with_import(an_import_problem("missing", "grpc")),
            says=("grpcio", "1.50.0", "grpcio>=1.60.0"),
        ),
        Case(
            "numpy-too-new",
            fires=_with_numpy("2.2.0"),
            silent=_with_numpy("2.2.0", numpy_2=True),
            says=("2.2.0", "numpy<2"),
        ),
        Case("numpy-too-new", note="last-of-1", fires=_with_numpy("2.0.0"), silent=_with_numpy("1.26.4")),
    )


_OTHERS = "/home/alice/src/other/lib/python3.11/site-packages"


@pytest.mark.parametrize(
    ("python_path", "cures"),
    [
        (_OTHERS, ["shorten-python-path"]),
        ("other/lib/python3.11/site-packages", ["shorten-python-path"]),
        ("", []),
    ],
)
@pytest.mark.parametrize("name", ["gevent/__init__.py", "queue.py"])
def test_a_package_of_another_environment_is_not_renamed(
    python_path: str, cures: list[str], name: str
) -> None:
    """PYTHONPATH leads there, and that environment needs its package."""
    problem = an_import_problem(
        "shadowed", name.partition("/")[0], path=f"{_OTHERS}/{name}", reason="hides", at="x", names=("y",)
    )
    seen = with_import(problem, variables={"PYTHONPATH": python_path}, cwd="/home/alice/src")
    (finding,) = [found for found in examine(seen) if found.id == "package-shadowed"]
    assert [remedy.id for remedy in finding.remedies] == cures
    edits = [edit for remedy in finding.remedies for edit in remedy.edits]
    assert not any(isinstance(edit, Move) for edit in edits)


def test_a_file_does_not_import_itself() -> None:
    """numpy.py with a line in it: the import of numpy.random fails in it, whoever asked for that."""
    path = "/home/alice/src/numpy.py"
    own = an_import_problem("shadowed", "numpy", path=path, reason="hides", at="numpy", importer=path)
    [finding] = draws("package-shadowed", with_import(own))
    assert finding.evidence == ()
