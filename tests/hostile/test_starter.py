"""starter/tritondoctor hands the variables on exactly, whichever shell /bin/sh is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Optional

import pytest

from tests.conftest import ROOT
from tests.hostile.shells import NAMES, shell
from tritondoctor.support import variables

STARTER = ROOT / "starter" / "tritondoctor"
#: a shell says in these where it is and what it is
SHELLS_OWN = {b"PWD", b"OLDPWD", b"SHLVL", b"_", b"IFS", b"LOGNAME", b"PS4"}
#: the loader itself lists, and the shell is not started or not alone on standard output
NO_SHELL_STARTS = ("LD_TRACE_LOADED_OBJECTS", "LD_SHOW_AUXV")
MAX_ARG_STRLEN = 32 * 4096
_PRINTS = """
import os, sys
from tritondoctor.support import variables

def main():
    variables.set_aside()
    for known in (variables.of_user(), os.environ):
        entries = [os.fsencode(name) + b"=" + os.fsencode(value) for name, value in known.items()]
        sys.stdout.buffer.write(b"\\0".join(entries) + b"\\0\\0")
"""


@pytest.fixture(scope="module")
def doctor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A starter that is installed as with `pip install --user`, with a doctor that prints variables."""
    base = tmp_path_factory.mktemp("user's base")
    minor = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    site = base / "lib" / minor / "site-packages"
    (site / "tritondoctor" / "support").mkdir(parents=True)
    (site / "tritondoctor-0.dist-info").mkdir()
    shutil.copy(variables.__file__, site / "tritondoctor" / "support")
    (site / "tritondoctor" / "__main__.py").write_text(_PRINTS)
    for package in ("tritondoctor", "tritondoctor/support"):
        (site / package / "__init__.py").touch()
    (base / "bin").mkdir()
    shutil.copy(STARTER, base / "bin")
    (base / "bin" / "tritondoctor-python").write_text(f"#!{sys.executable}\n")
    return base / "bin" / "tritondoctor"


def handed_over(
    command: list[str], given: dict[bytes, bytes], cwd: Optional[Path] = None
) -> tuple[dict[bytes, bytes], dict[bytes, bytes]]:
    """(the user's variables, the doctor's own) as a doctor sees them that is started with these."""
    done = subprocess.run(command, env=given, capture_output=True, check=False, cwd=cwd)
    spoken = [line for line in done.stderr.splitlines() if b"ld.so: object" not in line]
    assert done.returncode == 0 and not spoken, done
    blocks = done.stdout.split(b"\0\0")[:2]
    users, own = (dict(entry.split(b"=", 1) for entry in block.split(b"\0")) for block in blocks)
    return users, own


VALUES: dict[str, dict[bytes, bytes]] = {
    "nothing": {},
    "empty": {b"LD_PRELOAD": b"", b"PYTHONHOME": b"", b"GLIBC_TUNABLES": b""},
    "every byte": {b"LD_LIBRARY_PATH": bytes(range(1, 256)), b"PYTHONHOME": bytes(range(1, 256))},
    "quotes": {b"LD_AUDIT": b"'\"`$(touch made)${IFS}\\", b"LD_DEBUG_OUTPUT": b"\n\n a\n\n"},
    "all of them": {name.encode(): b"" for name in variables.LOADER if name not in NO_SHELL_STARTS}
    | {
        b"__PYVENV_LAUNCHER__": b"/no",
        b"PYTHONEXECUTABLE": b"no",
        b"PYTHONINSPECT": b"1",
        b"PYTHON_OF_TOMORROW": b"x",
        b"LD_OF_TOMORROW": b"y",
    },
    "as long as may be": {b"LD_LIBRARY_PATH": b"x" * (MAX_ARG_STRLEN - len("LD_LIBRARY_PATH=") - 1)},
    "the script's own names": dict.fromkeys((b"name", b"python", b"path", b"self", b"line"), b"mine"),
    "functions": {
        b"BASH_FUNC_%b%%%%" % name: b"() {  echo hijacked;\n exit 9\n}"
        for name in (b"exec", b"unset", b"set", b"export", b"eval", b"module", b"trap", b":")
    },
    "hostile shell": {b"CDPATH": b"/tmp", b"ENV": b"/no", b"BASH_ENV": b"/no", b"PS4": b"$(echo hi >&2)"},
}


@pytest.mark.parametrize("which", sorted(VALUES))
@pytest.mark.parametrize("name", NAMES)
def test_the_variables_are_handed_on_byte_for_byte(
    name: str, which: str, doctor: Path, tmp_path: Path
) -> None:
    command = shell(name, tmp_path)
    if not command:
        pytest.skip(f"there is no {name} here")
    given = {b"PATH": b"/usr/bin:/bin", b"HOME": b"/root", **VALUES[which]}
    users, own = handed_over([*command, str(doctor)], given, tmp_path)
    for key in SHELLS_OWN:
        users.pop(key, None)
    assert {key: users.get(key) for key in given if key not in SHELLS_OWN} == {
        key: value for key, value in given.items() if key not in SHELLS_OWN
    }
    assert users.keys() <= {*given, b"LC_CTYPE"}  # Python's own, where the locale is C
    assert not [key for key in own if key.startswith((b"LD_", b"PYTHON", b"GLIBC_"))]
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("name", NAMES)
def test_functions_of_the_caller_are_not_called(name: str, doctor: Path, tmp_path: Path) -> None:
    command = shell(name, tmp_path)
    if not command:
        pytest.skip(f"there is no {name} here")
    words = ("read", "command", "echo", "test", "readlink", "grep", "tr", "[", "exec", "unset", "set")
    given = {f"BASH_FUNC_{word}%%".encode(): b"() {  echo hijacked; exit 9\n}" for word in words}
    users, _ = handed_over([*command, str(doctor)], {b"PATH": b"/usr/bin:/bin", **given}, tmp_path)
    assert users[b"BASH_FUNC_exec%%"] == given[b"BASH_FUNC_exec%%"]


