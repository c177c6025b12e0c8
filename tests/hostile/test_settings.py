"""The doctor gives its verdict whatever surrounds it: the findings of a clean shell, and the one that
the setting deserves.  Where a setting keeps the target's own Python from starting, that is seen.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.conftest import interpreters
from tests.hostile.shells import NAMES, shell

DOCTOR = Path(sys.executable).with_name("tritondoctor")
#: what other processes here cause and take away
_PASSING = {"orphaned-resources", "port-in-use", "memory-too-low", "shared-memory-small"}
_HIJACK = "import sys\nsys.stderr.write('hijacked\\n')\nsys.exit(9)\n"
_FUNCTION = "() {  echo hijacked; exit 9\n}"


class Setting(NamedTuple):
    """Variables (None: not there) around the doctor; the findings that they add and take away."""

    variables: dict[str, Any]
    adds: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()


def hijacked(folder: Path, *names: str) -> Path:
    """A folder with modules that nobody may import."""
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / f"{name}.py").write_text(_HIJACK)
    return folder


def settings(folder: Path) -> dict[str, Setting]:
    """Name -> the setting; `folder` gets what they lead to."""
    text = folder / "text"
    text.mkdir()
    (text / "libz.so.1").write_text("This is no library.\n")
    modules = hijacked(folder / "modules", "nothing_that_pytriton_imports", "rich", "typer", "msgspec")
    other = interpreters().get("3.10", "/usr/bin/python3")
    home = os.path.dirname(os.path.dirname(os.path.realpath(other)))
    stopped, other_libpython = ("python-variables-stop-it",), f"{home}/lib/libpython3.10.so.1.0"
    functions = {
        f"BASH_FUNC_{name}%%": _FUNCTION for name in ("read", "command", "echo", "test", "[", "set")
    }
    found = {
        # the loader's: ld.so(8)
        "preload-missing": Setting({"LD_PRELOAD": "/no/such.so"}, ("preload-missing",)),
        "preload-text": Setting({"LD_PRELOAD": f"{text}/libz.so.1"}),
        "preload-empty": Setting({"LD_PRELOAD": ""}),
        "path-empty": Setting({"LD_LIBRARY_PATH": ""}),
        "path-nowhere": Setting({"LD_LIBRARY_PATH": "/no/such/folder"}),
        "path-colon": Setting({"LD_LIBRARY_PATH": ":/no"}, ("library-path-empty-element",)),
        "path-no-text": Setting({"LD_LIBRARY_PATH": "/no/\udcff\udc81\udc88\x01"}),
        "path-of-120-kB": Setting({"LD_LIBRARY_PATH": "/no" + "/x" * 60_000}),
        "path-text-as-libz": Setting({"LD_LIBRARY_PATH": str(text)}, ("library-damaged",)),
        "audit": Setting({"LD_AUDIT": "/no/such.so"}),
        "bind-now": Setting({"LD_BIND_NOW": "1"}),
        "debug": Setting({"LD_DEBUG": "no-such-thing"}),
        "hwcap": Setting({"LD_HWCAP_MASK": "0"}),
        "profile": Setting({"LD_PROFILE": "libc.so.6", "LD_PROFILE_OUTPUT": "/no"}),
        "tunables": Setting({"GLIBC_TUNABLES": "glibc.malloc.check=3:nonsense"}),
        # Python's: "Environment variables" of CPython's documentation
        "pythonhome": Setting({"PYTHONHOME": home}, stopped),
        "pythonhome-empty": Setting({"PYTHONHOME": ""}),
        "pythonpath": Setting({"PYTHONPATH": str(modules)}),
        "inspect": Setting({"PYTHONINSPECT": "1"}),
        "ioencoding": Setting({"PYTHONIOENCODING": "bogus"}, stopped),
        "utf8": Setting({"PYTHONUTF8": "7"}, stopped),
        "hashseed": Setting({"PYTHONHASHSEED": "abc"}, stopped),
        "malloc": Setting({"PYTHONMALLOC": "bogus"}, stopped),
        "platlibdir": Setting({"PYTHONPLATLIBDIR": "nolib"}, stopped),
        "warnings": Setting({"PYTHONWARNINGS": "error"}, ("python-warnings-as-errors",)),
        "optimize": Setting({"PYTHONOPTIMIZE": "2"}),
        "devmode": Setting({"PYTHONDEVMODE": "1"}),
        "verbose": Setting({"PYTHONVERBOSE": "2"}),
        "importtime": Setting({"PYTHONPROFILEIMPORTTIME": "1"}),
        "tracemalloc": Setting({"PYTHONTRACEMALLOC": "1"}),
        "startup": Setting({"PYTHONSTARTUP": f"{modules}/rich.py"}),
        "pycacheprefix": Setting({"PYTHONPYCACHEPREFIX": "/no", "PYTHONDONTWRITEBYTECODE": "1"}),
        "userbase": Setting({"PYTHONUSERBASE": "/no", "PYTHONNOUSERSITE": "1"}),
        "coerce": Setting({"PYTHONCOERCECLOCALE": "warn", "LC_ALL": "C"}),
        "breakpoint": Setting({"PYTHONBREAKPOINT": "no.such", "PYTHONFAULTHANDLER": "1"}),
        # the shell's and the terminal's
        "functions": Setting(functions),
        "function-exec": Setting({"BASH_FUNC_exec%%": _FUNCTION}, ("bash-changes-launch",)),
        "cdpath": Setting({"CDPATH": "/tmp", "IFS": "/t", "ENV": "/no", "PS4": "$(echo hijacked >&2)"}),
        "shellopts": Setting({"SHELLOPTS": "nounset:errexit:noglob"}),
        "posix": Setting({"POSIXLY_CORRECT": "1"}),
        "columns-0": Setting({"COLUMNS": "0", "LINES": "0"}),
        "columns-5": Setting({"COLUMNS": "5", "TERM": "no-such"}),
        "locale": Setting({"LC_ALL": "de_DE.ISO-8859-1", "LOCPATH": "/no", "GCONV_PATH": "/no"}),
        "malloc-of-glibc": Setting({"MALLOC_PERTURB_": "1", "MALLOC_CHECK_": "3"}),
        "home": Setting({"HOME": None}, ("home-unset",)),
        "names-of-the-starter": Setting({"_tritondoctor": "x", "_doctor": "y", "_python": "z"}),
    }  # fmt: skip
    if os.path.exists(other_libpython):
        found["preload-libpython"] = Setting(
            {"LD_PRELOAD": other_libpython}, ("libpython-wrong-version",)
        )
    return found


@pytest.fixture(scope="module")
def target(environment: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """PyTriton in an environment of the system's Python, whose program holds its own libpython."""
    (packages,) = Path(environment).glob("lib/python3*/site-packages")
    prefix = tmp_path_factory.mktemp("target")
    subprocess.run(["/usr/bin/python3", "-m", "venv", "--without-pip", prefix], check=True)
    (site,) = prefix.glob("lib/python3*/site-packages")
    if site.parent.name != packages.parent.name:
        pytest.skip("the environment with PyTriton is of another Python than /usr/bin/python3")
    for path in packages.iterdir():
        if path.suffix != ".pth":
            (site / path.name).symlink_to(path)
    return prefix


