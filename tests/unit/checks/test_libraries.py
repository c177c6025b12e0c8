"""Findings about the libraries that the processes of the launch load."""

from __future__ import annotations

from typing import Any

from tests.unit.build import (
    HOME,
    LIBC,
    LIBSTDCXX,
    SERVER,
    SITE,
    a_host,
    a_launch,
    a_link_problem,
    a_pytriton,
    a_stub_python,
    an_import_problem,
    an_interpreter,
    facts,
    with_import,
    with_problem,
)
from tests.unit.checks.case import Case, FindingTests, draws, words
from tritondoctor.facts.conda.model import PathElement
from tritondoctor.facts.interpreter.model import LinkedObject, LinkProblem, Runtime, SearchedPath
from tritondoctor.facts.model import Facts

_OLD = "/opt/old"
_ON_PATH = (PathElement(_OLD, "folder"),)
_NEWER = Runtime("libstdc++.so.6", "/opt/new/libstdc++.so.6", "another environment")


def _too_old(library: str, version: str) -> LinkProblem:
    message = f"{library}: version `{version}' not found (required by {SERVER})"
    return a_link_problem("version", library, provider=library, version=version, message=message)


def _met(problem: LinkProblem, found_by: str, **changes: Any) -> Facts:
    """Facts where tritonserver loads the provider by a rule and meets the problem."""
    name = problem.provider.rpartition("/")[2]
    link = LinkedObject(name, problem.provider, found_by, SERVER)
    launch = a_launch({"tritonserver": (problem,)}, {"tritonserver": (link,)})
    return facts(launch=launch, **changes)


_OLD_STDCXX = _too_old(f"{_OLD}/libstdc++.so.6", "GLIBCXX_3.4.30")
_OLD_GCC = _too_old(f"{_OLD}/libgcc_s.so.1", "GCC_12.0.0")
_OLD_GLIBC = _too_old(LIBC, "GLIBC_2.38")
_ELSEWHERE = _too_old(f"{_OLD}/libc.so.6", "GLIBC_2.34")
_OLD_RT = a_link_problem(
    "version", LIBC, provider=LIBC, version="GLIBC_PRIVATE", needed_by=f"{_OLD}/librt.so.1",
    message=f"{LIBC}: version `GLIBC_PRIVATE' not found (required by {_OLD}/librt.so.1)",
)  # fmt: skip
_OLD_RE2 = _too_old(f"{_OLD}/libre2.so.9", "RE2_9")
_OWN_FILE = f"{SITE}/numpy/core/umath.so"


def _wheels_not_found(site: str) -> Facts:
    """Facts where tritonserver does not find a library of the wheel, with PyTriton in `site`."""
    package, libs = f"{site}/pytriton", f"{site}/nvidia_pytriton.libs"
    problem = a_link_problem(
        "not-found", "libre2-0123abcd.so.9", needed_by=f"{package}/tritonserver/bin/x"
    )
    return facts(
        launch=a_launch({"tritonserver": (problem,)}),
        pytriton=a_pytriton(package=package, libs=libs, libs_expected=libs),
        interpreter=an_interpreter(prefix=site.partition("/lib/")[0]),
    )


def _below_a_name_of(version: str) -> Facts:
    """Facts of an environment below a home with é."""
    return facts(
        launch=a_launch(stub_python=a_stub_python(encoding="ascii")),
        interpreter=an_interpreter(version=version, prefix="/home/josé/env"),
    )


