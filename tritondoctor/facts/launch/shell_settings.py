"""Options, aliases and builtins of a shell (bash(1), `set`, `shopt`, `alias`, `enable`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_LETTERS = {"e": "errexit", "n": "noexec", "r": "restricted"}


class ShellSettings:
    """What decides how a shell reads and runs commands."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        # only `set -r` makes it a restricted one
        self.options = {*variables.get("SHELLOPTS", "").split(":")} - {"restricted"}
        self._shopt = set(variables.get("BASHOPTS", "").split(":"))
        self._aliases, self._disabled = set[str](), set[str]()

    @property
    def hides_exec(self) -> bool:
        """Whether `exec` is no builtin any more."""
        aliased = "exec" in self._aliases and "expand_aliases" in self._shopt
        return aliased or "exec" in self._disabled

    def change(self, words: Sequence[str]) -> bool:
        """Follow one of the commands; False where it is another one."""
        name, given = words[0], words[1:]
        if name == "set":
            self._set(given)
        elif name == "shopt":
            change = self._shopt.update if "-s" in given else self._shopt.difference_update
            change(given if "-s" in given or "-u" in given else ())
        elif name == "alias":
            self._aliases.update(word.partition("=")[0] for word in given if "=" in word)
        elif name == "unalias":
            self._aliases.difference_update(given)
        elif name == "enable":
            self._disabled.update(given if "-n" in given else ())
        else:
            return False
        return True

    def _set(self, words: Sequence[str]) -> None:
        for place, word in enumerate(words):
            if word in ("-o", "+o"):
                names = list(words[place + 1 : place + 2])
            elif word[:1] in ("-", "+") and word[1:].isalpha():
                names = [_LETTERS[letter] for letter in word[1:] if letter in _LETTERS]
            else:
                continue
            (self.options.update if word[0] == "-" else self.options.difference_update)(names)
