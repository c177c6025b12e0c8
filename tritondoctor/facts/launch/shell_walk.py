"""What a shell file does to the environment of what is started behind it; nothing is run.

Statement by statement, as bash(1) says.  What depends on something that is not known is passed over, or,
where a reading is `bold`, done: if both readings lead to the same start, it does not matter.
"""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Optional

from tritondoctor.facts.launch.model import ShellEffects
from tritondoctor.facts.launch.shell_endings import ENDINGS, ends
from tritondoctor.facts.launch.shell_settings import ShellSettings
from tritondoctor.facts.launch.shell_syntax import (
    Apart,
    Case,
    Choice,
    Function,
    Lists,
    Loop,
    Negated,
    Simple,
    Statement,
    commands,
    parse,
)
from tritondoctor.facts.launch.shell_tests import Tests
from tritondoctor.facts.launch.shell_tokens import ShellSyntaxError
from tritondoctor.facts.launch.shell_words import Scope
from tritondoctor.loader import Files
from tritondoctor.support.patterns import pattern
from tritondoctor.support.reading import Limit

_MOST_STATEMENTS = 5000
_DEEPEST = 30
_OF_LAUNCH = pattern(r"(PATH|LD_\w+|PYTHON\w+)$")
_ASSIGNMENT = pattern(r"([A-Za-z_]\w*)(\+?)=([\s\S]*)$")
_ALL_ARGUMENTS = ('"$@"', "$@", '"$*"', "$*", '${1+"$@"}')


class _StopError(Exception):
    """The shell ends, waits for ever, or runs nothing any more."""


class _ReturnError(Exception):
    """`return`."""


