"""PATH, and what bash reads before it becomes the stub."""

from __future__ import annotations

import os

from tests.truth import stock
from tests.truth.declare import environment
from tests.truth.environments import surroundings
from tests.truth.place import Place


@environment("path-unset")
def no_path(place: Place) -> None:
    """PyTriton puts a folder before PATH, and there is none."""
    place.unset("PATH")


@environment("bash-missing", cases={"empty": "", "elsewhere": "/nonexistent"})
def no_bash_on_path(place: Place, path: str) -> None:
    """Triton starts the stub through bash."""
    place.set(PATH=path)


@environment()
def nothing_but_bash_on_path(place: Place) -> None:
    """Of the system's programs only bash and sh are asked for."""
    folder = place.here / "bin"
    folder.mkdir()
    for name in ("bash", "sh"):
        (folder / name).symlink_to(f"/usr/bin/{name}")
    place.set(PATH=folder)


@environment(
    "bash-changes-launch",
    cases={
        "exits": "exit 3",
        "unsets": "unset LD_LIBRARY_PATH",
        "path": "export PATH=/usr/bin:/bin",
        "execs": "exec true",
        "function": "exec() { echo hi; }",
        "in-a-branch": 'if [ -z "$SSH_TTY" ]; then\n  exit 0\nfi',
        "or": "command -v conda >/dev/null || exit 1",
        "in-a-function": "setup() {\n  unset LD_LIBRARY_PATH\n}\nsetup",
        "in-a-loop": "for v in LD_LIBRARY_PATH; do unset $v; done",
        "errexit": "set -e\nfalse",
        "limit": "ulimit -n 20",
        "alias": "shopt -s expand_aliases\nalias exec='echo'",
        "disabled": "enable -n exec",
        "restricted": "set -r",
        "sleeps": "sleep 3600",
    },
)
def bash_env_harms(place: Place, line: str) -> None:
    """bash reads the file that BASH_ENV names before it starts the stub."""
    place.set(BASH_ENV=place.write(place.here / "bash_env", f"{line}\n"))


@environment(
    cases={
        "talks": "echo hello; cd /",
        "sets": "export EDITOR=vi",
        "empty": "",
        "returns": "return 0\nexit 3",
        "guarded": '[ -z "$PS1" ] && return\nexit 3',
        "not-called": "cleanup() {\nexit 1\n}",
        "here-document": "cat <<'END' >/dev/null\nexit 3\nunset PATH\nEND",
        "closes": "exec 2>&- 1>&-",
        "passes-on": 'exec() { builtin exec "$@"; }',
        "guarded-as-debian-does": "case $- in\n    *i*) ;;\n      *) return;;\nesac\nexit 3",
    }
)
def bash_env_harmless(place: Place, line: str) -> None:
    """A BASH_ENV that changes nothing that the stub needs."""
    place.set(BASH_ENV=place.write(place.here / "bash_env", f"{line}\n"))


@environment("bash-changes-launch", cases=("fifo", "/dev/zero", "/dev/stdin"))
def bash_env_never_ends(place: Place, file: str) -> None:
    """bash reads what BASH_ENV names to its end, and waits for it."""
    if file == "fifo":
        file = str(place.here / "fifo")
        os.mkfifo(file)
    place.set(BASH_ENV=file)


@environment(cases={"posix": {"POSIXLY_CORRECT": "1"}, "privileged": {"SHELLOPTS": "privileged"},
                    "null": {"BASH_ENV": "/dev/null"}, "folder": {"BASH_ENV": "/tmp"}})  # fmt: skip
def bash_env_not_read(place: Place, variables: dict[str, str]) -> None:
    """Modes in which bash reads no such file, and files in which there is nothing to read."""
    place.set(BASH_ENV=place.write(place.here / "bash_env", "exit 3\n"))
    place.set(**variables)


_REAL_BASH = 'exec /bin/bash "$@"'


def _bash(place: Place, script: str) -> None:
    place.write(place.here / "tools/bash", script).chmod(0o755)
    place.set(PATH=f"{place.here}/tools:/usr/bin:/bin")


@environment(
    "bash-changes-launch",
    cases={
        "unsets": f"#!/bin/sh\nunset LD_LIBRARY_PATH\n{_REAL_BASH}\n",
        "login": '#!/bin/sh\nexec /bin/bash -l "$@"\n',
        "restricted": '#!/bin/sh\nexec /bin/bash -r "$@"\n',
        "empty": "",
    },
)
def bash_is_a_script_that_harms(place: Place, script: str) -> None:
    """What is called bash on PATH is a script, as wrappers of modules and packagers are."""
    _bash(place, script)


@environment(
    cases={
        "passes-on": f"#!/bin/sh\n{_REAL_BASH}\n",
        "no-first-line": f"{_REAL_BASH}\n",
        "interpreter-missing": f"#!/nonexistent/sh\n{_REAL_BASH}\n",
    }
)
def bash_is_a_script(place: Place, script: str) -> None:
    """A script that runs bash; execvp(3) passes over one whose interpreter is missing."""
    _bash(place, script)


@environment("bash-missing")
def bash_is_no_shell(place: Place) -> None:
    """A placeholder of that name, as minimal images have it."""
    (place.here / "tools").mkdir()
    (place.here / "tools/bash").symlink_to("/usr/bin/true")
    place.set(PATH=f"{place.here}/tools:/usr/bin:/bin")


