"""The statements of a shell file as bash splits it: words, lists and compounds (bash(1), SHELL GRAMMAR).

Nothing is expanded here, and redirections are dropped: no statement that is followed depends on them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple, Optional, Union

from tritondoctor.facts.launch.shell_tokens import DEEPEST, ShellSyntaxError, Token, tokens
from tritondoctor.support.patterns import pattern

#: a file for all users of a cluster has a few thousand
_MOST_TOKENS = 50_000
_FUNCTION_NAME = pattern(r"[^\s\"'$`=;&|()<>]+$")


class Simple(NamedTuple):
    """A simple command, `[[ … ]]` or `(( … ))`: its words as they are written.

    `fed`: it reads what a redirection on its line gives it.
    """

    words: tuple[str, ...]
    line: int
    fed: bool = False


class Lists(NamedTuple):
    """Commands one after another; each with what stands before it: `;`, `&&` or `||`."""

    parts: tuple[tuple[str, Statement], ...]


class Apart(NamedTuple):
    """What runs in a process of its own: `( … )`, a pipeline, `… &`."""

    line: int


class Negated(NamedTuple):
    """`! command`."""

    statement: Statement


class Choice(NamedTuple):
    """`if`: conditions with what follows each; the last may have none."""

    branches: tuple[tuple[Optional[Lists], Lists], ...]


class Loop(NamedTuple):
    """`for NAME in WORDS`, or `while`, `until` with a condition."""

    name: str
    words: tuple[str, ...]
    condition: Optional[Lists]
    until: bool
    body: Lists


class Case(NamedTuple):
    """`case WORD in`: patterns with what follows each."""

    word: str
    branches: tuple[tuple[tuple[str, ...], Lists], ...]


class Function(NamedTuple):
    """A definition."""

    name: str
    body: Statement
    line: int


Statement = Union[Simple, Lists, Apart, Negated, Choice, Loop, Case, Function]


def parse(text: str) -> Iterator[Lists]:
    """Its complete commands in order, as far as they can be read; raises ShellSyntaxError behind them."""
    read, unreadable = list[Token](), None
    try:
        read.extend(islice(tokens(f"{text}\n"), _MOST_TOKENS))
    except ShellSyntaxError as failure:
        unreadable = failure
    read.append(Token("\n", 0, is_word=False))  # what stands before a failure is run
    reader = _Descent(read)
    while reader.skip_newlines():
        yield reader.line_list()
    if unreadable is not None:
        raise unreadable


def commands(statement: Statement) -> Iterator[str]:
    """The first words of all simple commands in it, wherever they stand."""
    if isinstance(statement, Simple):
        yield from statement.words[:1]
    elif isinstance(statement, Lists):
        for _, part in statement.parts:
            yield from commands(part)
    elif isinstance(statement, Negated):
        yield from commands(statement.statement)
    elif isinstance(statement, Loop):
        yield from commands(statement.body)
    elif isinstance(statement, (Choice, Case)):
        for _, body in statement.branches:
            yield from commands(body)


class _Descent:
    """A recursive descent over the tokens."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens, self._place, self._depth = tokens, 0, 0

    def _next(self) -> str:
        return self._tokens[self._place].text if self._place < len(self._tokens) else ""

    def _is_word(self) -> bool:
        return self._place < len(self._tokens) and self._tokens[self._place].is_word

    @property
    def _line(self) -> int:
        return self._tokens[min(self._place, len(self._tokens) - 1)].line

    def _take(self, *expected: str) -> str:
        text = self._next()
        if self._place >= len(self._tokens) or (expected and text not in expected):
            raise ShellSyntaxError(text)
        self._place += 1
        return text

    def skip_newlines(self) -> bool:
        """Whether anything is left."""
        while self._next() == "\n" and self._place < len(self._tokens):
            self._place += 1
        return self._place < len(self._tokens)

    def line_list(self) -> Lists:
        """What bash reads before it runs any of it: a line, with all of the compounds that it begins."""
        return self._list(lambda: self._next() == "\n")

    def _list_until(self, *words: str) -> Lists:
        self.skip_newlines()
        return self._list(lambda: self._next() in words)

    def _list(self, over: Callable[[], bool]) -> Lists:
        self._depth += 1
        if self._depth > DEEPEST:
            raise ShellSyntaxError("depth")
        parts, joint = list[tuple[str, Statement]](), ";"
        while self._place < len(self._tokens) and not over():
            parts.append((joint, self._pipeline()))
            joint = self._next()
            if joint in ("&&", "||"):
                self._take()
                self.skip_newlines()
            elif joint in (";", "&", "\n") and not over():
                if joint == "&":
                    parts[-1] = (parts[-1][0], Apart(self._line))
                self._take()
                joint = ";"
            elif not over() and self._place < len(self._tokens):
                raise ShellSyntaxError(joint)
            while not over() and self._next() == "\n":
                self._take()
        self._depth -= 1
        return Lists(tuple(parts))

    def _pipeline(self) -> Statement:
        negated = False
        while self._next() == "!" and self._is_word():
            self._take()
            negated = not negated
        if negated:
            return Negated(self._pipeline())
        first, line = self._command(), self._line
        while self._next() in ("|", "|&") and not self._is_word():
            self._take()
            self.skip_newlines()
            self._command()
            first = Apart(line)
        return first

    def _command(self) -> Statement:
        word, line = self._next(), self._line
        compounds: dict[str, Callable[[], Statement]] = {
            "if": self._if, "for": self._for, "select": self._for, "while": self._while,
            "until": self._while, "case": self._case, "{": self._braces,
        }  # fmt: skip
        if word in compounds and self._is_word():
            return compounds[word]()
        if word == "(" and not self._is_word():
            self._take()
            self._list_until(")")
            self._take(")")
            return Apart(line)
        if word == "function" and self._is_word():
            self._take()
            return self._function(line, parentheses=False)
        return self._simple()

    def _function(self, line: int, *, parentheses: bool) -> Function:
        name = self._take()
        if parentheses or self._next() == "(":
            self._take("(")
            self._take(")")
        self.skip_newlines()
        return Function(name, self._command(), line)

    def _simple(self) -> Statement:
        words, line = list[str](), self._line
        if not self._is_word() and self._next() not in ("&&", "||"):  # behind nothing but a redirection
            raise ShellSyntaxError(self._next())
        while self._is_word():
            words.append(self._take())
            if words == ["[["]:
                return self._test(line)
            if len(words) == 1 and self._next() == "(" and _FUNCTION_NAME.match(words[0]):
                self._place -= 1
                return self._function(line, parentheses=True)
        return Simple(tuple(words), line, self._tokens[self._place].fed)

    def _test(self, line: int) -> Simple:
        words = ["[["]
        while words[-1] != "]]":
            words.append(self._take())
        return Simple(tuple(words), line)

    def _braces(self) -> Lists:
        self._take("{")
        body = self._list_until("}")
        self._take("}")
        return body

    def _if(self) -> Choice:
        branches, word = list[tuple[Optional[Lists], Lists]](), self._take("if")
        while word in ("if", "elif"):
            condition = self._list_until("then")
            self._take("then")
            branches.append((condition, self._list_until("elif", "else", "fi")))
            word = self._take("elif", "else", "fi")
        if word == "else":
            branches.append((None, self._list_until("fi")))
            self._take("fi")
        return Choice(tuple(branches))

    def _for(self) -> Loop:
        self._take()
        name, words = self._take(), list[str]()
        self.skip_newlines()
        if self._next() == "in":
            self._take()
            while self._is_word():
                words.append(self._take())
        if self._next() == ";":
            self._take()
        self.skip_newlines()
        return Loop(name, tuple(words), None, False, self._body())

    def _while(self) -> Loop:
        until = self._take() == "until"
        condition = self._list_until("do")
        return Loop("", (), condition, until, self._body())

    def _body(self) -> Lists:
        self._take("do")
        body = self._list_until("done")
        self._take("done")
        return body

    def _case(self) -> Case:
        self._take("case")
        word, branches = self._take(), list[tuple[tuple[str, ...], Lists]]()
        self.skip_newlines()
        self._take("in")
        while self.skip_newlines() and self._next() != "esac":
            if self._next() == "(":
                self._take()
            patterns = [self._take()]
            while self._take("|", ")") == "|":
                patterns.append(self._take())
            branches.append((tuple(patterns), self._list_until(";;", ";&", ";;&", "esac")))
            if self._next() != "esac":
                self._take(";;", ";&", ";;&")
        self._take("esac")
        return Case(word, tuple(branches))
