"""The statements of a shell file as bash splits it: words, lists and compounds (bash(1), SHELL GRAMMAR).

Nothing is expanded here, and redirections are dropped: no statement that is followed depends on them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, Optional, Union

from tritondoctor.support.patterns import pattern

_BLANK = pattern(r"(?:[ \t]|\\\n)+")
_COMMENT = pattern(r"#[^\n]*")
_OPERATOR = pattern(r";;&|;&|;;|&&|\|\||\|&|[;&|()\n]")
_REDIRECTION = pattern(r"(?:\d+|\{\w+\})?(&>>?|<<<|<<-?|<>|>>|[<>]&|>\||[<>](?!\())")
_PLAIN = pattern(r"[^\s;&|()<>'\"\\$`]+")
_FUNCTION_NAME = pattern(r"[^\s\"'$`=;&|()<>]+$")
_DEEPEST = 50


class ShellSyntaxError(ValueError):
    """What bash would refuse to read, or what is beyond this reader."""


class Token(NamedTuple):
    """A word or an operator, at `line`; `fed`: an input redirection stands before this operator."""

    text: str
    line: int
    is_word: bool
    fed: bool = False


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
    tokens, unreadable = list[Token](), None
    try:
        tokens.extend(_tokens(f"{text}\n"))
    except ShellSyntaxError as failure:
        unreadable = failure
    reader = _Descent(tokens)
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


def _tokens(text: str) -> Iterator[Token]:
    place, line, pending, fed = 0, 1, list[str](), False
    while place < len(text):
        begin = place
        found = _BLANK.match(text, place) or _COMMENT.match(text, place)
        if found:
            place = found.end()
        elif text[place] == "\n" or _OPERATOR.match(text, place):
            operator = _OPERATOR.match(text, place)
            assert operator
            place = operator.end()
            yield Token(operator[0], line, is_word=False, fed=fed)
            fed = False
            if operator[0] == "\n":
                for delimiter in pending:
                    place = _behind_document(text, place, delimiter)
                pending.clear()
        elif redirection := _REDIRECTION.match(text, place):
            place = _end_of_word(text, _behind_blanks(text, redirection.end()))
            fed = fed or redirection[1][0] == "<"
            if redirection[1] in ("<<", "<<-"):
                pending.append(text[redirection.end() : place].strip().strip("'\"\\"))
        else:
            place = _end_of_word(text, place)
            yield Token(text[begin:place], line, is_word=True)
        line += text.count("\n", begin, place)


def _behind_blanks(text: str, place: int) -> int:
    found = _BLANK.match(text, place)
    return found.end() if found else place


def _behind_document(text: str, place: int, delimiter: str) -> int:
    """The place behind a here-document's last line."""
    while place < len(text):
        end = text.find("\n", place)
        end = len(text) if end < 0 else end
        line, place = text[place:end], end + 1
        if line.strip("\t") == delimiter:
            break
    return min(place, len(text))


def _end_of_word(text: str, place: int) -> int:
    """The place behind a word, its quotes and expansions included."""
    while place < len(text):
        found = _PLAIN.match(text, place)
        after = found.end() if found else _behind_quoting(text, place, 0)
        if after == place and text[place] == "(" and text[place - 1] == "=":  # an array
            after = _behind_brackets(text, place, 0)
        if after == place:
            break
        place = after
    return place


def _behind_quoting(text: str, place: int, depth: int) -> int:
    """The place behind a quotation or an expansion that begins there; else the place itself."""
    following = text[place + 1 : place + 2]
    if text[place] == "\\":
        return place + 2
    if text[place] in "'`":
        return _find(text, text[place], place + 1)
    if text[place] == '"':
        return _behind_double_quotes(text, place + 1, depth)
    if following and text[place] in "$<>" and following in ("({" if text[place] == "$" else "("):
        return _behind_brackets(text, place + 1, depth)
    return place + 1 if text[place] == "$" else place


def _find(text: str, closing: str, place: int) -> int:
    end = text.find(closing, place)
    if end < 0:
        raise ShellSyntaxError(closing)
    return end + 1


def _behind_double_quotes(text: str, place: int, depth: int) -> int:
    while place < len(text):
        if text[place] == '"':
            return place + 1
        literal = text[place] == "'"
        place = place + 1 if literal else max(_behind_quoting(text, place, depth), place + 1)
    raise ShellSyntaxError("quotes")


def _behind_brackets(text: str, place: int, depth: int) -> int:
    """The place behind `( … )` or `{ … }`, whose opening bracket stands at `place`."""
    if depth > _DEEPEST:
        raise ShellSyntaxError("depth")
    opening = text[place]
    closing = {"(": ")", "{": "}"}[opening]
    place += 1
    while place < len(text):
        if text[place] == closing:
            return place + 1
        if text[place] == opening == "(":
            place = _behind_brackets(text, place, depth + 1)
        else:
            place = max(_behind_quoting(text, place, depth + 1), place + 1)
    raise ShellSyntaxError(closing)


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
        if self._depth > _DEEPEST:
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
        if self._next() == "!" and self._is_word():
            self._take()
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
