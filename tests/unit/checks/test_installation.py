"""Findings about PyTriton's own files."""

from __future__ import annotations

from tests.unit.build import (
    LIBS,
    PACKAGE,
    PREFIX,
    PYTHON,
    SITE,
    a_host,
    a_launch,
    a_link_problem,
    a_pytriton,
    an_interpreter,
    facts,
)
from tests.unit.checks.case import Case, FindingTests
from tritondoctor.checks import advice, wheel
from tritondoctor.facts.interpreter.model import StartupCode
from tritondoctor.facts.launch.model import Uncopyable, WheelFile

_SERVER = f"{PACKAGE}/tritonserver/bin/tritonserver"
_EDITABLE = StartupCode(f"{SITE}/pytriton.pth", "import finder", ("pytriton",))
_ELSEWHERE = "/opt/packages"


def _damaged(path: str, state: str, **changes: str) -> WheelFile:
    return WheelFile(path, state, **changes)  # type: ignore[arg-type]


class TestInstallation(FindingTests):
    CASES = (
        Case(
            "pytriton-missing",
            fires=facts(pytriton=None, launch=None),
            silent=facts(
                pytriton=None, launch=None, interpreter=an_interpreter(startup_code=(_EDITABLE,))
            ),
            says=(PYTHON, "0.7.0", SITE, "nvidia-pytriton==0.7.0"),
        ),
        Case(
            "pytriton-missing",
            note="nothing-fits",
            fires=facts(pytriton=None, launch=None, host=a_host(glibc="2.12")),
            silent=facts(),
            says=("2.12",),
        ),
        Case(
            "pytriton-missing",
            note="lost-configuration",
            fires=facts(pytriton=None, launch=None, interpreter=an_interpreter(unconfigured="/my venv")),
            silent=facts(),
            says=("/my venv/pyvenv.cfg is missing", "-m venv --without-pip '/my venv'"),
        ),
        Case(
            "wheel-damaged",
            fires=facts(pytriton=a_pytriton(damaged=(_damaged(_SERVER, "missing"),))),
            silent=facts(pytriton=a_pytriton(damaged=(_damaged(f"{PACKAGE}/README.md", "missing"),))),
            says=("missing", _SERVER, "nvidia-pytriton==0.7.0", "--force-reinstall"),
        ),
        Case(
            "wheel-damaged",
            note="cut-short",
            fires=facts(
                pytriton=a_pytriton(damaged=(_damaged(_SERVER, "size", expected="900", found="1"),)),
                launch=a_launch({"tritonserver": [a_link_problem("truncated", _SERVER)]}),
            ),
            # stripped: of another size, and whole
            silent=facts(
                pytriton=a_pytriton(damaged=(_damaged(_SERVER, "size", expected="900", found="800"),))
            ),
            says=("damaged", "1 bytes, the release has 900"),
        ),
        Case(
            "wheel-changed",
            fires=facts(pytriton=a_pytriton(damaged=(_damaged(f"{PACKAGE}/triton.py", "content"),))),
            silent=facts(pytriton=a_pytriton(damaged=(_damaged(_SERVER, "missing"),))),
            says=(f"{PACKAGE}/triton.py", "edited"),
        ),
        Case(
            "release-not-known",
            fires=facts(pytriton=a_pytriton(version="0.8.0.dev1")),
            silent=facts(pytriton=a_pytriton(version="0.7.0")),
            says=("PyTriton 0.8.0.dev1 is newer", "up to 0.7.0"),
        ),
        Case(
            "tritonserver-not-executable",
            fires=facts(pytriton=a_pytriton(server_mode=0o644)),
            silent=facts(pytriton=a_pytriton(server_mode=0o700)),
            says=(_SERVER, "644", f"chmod 755 {_SERVER}"),
        ),
        Case(
            "server-not-copyable",
            fires=facts(launch=a_launch(uncopyable=(Uncopyable(_SERVER, "special"),))),
            silent=facts(
                launch=a_launch(uncopyable=(Uncopyable(_SERVER, "broken-link"),)),
                pytriton=a_pytriton(damaged=(_damaged(_SERVER, "missing"),)),
            ),
            says=(_SERVER, "neither a file nor a folder"),
        ),
        Case(
            "server-not-copyable",
            note="not-permitted",
            # RECORD's sums cannot be compared either; that is no damage
            fires=facts(
                launch=a_launch(uncopyable=(Uncopyable(_SERVER, "not-permitted"),)),
                pytriton=a_pytriton(damaged=(_damaged(_SERVER, "unreadable"),)),
            ),
            silent=facts(pytriton=a_pytriton(damaged=(_damaged(_SERVER, "unreadable"),))),
            says=(_SERVER, "may not be read by this user", "chmod -R a+rX"),
        ),
        Case(
            "pytriton-outside-site-packages",
            fires=facts(
                pytriton=a_pytriton(
                    package=f"{_ELSEWHERE}/pytriton", libs_expected=f"{_ELSEWHERE}/nvidia_pytriton.libs"
                ),
                launch=a_launch({"tritonserver": (a_link_problem("not-found", "libre2-12345678.so.9"),)}),
            ),
            silent=facts(
                pytriton=a_pytriton(
                    package=f"{_ELSEWHERE}/pytriton", libs_expected=f"{_ELSEWHERE}/nvidia_pytriton.libs"
                )
            ),
            says=(LIBS, f"{_ELSEWHERE}/nvidia_pytriton.libs", PREFIX, "LD_LIBRARY_PATH"),
        ),
    )


def test_the_newest_release_that_is_known_is_that_of_the_table() -> None:
    newest = max((row["version"] for row in advice.releases("x86_64")), key=advice.order)
    assert newest == wheel.NEWEST_KNOWN
