"""Which releases and Pythons would work here, from the table of releases."""

from __future__ import annotations

from typing import Any, Optional

from tritondoctor.checks.installing import installs
from tritondoctor.checks.model import Remedy, Text, cure, text
from tritondoctor.facts.model import Facts, Interpreter

#: the last Python that NumPy 1 has wheels for (numpy 1.26.4)
NUMPY_1_WHEELS = "3.12"


def order(version: str) -> tuple[int, ...]:
    """A key by which dotted versions sort."""
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def releases(machine: str) -> list[dict[str, Any]]:
    """The rows of the release table for an architecture, newest first."""
    import importlib.resources
    import json

    table = importlib.resources.files("tritondoctor.data").joinpath("pytriton_releases.json")
    rows: list[dict[str, Any]] = json.loads(table.read_text(encoding="utf-8"))
    return [row for row in rows if row["arch"] == machine]


def pythons(row: dict[str, Any]) -> list[str]:
    """The minor versions that a release has a stub for."""
    return [stub.get("python", name) if name == "only" else name for name, stub in row["stubs"].items()]


def newest_for(machine: str, glibc: Optional[str], minor: Optional[str]) -> Optional[dict[str, Any]]:
    """The newest release that pip installs with this glibc and that serves this Python."""
    for row in releases(machine):
        tag = row["wheel_tag"].replace(f"_{machine}", "").replace("manylinux_", "")
        needs = tag.replace("_", ".") if tag[:1].isdigit() else "2.17"
        if glibc is not None and order(needs) > order(glibc):
            continue
        if minor is None or minor in pythons(row):
            return row
    return None


def install(facts: Facts, but: Optional[str] = None) -> tuple[Remedy, ...]:
    """What to install here (not the release `but`), or with which Python, or that nothing fits."""
    host, interpreter = facts.host, facts.interpreter
    fits = newest_for(host.machine, host.glibc, interpreter.minor)
    if fits is not None and fits["version"] != but:
        release = installs(facts, (f"nvidia-pytriton=={fits['version']}",))
        plain = cure("install-pytriton", _title(interpreter), release)
        return (plain, *_without_compiler(interpreter))
    return another_python(facts)


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
    """Whether NumPy is compiled for PyTriton, which asks for one before 2."""
    return bool(interpreter.minor) and order(interpreter.minor) > order(NUMPY_1_WHEELS)


def _without_compiler(interpreter: Interpreter) -> tuple[Remedy, ...]:
    if not _compiles(interpreter) or interpreter.managed:
        return ()
    title = text("Or use Python {minor}, which needs no compiler", minor=NUMPY_1_WHEELS)
    command = f"tritondoctor install minimal-{NUMPY_1_WHEELS} --venv --prefix env"
    return (Remedy("another-python", title, (command,)),)


def another_python(facts: Facts) -> tuple[Remedy, ...]:
    """A new environment with a Python that the newest fitting release serves."""
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