class _HandedOverError(Exception):
    """The arguments were handed to another program."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)


class Walk:
    """One reading of what a shell executes before, and of the command itself."""

    def __init__(
        self, files: Files, variables: Mapping[str, str], cwd: str, *, bold: bool = False
    ) -> None:
        self._files, self._cwd, self._bold = files, cwd, bold
        self._scope = Scope(variables)
        self._tests = Tests(files, self._scope, cwd)
        self._functions: dict[str, Statement] = {}
        self._settings = ShellSettings(variables)
        self._effects = list[str]()
        self._left, self._depth, self._in_loops, self._arguments = _MOST_STATEMENTS, 0, 0, False

    def exported_functions(self, variables: Mapping[str, str]) -> None:
        """Take in the functions that bash exports (variables.c, initialize_shell_variables)."""
        for name, value in variables.items():
            if name.startswith("BASH_FUNC_") and name.endswith("%%") and value.startswith("() {"):
                self._define(name[len("BASH_FUNC_") : -2], value)

    def _define(self, name: str, value: str) -> None:
        try:
            for statements in parse(f"{name} {value}"):
                for _, statement in statements.parts:
                    if isinstance(statement, Function):
                        self._functions[name] = statement.body
        except ShellSyntaxError:
            return

    def startup(self, text: str) -> ShellEffects:
        """What is left of the environment behind a file like BASH_ENV's and `exec PROGRAM`."""
        try:
            self._source(text)
            self._launch()
        except _StopError:
            return ShellEffects({}, tuple(self._effects), stops=True)
        return ShellEffects(self._scope.environment(), tuple(self._effects))

    def script(self, text: str) -> ShellEffects:
        """What a script hands its own arguments to, and in what environment."""
        self._arguments = True
        try:
            self._source(text)
        except _HandedOverError as over:
            return ShellEffects(self._scope.environment(), tuple(self._effects), hands_over=over.words)
        except _StopError:
            pass
        return ShellEffects({}, tuple(self._effects), stops=True)

    def _launch(self) -> None:
        """` exec PROGRAM`, which Triton gives to bash (stub_launcher.cc)."""
        hidden = "exec" in self._functions and "posix" not in self._settings.options
        if self._settings.hides_exec:
            self._stop("exec", 0)
        if "noexec" in self._settings.options:
            self._stop("noexec", 0)
        if "restricted" in self._settings.options:
            self._stop("restricted", 0)
        if not hidden:
            return
        self._arguments = True
        try:
            self._run(self._functions["exec"])
        except _HandedOverError as over:
            if not over.words:
                return
        except _ReturnError:
            pass
        self._stop("exec()", 0)

    def _stop(self, words: str, line: int) -> None:
        self._effects.append(f"line {line}: {words}" if line else words)
        raise _StopError

    def _source(self, text: str) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _StopError
        try:
            for statements in parse(text):
                if "noexec" in self._settings.options:
                    break
                self._run(statements)
        except (_ReturnError, ShellSyntaxError):
            pass  # bash tells of it, and goes on behind the file
        finally:
            self._depth -= 1

    def _run(self, statement: Statement) -> Optional[bool]:
        """Follow a statement; whether it succeeds, None where that is not known."""
        self._left -= 1
        if self._left < 0:
            raise _ReturnError
        if isinstance(statement, Lists):
            return self._run_lists(statement)
        if isinstance(statement, Negated):
            status = self._run(statement.statement)
            return None if status is None else not status
        if isinstance(statement, Choice):
            return self._choose(statement)
        if isinstance(statement, Case):
            return self._match(statement)
        if isinstance(statement, Loop):
            return self._loop(statement)
        if isinstance(statement, Function):
            self._functions[statement.name] = statement.body
            return True
        if isinstance(statement, Apart):
            return None
        return self._simple(statement)

    def _run_lists(self, lists: Lists) -> Optional[bool]:
        status: Optional[bool] = True
        for place, (joint, statement) in enumerate(lists.parts):
            if joint == "&&" and status is not True and not (self._bold and status is None):
                continue
            if joint == "||" and status is not False and not (self._bold and status is None):
                continue
            status = self._run(statement)
            last = place + 1 == len(lists.parts) or lists.parts[place + 1][0] == ";"
            simple = isinstance(statement, (Simple, Apart))
            if status is False and last and simple and "errexit" in self._settings.options:
                self._stop("set -e", getattr(statement, "line", 0))
        return status

    def _choose(self, choice: Choice) -> Optional[bool]:
        for condition, body in choice.branches:
            options = self._settings.options
            exits = "errexit" in options
            options.discard("errexit")  # not in a condition
            status = True if condition is None else self._run(condition)
            if exits:
                options.add("errexit")
            if status or (status is None and self._bold):
                self._run(body)
            if status:
                return None
        return None

    def _match(self, case: Case) -> Optional[bool]:
        word = self._scope.expand(case.word)
        for patterns, body in case.branches:
            known = [self._scope.expand(each) for each in patterns]
            if word is None or None in known:
                if self._bold:
                    self._run(body)
            elif any(each is not None and fnmatch.fnmatchcase(word, each) for each in known):
                return self._run(body)
        return None

    def _loop(self, loop: Loop) -> Optional[bool]:
        self._in_loops += 1
        try:
            return self._run_loop(loop)
        finally:
            self._in_loops -= 1

    def _run_loop(self, loop: Loop) -> Optional[bool]:
        if loop.condition is not None:
            status = self._run(loop.condition)
            goes_on = status is not None and status is not loop.until
            if goes_on or (status is None and self._bold):
                self._run(loop.body)
            if goes_on and not {"break", "exit", "return", "exec"}.intersection(commands(loop.body)):
                self._stop("while", 0)
            return None
        for word in loop.words:
            value = self._scope.expand(word)
            for each in value.split() if value is not None and not word.startswith('"') else [value]:
                if each is not None:
                    self._scope.values[loop.name] = each
                    self._run(loop.body)
        return None

    def _simple(self, command: Simple) -> Optional[bool]:
        words = list(command.words)
        before = []
        while words and _ASSIGNMENT.match(words[0]):
            before.append(words.pop(0))
        if not words:
            for each in before:
                self._assign(each, command)
            return True
        return self._call(words, command)

    def _call(self, words: list[str], command: Simple, *, builtin: bool = False) -> Optional[bool]:
        name = self._scope.expand(words[0]) or words[0]
        if name in ("builtin", "command") and len(words) > 1 and not words[1].startswith("-"):
            return self._call(words[1:], command, builtin=True)
        if not builtin and name in self._functions and self._depth < _DEEPEST:
            return self._call_function(name)
        known: Optional[Callable[[list[str], Simple], Optional[bool]]] = getattr(
            self, _BUILTINS.get(name, ""), None
        )
        if known is not None:
            return known(words, command)
        if name in ENDINGS:
            if ends([name, *words[1:]], fed=command.fed or self._in_loops > 0):
                self._stop(" ".join(words), command.line)
            return None
        if self._settings.change([name, *words[1:]]):
            return None if name == "shopt" else True
        if name in ("[", "test", "[["):
            return self._tests.status([word for word in words[1:] if word not in ("]", "]]")])
        if self._arguments and words[-1] in _ALL_ARGUMENTS:
            raise _HandedOverError([self._scope.expand(word) or word for word in words[:-1]])
        # the server's standard input is a pipe, and so is the stub's (sh.py, `_tty_in`)
        return {"true": True, ":": True, "false": False, "tty": False}.get(name)

    def _call_function(self, name: str) -> Optional[bool]:
        self._depth += 1
        try:
            return self._run(self._functions[name])
        except _ReturnError:
            return None
        finally:
            self._depth -= 1

    def _export(self, words: list[str], command: Simple) -> Optional[bool]:
        """`export`, `declare`, `typeset`, `readonly`, `local`."""
        options = "".join(word for word in words[1:] if word[:1] in "-+")
        for word in words[1:]:
            name = word.partition("=")[0].rstrip("+")
            if word[:1] in "-+":
                continue
            if ("n" in options and words[0] == "export") or "+x" in options:
                self._take_away(name, command)
                continue
            if _ASSIGNMENT.match(word):
                self._assign(word, command, exported=words[0] == "export" or "x" in options)
            elif words[0] == "export" or "x" in options:
                self._scope.exported.add(name)
                if "f" in options and name == "exec":
                    self._scope.exported.discard(name)
        return True

    def _assign(self, word: str, command: Simple, *, exported: bool = False) -> None:
        found = _ASSIGNMENT.match(word)
        if found is None:
            return
        name, value = found[1], self._scope.expand(found[3])
        if value is None:
            if not self._bold:
                return
            value = ""
        if found[2]:
            value = self._scope.values.get(name, "") + value
        if exported:
            self._scope.exported.add(name)
        held, self._scope.values[name] = self._scope.values.get(name), value
        if name in self._scope.exported and held != value and _OF_LAUNCH.match(name):
            self._effects.append(f"line {command.line}: {' '.join(command.words)}")

    def _unset(self, words: list[str], command: Simple) -> Optional[bool]:
        functions = "-f" in words
        for word in words[1:]:
            name = self._scope.expand(word) or word
            if functions:
                self._functions.pop(name, None)
            elif not name.startswith("-"):
                self._take_away(name, command)
                self._scope.values.pop(name, None)
        return True

    def _take_away(self, name: str, command: Simple) -> None:
        if name in self._scope.exported and name in self._scope.values and _OF_LAUNCH.match(name):
            self._effects.append(f"line {command.line}: {' '.join(command.words)}")
        self._scope.exported.discard(name)

    def _exit(self, words: list[str], command: Simple) -> Optional[bool]:
        self._stop(words[0], command.line)
        return None

    def _exec(self, words: list[str], command: Simple) -> Optional[bool]:
        if len(words) > 1:  # without, only its redirections count
            if self._arguments and words[-1] in _ALL_ARGUMENTS:
                given = words[3:-1] if words[1] == "-a" else words[1:-1]
                raise _HandedOverError([self._scope.expand(word) or word for word in given])
            self._stop("exec", command.line)
        return True

    def _return(self, words: list[str], command: Simple) -> Optional[bool]:
        raise _ReturnError

    def _dot(self, words: list[str], command: Simple) -> Optional[bool]:
        path = self._scope.expand(words[1]) if len(words) > 1 else None
        text = self._text(path) if path else None
        if text is None:
            return None if path is None else False
        self._source(text)
        return None

    def _text(self, path: str) -> Optional[str]:
        folders = [""] if "/" in path else [*self._scope.values.get("PATH", "").split(":"), ""]
        for folder in folders:
            place = os.path.join(self._cwd, folder, path)
            try:
                if self._files.is_file(place):
                    return self._files.read(place, Limit.SETTINGS).decode("utf-8", "replace")
            except OSError:
                continue
        return None

    def _eval(self, words: list[str], command: Simple) -> Optional[bool]:
        parts = [self._scope.expand(word) for word in words[1:]]
        if None not in parts:
            self._source(" ".join(filter(None, parts)))
        return None

    def _cd(self, words: list[str], command: Simple) -> Optional[bool]:
        path = self._scope.expand(words[-1]) if len(words) > 1 else None
        return None if path is None else self._files.is_dir(os.path.join(self._cwd, path))

    def _lookup(self, words: list[str], command: Simple) -> Optional[bool]:
        name = self._scope.expand(words[-1]) or ""
        if name in self._functions or name in _BUILTINS:
            return True
        return self._tests.is_program(name)


_BUILTINS = {
    "export": "_export", "declare": "_export", "typeset": "_export", "readonly": "_export",
    "local": "_export", "unset": "_unset", "exit": "_exit", "logout": "_exit", "exec": "_exec",
    "return": "_return", ".": "_dot", "source": "_dot", "eval": "_eval",
    "cd": "_cd",
    "command": "_lookup", "type": "_lookup",
    "which": "_lookup", "hash": "_lookup",
}  # fmt: skip
