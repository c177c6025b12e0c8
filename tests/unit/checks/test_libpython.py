"""Findings about the libpython that the stub loads."""

from __future__ import annotations

from tests.unit.build import (
    HOME,
    LIBPYTHON,
    LIBS,
    PREFIX,
    STUB,
    a_launch,
    a_link_problem,
    a_pytriton,
    a_stub_python,
    an_interpreter,
    facts,
    with_problem,
)
from tests.unit.checks.case import Case, FindingTests
from tritondoctor.facts.conda.model import CondaPackage, CondaPrefix, PathElement
from tritondoctor.facts.interpreter.model import LibPython

_SONAME = "libpython3.11.so.1.0"
_MISSING = a_link_problem(
    "not-found",
    _SONAME,
    needed_by=STUB,
    message=f"error while loading shared libraries: {_SONAME}: cannot open shared object file",
)
_OWN = LibPython("/opt/python/lib/libpython3.11.so.1.0", "the interpreter's prefix", "3.11.7")
_CONDA = CondaPrefix(
    PREFIX, "env", False, (CondaPackage("python", "3.11.7", "h955ad1f_0", "conda-forge/linux-64"),)
)


class TestLibpython(FindingTests):
    CASES = (
        Case(
            "libpython-missing",
            fires=with_problem(_MISSING, role="stub", libpythons=(_OWN,)),
            silent=with_problem(a_link_problem("not-found", "libz.so.1"), role="stub"),
            says=(_SONAME, "3.11.7", _OWN.path, f"ln -sfn {_OWN.path} {LIBS}/{_SONAME}"),
        ),
        Case(
            "libpython-missing",
            note="conda",
            fires=with_problem(
                _MISSING, role="stub", conda=(_CONDA,), interpreter=an_interpreter(kind="conda")
            ),
            silent=facts(conda=(_CONDA,), interpreter=an_interpreter(kind="conda")),
            says=("conda install", "python=3.11.7=h955ad1f_0"),
        ),
        Case(
            "libpython-wrong-build",
            fires=facts(
                launch=a_launch(libpython=LibPython(LIBPYTHON, "cache", "3.11.2", ("_thread.x",))),
                libpythons=(_OWN,),
            ),
            silent=facts(launch=a_launch(libpython=LibPython(LIBPYTHON, "cache", "3.11.7"))),
            says=("3.11.2", "3.11.7", LIBPYTHON, "_thread.x", _OWN.path),
            severity="error",
        ),
        Case(
            "libpython-wrong-build",
            note="nothing-lacks",
            fires=facts(launch=a_launch(libpython=LibPython(LIBPYTHON, "cache", "3.11.6"))),
            silent=facts(launch=a_launch(libpython=LibPython(LIBPYTHON, "cache", None))),
            says=("3.11.6",),
            severity="warning",
        ),
        Case(
            "libpython-wrong-version",
            fires=facts(
                launch=a_launch(libpython=LibPython(LIBPYTHON, "LD_LIBRARY_PATH", "3.12.1")),
                library_path=(PathElement("/usr/local/lib", "folder"),),
            ),
            silent=facts(
                launch=a_launch(libpython=LibPython(LIBPYTHON, "cache", "3.12.1")),
                pytriton=a_pytriton(stubs=("3.12",)),
            ),
            says=(LIBPYTHON, "3.12.1", "3.11", f"mv {LIBPYTHON}"),
        ),
        Case(
            "libpython-wrong-version",
            note="interpreter",
            fires=facts(
                interpreter=an_interpreter(libpython="/opt/libpython3.10.so.1.0"),
                pytriton=None,
                launch=None,
            ),
            silent=facts(interpreter=an_interpreter(libpython="/opt/libpython3.11.so.1.0")),
            says=("/opt/libpython3.10.so.1.0", "3.10"),
        ),
        Case(
            "python3-elsewhere",
            fires=facts(
                launch=a_launch(
                    stub_python=a_stub_python(
                        executable="/usr/bin/python3",
                        ours=False,
                        minor="3.9",
                        stdlib="/usr/lib/python3.9",
                    )
                )
            ),
            silent=facts(launch=a_launch(stub_python=a_stub_python(minor=None))),
            says=("/usr/bin/python3", "3.9", "/usr/lib/python3.9", f"{PREFIX}/bin/python3"),
        ),
    )


def test_link_goes_first_where_library_path_brings_another() -> None:
    from tests.unit.checks.case import draws, words
    from tritondoctor.facts.interpreter.model import LinkedObject

    brought = LibPython("/opt/old/libpython3.11.so.1.0", "LD_LIBRARY_PATH", "3.11.2", ("_thread.x",))
    link = LinkedObject(_SONAME, brought.path, "LD_LIBRARY_PATH", STUB)
    launch = a_launch(objects={"stub": (link,)}, libpython=brought)
    (finding,) = draws("libpython-wrong-build", facts(launch=launch, libpythons=(_OWN,)))
    assert f"ln -sfn {_OWN.path} {HOME}/nvidia_pytriton.libs/{_SONAME}" in words(finding)
