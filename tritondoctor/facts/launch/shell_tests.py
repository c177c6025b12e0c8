"""What `test`, `[`, `[[` and `command -v` answer, as far as files and variables decide it."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Sequence
from typing import Optional

from tritondoctor.facts.launch.shell_words import Scope
from tritondoctor.loader import Files


class Tests:
    """The tests of a shell in a working directory."""

    def __init__(self, files: Files, scope: Scope, cwd: str) -> None:
        self._files, self._scope, self._cwd = files, scope, cwd

    def status(self, words: Sequence[str]) -> Optional[bool]:
        """Whether a test holds; None where that is not followed."""
        if words[:1] == ["!"]:
            status = self.status(words[1:])
            return None if status is None else not status
        for joint in ("-o", "||", "-a", "&&"):
            if joint in words[1:-1]:
                return self._joined(words, joint)
        values = [self._scope.expand(word) for word in words]
        if len(words) == 2 and words[0] in ("-n", "-z") and values[1] is not None:
            return bool(values[1]) is (words[0] == "-n")
        if len(words) == 1 and values[0] is not None:
            return bool(values[0])
        if len(words) == 2 and values[1] is not None:
            return self._of_file(words[0], os.path.join(self._cwd, values[1]), given=values[1])
        if len(words) == 3 and words[1] in ("=", "==", "!=") and None not in values:
            return fnmatch.fnmatchcase(values[0] or "", values[2] or "") is (words[1] != "!=")
        return None

    def _joined(self, words: Sequence[str], joint: str) -> Optional[bool]:
        place = list(words).index(joint, 1)
        statuses = self.status(words[:place]), self.status(words[place + 1 :])
        decisive = joint in ("-o", "||")
        if decisive in statuses:
            return decisive
        return None if None in statuses else not decisive

    def _of_file(self, operator: str, path: str, *, given: str) -> Optional[bool]:
        if operator == "-t":  # the stub's standard input is a pipe (sh.py, `_tty_in`)
            return False if given == "0" else None
        tests = {"-f": self._files.is_file, "-d": self._files.is_dir, "-e": self._files.exists,
                 "-r": self._files.exists, "-s": self._files.is_file}  # fmt: skip
        return bool(given) and tests[operator](path) if operator in tests else None

    def is_program(self, name: str) -> bool:
        """Whether a program of that name is found on PATH."""
        folders = [""] if "/" in name else self._scope.values.get("PATH", "").split(":")
        return any(
            self._files.is_file(place) and self._files.access(place, os.X_OK)
            for place in (os.path.join(self._cwd, folder, name) for folder in folders)
        )