class TestLibraries(FindingTests):
    CASES = (
        Case(
            "environment-path-unsafe",
            fires=_wheels_not_found("/runs/12:30/env/lib/python3.11/site-packages"),
            silent=_wheels_not_found("/runs/12-30/env/lib/python3.11/site-packages"),
            says=("contains :", "ends a folder's name", "tritonserver", "ln -sT /runs/12:30/env ~/env"),
        ),
        Case(
            "environment-path-unsafe",
            note="token",
            fires=_wheels_not_found("/runs/a$LIB/env/lib/python3.11/site-packages"),
            silent=_wheels_not_found("/runs/a$LIBS/env/lib/python3.11/site-packages"),
            says=("contains $LIB", "puts another name in place"),
        ),
        Case(
            "environment-path-unsafe",
            note="not-ascii",
            fires=_below_a_name_of("3.12.4"),
            silent=_below_a_name_of("3.11.7"),
            says=("contains é", "pybind11::cast_error", "the stub", "ln -sT '/home/josé/env' ~/env"),
        ),
        Case(
            "libstdcxx-too-old",
            fires=_met(_OLD_STDCXX, "LD_LIBRARY_PATH", library_path=_ON_PATH, runtimes=(_NEWER,)),
            # the system's own libstdc++ beside a glibc that is too old as well: one cause
            silent=facts(
                launch=a_launch({"tritonserver": (_too_old(LIBSTDCXX, "GLIBCXX_3.4.30"), _OLD_GLIBC)})
            ),
            says=(_OLD, "GLIBCXX_3.4.30", "ritonserver", f"{HOME}/nvidia_pytriton.libs", _NEWER.path),
        ),
        Case(
            "libgcc-too-old",
            fires=_met(_OLD_GCC, "LD_LIBRARY_PATH", library_path=_ON_PATH),
            silent=_met(_OLD_STDCXX, "LD_LIBRARY_PATH", library_path=_ON_PATH),
            says=(f"{_OLD}/libgcc_s.so.1", "GCC_12.0.0", "LD_LIBRARY_PATH"),
        ),
        Case(
            "glibc-too-old",
            fires=with_problem(_OLD_GLIBC, host=a_host(glibc="2.36")),
            silent=_met(_ELSEWHERE, "LD_LIBRARY_PATH", library_path=_ON_PATH),
            says=("2.36", "GLIBC_2.38", SERVER),
        ),
        Case(
            "glibc-from-elsewhere",
            fires=_met(_ELSEWHERE, "LD_LIBRARY_PATH", library_path=_ON_PATH),
            silent=with_problem(_OLD_GLIBC),
            says=(_OLD, "tritonserver", "LD_LIBRARY_PATH"),
        ),
        Case(
            "glibc-from-elsewhere",
            note="asks-for-what-it-was-built-with",
            fires=_met(_OLD_RT, "LD_LIBRARY_PATH", library_path=_ON_PATH),
            silent=with_problem(_OLD_GLIBC),
            says=(_OLD, "tritonserver", "LD_LIBRARY_PATH"),
        ),
        Case(
            "library-missing",
            fires=with_problem(
                a_link_problem(
                    "not-found", "libz.so.1", tried=(SearchedPath("/usr/lib/libz.so.1", "default", ""),)
                )
            ),
            silent=with_problem(a_link_problem("not-found", "libpython3.11.so.1.0")),
            says=("libz.so.1", "/usr/lib", "ritonserver"),
        ),
        Case(
            "library-missing",
            note="of-the-wheel",
            fires=with_problem(a_link_problem("not-found", "libre2-1234567.so.9")),
            # auditwheel's eight digits: the wheel itself brings that library
            silent=with_problem(a_link_problem("not-found", "libre2-12345678.so.9")),
        ),
        Case(
            "library-damaged",
            fires=with_problem(
                a_link_problem("truncated", "libz.so.1", provider=f"{_OLD}/libz.so.1"),
                library_path=_ON_PATH,
            ),
            silent=with_import(
                an_import_problem(
                    "not-loadable",
                    "numpy.core.umath",
                    path=_OWN_FILE,
                    link=(LinkProblem("truncated", _OWN_FILE, _OWN_FILE, "file too short"),),
                )
            ),
            says=(f"{_OLD}/libz.so.1", "tritonserver", f"mv {_OLD}/libz.so.1"),
        ),
        Case(
            "library-too-old",
            fires=_met(_OLD_RE2, "LD_LIBRARY_PATH", library_path=_ON_PATH),
            silent=_met(_OLD_STDCXX, "LD_LIBRARY_PATH", library_path=_ON_PATH),
            says=(f"{_OLD}/libre2.so.9", "RE2_9"),
        ),
        Case(
            "library-refused",
            fires=with_problem(a_link_problem("isa", "libz.so.1", provider=f"{_OLD}/libz.so.1")),
            silent=with_problem(a_link_problem("not-found", "libz.so.1")),
            says=(f"{_OLD}/libz.so.1", "the loader's own line"),
        ),
        Case(
            "program-interpreter-missing",
            fires=with_problem(a_link_problem("interpreter-missing", "/lib64/ld-linux-x86-64.so.2")),
            silent=with_problem(
                a_link_problem("interpreter-missing", "/lib64/ld-linux-x86-64.so.2"),
                host=a_host(libc="musl", glibc=None),
            ),
            says=(SERVER, "/lib64/ld-linux-x86-64.so.2"),
        ),
    )


def test_processes_that_meet_one_cause_are_one_finding() -> None:
    launch = a_launch({"tritonserver": (_OLD_STDCXX,), "stub": (_OLD_STDCXX,)})
    (finding,) = draws("libstdcxx-too-old", facts(launch=launch))
    assert "ritonserver and the stub" in words(finding)


def test_a_library_of_another_environments_package_is_not_renamed() -> None:
    folder = "/opt/other/lib/python3.11/site-packages/nvidia/cublas/lib"
    problem = a_link_problem("truncated", "libz.so.1", provider=f"{folder}/libz.so.1")
    seen = with_problem(problem, library_path=(PathElement(folder, "folder"),))
    (finding,) = draws("library-damaged", seen)
    assert finding.remedies
    assert "mv " not in words(finding)
