"""The words and operators of a shell file (bash(1), "Metacharacters", QUOTING, REDIRECTION)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tritondoctor.support.patterns import pattern

_BLANK = pattern(r"(?:[ \t]|\\\n)+")
_COMMENT = pattern(r"#[^\n]*")
_OPERATOR = pattern(r";;&|;&|;;|&&|\|\||\|&|[;&|()\n]")
_REDIRECTION = pattern(r"(?:\d+|\{\w+\})?(&>>?|<<<|<<-?|<>|>>|[<>]&|>\||[<>](?!\())")
_PLAIN = pattern(r"[^\s;&|()<>'\"\\$`]+")
DEEPEST = 50


class ShellSyntaxError(ValueError):
    """What bash would refuse to read, or what is beyond this reader."""


class Token(NamedTuple):
    """A word or an operator, at `line`; `fed`: an input redirection stands before this operator."""

    text: str
    line: int
    is_word: bool
    fed: bool = False


def tokens(text: str) -> Iterator[Token]:
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
    if depth > DEEPEST:
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
