"""Private keys of several lines, found line by line, also where their begin or end is cut off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tritondoctor.privacy.patterns import compiled
from tritondoctor.privacy.values import HIDDEN, mixed

#: behind it stands at most what belongs to the key: source code that names the marker opens no key
_BEGIN = (
    r"(?:-{4,5} ?BEGIN[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}|\bPrivate-Lines: \d+)"
    r"(?:\\[nr]|[\s\"'|,A-Za-z0-9+/=])*$"
)
_END = r"-{4,5} ?END[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}|\bPrivate-MAC:"
_MARKS = ("PRIVATE KEY", "Private-Lines:", "Private-MAC:")
#: base64 that ends a line, behind whatever a log puts before it
_BASE64 = (
    r"(?:^|(?<=[\s\"'|>]))(?P<run>[A-Za-z0-9+/]{1,76}={0,2}|=[A-Za-z0-9+/]{4})(?:\\[nr]|[\"',|\s])*$"
)
#: how long PEM, OpenSSH and MIME make a line
_WIDTHS = (64, 70, 76)
#: the longest line that is looked at: base64 and a prefix of a log
_LONGEST = 400
#: base64 that no word of a log is
_TELLING = 16
#: lines in a row that are no key, and end one whose end is missing; a key's headers are fewer
_MOST_OTHERS = 6
#: a key of RSA with 16,384 bits has 200
_MOST_LINES = 1_000


class KeyLines:
    """Knows of line after line whether it belongs to a private key."""

    def __init__(self) -> None:
        self.open = False
        self._lines = self._others = 0
        self._bare = False

    def hides(self, line: str, following: str = "") -> bool:
        """Whether a line is part of a key; the one that begins it is left to `scrub`."""
        marked = any(mark in line for mark in _MARKS)
        if marked and compiled(_BEGIN).search(line):
            self.open, self._lines, self._others = True, 0, 0
            return False
        run = _run(line)
        if self.open:
            inside = self._inside(line, run, ends=marked and _ends(line))
            return inside or bool(run and _ends(following))
        self._bare = self._goes_on(line, run, following) or bool(run and _ends(following))
        return self._bare

    def _goes_on(self, line: str, run: str, following: str) -> bool:
        """A line of a key whose begin was cut off: it is as wide as one, or follows such a line."""
        if _wide(run):
            return run[0] != "/" or self._bare or _wide(_run(following))  # a path may be so wide
        return self._bare and _is_key(line, run)

    def _inside(self, line: str, run: str, *, ends: bool) -> bool:
        self._lines += 1
        is_key = _is_key(line, run)
        self._others = 0 if is_key else self._others + 1
        self.open = not ends and self._lines < _MOST_LINES and self._others <= _MOST_OTHERS
        return ends or is_key or "=" in run or mixed(run) or _words(line) < 3


def without_keys(lines: Iterable[str]) -> Iterator[str]:
    """The lines, with a mark in the place of each that is part of a private key."""
    keys = KeyLines()
    rest = list(lines)
    for number, line in enumerate(rest, 1):
        yield HIDDEN if keys.hides(line, rest[number] if number < len(rest) else "") else line


def _ends(line: str) -> bool:
    return any(mark in line for mark in _MARKS) and compiled(_END).search(line) is not None


def _is_key(line: str, run: str) -> bool:
    return bool(run) and (len(run) >= _TELLING or _words(line) == 1)


def _wide(run: str) -> bool:
    return len(run) in _WIDTHS and mixed(run)


def _run(line: str) -> str:
    found = compiled(_BASE64).search(line) if 0 < len(line) <= _LONGEST else None
    return found["run"] if found else ""


def _words(line: str) -> int:
    return len(line.split(None, 3))