def examined(command: list[str], target: Path, variables: dict[str, Any], cwd: Path) -> Counter[str]:
    """How often each finding's id was reported; beside it there are the loader's own words at most."""
    given = {"PATH": "/usr/bin:/bin", "HOME": os.environ["HOME"], **variables}
    done = subprocess.run(
        [*command, "check", "--json", "--prefix", target],
        env={name: value for name, value in given.items() if value is not None},
        cwd=cwd, capture_output=True, check=False,
    )  # fmt: skip
    errors = done.stderr.decode("utf-8", "replace").splitlines()
    loaders = ("ld.so", "debug option", ".profile: ")
    assert not [line for line in errors if not any(words in line for words in loaders)], errors
    report = json.loads(done.stdout)
    assert done.returncode == (report["verdict"] == "fail")
    return Counter(one["id"] for one in report["findings"] if one["id"] not in _PASSING)


@pytest.fixture(scope="module")
def clean(target: Path, tmp_path_factory: pytest.TempPathFactory) -> Counter[str]:
    """What a clean shell reports."""
    return examined([str(DOCTOR)], target, {}, tmp_path_factory.mktemp("clean"))


COUNT = 47


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Setting]:
    """All settings."""
    return settings(tmp_path_factory.mktemp("settings"))


@pytest.mark.parametrize("number", range(COUNT))
def test_the_verdict_is_that_of_a_clean_shell(
    number: int, known: dict[str, Setting], target: Path, clean: Counter[str]
) -> None:
    if number >= len(known):
        pytest.skip("there is no other Python here")
    name, setting = list(known.items())[number]
    found = examined([str(DOCTOR)], target, setting.variables, Path("/usr"))
    assert found - clean == Counter(setting.adds), name
    assert clean - found == Counter(setting.takes), name


def test_what_keeps_the_targets_python_from_starting(known: dict[str, Setting], target: Path) -> None:
    """The interpreter itself decides where `python-variables-stop-it` is right."""
    for name, setting in known.items():
        variables = {key: value for key, value in setting.variables.items() if value is not None}
        done = subprocess.run(
            [target / "bin" / "python", "-c", ""], env=variables, capture_output=True, check=False
        )
        assert (done.returncode == 1) == ("python-variables-stop-it" in setting.adds), name


def test_modules_in_the_working_directory(target: Path, clean: Counter[str], tmp_path: Path) -> None:
    """Those of the launch are reported, and none is imported."""
    folder = hijacked(tmp_path / "cwd", "signal", "re", "tritondoctor", "site", "json", "typing", "rich")
    assert not clean - examined([str(DOCTOR)], target, {}, folder)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("which", ["functions", "function-exec", "cdpath", "pythonhome", "shellopts"])
def test_whichever_shell_sh_is(
    which: str, name: str, known: dict[str, Setting], target: Path, clean: Counter[str], tmp_path: Path
) -> None:
    command = shell(name, tmp_path)
    if not command:
        pytest.skip(f"there is no {name} here")
    found = examined([*command, str(DOCTOR)], target, known[which].variables, tmp_path)
    assert found - clean == Counter(known[which].adds) and not clean - found
