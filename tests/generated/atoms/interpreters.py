"""The environment's own interpreter, its names and its configuration."""

from __future__ import annotations

from pathlib import Path

from tests.generated.atom import atom
from tests.truth import stock
from tests.truth.place import Place
from tests.truth.stock import Absent


def _own_bin(place: Place) -> Path:
    folder = place.prefix / "bin"
    if not (folder / "python").exists() or not (place.prefix / "pyvenv.cfg").exists():
        raise Absent("the interpreter is not of a venv")
    return folder


@atom("interpreter", ("removed", "/opt/removed/bin/python3", "3.9", "base", "loop", "folder"))
def python3(place: Place, leads_to: str) -> None:
    folder = _own_bin(place)
    for path in folder.glob("python*"):
        path.unlink()
    (folder / "python").symlink_to(place.base.path)
    place.python = folder / "python"
    link = folder / "python3"
    if leads_to == "folder":
        link.mkdir()
    elif leads_to != "removed":
        known = {"3.9": stock.interpreter("3.9").path, "base": place.base.path, "loop": "python3"}
        link.symlink_to(known.get(leads_to, leads_to))


@atom(
    "interpreter",
    {
        "removed": None,
        "empty": "",
        "no-home": "include-system-site-packages = false\n",
        "home-elsewhere": "home = /nonexistent/bin\ninclude-system-site-packages = false\n",
        "system-packages": "home = {bin}\ninclude-system-site-packages = true\n",
        "spaces": "  home=  {bin}  \n\nINCLUDE-SYSTEM-SITE-PACKAGES=false\n",
        "crlf": "home = {bin}\r\ninclude-system-site-packages = false\r\n",
    },
)
def pyvenv_cfg(place: Place, text: str | None) -> None:
    _own_bin(place)
    path = place.prefix / "pyvenv.cfg"
    if text is None:
        path.unlink()
    else:
        place.write(path, text.replace("{bin}", str(Path(place.base.path).parent)))


@atom("interpreter", ("dangling", "cut-short", "not-executable", "wrapper"))
def python_itself(place: Place, how: str) -> None:
    path = _own_bin(place) / "python"
    place.python = path
    whole = Path(place.base.path).read_bytes()
    path.unlink()
    if how == "dangling":
        path.symlink_to("/opt/removed/bin/python3")
    elif how == "wrapper":
        place.write(path, f'#!/bin/sh\nexec "{path.parent}/python3" "$@"\n').chmod(0o755)
        (path.parent / "python3").unlink(missing_ok=True)
        (path.parent / "python3").symlink_to(place.base.path)
    elif how == "cut-short":
        place.write(path, whole[: len(whole) // 3]).chmod(0o755)
    else:
        place.write(path, whole).chmod(0o644)