@pytest.mark.parametrize("options", ["nounset", "errexit", "noglob", "allexport", "noclobber", "verbose"])
def test_options_of_the_calling_bash_change_nothing(options: str, doctor: Path, tmp_path: Path) -> None:
    command = shell("bash", tmp_path)
    given = {b"PATH": b"/usr/bin:/bin", b"LD_AUDIT": b"", b"SHELLOPTS": options.encode()}
    done = subprocess.run([*command, str(doctor)], env=given, capture_output=True, check=False)
    users = dict(entry.split(b"=", 1) for entry in done.stdout.split(b"\0\0")[0].split(b"\0"))
    assert done.returncode == 0 and users[b"LD_AUDIT"] == b""
    assert not [key for key in users if b"doctor" in key]


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bwrap is not installed")
@pytest.mark.parametrize("name", NAMES)
def test_a_sandbox_that_lets_nobody_write_to_dev_null(name: str, doctor: Path, tmp_path: Path) -> None:
    command = shell(name, tmp_path)
    if not command:
        pytest.skip(f"there is no {name} here")
    box = ["bwrap", "--dev-bind", "/", "/", "--ro-bind", "/etc/hostname", "/dev/null"]
    given = {b"PATH": b"/usr/bin:/bin", b"LD_AUDIT": b"x"}
    users, _ = handed_over([*box, *command, str(doctor)], given)
    assert users[b"LD_AUDIT"] == b"x"


def test_a_bash_that_runs_nothing_is_no_silent_success(doctor: Path, tmp_path: Path) -> None:
    command = shell("bash", tmp_path)
    if not command:
        pytest.skip("there is no bash here")
    done = subprocess.run(
        [*command, doctor], env={"SHELLOPTS": "noexec"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2 and "env -u SHELLOPTS tritondoctor" in done.stderr, done


def test_the_starter_knows_the_names_that_the_doctor_knows() -> None:
    names = STARTER.read_text().partition("for _tritondoctor in ")[2].partition("\ndo\n")[0]
    assert tuple(names.replace("\\\n", " ").split()) == variables.LOADER


def test_no_process_stands_between(doctor: Path) -> None:
    """It is replaced by its Python, so that signals and the exit code are the doctor's."""
    main = doctor.parents[1] / "lib"
    (package,) = main.glob("python*/site-packages/tritondoctor/__main__.py")
    text = package.read_text()
    try:
        package.write_text("import os\ndef main():\n    print(os.getpid())\n")
        process = subprocess.Popen([str(doctor)], stdout=subprocess.PIPE, text=True)
        assert process.communicate()[0] == f"{process.pid}\n"
    finally:
        package.write_text(text)


def test_it_says_that_its_python_is_gone(doctor: Path, tmp_path: Path) -> None:
    shutil.copy(doctor, tmp_path)
    for head in (
        None,
        "#!/no/such/python\n",
        "",
        '#!/bin/sh\n\'\'\'exec\' "/no such/python" "$0" "$@"\n',
    ):
        if head is not None:
            (tmp_path / "tritondoctor-python").write_text(head)
        done = subprocess.run([tmp_path / "tritondoctor"], capture_output=True, text=True, check=False)
        assert done.returncode == 3 and done.stdout == ""
        assert done.stderr.count("\n") == 1 and "Install it again" in done.stderr


@pytest.mark.parametrize(
    "head",
    [
        "#!{python}\n",
        "#! {python} -sE\n",
        "#!/usr/bin/env python3\n",
        "#!/bin/sh\n'''exec' {python} \"$0\" \"$@\"\n",
        '#!/bin/sh\n\'\'\'exec\' "{python}" "$0" "$@"\n',
        "#!/bin/sh\n'''exec' '{python}' \"$0\" \"$@\"\n",
        "#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\" #'''\n",
        '#!/bin/sh\n\'\'\'exec\' "$(dirname -- "$(realpath -- "$0")")"/\'py thon\' "$0" "$@"\n',
    ],
)
def test_every_installers_first_lines_are_understood(head: str, doctor: Path, tmp_path: Path) -> None:
    base = tmp_path / "a b"
    shutil.copytree(doctor.parents[1], base)
    (base / "bin" / "py thon").symlink_to(sys.executable)
    (base / "bin" / "tritondoctor-python").write_text(head.format(python=sys.executable))
    path = f"{os.path.dirname(sys.executable)}:/usr/bin:/bin".encode()
    users, _ = handed_over([str(base / "bin" / "tritondoctor")], {b"PATH": path})
    assert users[b"PATH"] == path
