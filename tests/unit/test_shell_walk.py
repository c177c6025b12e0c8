"""What bash makes of the variables before it starts the stub; each line was tried with a real start."""

from __future__ import annotations

import pytest

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
    "never": "if false; then\nexit 1\nfi",
    "passes on": 'exec() { builtin exec "$@"; }',
    "returns": "return 0\nexit 3",
    "not interactive": "[[ $- != *i* ]] && return\nexit 3",
    "as Debian has it": "case $- in\n    *i*) ;;\n      *) return;;\nesac\nexit 3",
    "quoted": "echo 'exit 3; it''s' \"$(exit 3)\" # it's",
    "pushed": 'LD_LIBRARY_PATH="${LD_LIBRARY_PATH:-/usr/lib}"',
    "exported later": "FOO=1\nexport FOO EDITOR=vi",
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

    @pytest.mark.parametrize("text", ["x() { x; }; x", "while true; do :; done", "$(" * 999, "{ " * 999])
    def test_it_ends(self, text: str) -> None:
        assert not _walk().startup(text).stops


class TestScript:
    def test_its_arguments_go_to_another_program(self) -> None:
        text = '#!/bin/sh\nexport A="b c"\nunset LD_LIBRARY_PATH\nexec /bin/bash --norc "$@"\n'
        after = _walk().script(text)
        assert after.hands_over == ("/bin/bash", "--norc")
        assert after.variables["A"] == "b c" and "LD_LIBRARY_PATH" not in after.variables

    def test_its_arguments_go_nowhere(self) -> None:
        assert _walk().script("#!/bin/sh\necho hello\n").stops