@environment()
def bash_is_dash(place: Place) -> None:
    """Another shell reads ` exec PATH` as well."""
    (place.here / "tools").mkdir()
    (place.here / "tools/bash").symlink_to("/usr/bin/dash")
    place.set(PATH=f"{place.here}/tools:/usr/bin:/bin")


@environment(
    cases={
        "posix": {"BASH_FUNC_exec%%": "() { echo hi; }", "SHELLOPTS": "posix"},
        "passes-on": {"BASH_FUNC_exec%%": '() { builtin exec "$@"; }'},
        "none": {"BASH_FUNC_exec%%": "echo hi"},
    }
)
def bash_inherits_no_harm(place: Place, variables: dict[str, str]) -> None:
    """An exported function named exec that bash does not call, or that passes on."""
    place.variables.update(variables)


@environment()
def bash_env_missing(place: Place) -> None:
    """bash passes over a file that does not exist."""
    place.set(BASH_ENV="/nonexistent")


@environment(
    "bash-changes-launch",
    cases={
        "function": {"BASH_FUNC_exec%%": "() { echo hi; }"},
        "noexec": {"SHELLOPTS": "braceexpand:hashall:interactive-comments:noexec"},
    },
)
def bash_inherits_harm(place: Place, variables: dict[str, str]) -> None:
    """An exported function named exec, and the option noexec."""
    place.variables.update(variables)


@environment(
    cases={
        "nounset": {"SHELLOPTS": "nounset:errexit"},
        "posix": {"POSIXLY_CORRECT": "1"},
        "cuda": {"CUDA_VISIBLE_DEVICES": "0"},
        "arena": {"MALLOC_ARENA_MAX": "1"},
        "blas": {"OPENBLAS_NUM_THREADS": "abc"},
        "no-tensor-store": {"PYTRITON_NO_TENSORSTORE": "1"},
        "proxies": {"http_proxy": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"},
    }
)
def variable_without_effect(place: Place, variables: dict[str, str]) -> None:
    """Variables that machines have set, and that change nothing here."""
    place.set(**variables)


@environment(cases={"bytes": b"\xff".decode("utf-8", "surrogateescape"), "long": "x" * 20000})
def variable_with_odd_value(place: Place, value: str) -> None:
    """Values of other variables: no text, or very long."""
    place.set(ODD=value)


@environment()
def many_variables(place: Place) -> None:
    """A start below a scheduler that sets hundreds of variables."""
    place.set(**{f"JOB_{number}": "x" * 100 for number in range(800)})


@environment(
    cases={
        "ascii": {"PYTHONIOENCODING": "ascii"},
        "inspect": {"PYTHONINSPECT": "1"},
        "verbose": {"PYTHONVERBOSE": "1"},
        "fault-handler": {"PYTHONFAULTHANDLER": "1", "PYTHONTRACEMALLOC": "1"},
        "cache-prefix": {"PYTHONPYCACHEPREFIX": "/tmp/nope/cache"},
        "locale": {"LC_ALL": "xx_YY.UTF-8", "LANG": "nonsense"},
        "malloc": {"PYTHONMALLOC": "debug"},
        "tunables": {"GLIBC_TUNABLES": "glibc.malloc.check=3", "MALLOC_PERTURB_": "7"},
        "shell": {"SHELL": "/nonexistent", "ENV": "/nonexistent", "BASH_FUNC_ls%%": "() { :; }"},
        "no-user": {"USER": "", "LOGNAME": "", "TERM": ""},
    }
)
def odd_variable(place: Place, variables: dict[str, str]) -> None:
    """Values that look wrong, and do no harm."""
    place.variables.update(variables)


@environment("python-variables-stop-it", cases={"hash-seed": {"PYTHONHASHSEED": "abc"},
                                                "malloc": {"PYTHONMALLOC": "abc"},
                                                "encoding": {"PYTHONIOENCODING": "no-such"}})  # fmt: skip
def python_variable_refused(place: Place, variables: dict[str, str]) -> None:
    """More values with which CPython does not start."""
    place.set(**variables)


@environment("python-variables-stop-it")
def python_variable_refused_where_children_are_ignored(place: Place) -> None:
    """Who ignores SIGCHLD gets no exit codes: what was started seems to have ended well."""
    surroundings.signal_ignored(place, "SIGCHLD")
    place.set(PYTHONHASHSEED="abc")


@environment("bash-changes-launch")
def bash_env_puts_another_python_first(place: Place) -> None:
    """BASH_ENV activates another Python: its folder comes first on PATH."""
    folder = f"{stock.interpreter('3.9').prefix}/bin"
    text = f'export PATH="{folder}:$PATH"\n'
    place.set(BASH_ENV=place.write(place.here / "bash_env", text))


@environment()
def bash_env_puts_a_folder_first(place: Place) -> None:
    """BASH_ENV puts a folder without any Python first on PATH."""
    text = 'export PATH="/opt/tools/bin:$PATH"\nalias ll="ls -l"\nset -o nounset\n'
    place.set(BASH_ENV=place.write(place.here / "bash_env", text))


@environment("ld-trace-set")
def ld_trace_set(place: Place) -> None:
    """LD_TRACE_LOADED_OBJECTS is set: every program prints its libraries and ends."""
    place.set(LD_TRACE_LOADED_OBJECTS="1")
    place.from_outside = True


@environment("ld-trace-set")
def loader_prints_its_help(place: Place) -> None:
    """LD_DEBUG=help, left from one command: every program prints the loader's help and ends."""
    place.set(LD_DEBUG="help")
    place.from_outside = True
