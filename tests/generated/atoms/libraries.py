"""What the loader is led to: LD_LIBRARY_PATH, LD_PRELOAD, and links beside PyTriton's libraries."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.generated.atom import atom
from tests.truth import stock
from tests.truth.place import Place
from tests.truth.stock import Absent

LIBSTDCXX, LIBGCC = "libstdc++.so.6", "libgcc_s.so.1"
OF_DEBIAN = {
    f"{suite} {soname}": (suite, soname)
    for suite, sonames in {
        "bullseye": (LIBSTDCXX, LIBGCC, "libpython3.9.so.1.0", "libm.so.6", "libdl.so.2"),
        "bookworm": (LIBSTDCXX, LIBGCC, "libpython3.11.so.1.0"),
        "trixie": (LIBSTDCXX, LIBGCC, "libpython3.13.so.1.0"),
    }.items()
    for soname in sonames
}
PLACES = ("first", "last", "inside")


def on_library_path(place: Place, element: str | Path, where: str) -> None:
    """Puts one more element on LD_LIBRARY_PATH."""
    given = place.variables.get("LD_LIBRARY_PATH")
    elements = given.split(":") if given is not None else []
    at = {"first": 0, "last": len(elements), "inside": (len(elements) + 1) // 2}[where]
    elements.insert(at, str(element))
    place.library_path(*elements)


def _cases(names: object, wheres: tuple[str, ...] = ("first", "last")) -> dict[str, tuple[str, str]]:
    return {f"{name} {where}": (name, where) for name in names for where in wheres}  # type: ignore[attr-defined]


@atom("libraries", _cases(OF_DEBIAN), subject="debian-on-library-path")
def library_of_debian(place: Place, case: tuple[str, str]) -> None:
    (suite, soname), where = OF_DEBIAN[case[0]], case[1]
    on_library_path(place, place.debian(suite, soname), where)
    place.from_outside = soname.startswith(("libm.", "libdl."))


@atom("libraries", _cases(("bullseye", "trixie")), subject="debian-on-library-path")
def all_of_debian(place: Place, case: tuple[str, str]) -> None:
    on_library_path(place, os.path.dirname(stock.debian_library(case[0], "libc.so.6")), case[1])
    place.from_outside = True


ODD_ELEMENTS: dict[str, Callable[[Place], str]] = {
    "empty": lambda place: "",
    "dot": lambda place: ".",
    "missing": lambda place: "/nonexistent/lib",
    "relative-missing": lambda place: "lib",
    "a-file": lambda place: "/etc/hostname",
    "root": lambda place: "/",
    "system": lambda place: "/usr/lib/x86_64-linux-gnu",
    "semicolon": lambda place: f"/nonexistent;{place.here}",
    "slashes": lambda place: f"//usr///lib/../lib64/{'.' * 1}/",
    "origin": lambda place: "$ORIGIN/../lib",
    "origin-braces": lambda place: "${ORIGIN}/../../../lib",
    "lib-token": lambda place: "/usr/$LIB",
    "platform": lambda place: "/opt/$PLATFORM/lib",
    "unknown-token": lambda place: "/opt/$NOPE/lib",
    "home": lambda place: "$HOME/lib",
    "tilde": lambda place: "~/lib",
    "white-space": lambda place: " /usr/lib ",
    "too-long": lambda place: "/" + "x" * 5000,
    "loop": lambda place: str(_linked(place, "loop", "loop")),
    "the-wheel's": lambda place: str(place.kept_packages() / "nvidia_pytriton.libs"),
    "numpy's": lambda place: str(place.kept_packages() / "numpy.libs"),
    "of-3.9": lambda place: stock.interpreter("3.9").lib,
    "of-3.12": lambda place: stock.interpreter("3.12").lib,
    "own-lib": lambda place: place.base.lib,
}


def _linked(place: Place, name: str, target: str) -> Path:
    path = place.here / name
    path.symlink_to(target)
    return path


@atom("libraries", _cases(ODD_ELEMENTS, PLACES))
def odd_element(place: Place, case: tuple[str, str]) -> None:
    on_library_path(place, ODD_ELEMENTS[case[0]](place), case[1])


@atom("libraries", {f"{name} {how} {where}": (name, how, where)
                    for name in (LIBSTDCXX, LIBGCC, "libz.so.1", "libssl.so.3", "libpython", "libc.so.6")
                    for how in ("empty", "text", "cut", "folder", "dangling", "loop", "riscv",
                                "unreadable", "32-bit")
                    for where in ("first", "last")})  # fmt: skip
def damaged_library(place: Place, case: tuple[str, str, str]) -> None:
    name, how, where = case
    if name == "libpython":
        name, source = f"libpython{place.base.minor}.so.1.0", Path(place.base.lib)
        source = source / name
    else:
        source = Path("/lib/x86_64-linux-gnu") / name
    if not source.exists():
        raise Absent(f"there is no {source}")
    folder = place.here / f"{name}-{how}"
    folder.mkdir(exist_ok=True)
    path, content = folder / name, source.read_bytes()
    if how == "folder":
        path.mkdir()
    elif how in ("dangling", "loop"):
        path.symlink_to("/nonexistent" if how == "dangling" else name)
    else:
        damaged = {
            "empty": b"",
            "text": b"see ../lib64\n" * 20,
            "cut": content[: len(content) // 3],
            "riscv": content[:18] + b"\xf3\x00" + content[20:],
            "32-bit": content[:4] + b"\x01" + content[5:],
            "unreadable": content,
        }[how]
        place.write(path, damaged).chmod(0 if how == "unreadable" else 0o644)
    on_library_path(place, folder, where)
    place.from_outside = True


@atom("libraries", ("none", "empty", "own-only"), subject="library-path-afresh")
def library_path(place: Place, value: str) -> None:
    place.unset("LD_LIBRARY_PATH")
    if value == "empty":
        place.set(LD_LIBRARY_PATH="")
    elif value == "own-only":
        place.library_path(place.base.lib)


@atom("libraries", {"old": "bullseye", "new": "trixie", "own": ""}, subject="cwd-library")
def libstdcxx_in_the_working_directory(place: Place, suite: str) -> None:
    source = Path(f"/lib/x86_64-linux-gnu/{LIBSTDCXX}")
    if suite:
        source = stock.debian_library(suite, LIBSTDCXX)
    shutil.copy(os.path.realpath(source), place.cwd / LIBSTDCXX)


def _wheel_libs(place: Place) -> Path:
    folder = place.packages / "nvidia_pytriton.libs"
    if not folder.is_dir():
        raise Absent("this environment has no folder of PyTriton's libraries")
    return folder


@atom("libraries", ("right", "dangling", "loop", "folder", "of-3.9", "debian", "empty", "hard"))
def libpython_beside_the_wheel(place: Place, what: str) -> None:
    name = f"libpython{place.base.minor}.so.1.0"
    right = Path(place.base.lib) / name
    path = _wheel_libs(place) / name
    if what == "folder":
        path.mkdir()
    elif what == "empty":
        place.write(path, "")
    elif what == "hard":
        place.write(path, right.read_bytes())
    else:
        target = {
            "right": right, "dangling": Path("/opt/removed") / name, "loop": Path(name),
            "of-3.9": Path(stock.interpreter("3.9").lib) / "libpython3.9.so.1.0",
        }.get(what)  # fmt: skip
        if target is None:
            suites = {"3.9": "bullseye", "3.11": "bookworm", "3.13": "trixie"}
            if place.base.minor not in suites:
                raise Absent("no Debian suite has that libpython")
            target = stock.debian_library(suites[place.base.minor], name).resolve()
        path.symlink_to(target)


@atom("libraries", {f"{suite} {where}": (suite, where) for suite in ("bullseye", "trixie", "own")
                    for where in ("wheel", "home")})  # fmt: skip
def libstdcxx_beside_the_wheel(place: Place, case: tuple[str, str]) -> None:
    suite, where = case
    source = Path(f"/lib/x86_64-linux-gnu/{LIBSTDCXX}")
    if suite != "own":
        source = stock.debian_library(suite, LIBSTDCXX)
    folder = place.home / ".cache/pytriton/nvidia_pytriton.libs"
    if where == "wheel":
        folder = _wheel_libs(place)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(os.path.realpath(source), folder / LIBSTDCXX)


@atom("libraries", ("missing", "sound", "old", "new", "text", "relative", "names", "python", "folder"))
def preload(place: Place, what: str) -> None:
    if what == "sound":
        value = str(place.compile(place.here / "libhook.so", "int hook(void) { return 1; }"))
    elif what in ("old", "new"):
        suite = "bullseye" if what == "old" else "trixie"
        value = str(place.debian(suite, LIBSTDCXX) / LIBSTDCXX)
    elif what == "text":
        value = str(place.write(place.here / "libtext.so", "text\n" * 40))
    else:
        other = stock.interpreter("3.9")
        value = {
            "missing": "/nonexistent/libx.so", "relative": "./libx.so", "folder": str(place.here),
            "names": "libgcc_s.so.1 libstdc++.so.6:libm.so.6",
            "python": f"{other.lib}/libpython3.9.so.1.0",
        }[what]  # fmt: skip
    place.set(LD_PRELOAD=value)
    place.from_outside = True


@atom("libraries", {
    "bind-now": {"LD_BIND_NOW": "1"}, "debug": {"LD_DEBUG": "nonsense"},
    "audit": {"LD_AUDIT": "/nonexistent.so"}, "hwcap": {"LD_HWCAP_MASK": "0"},
    "tunables": {"GLIBC_TUNABLES": "glibc.malloc.check=3:nonsense"}, "origin": {"LD_ORIGIN_PATH": "/tmp"},
    "show-auxv": {"LD_SHOW_AUXV": "1"}, "trace": {"LD_TRACE_LOADED_OBJECTS": "1"},
    "weak": {"LD_DYNAMIC_WEAK": "1"}, "hwcaps": {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2_Usable"},
})  # fmt: skip
def loader_variable(place: Place, variables: dict[str, str]) -> None:
    place.set(**variables)
    place.from_outside = True
