"""What bash makes of the variables before it starts the stub; each line was tried with a real start."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tritondoctor.facts.launch import bash
from tritondoctor.facts.launch.shell_walk import Walk
from tritondoctor.loader import Files

HOME, LIBRARIES = "/home/alice", "/opt/python/lib"
VARIABLES = {"PATH": "/usr/bin:/bin", "HOME": HOME, "LD_LIBRARY_PATH": LIBRARIES}

STOPS = {
    "ulimit": "ulimit -n 20",
    "alias": "shopt -s expand_aliases\nalias exec='echo'",
    "enable": "enable -n exec",
    "noexec": "set -n",
    "restricted": "set -r",
    "errexit": "set -e\nfalse",
    "in a branch": 'if [ -z "$SSH_TTY" ]; then\n  exit 0\nfi',
    "or": "command -v conda >/dev/null || exit 1",
    "kill": "kill -9 $$",
    "sleep": "sleep 3600",
    "reads": "read answer",
    "for ever": "while true; do :; done",
    "no folder": "cd /nonexistent || exit 1",
    "no terminal": "tty -s || exit 1",
    "not a terminal": "[ -t 0 ] || exit 1",
    "both": "[[ -n $HOME && -d / ]] && exit 3",
    "function": "exec() { echo hi; }",
    "exec": "command exec true",
    "case": "case $HOME in /home/*) exit 1;; esac",
}
GOES_ON = {
    "and": '[ -n "$NOPE" ] && exit 1',
    "missing": ". /nonexistent/env.sh",
    "syntax": "if then fi (",
    "closes": "exec 2>&- 1>&-",
    "document": "cat <<'END' >/dev/null\nexit 3\nunset PATH\nEND",
    "not called": "cleanup() {\nexit 1\n}",
    "subshell": "(exit 3)",
    "pipe": "true | exit 3",
    "behind": "sleep 3600 &",
    "reads a file": "read answer < /dev/null\nread -t 1 x\nwhile read l; do :; done < /etc/hosts",
    "never": "if false; then\nexit 1\nfi",
    "passes on": 'exec() { builtin exec "$@"; }',
    "under another name": 'exec() { command exec -a x "$@"; }',
    "folder": "cd / || exit 1",
    "returns": "return 0\nexit 3",
    "not interactive": "[[ $- != *i* ]] && return\nexit 3",
    "as Debian has it": "case $- in\n    *i*) ;;\n      *) return;;\nesac\nexit 3",
    "quoted": "echo 'exit 3; it''s' \"$(exit 3)\" # it's",
    "pushed": 'LD_LIBRARY_PATH="${LD_LIBRARY_PATH:-/usr/lib}"',
    "exported later": "FOO=1\nexport FOO EDITOR=vi",
    "neither": '[ -z "$HOME" -o ! -d / ] && exit 3',
    "alone": "alias exec='echo'",
    "errexit in a condition": "set -e\nif false; then :; fi\nfalse || true\n! true",
}
CHANGES = {
    "in a function": "setup() {\n  unset LD_LIBRARY_PATH\n}\nsetup",
    "in a loop": "for v in A LD_LIBRARY_PATH; do unset $v; done",
    "behind": "true; unset LD_LIBRARY_PATH",
    "and": "test -d / && unset LD_LIBRARY_PATH",
    "two": "unset FOO LD_LIBRARY_PATH",
    "export -n": "export -n LD_LIBRARY_PATH",
    "declare": "declare +x LD_LIBRARY_PATH",
    "eval": 'eval "unset LD_LIBRARY_PATH"',
}


def _walk(*, bold: bool = False) -> Walk:
    return Walk(Files(), VARIABLES, "/", bold=bold)


class TestStartup:
    @pytest.mark.parametrize("text", STOPS.values(), ids=STOPS)
    def test_the_stub_is_never_started(self, text: str) -> None:
        after = _walk().startup(text)
        assert after.stops and after.effects

    @pytest.mark.parametrize("text", GOES_ON.values(), ids=GOES_ON)
    def test_the_stub_gets_the_same_variables(self, text: str) -> None:
        after = _walk().startup(text)
        assert not after.stops
        assert {name: after.variables[name] for name in VARIABLES} == VARIABLES

    @pytest.mark.parametrize("text", CHANGES.values(), ids=CHANGES)
    def test_a_variable_is_gone(self, text: str) -> None:
        after = _walk().startup(text)
        assert "LD_LIBRARY_PATH" not in after.variables and not after.stops

    def test_what_depends_on_a_program_is_done_by_a_bold_reading_only(self) -> None:
        text = "some-tool --check || exit 1"
        assert not _walk().startup(text).stops
        assert _walk(bold=True).startup(text).stops

    @pytest.mark.parametrize("value", ["echo hi", "() { "])
    def test_a_function_that_bash_does_not_import(self, value: str) -> None:
        walk = _walk()
        walk.exported_functions({"BASH_FUNC_exec%%": value})
        assert not walk.startup("").stops

    @pytest.mark.parametrize(
        "text", ["x() { x; }; x", "while true; do x && break; done", "$(" * 999, "{ " * 999]
    )
    def test_it_ends(self, text: str) -> None:
        assert not _walk().startup(text).stops


class TestFile:
    @staticmethod
    def _after(value: str, *, bold: bool = False, **variables: str) -> bash.BashEnvironment:
        given = {**VARIABLES, "BASH_ENV": value, **variables}
        return bash.environment_after(Files(), bash.shell(Files(), given, "/"), "/", bold=bold)

    def test_one_that_never_ends(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "fifo")
        for value in (str(tmp_path / "fifo"), "/dev/zero", "/dev/stdin"):
            assert self._after(value).stops

    def test_nothing_to_read(self, tmp_path: Path) -> None:
        for value in (os.devnull, str(tmp_path), str(tmp_path / "missing")):
            assert not self._after(value, bold=True).stops

    def test_the_output_of_a_program(self) -> None:
        assert not self._after("$(echo x)").stops
        assert self._after("$(echo x)", bold=True).stops

    def test_modes_in_which_it_is_not_read(self, tmp_path: Path) -> None:
        (tmp_path / "env").write_text("exit 3\n")
        assert self._after(str(tmp_path / "env")).stops
        assert self._after("~/env", HOME=str(tmp_path)).stops
        assert not self._after(str(tmp_path / "env"), POSIXLY_CORRECT="").stops
        assert not self._after(str(tmp_path / "env"), SHELLOPTS="braceexpand:privileged").stops


class TestScript:
    def test_its_arguments_go_to_another_program(self) -> None:
        text = '#!/bin/sh\nexport A="b c"\nunset LD_LIBRARY_PATH\nexec /bin/bash --norc "$@"\n'
        after = _walk().script(text)
        assert after.hands_over == ("/bin/bash", "--norc")
        assert after.variables["A"] == "b c" and "LD_LIBRARY_PATH" not in after.variables

    def test_its_arguments_go_nowhere(self) -> None:
        assert _walk().script("#!/bin/sh\necho hello\n").stops
