"""Which releases and Pythons would work here, according to the table of releases."""

from __future__ import annotations

from shlex import quote
from typing import Any, Optional

from tritondoctor.checks.installing import installs
from tritondoctor.checks.model import Remedy, Text, cure, text
from tritondoctor.facts.interpreter.model import Interpreter
from tritondoctor.facts.model import Facts
from tritondoctor.support import own_files
from tritondoctor.support.numbers import whole

#: the last Python that NumPy 1 has wheels for (numpy 1.26.4)
NUMPY_1_WHEELS = "3.12"


def order(version: str) -> tuple[int, ...]:
    """Return a sort key for dotted versions."""
    return tuple(whole(part) for part in version.split(".") if part.isdecimal())


def releases(machine: str) -> list[dict[str, Any]]:
    """Return the rows of the release table for an architecture, newest first."""
    rows: list[dict[str, Any]] = own_files.table("pytriton_releases.json")
    return [row for row in rows if row["arch"] == machine]


def pythons(row: dict[str, Any]) -> list[str]:
    """Return the minor versions that a release has a stub for."""
    return [stub.get("python", name) if name == "only" else name for name, stub in row["stubs"].items()]


def newest_for(machine: str, glibc: Optional[str], minor: Optional[str]) -> Optional[dict[str, Any]]:
    """Return the newest release that pip installs with this glibc and that supports this Python."""
    for row in releases(machine):
        tag = row["wheel_tag"].replace(f"_{machine}", "").replace("manylinux_", "")
        needs = tag.replace("_", ".") if tag[:1].isdigit() else "2.17"
        if glibc is not None and order(needs) > order(glibc):
            continue
        if minor is None or minor in pythons(row):
            return row
    return None


def install(facts: Facts, but: Optional[str] = None) -> tuple[Remedy, ...]:
    """Return what to install here (not the release `but`), or which Python to use instead.

    Nothing for the base of an environment that lost its pyvenv.cfg: a pip would install there.
    """
    host, interpreter = facts.host, facts.interpreter
    if interpreter.unconfigured:
        return (_restore(interpreter),)
    fits = newest_for(host.machine, host.glibc, interpreter.minor)
    if fits is not None and fits["version"] != but:
        release = installs(facts, (f"nvidia-pytriton=={fits['version']}",))
        plain = cure("install-pytriton", _title(interpreter), release)
        return (plain, *_without_compiler(interpreter))
    return another_python(facts)


def _restore(interpreter: Interpreter) -> Remedy:
    base = f"{interpreter.base_prefix}/bin/python{interpreter.minor}"
    command = f"{quote(base)} -m venv --without-pip {quote(interpreter.unconfigured)}"
    return Remedy("restore-venv", text("Restore the missing pyvenv.cfg; the packages stay"), (command,))


def _title(interpreter: Interpreter) -> Text:
    if interpreter.managed:
        return text("This Python belongs to the system: create an environment with PyTriton")
    if _compiles(interpreter):
        return text(
            "Install the newest release; NumPy 1 has no wheel for Python {minor} and must be compiled, "
            "which needs a compiler and takes many minutes",
            minor=interpreter.minor,
        )
    return text("Install the newest release for this Python and glibc")


def _compiles(interpreter: Interpreter) -> bool:
    """Return whether NumPy must be compiled, since PyTriton requires NumPy 1."""
    return bool(interpreter.minor) and order(interpreter.minor) > order(NUMPY_1_WHEELS)


def _without_compiler(interpreter: Interpreter) -> tuple[Remedy, ...]:
    if not _compiles(interpreter) or interpreter.managed:
        return ()
    title = text("Or use Python {minor}, which needs no compiler", minor=NUMPY_1_WHEELS)
    command = f"tritondoctor install minimal-{NUMPY_1_WHEELS} --venv --prefix env"
    return (Remedy("another-python", title, (command,)),)


def another_python(facts: Facts) -> tuple[Remedy, ...]:
    """Return a remedy that creates an environment with a Python that the newest release supports."""
    host = facts.host
    fits = newest_for(host.machine, host.glibc, None)
    if fits is None:
        return ()
    served = sorted(pythons(fits), key=order)
    best = served[-2] if len(served) > 1 else served[-1]
    title = text(
        "Use a Python that PyTriton {release} supports ({pythons})",
        release=fits["version"],
        pythons=", ".join(served),
    )
    return (
        Remedy(
            "another-python",
            title,
            (
                f"python{best} -m venv venv",
                f"venv/bin/python -m pip install nvidia-pytriton=={fits['version']}",
            ),
        ),
    )
